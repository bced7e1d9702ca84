"""An assistant turn as items: texts, calls, and the reasoning that belongs to them (spec/openai-responses.md 3 and 4)."""

from collections.abc import Callable
from typing import Any

from dragoman.dialects.history import Call, Placed, Turn
from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_responses.reasoning import reasoning_item, texts_behind
from dragoman.dialects.plain_text import server_tool_text
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
from dragoman.messages.envelope import EnvelopeOpener
from dragoman.messages.tool_json import as_tool_input
from dragoman.wire.jsonbytes import encode

Item = dict[str, Any]


class AssistantWriter:
    """Writes the assistant turns of one request, in their order."""

    def __init__(
        self, quirks: Quirks, losses: Losses, opener: EnvelopeOpener, kept: Callable[[str], str | None]
    ) -> None:
        self._quirks = quirks
        self._losses = losses
        self._opener = opener
        self._kept = kept
        self._ids = UpstreamIds(quirks)
        self._call_ids: dict[int, str] = {}

    def call_id(self, call: Call) -> str:
        """The upstream's id of a call that was written."""
        return self._call_ids[id(call)]

    def items(self, turn: Turn) -> list[Item]:
        """The turn. Losses: reasoning whose envelope is damaged, and blocks without a place."""
        asked: dict[str, ServerToolUse] = {}
        # A search becomes text, and reasoning without the item that followed it is a 400 (section 10.4).
        reasons = self._quirks.reasoning_back != "never" and not any(
            [isinstance(placed.block, (ServerToolUse, ServerToolResult)) for placed in turn.blocks]
        )
        items: list[Item] = []
        for said in turn.said:
            if isinstance(said, Call):
                if reasons and (kept := self._kept(said.use.id)) is not None:
                    self._put_back(items, kept)
                items.append(self._call(said))
            elif isinstance(said.block, Text):
                if said.block.text.strip():
                    items.append(_message(said.block.text))
            else:
                items += self._of(said, asked, reasons)
        items += [_message(server_tool_text(use, None)) for use in asked.values()]
        while items and items[-1]["type"] == "reasoning":
            items.pop()
        return self._with_phases(items)

    def _of(self, placed: Placed, asked: dict[str, ServerToolUse], reasons: bool) -> list[Item]:
        block = placed.block
        match block:
            case Thought():
                return self._reasoning(block.signature, f"{placed.path}.signature") if reasons else []
            case RedactedThought():
                return self._reasoning(block.data, f"{placed.path}.data") if reasons else []
            case ServerToolUse():
                asked[block.id] = block
                return []
            case ServerToolResult():
                return [_message(server_tool_text(asked.pop(block.tool_use_id, None), block))]
            case Compaction() | UnknownBlock(type="fallback" | "mcp_tool_listing"):
                return []
            case _:
                self._losses.dropped(placed.path, "the block has no place in an assistant message")
                return []

    def _reasoning(self, envelope: str, field: str) -> list[Item]:
        opened = self._opener.open(envelope)
        if opened is None:
            self._losses.unopened(self._opener, envelope, field)
            return []
        item = reasoning_item(opened)
        return [] if item is None else [item]

    def _put_back(self, items: list[Item], kept: str) -> None:
        """The kept reasoning of clients that wanted no thinking blocks: before its call, and before the texts that the
        model said in between. It is refused at any other place, so that without those texts it stays away."""
        end, added = len(items), 0
        for envelope in kept.split():
            opened = self._opener.open(envelope)
            item = reasoning_item(opened) if opened is not None else None
            if opened is None or item is None:
                continue
            place = end - texts_behind(opened)
            between = items[place + added :]
            if 0 <= place <= end and all(one["type"] == "message" for one in between):
                items.insert(place + added, item)
                added += 1

    def _call(self, call: Call) -> Item:
        call_id = self._call_ids[id(call)] = self._ids.claim(call.use.id)
        return {
            "type": "function_call",
            "call_id": call_id,
            "name": upstream_tool_name(call.use.name, self._quirks.max_tool_name),
            "arguments": encode(as_tool_input(call.use.input)).decode(),
        }

    def _with_phases(self, items: list[Item]) -> list[Item]:
        """What the model said on the way, and what it ended with; Anthropic's text has no place for it (section 3)."""
        if not self._quirks.phases:
            return items
        messages = [item for item in items if item["type"] == "message"]
        calls = any(item["type"] == "function_call" for item in items)
        for number, message in enumerate(messages, 1):
            last = number == len(messages) and not calls
            message["phase"] = "final_answer" if last else "commentary"
        return items


def _message(text: str) -> Item:
    return {"type": "message", "role": "assistant", "content": text}
