"""Paths and headers of a request to a server that speaks Messages; what becomes of its body is in body.py."""

from functools import lru_cache

from dragoman.dialects.anthropic.body import write_body
from dragoman.dialects.dialect import Written
from dragoman.messages.request import MessagesRequest
from dragoman.wire.exchange import Headers

MESSAGES_PATH = "/v1/messages"
COUNT_PATH = "/v1/messages/count_tokens"
DEFAULT_VERSION = "2023-06-01"

_FORWARDED = frozenset(
    {"content-type", "accept", "user-agent", "idempotency-key", "traceparent", "tracestate", "baggage"}
)
_FORWARDED_PREFIXES = ("anthropic-", "x-")
_KEPT_BACK = frozenset({"x-api-key", "x-real-ip"})
_KEPT_BACK_PREFIXES = ("x-forwarded-", "x-proxy-", "x-dragoman-")

_NOT_COUNTED = frozenset(
    {"max_tokens", "stream", "stop_sequences", "metadata", "service_tier", "container"}
    | {"temperature", "top_p", "top_k"}
)
"""Fields of a message's request that the count takes for an error (spec/anthropic-messages.md section 9)."""


def write_request(request: MessagesRequest, model: str) -> Written:
    """The client's own bytes wherever possible."""
    body, losses = write_body(request, model)
    return Written(
        path=MESSAGES_PATH,
        body=body,
        headers=forwarded_headers(request.headers),
        losses=losses,
        streaming=request.stream,
    )


def write_count(request: MessagesRequest, model: str) -> Written:
    """The same for count_tokens, without the fields that only a message has."""
    body, losses = write_body(request, model, left_out=_NOT_COUNTED & request.raw.keys())
    return Written(
        path=COUNT_PATH,
        body=body,
        losses=losses,
        headers=forwarded_headers(request.headers),
        streaming=False,
    )


def forwarded_headers(headers: Headers) -> Headers:
    """The client's headers that the upstream may see (spec/anthropic-passthrough.md section 3)."""
    kept: list[tuple[str, str]] = []
    listed: set[str] = set()
    versioned = False
    for name, value in headers:
        if _is_forwarded(name):
            kept.append((name, value))
            versioned = versioned or name == "anthropic-version"
        elif name == "connection":
            listed.update(word.strip().lower() for word in value.split(","))
    if not versioned:
        kept.append(("anthropic-version", DEFAULT_VERSION))
    return tuple(pair for pair in kept if pair[0] not in listed) if listed else tuple(kept)


@lru_cache(maxsize=512)
def _is_forwarded(name: str) -> bool:
    if name in _FORWARDED:
        return True
    if name in _KEPT_BACK or name.startswith(_KEPT_BACK_PREFIXES):
        return False
    return name.startswith(_FORWARDED_PREFIXES)
