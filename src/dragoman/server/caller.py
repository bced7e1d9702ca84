"""Who is asking: the key behind a request."""

import hashlib
import hmac
from functools import lru_cache

import msgspec
from starlette.requests import Request

from dragoman.messages.errors import FINAL, ApiError
from dragoman.wire.exchange import Headers

ANYONE = "anyone"


class Caller(msgspec.Struct, frozen=True):
    """The identity behind a request; its name holds no piece of a key."""

    name: str
    """`anyone` where no key is configured, else `key 1` for the first configured key and so on."""


def identify(headers: Headers, keys: tuple[str, ...]) -> Caller:
    """Whose key was presented, as `x-api-key` or as a bearer; with no keys configured everyone passes.

    Claude Code may send both headers, so one good key is enough; a header that is there twice is none.
    Raises ApiError 401.
    """
    if not keys:
        return Caller(ANYONE)
    found = 0
    for shown in _presented(headers):
        digest = hashlib.sha256(shown).digest()
        # Every key is compared, whatever the ones before said, so that time tells nothing.
        for number, known in enumerate(_digests(keys), start=1):
            found = max(found, number * hmac.compare_digest(digest, known))
    if not found:
        raise ApiError(
            401,
            "this gateway does not accept the key; send one of its own (DRAGOMAN_API_KEY) as `x-api-key` "
            "or `Authorization: Bearer`",
            headers=FINAL,
        )
    return Caller(f"key {found}")


def identify_request(request: Request, keys: tuple[str, ...]) -> Caller:
    """The same for a request that the router has taken. Raises ApiError 401."""
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    return identify(tuple(headers), keys)


def _presented(headers: Headers) -> list[bytes]:
    keys = [value for name, value in headers if name == "x-api-key"]
    bearers = [value for name, value in headers if name == "authorization"]
    shown = [keys[0].strip()] if len(keys) == 1 else []
    if len(bearers) == 1:
        scheme, _, token = bearers[0].strip().partition(" ")
        if scheme.lower() == "bearer":
            shown.append(token.strip())
    # ASGI's headers are bytes, read as Latin-1; a configured key may be any text.
    return [text.encode("latin-1", "replace") for text in shown if text]


@lru_cache(maxsize=8)
def _digests(keys: tuple[str, ...]) -> tuple[bytes, ...]:
    return tuple(hashlib.sha256(key.encode()).digest() for key in keys)
