"""A conversation as input items (spec/openai-responses.md section 3).

The bytes of an item depend on nothing after its turn, so that the upstream's prefix cache holds, and its reasoning stays
bound to what was before it.
"""

from typing import Any

import msgspec

from dragoman.dialects.block_parts import Part
from dragoman.dialects.cache_markers import CacheMarkers
from dragoman.dialects.history import Turn, note_text, read_history, system_blocks
from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_responses.assistant_items import AssistantWriter
from dragoman.dialects.openai_responses.content import BREAKPOINT, ContentWriter
from dragoman.dialects.openai_responses.tools import ToolItems
from dragoman.dialects.plain_text import reminder
from dragoman.dialects.quirks import Quirks
from dragoman.messages.blocks import Text
from dragoman.messages.request import Conversation

Item = dict[str, Any]


class WrittenInput(msgspec.Struct, frozen=True):
    items: list[Item]
    instructions: str | None
    """The system prompt, for servers that want it beside the input."""
    media_bytes: int
    """Base64 of images and files among the items."""
    media_tokens: int
    """What those weigh, estimated."""
    first_turn: int
    """How many items there are up to the first user message: they stay the same for the whole conversation."""


class InputWriter:
    """Writes the input of one request."""

    def __init__(
        self,
        conversation: Conversation,
        model: str,
        quirks: Quirks,
        losses: Losses,
        assistant: AssistantWriter,
        tools: ToolItems,
        markers: CacheMarkers,
    ) -> None:
        self._conversation = conversation
        self._quirks = quirks
        self._losses = losses
        self._assistant = assistant
        self._tools = tools
        self._content = ContentWriter(conversation.tools, model, quirks, losses, markers)
        self._items: list[Item] = []
        self._attachments: list[Part] = []

    def write(self, extra_instructions: str | None, closing_note: str | None) -> WrittenInput:
        """Everything. `extra_instructions` end the system prompt; `closing_note` is said last, as a developer."""
        instructions = self._write_system(extra_instructions)
        start = len(self._items)
        history = read_history(self._conversation)
        for orphan in history.orphans:
            self._losses.dropped(orphan.path, "the result answers no call of the turn before it")
        first_turn = 0
        for turn in history.turns:
            self._write_turn(turn)
            if turn.role == "user" and not first_turn:
                first_turn = len(self._items)
        self._items += self._tools.chosen()
        self._items[start:start] = self._tools.unnamed()
        if closing_note is not None:
            self._write_note(closing_note)
        blocks = self._content.blocks
        return WrittenInput(self._items, instructions, blocks.media_bytes, blocks.media_tokens, first_turn)

    def _write_system(self, extra: str | None) -> str | None:
        blocks = system_blocks(self._conversation)
        if extra is not None:
            blocks.append(Text(extra))
        if not blocks:
            return None
        if not self._quirks.system_as_item:
            return "\n\n".join(block.text for block in blocks)
        self._items.append(self._developer([self._system_part(block) for block in blocks]))
        return None

    def _system_part(self, block: Text) -> Part:
        part = self._content.text_part(block.text)
        return part | BREAKPOINT if block.cache_control and self._quirks.cache_breakpoints else part

    def _write_turn(self, turn: Turn) -> None:
        if turn.role == "assistant":
            self._items += self._tools.called(turn)
            self._items += self._assistant.items(turn)
            self._write_outputs(turn)
        elif turn.role == "system":
            if note := note_text(turn, self._losses):
                self._write_note(note)
            self._items += self._tools.added(turn)
        else:
            self._write_user(self._content.parts(turn.blocks))

    def _write_note(self, note: str) -> None:
        """A developer message at this place."""
        part = self._content.text_part(note)
        if self._quirks.system_anywhere:
            self._items.append(self._developer([part]))
        else:
            self._write_user([self._content.text_part(reminder(note))])

    def _developer(self, parts: list[Part]) -> Item:
        return {"type": "message", "role": self._quirks.system_role, "content": parts}

    def _write_user(self, parts: list[Part]) -> None:
        """The media of tool results come first where the results themselves cannot hold them."""
        parts = [*self._attachments, *parts]
        self._attachments = []
        if parts:
            self._items.append({"type": "message", "role": "user", "content": parts})

    def _write_outputs(self, turn: Turn) -> None:
        """All outputs behind all calls, in the order of the calls (section 3)."""
        loaded: list[Item] = []
        for call in turn.calls:
            output: Any
            if self._quirks.media_in_results:
                output, tools = self._content.output(call)
                loaded += self._tools.loaded(tools)
            else:
                told = self._content.results.of(call, 1 + len(self._attachments) // 2)
                output = told.text
                self._attachments += told.attachments
            call_id = self._assistant.call_id(call)
            self._items.append({"type": "function_call_output", "call_id": call_id, "output": output})
        self._items += loaded
