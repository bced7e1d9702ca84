"""count_tokens: the upstream's own count where it has one, else an estimate. It never fails for the upstream's sake:
without an answer Claude Code would count with real inference calls (spec/claude-code.md section 2)."""

import asyncio
from collections.abc import Callable

from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import ApiError, UpstreamFailure
from dragoman.messages.estimate import count_conversation
from dragoman.messages.request import MessagesRequest
from dragoman.relay.addressing import (
    access_token,
    address,
    credential_of,
    dialect_of,
    origin_of,
    without_credential,
)
from dragoman.relay.attempt import LARGEST_ERROR
from dragoman.relay.gateway import Gateway
from dragoman.relay.trace import Trace
from dragoman.routing.channel import Target
from dragoman.routing.plan import plan

PATIENCE = 3.0
"""Seconds for the upstream's count."""


async def count_tokens(
    gateway: Gateway,
    request: MessagesRequest,
    request_id: str,
    quirks_of: Callable[[Target], Quirks] = lambda target: target.quirks,
) -> int:
    """Input tokens. Raises ApiError for a model name that cannot be one, or what a server that speaks Messages calls a
    bad request; another's refusal is of our translation.

    `quirks_of` tells what refusals have taught about a target.
    """
    trace = Trace(request_id, request.model, streaming=False, counting=True, started=gateway.clock())
    try:
        target = plan(request.model, gateway.model_map).targets[0]
        trace.channel, trace.dialect, trace.upstream_model = (
            target.channel.name,
            target.channel.dialect,
            target.model,
        )
        trace.status = 200
        try:
            counted = await _ask(gateway, request, target, quirks_of(target))
        except (TimeoutError, UpstreamFailure, ApiError) as error:
            if isinstance(error, UpstreamFailure) and error.status == 400 and error.error.body is not None:
                raise error.error from error
            counted = None
        trace.ending = "counted" if counted is not None else "estimated"
        return counted if counted is not None else count_conversation(request)
    except ApiError as error:
        trace.status, trace.ending, trace.error = error.status, error.type, error.message
        raise
    except asyncio.CancelledError:
        trace.status, trace.ending = 499, "client_aborted"
        raise
    except Exception as bug:
        gateway.observer.bug(f"{type(bug).__name__} while counting for {request_id}", bug)
        error = ApiError(500, "Dragoman failed on this request; its log says more under this request id")
        trace.status, trace.ending, trace.error = error.status, error.type, error.message
        raise error from bug
    finally:
        trace.ended = gateway.clock()
        gateway.observer.settled(trace)


async def _ask(gateway: Gateway, request: MessagesRequest, target: Target, quirks: Quirks) -> int | None:
    dialect = dialect_of(gateway, target)
    written = dialect.write_count(request, target.model, quirks, origin_of(gateway, target))
    if written is None:
        return None
    async with asyncio.timeout(PATIENCE):
        token = await access_token(gateway, target.channel)
        reply = await gateway.upstream.open(address(target, written, request.headers, token))
        try:
            body = await reply.read_all(LARGEST_ERROR)
            if reply.head.status != 200:
                channel = target.channel
                failure = dialect.read_failure(reply.head, body, request, channel.passthrough_credentials)
                without_credential(failure.error, credential_of(channel, token))
                raise failure
            return dialect.read_count(body)
        finally:
            reply.close()
