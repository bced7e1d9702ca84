"""Says a message as legal events: readers name what the backend said, the writer keeps the grammar.

It owns indexes, opening and closing, and holds back a tool call while another one is open: events of two blocks
never mix (docs/decisions/0009). Nothing here parses what it passes on.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from msgspec.structs import replace

from dragoman.messages.events import (
    CitationsDelta,
    ContentBlockDelta,
    ContentBlockStart,
    ContentBlockStop,
    Ending,
    Event,
    InputJsonDelta,
    MessageDelta,
    MessageHead,
    MessageStart,
    MessageStop,
    ServerToolUseBlock,
    SignatureDelta,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolUseBlock,
    Usage,
    WholeBlockStart,
)

Kind = Literal["text", "thinking", "tool_use"]


@dataclass
class HeldCall:
    """A tool call that waits until the one before it is complete."""

    id: str
    name: str
    pieces: list[str] = field(default_factory=list[str])


class MessageWriter:
    """One answer. Every method adds to the events that `take` hands out."""

    def __init__(self, message_id: str, model: str, input_tokens: int) -> None:
        self._head = MessageHead(id=message_id, model=model, usage=Usage(input_tokens=input_tokens))
        self._said: list[Event] = []
        self._started = False
        self._open: Kind | None = None
        self._index = -1
        self._call: object = None
        self._held: dict[object, HeldCall] = {}
        self.tool_calls = 0
        """How many tool calls were begun, held ones included."""

    @property
    def open_block(self) -> Kind | None:
        """The kind of the block that is open."""
        return self._open

    def take(self) -> list[Event]:
        """What was said since the last call."""
        said = self._said
        self._said = []
        return said

    def start(self, usage: Usage | None = None) -> None:
        """The message's start; once. `usage`, if it is known by then, stands in place of the estimate."""
        if not self._started:
            self._started = True
            if usage is not None:
                self._head = replace(self._head, usage=usage)
            self._said.append(MessageStart(self._head))

    def text(self, piece: str) -> None:
        """More text; opens a block for it."""
        if self._open != "text":
            self._open_block("text", TextBlock())
        self._said.append(ContentBlockDelta(self._index, TextDelta(piece)))

    def thinking(self, piece: str) -> None:
        """More thinking; opens a block for it."""
        self.open_thinking()
        self._said.append(ContentBlockDelta(self._index, ThinkingDelta(piece)))

    def open_thinking(self) -> None:
        """A thinking block without text, for reasoning that stays sealed."""
        if self._open != "thinking":
            self._open_block("thinking", ThinkingBlock())

    def end_thinking(self, signature: str) -> None:
        """Sign and close the open thinking block."""
        if self._open == "thinking":
            self._said.append(ContentBlockDelta(self._index, SignatureDelta(signature)))
            self._close()

    def tool_call(self, key: object, tool_use_id: str, name: str) -> None:
        """A tool call begins; `key` names it in `tool_input`."""
        self.tool_calls += 1
        if self._open == "tool_use":
            self._held[key] = HeldCall(tool_use_id, name)
            return
        self._open_block("tool_use", ToolUseBlock(tool_use_id, name))
        self._call = key

    def tool_input(self, key: object, piece: str) -> bool:
        """More of a call's JSON. False if that call is already closed: the piece cannot be said."""
        if self._open == "tool_use" and key == self._call:
            self._said.append(ContentBlockDelta(self._index, InputJsonDelta(piece)))
            return True
        held = self._held.get(key)
        if held is None:
            return False
        held.pieces.append(piece)
        return True

    def citation(self, citation: dict[str, Any]) -> None:
        """A source of the open text block; without one nothing is said."""
        if self._open == "text":
            self._said.append(ContentBlockDelta(self._index, CitationsDelta(citation)))

    def end_block(self) -> None:
        """What is said next is no part of the open text or call."""
        if self._open != "thinking":
            self._close_all()

    def server_tool(self, tool_use_id: str, name: str, tool_input: str) -> None:
        """A whole call of a tool that the upstream runs; `tool_input` is its JSON."""
        self._open_block("tool_use", ServerToolUseBlock(tool_use_id, name))
        self._said.append(ContentBlockDelta(self._index, InputJsonDelta(tool_input)))
        self._close()

    def whole_block(self, block: dict[str, Any]) -> None:
        """A block that comes in one piece."""
        self.start()
        self._close_all()
        self._index += 1
        self._said.append(WholeBlockStart(self._index, block))
        self._said.append(ContentBlockStop(self._index))

    def keep_alive(self, thinking: bool) -> None:
        """An empty delta in the open block, or in one opened for it (spec/claude-code.md section 7)."""
        self.start()
        if self._open == "tool_use":
            self._said.append(ContentBlockDelta(self._index, InputJsonDelta("")))
        elif self._open == "thinking" or (self._open is None and thinking):
            self.thinking("")
        else:
            self.text("")

    def end(
        self,
        stop_reason: str,
        usage: Usage,
        stop_sequence: str | None = None,
        stop_details: dict[str, Any] | None = None,
    ) -> None:
        """Close what is open and end the message."""
        self.start()
        self._close_all()
        self._said.append(MessageDelta(Ending(stop_reason, stop_sequence, stop_details), usage))
        self._said.append(MessageStop())

    def _open_block(
        self, kind: Kind, block: TextBlock | ThinkingBlock | ToolUseBlock | ServerToolUseBlock
    ) -> None:
        self.start()
        self._close_all()
        self._index += 1
        self._open = kind
        self._said.append(ContentBlockStart(self._index, block))

    def _close(self) -> None:
        if self._open is not None:
            self._said.append(ContentBlockStop(self._index))
            self._open = None

    def _close_all(self) -> None:
        self._close()
        for call in self._held.values():
            self._index += 1
            self._said.append(ContentBlockStart(self._index, ToolUseBlock(call.id, call.name)))
            for piece in call.pieces:
                self._said.append(ContentBlockDelta(self._index, InputJsonDelta(piece)))
            self._said.append(ContentBlockStop(self._index))
        self._held.clear()
