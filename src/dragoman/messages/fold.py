"""Folds events into the one JSON message that a non-streaming client gets (spec/anthropic-messages.md 6.1)."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from dragoman.messages.events import (
    CitationsDelta,
    ContentBlockDelta,
    ContentBlockStart,
    Ending,
    Event,
    InputJsonDelta,
    MessageDelta,
    MessageStart,
    MessageStop,
    ServerToolUseBlock,
    SignatureDelta,
    TextDelta,
    ThinkingDelta,
    ToolUseBlock,
    Usage,
    WholeBlockStart,
)
from dragoman.messages.tool_json import read_tool_input

_CALLS = (ToolUseBlock.__struct_config__.tag, ServerToolUseBlock.__struct_config__.tag)


@dataclass
class _OpenBlock:
    value: dict[str, Any]
    pieces: list[str] = field(default_factory=list[str])
    thinking: list[str] = field(default_factory=list[str])


class Fold:
    """Takes the events of one answer; `message` is complete after MessageStop."""

    def __init__(self) -> None:
        self._head: dict[str, Any] = {}
        self._blocks: list[_OpenBlock] = []
        self._ending = Ending(None)
        self._usage = Usage()
        self.complete = False

    def take(self, event: Event) -> None:
        """Add one event; pings and errors add nothing."""
        match event:
            case MessageStart():
                self._head = msgspec.to_builtins(event.message)
                self._usage = event.message.usage
            case ContentBlockStart() | WholeBlockStart():
                self._blocks.append(_OpenBlock(msgspec.to_builtins(event.content_block)))
            case ContentBlockDelta():
                self._add(self._blocks[event.index], event)
            case MessageDelta():
                self._ending = event.delta
                self._usage = event.usage
            case MessageStop():
                self.complete = True
            case _:
                pass

    def message(self) -> dict[str, Any]:
        """The whole message. A tool call whose JSON was cut by the output limit is left out (section 7.2 of
        spec/openai-chat.md); other broken JSON is repaired or marked, see tool_json."""
        cut = self._ending.stop_reason == "max_tokens"
        content: list[dict[str, Any]] = []
        for position, block in enumerate(self._blocks):
            last = position == len(self._blocks) - 1
            value = _closed(block, drop_if_cut=cut and last)
            if value is not None:
                content.append(value)
        return {
            **self._head,
            "content": content,
            "stop_reason": self._ending.stop_reason,
            "stop_sequence": self._ending.stop_sequence,
            "stop_details": self._ending.stop_details,
            "usage": msgspec.to_builtins(self._usage),
        }

    def _add(self, block: _OpenBlock, event: ContentBlockDelta) -> None:
        match event.delta:
            case TextDelta(text):
                block.pieces.append(text)
            case ThinkingDelta(thinking):
                block.thinking.append(thinking)
            case SignatureDelta(signature):
                block.value["signature"] = signature
            case InputJsonDelta(partial_json):
                block.pieces.append(partial_json)
            case CitationsDelta(citation):
                block.value.setdefault("citations", []).append(citation)


def _closed(block: _OpenBlock, drop_if_cut: bool) -> dict[str, Any] | None:
    kind = block.value.get("type")
    text = "".join(block.pieces)
    if kind == "text":
        return {**block.value, "text": text}
    if kind == "thinking":
        return {**block.value, "thinking": "".join(block.thinking)}
    if kind in _CALLS:
        parsed = read_tool_input(text)
        if parsed.cut and drop_if_cut:
            return None
        return {**block.value, "input": parsed.value}
    return block.value


def fold(events: list[Event]) -> dict[str, Any]:
    """The message that a complete list of events says."""
    folding = Fold()
    for event in events:
        folding.take(event)
    return folding.message()
