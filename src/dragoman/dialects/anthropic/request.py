"""The body goes out as it came in, but for `model` and thinking blocks that this proxy sealed.

Values are cut out and put back as bytes, never re-encoded: prompt caches and signatures see what the client wrote.
"""

from collections.abc import Set
from functools import lru_cache
from typing import Any, cast

import msgspec

from dragoman.dialects.dialect import Loss, Written
from dragoman.messages.envelope import is_sealed
from dragoman.messages.request import MessagesRequest
from dragoman.wire.exchange import Headers
from dragoman.wire.jsonbytes import encode

MESSAGES_PATH = "/v1/messages"
COUNT_PATH = "/v1/messages/count_tokens"
DEFAULT_VERSION = "2023-06-01"

_fields_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_items_of = msgspec.json.Decoder(list[msgspec.Raw]).decode

_FORWARDED = frozenset(
    {"content-type", "accept", "user-agent", "idempotency-key", "traceparent", "tracestate", "baggage"}
)
_FORWARDED_PREFIXES = ("anthropic-", "x-")
_KEPT_BACK = frozenset({"x-api-key", "x-real-ip", "x-dragoman-api-key"})
_KEPT_BACK_PREFIXES = ("x-forwarded-", "x-proxy-")

_NOT_COUNTED = frozenset(
    {"max_tokens", "stream", "stop_sequences", "metadata", "service_tier", "container"}
    | {"temperature", "top_p", "top_k"}
)
"""Fields of a message's request that the count takes for an error (spec/anthropic-messages.md section 9)."""


def write_request(request: MessagesRequest, model: str) -> Written:
    """The client's own bytes wherever possible."""
    losses = tuple(_sealed_blocks(request))
    return Written(
        path=MESSAGES_PATH,
        body=_write_body(request, model, sealed=bool(losses)),
        headers=forwarded_headers(request.headers),
        losses=losses,
        streaming=request.stream,
    )


def write_count(request: MessagesRequest, model: str) -> Written:
    """The same for count_tokens, without the fields that only a message has."""
    return Written(
        path=COUNT_PATH,
        body=_write_body(request, model, bool(_sealed_blocks(request)), _NOT_COUNTED & request.raw.keys()),
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


def _write_body(
    request: MessagesRequest, model: str, sealed: bool, left_out: Set[str] = frozenset()
) -> bytes:
    renamed = request.model != model
    # Most bodies name one model, and need not be taken apart to see that.
    if not renamed and not sealed and not left_out and request.body.count(b'"model"') == 1:
        return request.body
    fields = _fields_of(request.body)
    if not renamed and not sealed and not left_out and not _names_two_models(request.body, fields):
        return request.body
    for name in left_out:
        del fields[name]
    if renamed:
        fields["model"] = msgspec.Raw(encode(model))
    if sealed:
        fields["messages"] = _without_sealed_blocks(fields["messages"], request.raw["messages"])
    return _join_object(fields)


def _names_two_models(body: bytes, fields: dict[str, msgspec.Raw]) -> bool:
    """Whether the body has two fields `model`. The last was routed: the upstream must not be free to read the first."""
    inside = sum(bytes(value).count(b'"model"') for value in fields.values())
    return body.count(b'"model"') > inside + 1


def _sealed_blocks(request: MessagesRequest) -> list[Loss]:
    """One loss for each thinking block of another backend."""
    if b"dgm" not in request.body:
        return []
    return [
        Loss(f"messages.{i}.content.{j}", "dropped", "reasoning of another backend")
        for i, message in enumerate(request.raw["messages"])
        for j in _sealed_positions(message)
    ]


def _sealed_positions(message: Any) -> list[int]:
    content: Any = cast("dict[str, Any]", message).get("content") if isinstance(message, dict) else None
    if not isinstance(content, list):
        return []
    return [j for j, block in enumerate(cast("list[Any]", content)) if _is_sealed_block(block)]


def _is_sealed_block(block: Any) -> bool:
    if not isinstance(block, dict):
        return False
    fields = cast("dict[str, Any]", block)
    mark = fields.get({"thinking": "signature", "redacted_thinking": "data"}.get(str(fields.get("type")), ""))
    return isinstance(mark, str) and is_sealed(mark)


def _without_sealed_blocks(messages: msgspec.Raw, decoded: list[Any]) -> msgspec.Raw:
    written: list[bytes] = []
    for raw, message in zip(_items_of(messages), decoded, strict=True):
        sealed = set(_sealed_positions(message))
        if not sealed:
            written.append(bytes(raw))
            continue
        fields = _fields_of(raw)
        kept = [bytes(item) for j, item in enumerate(_items_of(fields["content"])) if j not in sealed]
        if not kept:
            kept = [b'{"type":"text","text":"(no content)"}']
        fields["content"] = msgspec.Raw(b"[" + b",".join(kept) + b"]")
        written.append(_join_object(fields))
    return msgspec.Raw(b"[" + b",".join(written) + b"]")


def _join_object(fields: dict[str, msgspec.Raw]) -> bytes:
    return b"{" + b",".join(encode(name) + b":" + bytes(value) for name, value in fields.items()) + b"}"
