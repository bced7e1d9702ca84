"""The body goes out as it came in, but for what the upstream would refuse for sure (docs/decisions/0022).

Values are cut out and put back as bytes, never re-encoded: prompt caches and signatures see what the client wrote.
"""

from collections.abc import Iterator, Set
from typing import Any, cast

import msgspec

from dragoman.dialects.anthropic.foreign_searches import foreign_searches
from dragoman.dialects.dialect import Loss
from dragoman.messages.envelope import is_sealed
from dragoman.messages.request import MessagesRequest
from dragoman.wire.jsonbytes import encode, join_object
from dragoman.wire.jsonvalues import as_list, as_object, objects_in

MOST_CACHE_MARKS = 4
NOTHING_SAID = b'[{"type":"text","text":"(no content)"}]'
"""Stands for content that would be empty: the turns must still alternate."""

_CARRIERS = {"thinking": "signature", "redacted_thinking": "data"}
"""The field of a block in which a seal may stand, by the block's type."""

Edits = dict[int, dict[int, bytes]]
"""By message and block, what stands in the block's place; b"" for nothing."""

fields_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
items_of = msgspec.json.Decoder(list[msgspec.Raw]).decode
"""The values of an object and of an array as they are written."""


def write_body(
    request: MessagesRequest, model: str, left_out: Set[str] = frozenset()
) -> tuple[bytes, tuple[Loss, ...]]:
    """The client's own bytes wherever possible, for the upstream's `model` and without the fields `left_out`."""
    losses: list[Loss] = []
    edits = _edits(request, losses)
    left_out = left_out | _surplus_mark(request, losses)
    renamed = request.model != model
    if not (renamed or edits or left_out) and not _names_two_models(request.body):
        return request.body, ()
    fields = _taken_apart(request, edits, left_out)
    if renamed:
        fields["model"] = msgspec.Raw(encode(model))
    return join_object(fields), tuple(losses)


def body_fields(request: MessagesRequest, left_out: Set[str], losses: list[Loss]) -> dict[str, msgspec.Raw]:
    """The same as fields that can still be changed, the model being the client's; what was lost is added."""
    edits = _edits(request, losses)
    return _taken_apart(request, edits, left_out | _surplus_mark(request, losses))


def _taken_apart(request: MessagesRequest, edits: Edits, left_out: Set[str]) -> dict[str, msgspec.Raw]:
    fields = fields_of(request.body)
    for name in left_out:
        fields.pop(name, None)
    if edits:
        fields["messages"] = _edited(fields["messages"], edits)
    return fields


def _surplus_mark(request: MessagesRequest, losses: list[Loss]) -> Set[str]:
    if not _marks_one_too_many(request.raw):
        return frozenset()
    losses.append(Loss("cache_control", "approximated", "the blocks have all the marks that are allowed"))
    return frozenset({"cache_control"})


def _names_two_models(body: bytes) -> bool:
    """Whether the body has two fields `model`. The last was routed: the upstream must not be free to read the first."""
    if body.count(b'"model"') == 1:
        return False
    inside = sum(bytes(value).count(b'"model"') for value in fields_of(body).values())
    return body.count(b'"model"') > inside + 1


def _edits(request: MessagesRequest, losses: list[Loss]) -> Edits:
    """Thinking that this proxy sealed for another backend, empty texts, which the API refuses, and searches of others. A
    message without content has no edits of its blocks."""
    edits: Edits = {}
    for i, message in enumerate(cast("list[dict[str, Any]]", request.raw["messages"])):
        content: Any = message.get("content")
        blocks = as_list(content)
        changed: dict[int, bytes] = {}
        for j, block in enumerate(blocks):
            if _is_sealed(block):
                losses.append(Loss(f"messages.{i}.content.{j}", "dropped", "reasoning of another backend"))
                changed[j] = b""
            elif _is_empty_text(block):
                changed[j] = b""
        if message.get("role") == "assistant":
            searches = foreign_searches(blocks)
            losses += [
                Loss(
                    f"messages.{i}.content.{j}", "approximated", "a search of another backend is told as text"
                )
                for j, told in searches.items()
                if told
            ]
            changed |= searches
        # A system message may be there for its `output_config` alone.
        if changed or (content in ("", []) and message.get("role") != "system"):
            edits[i] = changed
    return edits


def _is_sealed(block: Any) -> bool:
    fields = as_object(block)
    carrier = _CARRIERS.get(str(fields.get("type")))
    mark = None if carrier is None else fields.get(carrier)
    return isinstance(mark, str) and is_sealed(mark)


def _is_empty_text(block: Any) -> bool:
    fields = as_object(block)
    return fields.get("type") == "text" and fields.get("text") == ""


def _edited(messages: msgspec.Raw, edits: Edits) -> msgspec.Raw:
    written = list(map(bytes, items_of(messages)))
    for i, changed in edits.items():
        fields = fields_of(written[i])
        items = items_of(fields["content"]) if changed else []
        kept = b",".join(item for j, raw in enumerate(items) if (item := changed.get(j, bytes(raw))))
        fields["content"] = msgspec.Raw(b"[" + kept + b"]" if kept else NOTHING_SAID)
        written[i] = join_object(fields)
    return msgspec.Raw(b"[" + b",".join(written) + b"]")


def _marks_one_too_many(raw: dict[str, Any]) -> bool:
    """Whether the request is marked at its top while its blocks have all the marks that the API allows."""
    if not raw.get("cache_control"):
        return False
    marks = sum(bool(block.get("cache_control")) for block in _blocks(raw))
    return marks >= MOST_CACHE_MARKS


def _blocks(raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Everything of a request that can carry a cache mark."""
    contents = [message.get("content") for message in cast("list[dict[str, Any]]", raw["messages"])]
    for content in (raw.get("system"), raw.get("tools"), *contents):
        yield from blocks_in(content)


def blocks_in(content: Any) -> Iterator[dict[str, Any]]:
    """The blocks of a content, each followed by those inside it."""
    for block in objects_in(content):
        yield block
        yield from blocks_in(block.get("content"))
