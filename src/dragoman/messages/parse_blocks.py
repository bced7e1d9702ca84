"""Content blocks: decoded JSON to the types of blocks.py, by a table of one function for each block type.

A type that is not in the table becomes an UnknownBlock; a known type with a wrong field is Malformed.
"""

import re
from collections.abc import Callable
from typing import Any, cast

from dragoman.messages.blocks import (
    Block,
    Compaction,
    Document,
    Image,
    RedactedThought,
    SearchResult,
    ServerToolResult,
    ServerToolUse,
    Text,
    Thought,
    ToolChange,
    ToolReference,
    ToolResult,
    ToolUse,
    UnknownBlock,
)
from dragoman.messages.fields import (
    Fields,
    Malformed,
    optional_flag,
    optional_object,
    optional_text,
    required_object,
    required_text,
)
from dragoman.wire.jsonvalues import objects_in

# `image/jpg` is no registered type, but every backend reads it.
IMAGE_TYPES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/jpg"})

_BASE64_EDGE = 64
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/=\s]")


def parse_content(content: Any) -> tuple[Block, ...]:
    """The blocks of a string (one Text), a list, or nothing. Raises Malformed with a path such as `3.text`."""
    if type(content) is str:
        return (Text(content),)
    if content is None:
        return ()
    if type(content) is not list:
        raise Malformed("", "Input should be a valid string or list")
    blocks: list[Block] = []
    try:
        for raw in cast("list[Any]", content):
            blocks.append(parse_block(raw))
    except Malformed as malformed:
        raise malformed.under(str(len(blocks))) from None
    return tuple(blocks)


def parse_block(raw: Any) -> Block:
    """One block. Raises Malformed."""
    if type(raw) is not dict:
        raise Malformed("", "Input should be an object")
    fields = cast("Fields", raw)
    kind = fields.get("type")
    if type(kind) is not str:
        raise Malformed("type", "Input should be a valid string" if "type" in fields else "Field required")
    parse = _PARSERS.get(kind)
    if parse is not None:
        return parse(fields)
    if kind.endswith("_tool_result") and type(fields.get("tool_use_id")) is str:
        return _server_tool_result(fields)
    return UnknownBlock(kind, fields)


def _text(fields: Fields) -> Text:
    text = fields.get("text")
    if type(text) is str and "cache_control" not in fields:
        return Text(text)
    return Text(required_text(fields, "text"), optional_object(fields, "cache_control"))


def _image(fields: Fields) -> Image:
    source = _source(fields)
    if source["type"] == "base64" and source["media_type"] not in IMAGE_TYPES:
        raise Malformed(
            "source.media_type", "Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'"
        )
    transformations = optional_object(fields, "transformations") or {}
    return Image(source, transformations.get("oversized_image") == "error")


def _document(fields: Fields) -> Document:
    source = _source(fields)
    if source["type"] == "text" and type(source.get("data")) is not str:
        raise Malformed("source.data", "Input should be a valid string")
    if source["type"] == "content":
        try:
            parse_content(source.get("content"))
        except Malformed as malformed:
            raise malformed.under("source.content") from None
    return Document(source, optional_text(fields, "title"), optional_text(fields, "context"), _cites(fields))


def _source(fields: Fields) -> Fields:
    source = required_object(fields, "source")
    try:
        kind = required_text(source, "type")
        if kind == "url":
            required_text(source, "url")
        elif kind == "file":
            required_text(source, "file_id")
        elif kind == "base64":
            required_text(source, "media_type")
            _check_base64(required_text(source, "data"))
    except Malformed as malformed:
        raise malformed.under("source") from None
    return source


def _check_base64(data: str) -> None:
    """Looks at both ends only: megabytes are the upstream's to decode, a data URL or a path is seen here."""
    if not data:
        raise Malformed("data", "image or document cannot be empty")
    if _NOT_BASE64.search(data[:_BASE64_EDGE]) or _NOT_BASE64.search(data[-_BASE64_EDGE:]):
        raise Malformed("data", "Invalid base64 data")


