"""The body of a request to Claude on Vertex AI: the client's bytes without what Vertex AI refuses (spec/vertex.md 4)."""

import re
from typing import Any, cast

import msgspec

from dragoman.dialects.anthropic.body import blocks_in, body_fields, fields_of, items_of
from dragoman.dialects.anthropic.vertex_rules import (
    WEB_SEARCH,
    WEB_SEARCH_OPTIONS,
    Pair,
    applied_pairs,
    asked_betas,
)
from dragoman.dialects.dialect import Loss
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import invalid_request
from dragoman.messages.request import MessagesRequest
from dragoman.wire.exchange import header
from dragoman.wire.jsonbytes import encode, join_object
from dragoman.wire.jsonvalues import as_object

FIRST_VERSION = "vertex-2023-10-16"
FIRST_SHARED_VERSION = "2026-10-21"
"""From this one on the API's versions are Vertex AI's too."""

COUNTED = frozenset({"model", "messages", "system", "tools", "thinking", "tool_choice", "anthropic_version"})
"""What a count may have: it refuses betas, and with them the fields that need one (spec/vertex.md section 4.2)."""

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def write_message_body(request: MessagesRequest, quirks: Quirks, losses: list[Loss]) -> bytes:
    """For rawPredict: the model is in the path. Raises ApiError 400 for what Vertex AI cannot do."""
    return join_object(_with_version(request, _fields(request, quirks, {"model"}, losses)))


def write_count_body(request: MessagesRequest, model: str, quirks: Quirks, losses: list[Loss]) -> bytes:
    """For count-tokens: the model is in the body, without its date (acceptance case 19)."""
    fields = _fields(request, quirks, request.raw.keys() - COUNTED, losses)
    fields["model"] = msgspec.Raw(encode(model.partition("@")[0]))
    return join_object(_with_version(request, fields))


def _fields(
    request: MessagesRequest, quirks: Quirks, left_out: set[str], losses: list[Loss]
) -> dict[str, msgspec.Raw]:
    raw = request.raw
    pairs = applied_pairs(quirks, asked_betas(request.headers))
    _refuse_files(request)
    removed = {field: pair.why for pair in pairs for field in pair.fields}
    removed = dict.fromkeys(quirks.refused_fields, "") | removed
    for field, why in removed.items():
        if field not in left_out and raw.get(field) not in (None, [], {}):
            _refuse_need(pairs, field)
            losses.append(Loss(field, "dropped", why or "Vertex AI refused it"))
    fields = body_fields(request, left_out | removed.keys(), losses)
    _edit_tools(fields, raw, pairs, losses)
    if b'"scope"' in request.body and any(pair.cache_scope for pair in pairs):
        _remove_scopes(fields, raw, losses)
    return fields


def _refuse_need(pairs: tuple[Pair, ...], field: str) -> None:
    for pair in pairs:
        if pair.needed and field in pair.fields:
            raise invalid_request(f"{field}: {pair.needed}")


