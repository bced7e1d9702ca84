"""count_tokens: the upstream's own count where it has one, else one of our own. It never fails for the upstream's sake:
without an answer Claude Code would count with real inference calls (spec/claude-code.md section 2)."""

import asyncio
import hashlib
import math
from functools import partial

from dragoman.dialects.dialect import Dialect, Written
from dragoman.emulation.emulation import Emulation
from dragoman.messages.errors import ApiError, UpstreamFailure, our_mistake
from dragoman.messages.estimate import read_prompt
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
from dragoman.relay.knowledge import Knowledge
from dragoman.relay.trace import Trace
from dragoman.relay.upstream_counts import UpstreamCounts
from dragoman.routing.channel import Target
from dragoman.routing.vocabularies import vocabulary_of
from dragoman.wire.exchange import header

PATIENCE = 3.0
"""Seconds for the upstream's count, a wait for other counts included."""

SMALL_BODY = 2000
"""Bytes of a translated request that are not worth another one where the model's own vocabulary is here
(spec/openai-responses.md section 14)."""

_NO_SUCH_ENDPOINT = (404, 405)
_COUNTED_BY = ("anthropic-beta", "authorization", "x-api-key")
"""Headers of the client on which a count may depend; credentials only where they go upstream."""


class TokenCounter:
    """Lives as long as the process."""

    def __init__(self, gateway: Gateway, knowledge: Knowledge) -> None:
        self._gateway = gateway
        self._knowledge = knowledge
        self._counts = UpstreamCounts(gateway.clock)

    async def count(self, request: MessagesRequest, request_id: str) -> int:
        """Input tokens. Raises ApiError for a model name that cannot be one, or what a server that speaks Messages
        calls a bad request; another's refusal is of our translation."""
        gateway = self._gateway
        trace = Trace(request_id, request.model, streaming=False, counting=True, started=gateway.clock())
        try:
            target = self._knowledge.target(request.model)
            trace.channel, trace.dialect, trace.upstream_model = (
                target.channel.name,
                target.channel.dialect,
                target.model,
            )
            trace.status = 200
            counted, trace.ending = await self._count(request, target)
            return counted
        except ApiError as error:
            trace.status, trace.ending, trace.error = error.status, error.type, error.message
            raise
        except asyncio.CancelledError:
            trace.status, trace.ending = 499, "client_aborted"
            raise
        except Exception as bug:
            gateway.observer.bug(f"{type(bug).__name__} while counting for {request_id}", bug)
            error = our_mistake()
            trace.status, trace.ending, trace.error = error.status, error.type, error.message
            raise error from bug
        finally:
            trace.ended = gateway.clock()
            gateway.observer.settled(trace)

    async def _count(self, request: MessagesRequest, target: Target) -> tuple[int, str]:
        """Tokens, and how they were counted: `counted` upstream, `tokenized` or `estimated` here."""
        try:
            dialect = dialect_of(self._gateway, target)
            quirks = self._knowledge.quirks(target)
            request = Emulation(request, dialect, quirks).request
            written = dialect.write_count(request, target.model, quirks, origin_of(self._gateway, target))
            if written is not None and not (_is_small(written, target) and await self._can_tokenize(target)):
                counted = await self._ask(request, target, dialect, written)
                if counted is not None:
                    return counted, "counted"
        except (TimeoutError, UpstreamFailure, ApiError) as error:
            if isinstance(error, UpstreamFailure) and error.status == 400 and error.error.body is not None:
                raise error.error from error
        return await self._count_here(request, target)

    async def _count_here(self, request: MessagesRequest, target: Target) -> tuple[int, str]:
        """Rounded up: too few tokens would let a conversation outgrow the model's window unseen."""
        prompt = read_prompt(request)
        vocabulary = vocabulary_of(target.model)
        meter, place = self._knowledge.meter, (target.channel.name, target.model, request.session_id)
        tokenizer = self._gateway.tokenizer
        texts = prompt.written()
        tokens = None if tokenizer is None else await tokenizer.count(texts, vocabulary.name)
        if tokens is None:
            return math.ceil(prompt.estimate() * meter.factor(*place)), "estimated"
        factor = 1.0 if vocabulary.exact else meter.factor(*place)
        return math.ceil((tokens + len(texts) + prompt.tokens) * factor), "tokenized"

    async def _can_tokenize(self, target: Target) -> bool:
        tokenizer, vocabulary = self._gateway.tokenizer, vocabulary_of(target.model)
        if tokenizer is None or not vocabulary.exact:
            return False
        return await tokenizer.count((), vocabulary.name) is not None

    async def _ask(
        self, request: MessagesRequest, target: Target, dialect: Dialect, written: Written
    ) -> int | None:
        """The upstream's count; None where it is known to have none. Raises TimeoutError, UpstreamFailure."""
        endpoint = target.channel.base_url + written.path
        here = f"{endpoint} {target.model}"
        if self._counts.is_absent(endpoint) or self._counts.is_absent(here):
            return None
        key = _key(request, target, written)
        ask = partial(self._fetch, request, target, dialect, written)
        try:
            async with asyncio.timeout(PATIENCE):
                return await self._counts.count(key, target.channel.name, ask)
        except UpstreamFailure as failure:
            if failure.status in _NO_SUCH_ENDPOINT:
                told = f"{failure.vendor_message} {failure.error.message} {failure.error.body}"
                # A model that is not there says nothing about the endpoint.
                self._counts.note_absent(here if target.model in told else endpoint)
            raise

    async def _fetch(
        self, request: MessagesRequest, target: Target, dialect: Dialect, written: Written
    ) -> int:
        channel = target.channel
        token = await access_token(self._gateway, channel)
        reply = await self._gateway.upstream.open(address(target, written, request.headers, token))
        try:
            body = await reply.read_all(LARGEST_ERROR)
            if reply.head.status != 200:
                failure = dialect.read_failure(reply.head, body, request, channel.passthrough_credentials)
                without_credential(failure.error, credential_of(channel, token))
                raise failure
            return dialect.read_count(body)
        finally:
            reply.close()


def _is_small(written: Written, target: Target) -> bool:
    return len(written.body) < SMALL_BODY and target.channel.dialect != "anthropic"


def _key(request: MessagesRequest, target: Target, written: Written) -> bytes:
    """Stands for everything that a count depends on."""
    channel = target.channel
    names = _COUNTED_BY if channel.passthrough_credentials else _COUNTED_BY[:1]
    headers = [header(request.headers, name) or "" for name in names]
    about = "\n".join((channel.name, channel.base_url, target.model, written.path, *headers))
    digest = hashlib.blake2b(about.encode("utf-8", "replace"), digest_size=16)
    digest.update(b"\n\n" + written.body)
    return digest.digest()
