"""The events of a streamed answer (spec/anthropic-messages.md section 6.4), as typed values.

`Relayed` keeps the bytes of an event from a backend that speaks Messages itself: clients get those bytes.
"""

from typing import Any

import msgspec

from dragoman.wire.jsonbytes import encode

StopReason = str
"""end_turn, tool_use, max_tokens, stop_sequence, refusal, pause_turn or a newer value of the API."""


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """Tokens, each class apart: the whole prompt is the sum of the three input counts."""

    input_tokens: int = 0
    """Input that was neither read from nor written to a cache."""
    cache_creation_input_tokens: int = 0
    cache_read_input_tokens: int = 0
    output_tokens: int = 0
    """Thinking included."""
    output_tokens_details: dict[str, int] | None = None
    """`{"thinking_tokens": n}` where the backend tells."""
    service_tier: str | None = None
    server_tool_use: dict[str, int] | msgspec.UnsetType = msgspec.UNSET
    """`{"web_search_requests": n}` where a tool of the upstream's was used."""

    @property
    def prompt_tokens(self) -> int:
        """The whole prompt."""
        return self.input_tokens + self.cache_creation_input_tokens + self.cache_read_input_tokens


class TextBlock(msgspec.Struct, frozen=True, tag="text"):
    text: str = ""


class ThinkingBlock(msgspec.Struct, frozen=True, tag="thinking"):
    thinking: str = ""
    signature: str = ""


class ToolUseBlock(msgspec.Struct, frozen=True, tag="tool_use"):
    id: str
    name: str
    input: dict[str, Any] = {}


class ServerToolUseBlock(msgspec.Struct, frozen=True, tag="server_tool_use"):
    """A call of a tool that runs before the client hears of it; its result follows in a block of its own."""

    id: str
    name: str
    input: dict[str, Any] = {}


class TextDelta(msgspec.Struct, frozen=True, tag="text_delta"):
    text: str


class ThinkingDelta(msgspec.Struct, frozen=True, tag="thinking_delta"):
    thinking: str


class SignatureDelta(msgspec.Struct, frozen=True, tag="signature_delta"):
    signature: str


class InputJsonDelta(msgspec.Struct, frozen=True, tag="input_json_delta"):
    partial_json: str


class CitationsDelta(msgspec.Struct, frozen=True, tag="citations_delta"):
    citation: dict[str, Any]


Delta = TextDelta | ThinkingDelta | SignatureDelta | InputJsonDelta | CitationsDelta


class MessageHead(msgspec.Struct, frozen=True, kw_only=True):
    """The message as far as it is known at its start."""

    id: str
    type: str = "message"
    role: str = "assistant"
    model: str
    """What the client asked for."""
    content: tuple[()] = ()
    stop_reason: None = None
    stop_sequence: None = None
    usage: Usage


class MessageStart(msgspec.Struct, frozen=True, tag="message_start"):
    message: MessageHead


class ContentBlockStart(msgspec.Struct, frozen=True, tag="content_block_start"):
    index: int
    content_block: TextBlock | ThinkingBlock | ToolUseBlock | ServerToolUseBlock


class WholeBlockStart(msgspec.Struct, frozen=True, tag="content_block_start"):
    """The start of a block that carries all its content."""

    index: int
    content_block: dict[str, Any]


class ContentBlockDelta(msgspec.Struct, frozen=True, tag="content_block_delta"):
    index: int
    delta: Delta


class ContentBlockStop(msgspec.Struct, frozen=True, tag="content_block_stop"):
    index: int


class Ending(msgspec.Struct, frozen=True, omit_defaults=False):
    """Why the message ended."""

    stop_reason: StopReason | None
    stop_sequence: str | None = None
    stop_details: dict[str, Any] | None = None


class MessageDelta(msgspec.Struct, frozen=True, tag="message_delta"):
    delta: Ending
    usage: Usage


class MessageStop(msgspec.Struct, frozen=True, tag="message_stop"):
    pass


class Ping(msgspec.Struct, frozen=True, tag="ping"):
    pass


class ErrorDetail(msgspec.Struct, frozen=True):
    type: str
    message: str


class ErrorEvent(msgspec.Struct, frozen=True, tag="error"):
    """A stream that failed after it had begun; nothing follows it."""

    error: ErrorDetail
    request_id: str


Event = (
    MessageStart
    | ContentBlockStart
    | WholeBlockStart
    | ContentBlockDelta
    | ContentBlockStop
    | MessageDelta
    | MessageStop
    | Ping
    | ErrorEvent
)


class Relayed(msgspec.Struct, frozen=True, gc=False):
    """A frame of a backend that speaks Messages itself; it goes out untouched."""

    name: str
    """The event's name, empty for a comment, or `message` for a whole answer that is not a stream."""
    frame: bytes


Said = Event | Relayed

_EVENT_LINE = {
    kind: b"event: " + str(kind.__struct_config__.tag).encode() + b"\ndata: "
    for kind in (
        MessageStart,
        ContentBlockStart,
        WholeBlockStart,
        ContentBlockDelta,
        ContentBlockStop,
        MessageDelta,
        MessageStop,
        Ping,
        ErrorEvent,
    )
}


def frame_of(said: Said) -> bytes:
    """The SSE frame for an event: `event:` line, one `data:` line, blank line."""
    if isinstance(said, Relayed):
        return said.frame
    return _EVENT_LINE[type(said)] + encode(said) + b"\n\n"