def _with_version(request: MessagesRequest, fields: dict[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """With the version that the client's header asks for, if its body has none that Vertex AI knows.

    A request in the first version must stay in it: the later one refuses fields that the first one takes.
    """
    named: Any = request.raw.get("anthropic_version")
    # Anthropic's own name of the first version is none there (spec/vertex.md section 8).
    older = isinstance(named, str) and _DATE.fullmatch(named) and named < FIRST_SHARED_VERSION
    if named is not None and not older:
        return fields
    asked = header(request.headers, "anthropic-version") or ""
    shared = _DATE.fullmatch(asked) is not None and asked >= FIRST_SHARED_VERSION
    version = msgspec.Raw(encode(asked if shared else FIRST_VERSION))
    return {"anthropic_version": version} | {
        name: value for name, value in fields.items() if name != "anthropic_version"
    }


def _edit_tools(
    fields: dict[str, msgspec.Raw], raw: dict[str, Any], pairs: tuple[Pair, ...], losses: list[Loss]
) -> None:
    if "tools" not in fields or not raw.get("tools"):
        return
    tools = cast("list[Any]", raw["tools"])
    written = items_of(fields["tools"])
    edited = [
        _edited_tool(f"tools.{index}", tool, value, pairs, losses)
        for index, (tool, value) in enumerate(zip(tools, written, strict=True))
    ]
    if all(new is old for new, old in zip(edited, written, strict=True)):
        return
    kept = [bytes(tool) for tool in edited if tool is not None]
    if not kept:
        raise invalid_request("tools: Vertex AI has none of these tools for Claude")
    fields["tools"] = msgspec.Raw(b"[" + b",".join(kept) + b"]")
    names = {str(tool.get("name")) for tool, new in zip(tools, edited, strict=True) if new is None}
    if as_object(raw.get("tool_choice")).get("name") in names:
        fields.pop("tool_choice", None)
        losses.append(Loss("tool_choice", "dropped", "its tool does not exist on Vertex AI"))


def _edited_tool(
    path: str, tool: Any, written: msgspec.Raw, pairs: tuple[Pair, ...], losses: list[Loss]
) -> msgspec.Raw | None:
    """The tool as Vertex AI takes it, the same object if it is so already; None if it is left out."""
    type = str(as_object(tool).get("type") or "")
    for pair in pairs:
        if pair.tools and type.startswith(pair.tools):
            if pair.needed:
                raise invalid_request(f"{path}: {pair.needed}")
            losses.append(Loss(path, "dropped", pair.why or "Vertex AI refused it"))
            return None
    if not type.startswith("web_search_") or type <= WEB_SEARCH:
        return written
    losses.append(Loss(f"{path}.type", "approximated", f"Vertex AI searches as `{WEB_SEARCH}` does"))
    kept = {name: value for name, value in fields_of(written).items() if name in WEB_SEARCH_OPTIONS}
    return msgspec.Raw(join_object(kept | {"type": msgspec.Raw(encode(WEB_SEARCH))}))


def _refuse_files(request: MessagesRequest) -> None:
    if b'"file_id"' not in request.body:
        return
    for index, message in enumerate(cast("list[dict[str, Any]]", request.raw["messages"])):
        for block in blocks_in(message.get("content")):
            uploaded = as_object(block.get("source")).get("type") == "file"
            if uploaded or block.get("type") == "container_upload":
                raise invalid_request(
                    f"messages.{index}.content: uploaded files exist on Anthropic's own API only, not on Vertex AI; "
                    "send the file itself in `source`"
                )


def _remove_scopes(fields: dict[str, msgspec.Raw], raw: dict[str, Any], losses: list[Loss]) -> None:
    before = dict(fields)
    for name in ("system", "tools", "messages"):
        if name in fields:
            fields[name] = _without_scopes(fields[name])
    if isinstance(raw.get("cache_control"), dict) and "cache_control" in fields:
        fields["cache_control"] = _without_scope(fields["cache_control"])
    if any(fields[name] is not value for name, value in before.items()):
        losses.append(Loss("cache_control.scope", "dropped", "a cache on Vertex AI is the project's own"))


def _without_scopes(value: msgspec.Raw) -> msgspec.Raw:
    """Blocks, or what holds some in `content`, without the scopes of their marks; the same object if there is none."""
    start = bytes(value).lstrip()[:1]
    if start == b"[":
        items = items_of(value)
        edited = [_without_scopes(item) for item in items]
        if all(new is old for new, old in zip(edited, items, strict=True)):
            return value
        return msgspec.Raw(b"[" + b",".join(map(bytes, edited)) + b"]")
    if start != b"{" or b'"scope"' not in bytes(value):
        return value
    fields = fields_of(value)
    edited_fields = dict(fields)
    if "cache_control" in fields:
        edited_fields["cache_control"] = _without_scope(fields["cache_control"])
    if "content" in fields:
        edited_fields["content"] = _without_scopes(fields["content"])
    if all(edited_fields[name] is fields[name] for name in fields):
        return value
    return msgspec.Raw(join_object(edited_fields))


def _without_scope(mark: msgspec.Raw) -> msgspec.Raw:
    if not bytes(mark).lstrip().startswith(b"{"):
        return mark
    fields = fields_of(mark)
    if "scope" not in fields:
        return mark
    del fields["scope"]
    return msgspec.Raw(join_object(fields))