def _search_result(fields: Fields) -> SearchResult:
    try:
        parts = parse_content(fields.get("content"))
    except Malformed as malformed:
        raise malformed.under("content") from None
    return SearchResult(
        source=required_text(fields, "source"),
        title=required_text(fields, "title"),
        text="\n".join(part.text for part in parts if isinstance(part, Text)),
        citations=_cites(fields),
    )


def _cites(fields: Fields) -> bool:
    citations = optional_object(fields, "citations")
    return citations is not None and citations.get("enabled") is True


def _thought(fields: Fields) -> Thought:
    # Claude Code sends an empty signature after a stream without one; other clients leave it out.
    return Thought(optional_text(fields, "thinking") or "", optional_text(fields, "signature") or "")


def _redacted_thought(fields: Fields) -> RedactedThought:
    return RedactedThought(optional_text(fields, "data") or "")


def _tool_use(fields: Fields) -> ToolUse:
    arguments = fields.get("input")
    return ToolUse(
        required_text(fields, "id"), required_text(fields, "name"), {} if arguments is None else arguments
    )


def _server_tool_use(fields: Fields) -> ServerToolUse:
    arguments = fields.get("input")
    return ServerToolUse(
        required_text(fields, "id"), required_text(fields, "name"), {} if arguments is None else arguments
    )


def _tool_result(fields: Fields) -> ToolResult:
    tool_use_id = required_text(fields, "tool_use_id")
    content = fields.get("content")
    try:
        blocks = parse_content(content)
    except Malformed as malformed:
        raise malformed.under("content") from None
    return ToolResult(tool_use_id, blocks, optional_flag(fields, "is_error") or False)


def _server_tool_result(fields: Fields) -> ServerToolResult:
    return ServerToolResult(fields["type"], required_text(fields, "tool_use_id"), fields.get("content"))


def _tool_reference(fields: Fields) -> ToolReference:
    return ToolReference(required_text(fields, "tool_name"))


def _compaction(fields: Fields) -> Compaction:
    changes = [
        _tool_change(change) for change in objects_in(fields.get("tool_changes")) if change.get("tool")
    ]
    return Compaction(
        optional_text(fields, "content"),
        tuple(change for change in changes if isinstance(change, ToolChange)),
    )


def _tool_change(fields: Fields) -> Block:
    tool = required_object(fields, "tool")
    name = (inline_definition(fields) or tool).get("name")
    if type(name) is not str:
        return UnknownBlock(fields["type"], fields)
    return ToolChange(fields["type"] == "tool_addition", name)


def inline_definition(block: Any) -> Fields | None:
    """The `tools` entry that a `tool_addition` brings along (spec/anthropic-messages.md section 4.7)."""
    definition: Any = None
    match block:
        case {"type": "tool_addition", "tool": {"definition": dict()}}:
            definition = block["tool"]["definition"]
        case _:
            pass
    return definition


_PARSERS: dict[str, Callable[[Fields], Block]] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "search_result": _search_result,
    "thinking": _thought,
    "redacted_thinking": _redacted_thought,
    "tool_use": _tool_use,
    "tool_result": _tool_result,
    "tool_reference": _tool_reference,
    "server_tool_use": _server_tool_use,
    "mcp_tool_use": _server_tool_use,
    "mcp_tool_result": _server_tool_result,
    "web_search_tool_result": _server_tool_result,
    "web_fetch_tool_result": _server_tool_result,
    "code_execution_tool_result": _server_tool_result,
    "bash_code_execution_tool_result": _server_tool_result,
    "text_editor_code_execution_tool_result": _server_tool_result,
    "tool_search_tool_result": _server_tool_result,
    "advisor_tool_result": _server_tool_result,
    "compaction": _compaction,
    "tool_addition": _tool_change,
    "tool_removal": _tool_change,
}
