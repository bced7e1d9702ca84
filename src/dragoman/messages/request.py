"""A request as the client sent it (`MessagesRequest`) and as dialects read it (`Conversation`).

The first is checked only as far as routing needs, so that a backend that speaks Messages gets everything, known
or not. The second is the typed view that translating dialects ask for; it is open: a block type that nobody
knows yet is an UnknownBlock, and unknown fields stay in `raw`.
"""

from typing import Any, Literal, cast

import msgspec

from dragoman.messages.blocks import Block, Text
from dragoman.wire.exchange import Headers, header
from dragoman.wire.jsonbytes import decode

LAUNCH_HEADER = "x-dragoman-launch"
"""By which `dragoman claude` names its own requests to a gateway that others use, too."""


class MessagesRequest:
    """What the client asked: the few fields that routing needs, and everything as it came. Nobody changes it."""

    __slots__ = ("_raw", "body", "counting", "headers", "max_tokens", "model", "stream")

    def __init__(
        self,
        model: str,
        *,
        stream: bool,
        max_tokens: int,
        raw: dict[str, Any],
        body: bytes,
        headers: Headers = (),
        counting: bool = False,
    ) -> None:
        self.model = model
        """The requested model, as the client wrote it."""
        self.stream = stream
        self.max_tokens = max_tokens
        """0 in a count_tokens request, where it is not required."""
        self.body = body
        """The whole body as it came, after decompression and surrogate repair."""
        self.headers = headers
        """The client's headers, names in lower case."""
        self.counting = counting
        """A count_tokens request."""
        self._raw: dict[str, Any] | None = raw

    @property
    def raw(self) -> dict[str, Any]:
        """The whole body as decoded JSON."""
        if self._raw is None:
            self._raw = cast("dict[str, Any]", decode(self.body))
        return self._raw

    def let_go(self) -> None:
        """Free what was decoded; whoever asks for it again waits for it to be decoded anew.

        It is several times the size of the body, and an answer takes minutes. The next request finds the memory while
        it is still in the processor's caches.
        """
        self._raw = None

    @property
    def session_id(self) -> str | None:
        """Claude Code's session, the best key for caches."""
        return header(self.headers, "x-claude-code-session-id")

    @property
    def launch(self) -> str | None:
        """The run of `dragoman claude` that this belongs to."""
        return header(self.headers, LAUNCH_HEADER)


class Tool(msgspec.Struct, frozen=True):
    """One entry of `tools`."""

    name: str
    type: str = "custom"
    """`custom`, or the dated type of a server tool or an Anthropic-defined tool."""
    description: str = ""
    input_schema: dict[str, Any] | None = None
    """Absent on server tools and Anthropic-defined tools."""
    strict: bool | None = None
    defer_loading: bool = False
    """Hidden from the model until a tool_reference names it (spec/anthropic-messages.md section 4.6)."""
    raw: dict[str, Any] = {}


class ToolChoice(msgspec.Struct, frozen=True):
    type: str
    """auto, any, tool or none."""
    name: str = ""
    disable_parallel_tool_use: bool = False


class Thinking(msgspec.Struct, frozen=True):
    type: str
    """adaptive, enabled, disabled, between_tools."""
    budget_tokens: int | None = None
    display: str | None = None
    """summarized or omitted (or a newer value); omitted keeps the text out of the answer."""


ThinkingDisplay = Literal["shown", "sealed", "hidden"]
"""shown: as text; sealed: only in the signature (`display: omitted`); hidden: the client did not ask."""


class Message(msgspec.Struct, frozen=True):
    role: str
    """user, assistant, or system in the middle of the conversation (section 3.3)."""
    content: tuple[Block, ...]
    effort: str | None = None
    """`output_config.effort` of a system message."""
    clear_at: str | None = None


class Conversation(msgspec.Struct, frozen=True, kw_only=True):
    """The typed view of a request."""

    system: tuple[Text, ...] = ()
    messages: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice | None = None
    thinking: Thinking | None = None
    effort: str | None = None
    output_schema: dict[str, Any] | None = None
    """The JSON schema of `output_config.format` (or the older `output_format`)."""
    stop_sequences: tuple[str, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    user_id: str | None = None
    """`metadata.user_id`; Claude Code's is a JSON string."""
    service_tier: str | None = None
    speed: str | None = None
    others: tuple[str, ...] = ()
    """Top-level fields without a place above, for the losses."""

    @property
    def block_types(self) -> set[type[Block]]:
        """Which types of blocks stand in its messages: most conversations have none of those that are looked for."""
        return {type(block) for message in self.messages for block in message.content}

    @property
    def latest_effort(self) -> str | None:
        """What the last system message in the conversation asks for, else the request itself."""
        return next((message.effort for message in reversed(self.messages) if message.effort), self.effort)

    @property
    def thinking_display(self) -> ThinkingDisplay:
        thinking = self.thinking
        if thinking is None or thinking.type == "disabled":
            return "hidden"
        return "sealed" if thinking.display == "omitted" else "shown"
