"""From a target to what its upstream needs to be asked: the dialect, the credential, the HTTP request."""

import hashlib
from functools import lru_cache

from dragoman.access import direct, vertex
from dragoman.dialects.dialect import Dialect, Origin, Written
from dragoman.messages.errors import FINAL, ApiError
from dragoman.relay.gateway import Gateway
from dragoman.relay.headers import relayed
from dragoman.relay.ports import AccessToken
from dragoman.routing.channel import Channel, Target
from dragoman.wire.exchange import Headers, HttpRequest
from dragoman.wire.redact import SecretScrubber


def dialect_of(gateway: Gateway, target: Target) -> Dialect:
    """The language of the target's channel."""
    return gateway.dialects[target.channel.dialect]


def origin_of(gateway: Gateway, target: Target) -> Origin:
    """What the dialect may know of the account behind a target."""
    return Origin(account_of(target.channel), gateway.kept.get, gateway.seal_key)


@lru_cache(maxsize=256)
def account_of(channel: Channel) -> str:
    """Eight hexadecimal digits that stand for an endpoint and a credential, and tell neither."""
    text = f"{channel.base_url}\n{channel.credential}"
    return hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).hexdigest()


async def access_token(gateway: Gateway, channel: Channel) -> AccessToken | None:
    """The token of a channel that wants one. Raises UpstreamFailure where none can be had."""
    if channel.access != "vertex" or not channel.base_url:
        return None
    return await gateway.tokens.token()


def address(
    target: Target, written: Written, client_headers: Headers, token: AccessToken | None = None
) -> HttpRequest:
    """The request to the target's channel. Raises ApiError 401 when its credential is missing."""
    channel = target.channel
    if channel.credential_required and not channel.credential and not channel.passthrough_credentials:
        raise ApiError(
            401,
            f"no credential for `{channel.name}`: set {channel.credential_setting} where Dragoman runs "
            f"(model `{target.model}`)",
            headers=FINAL,
        )
    if token is not None:
        return vertex.address(
            written, channel.base_url, token.value, channel.dialect, quota_project=token.quota_project
        )
    return direct.address(
        written,
        base_url=channel.base_url,
        credential=channel.credential,
        dialect=channel.dialect,
        client_headers=client_headers if channel.passthrough_credentials else None,
    )


def credential_of(channel: Channel, token: AccessToken | None) -> str:
    """The key or token that goes out, which no client may see."""
    return channel.credential if token is None else token.value


def without_credential(error: ApiError, credential: str) -> ApiError:
    """The error without the channel's key or token, which some upstreams quote when they refuse it."""
    if not credential:
        return error
    scrubber = SecretScrubber((credential,))
    error.headers = relayed(error.headers, credential, shared=False)
    error.message = scrubber.scrub(error.message)
    if error.body is not None:
        error.body = scrubber.scrub_bytes(error.body)
    return error
