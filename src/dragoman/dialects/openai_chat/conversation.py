"""A conversation as Chat messages (spec/openai-chat.md sections 2 and 4).

The bytes of a message depend on nothing after it, so that the upstream's prefix cache holds from turn to turn.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from dragoman.dialects.block_parts import Part
from dragoman.dialects.cache_markers import CacheMarkers
from dragoman.dialects.history import Call, Placed, Turn, note_text, read_history, system_blocks
from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_chat.content import ContentWriter
from dragoman.dialects.openai_chat.reasoning import empty_reasoning, reasoning_fields
from dragoman.dialects.plain_text import reminder, server_tool_text
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.tool_ids import UpstreamIds
from dragoman.dialects.tool_names import upstream_tool_name
from dragoman.messages.blocks import (
    Compaction,
    RedactedThought,
    ServerToolResult,
    ServerToolUse,
    Text,
    Thought,
    UnknownBlock,
)
from dragoman.messages.envelope import EnvelopeOpener, Seal
from dragoman.messages.request import Conversation
from dragoman.messages.tool_json import as_tool_input
from dragoman.wire.jsonbytes import encode

ChatMessage = dict[str, Any]


class WrittenMessages(msgspec.Struct, frozen=True):
    messages: list[ChatMessage]
    media_bytes: int
    """Base64 of images and files among the messages."""
    media_tokens: int
    """What those images and files weigh, estimated."""


def write_messages(
    conversation: Conversation,
    model: str,
    quirks: Quirks,
    losses: Losses,
    seal: Seal,
    *,
    markers: CacheMarkers | None = None,
    instructions: str | None = None,
    closing_note: str | None = None,
) -> WrittenMessages:
    """All messages. `instructions` end the system prompt; `closing_note` is said last, as a system message.

    Losses: orphan and missing results, and what content the server cannot take.
    """
    writer = _Writer(conversation, model, quirks, losses, EnvelopeOpener(seal), markers or {})
    writer.write_system(instructions)
    history = read_history(conversation)
    for orphan in history.orphans:
        losses.dropped(orphan.path, "the result answers no call of the turn before it")
    loop_start = _loop_start(history.turns)
    for number, turn in enumerate(history.turns):
        writer.write_turn(turn, in_tool_loop=number >= loop_start)
    if closing_note is not None:
        writer.write_note(closing_note)
    return writer.finish()


def _loop_start(turns: list[Turn]) -> int:
    """The number of the turn after the last user message that is not about tool results."""
    asked = [n for n, turn in enumerate(turns) if turn.role == "user" and turn.blocks and not turn.answers]
    return asked[-1] + 1 if asked else 0


class _Writer:
    def __init__(
        self,
        conversation: Conversation,
        model: str,
        quirks: Quirks,
        losses: Losses,
        opener: EnvelopeOpener,
        markers: CacheMarkers,
    ) -> None:
        self._conversation = conversation
        self._quirks = quirks
        self._losses = losses
        self._markers = markers
        self._opener = opener
        self._content = ContentWriter(conversation.tools, model, quirks, losses)
        self._ids = UpstreamIds(quirks)
        self._messages: list[ChatMessage] = []
        self._attachments: list[Part] = []

    def write_system(self, instructions: str | None) -> None:
        blocks = system_blocks(self._conversation)
        if instructions is not None:
            blocks.append(Text(instructions))
        if not blocks:
            return
        content: Any = "\n\n".join(block.text for block in blocks)
        if self._quirks.cache_control:
            content = [_text_part(block) for block in blocks]
        self._messages.append({"role": self._quirks.system_role, "content": content})

    def write_turn(self, turn: Turn, *, in_tool_loop: bool) -> None:
        if turn.role == "assistant":
            self._write_assistant(turn, in_tool_loop)
        elif turn.role == "system":
            note = note_text(turn, self._losses)
            if note:
                self.write_note(note)
        else:
            self._write_user(self._content.parts(turn.blocks))

    def write_note(self, note: str) -> None:
        """A system message at this place."""
        if self._quirks.system_anywhere or not self._messages:
            self._messages.append({"role": self._quirks.system_role, "content": note})
        elif self._messages and self._messages[-1]["role"] == "user":
            self._messages[-1]["content"].append({"type": "text", "text": reminder(note)})
        elif len(self._messages) == 1 and self._messages[0]["role"] == self._quirks.system_role:
            self._add_to_system(note)
        else:
            self._messages.append(_user([{"type": "text", "text": reminder(note)}]))

    def finish(self) -> WrittenMessages:
        for message in self._messages:
            if message["role"] == "user" and not self._quirks.cache_control:
                message["content"] = _plain(message["content"])
        return WrittenMessages(
            self._messages, self._content.blocks.media_bytes, self._content.blocks.media_tokens
        )

    def _add_to_system(self, note: str) -> None:
        system = self._messages[0]
        if isinstance(system["content"], str):
            system["content"] += f"\n\n{note}"
        else:
            system["content"].append({"type": "text", "text": note})

    def _write_user(self, parts: list[Part]) -> None:
        """The images of tool results come first: only user messages bring results, so one always follows."""
        parts = [*self._attachments, *parts]
        self._attachments = []
        if not parts:
            return
        if self._quirks.merge_roles and self._messages and self._messages[-1]["role"] == "user":
            self._messages[-1]["content"] += parts
        else:
            self._messages.append(_user(parts))

    def _write_assistant(self, turn: Turn, in_tool_loop: bool) -> None:
        text = self._assistant_text(turn.blocks)
        calls = [(call, self._ids.claim(call.use.id)) for call in turn.calls]
        reasoning = self._reasoning(turn, in_tool_loop)
        if not text and not calls and not reasoning:
            return
        if self._quirks.merge_roles and self._messages and self._messages[-1]["role"] == "assistant":
            # Between the two stood a user message that says nothing.
            text = "\n\n".join(filter(None, (self._messages.pop()["content"], text)))
        message: ChatMessage = {"role": "assistant"}
        if text or not calls:
            message["content"] = text
        elif self._quirks.null_content != "omit":
            message["content"] = None if self._quirks.null_content == "null" else ""
        message |= reasoning
        if calls:
            message["tool_calls"] = [self._call(call, call_id) for call, call_id in calls]
        marker = self._marker(turn.blocks) or self._marker(call.place for call, _ in calls)
        if marker is not None:
            message["cache_control"] = marker
        self._messages.append(message)
        for call, call_id in calls:
            self._write_result(call, call_id)

    def _assistant_text(self, blocks: list[Placed]) -> str:
        pieces: list[str] = []
        asked: dict[str, ServerToolUse] = {}
        for placed in blocks:
            match placed.block:
                case Text():
                    pieces.append(placed.block.text)
                case ServerToolUse():
                    asked[placed.block.id] = placed.block
                case ServerToolResult():
                    use = asked.pop(placed.block.tool_use_id, None)
                    pieces.append(f"\n{server_tool_text(use, placed.block)}\n")
                case Thought() | RedactedThought() | Compaction():
                    pass
                case UnknownBlock(type="fallback" | "mcp_tool_listing"):
                    pass
                case _:
                    self._losses.dropped(placed.path, "the block has no place in an assistant message")
        pieces += [f"\n{server_tool_text(use, None)}\n" for use in asked.values()]
        text = "".join(pieces)
        return text if text.strip() else ""

    def _reasoning(self, turn: Turn, in_tool_loop: bool) -> dict[str, Any]:
        back = self._quirks.reasoning_back
        if back == "never" or (back == "tool_loop" and not in_tool_loop):
            return {}
        thoughts: list[Thought] = []
        for placed in turn.blocks:
            if isinstance(placed.block, Thought):
                thoughts.append(placed.block)
                self._losses.unopened(self._opener, placed.block.signature, f"{placed.path}.signature")
        fields = reasoning_fields(thoughts, self._quirks, self._opener)
        if not fields and turn.calls and self._quirks.reasoning_required:
            return empty_reasoning(self._quirks)
        return fields

    def _call(self, call: Call, call_id: str) -> dict[str, Any]:
        name = upstream_tool_name(call.use.name, self._quirks.max_tool_name)
        function = {"name": name, "arguments": encode(as_tool_input(call.use.input)).decode()}
        return {"id": call_id, "type": "function", "function": function}

    def _write_result(self, call: Call, call_id: str) -> None:
        output = self._content.results.of(call, 1 + len(self._attachments) // 2)
        message: ChatMessage = {"role": "tool", "tool_call_id": call_id, "content": output.text}
        marker = self._marker([call.result]) if call.result is not None else None
        if marker is not None:
            message["cache_control"] = marker
        self._messages.append(message)
        self._attachments += output.attachments

    def _marker(self, places: Iterable[Placed]) -> dict[str, Any] | None:
        if not self._markers:
            return None
        found = [self._markers.get((placed.message, placed.position)) for placed in places]
        return next((marker for marker in reversed(found) if marker), None)


def _user(parts: list[Part]) -> ChatMessage:
    return {"role": "user", "content": parts}


def _plain(parts: list[Part]) -> Any:
    if all(part["type"] == "text" for part in parts):
        return "\n\n".join(part["text"] for part in parts)
    return parts


def _text_part(block: Text) -> Part:
    part: Part = {"type": "text", "text": block.text}
    return part | {"cache_control": block.cache_control} if block.cache_control else part
