"""What is legal in a stream of events: one table and the machine that applies it.

It shares no code with the writer, so that each can catch the other. Rules: spec/anthropic-messages.md section 6.4.
Everything that changes the state is in this file.
"""

from typing import Literal, NoReturn

from dragoman.messages.errors import TranslatorBug
from dragoman.messages.events import (
    CitationsDelta,
    ContentBlockDelta,
    ContentBlockStart,
    ContentBlockStop,
    ErrorEvent,
    Event,
    InputJsonDelta,
    MessageDelta,
    MessageStart,
    MessageStop,
    Ping,
    ServerToolUseBlock,
    SignatureDelta,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolUseBlock,
    WholeBlockStart,
)

State = Literal[
    "before",
    "between_blocks",
    "in_text",
    "in_thinking",
    "signed",
    "in_tool_use",
    "in_whole",
    "ending",
    "over",
]

NEXT: dict[tuple[State, type], State] = {
    ("before", MessageStart): "between_blocks",
    ("between_blocks", TextBlock): "in_text",
    ("between_blocks", ThinkingBlock): "in_thinking",
    ("between_blocks", ToolUseBlock): "in_tool_use",
    ("between_blocks", ServerToolUseBlock): "in_tool_use",
    ("between_blocks", WholeBlockStart): "in_whole",
    ("between_blocks", MessageDelta): "ending",
    ("in_text", TextDelta): "in_text",
    ("in_text", CitationsDelta): "in_text",
    ("in_text", ContentBlockStop): "between_blocks",
    ("in_thinking", ThinkingDelta): "in_thinking",
    ("in_thinking", SignatureDelta): "signed",
    ("in_thinking", ContentBlockStop): "between_blocks",
    ("signed", ContentBlockStop): "between_blocks",
    ("in_tool_use", InputJsonDelta): "in_tool_use",
    ("in_tool_use", ContentBlockStop): "between_blocks",
    ("in_whole", ContentBlockStop): "between_blocks",
    ("ending", MessageDelta): "ending",
    ("ending", MessageStop): "over",
}
"""State and what is said (for starts and deltas: the kind of block or delta) to the next state.

Besides, a Ping is legal after the start, and an ErrorEvent ends every state but `over`."""


class Grammar:
    """Checks one stream of events."""

    def __init__(self) -> None:
        self.state: State = "before"
        self.index = -1
        """The block that is open, or the last one that was."""

    def check(self, event: Event) -> None:
        """Take one event. Raises TranslatorBug for an illegal one."""
        if isinstance(event, ContentBlockDelta):
            step = NEXT.get((self.state, type(event.delta)))
            if step is None or event.index != self.index:
                self._refuse(event)
            self.state = step
            return
        self._check_rare(event)

    def _check_rare(self, event: Event) -> None:
        if isinstance(event, ErrorEvent) and self.state != "over":
            self.state = "over"
            return
        if isinstance(event, Ping) and self.state not in ("before", "over"):
            return
        said = type(event.content_block) if isinstance(event, ContentBlockStart) else type(event)
        step = NEXT.get((self.state, said))
        if step is None:
            self._refuse(event)
        if isinstance(event, (ContentBlockStart, WholeBlockStart)):
            self.index += 1
        if (
            isinstance(event, (ContentBlockStart, WholeBlockStart, ContentBlockStop))
            and event.index != self.index
        ):
            self._refuse(event)
        self.state = step

    def _refuse(self, event: Event) -> NoReturn:
        index = getattr(event, "index", None)
        where = "" if index is None else f" of block {index}"
        raise TranslatorBug(
            f"{type(event).__name__}{where} is illegal in the state `{self.state}` with block {self.index}"
        )
