"""The events of a streamed answer (spec/anthropic-messages.md section 6.4), as typed values.

`Relayed` pairs a typed event with the bytes it came in, for backends that speak Messages themselves: clients get
those bytes, the grammar and the meter look at the typed view.
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
    content_block: TextBlock | ThinkingBlock | ToolUseBlock


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


class UnknownEvent(msgspec.Struct, frozen=True):
    """An event that the API added since; passed on, never made by us."""

    name: str


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
    | UnknownEvent
)


class Relayed(msgspec.Struct, frozen=True):
    """An event and the frame it came in, which goes out untouched."""

    event: Event | None
    """None for a comment or a frame that says nothing."""
    frame: bytes


Said = Event | Relayed


def frame_of(said: Said) -> bytes:
    """The SSE frame for an event: `event:` line, one `data:` line, blank line."""
    if type(said) is ContentBlockDelta:
        return b"event: content_block_delta\ndata: " + encode(said) + b"\n\n"
    if isinstance(said, Relayed):
        return said.frame
    name = said.__struct_config__.tag
    return b"event: " + str(name).encode() + b"\ndata: " + encode(said) + b"\n\n"


def event_of(said: Said) -> Event | None:
    """The typed view of what was said."""
    return said.event if isinstance(said, Relayed) else said
