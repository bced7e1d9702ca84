"""Content blocks as dialects read them (spec/anthropic-messages.md section 5).

Only the fields that some dialect can use are typed; `raw` is the block as the client sent it. Decoded JSON has no
circles, so that the collector need not look at blocks.
"""

from typing import Any

import msgspec


class Text(msgspec.Struct, frozen=True, gc=False):
    text: str
    cache_control: dict[str, Any] | None = None


class Image(msgspec.Struct, frozen=True, gc=False):
    source: dict[str, Any]
    """`{type: base64, media_type, data}`, `{type: url, url}` or `{type: file, file_id}`."""
    whole: bool = False
    """The client wants an error rather than a smaller image (`transformations.oversized_image`)."""


class Document(msgspec.Struct, frozen=True, gc=False):
    source: dict[str, Any]
    """base64 PDF, `text`, `content` (string or blocks), url or file."""
    title: str | None = None
    context: str | None = None
    citations: bool = False


class SearchResult(msgspec.Struct, frozen=True, gc=False):
    source: str
    title: str
    text: str
    citations: bool = False


class Thought(msgspec.Struct, frozen=True, gc=False):
    """A `thinking` block; the signature may be ours (messages/envelope.py), a vendor's or empty."""

    thinking: str
    signature: str


class RedactedThought(msgspec.Struct, frozen=True, gc=False):
    data: str


class ToolUse(msgspec.Struct, frozen=True, gc=False):
    id: str
    name: str
    input: Any
    """An object; Claude Code echoes `{"__unparsedToolInput": ...}` for broken JSON, others a string."""


class ToolReference(msgspec.Struct, frozen=True, gc=False):
    tool_name: str


class ToolResult(msgspec.Struct, frozen=True, gc=False):
    tool_use_id: str
    content: "tuple[Block, ...]"
    is_error: bool = False


class ServerToolUse(msgspec.Struct, frozen=True, gc=False):
    id: str
    name: str
    input: Any


class ServerToolResult(msgspec.Struct, frozen=True, gc=False):
    """Any `*_tool_result` of a tool that the API itself runs."""

    type: str
    tool_use_id: str
    content: Any


class ToolChange(msgspec.Struct, frozen=True, gc=False):
    """`tool_addition` or `tool_removal` in a system message (section 4.7)."""

    added: bool
    tool_name: str


class Compaction(msgspec.Struct, frozen=True, gc=False):
    """A summary that stands for everything before it; None changes nothing."""

    content: str | None
    tool_changes: tuple[ToolChange, ...] = ()
    """Those of what it stands for."""


class UnknownBlock(msgspec.Struct, frozen=True, gc=False):
    """A block type, or a shape of a known type, that this version does not know."""

    type: str
    raw: dict[str, Any]


Block = (
    Text
    | Image
    | Document
    | SearchResult
    | Thought
    | RedactedThought
    | ToolUse
    | ToolReference
    | ToolResult
    | ServerToolUse
    | ServerToolResult
    | Compaction
    | ToolChange
    | UnknownBlock
)
