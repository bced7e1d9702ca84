"""Says a Reply in Anthropic's words (spec/anthropic-messages.md section 6), streamed or whole."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.http_answer import Step, json_bytes
from tests.support.replies import (
    Call,
    Item,
    Ping,
    Reasoning,
    Refusal,
    Reply,
    StreamError,
    Text,
    cut,
    unsaid,
)


@dataclass(frozen=True)
class Voice:
    """What one answer needs besides its script."""

    model: str
    message_id: str
    new_tool_id: Callable[[], str]
    sign: Callable[[str], str]
    """Issues the signature of a thinking block that shows this text."""
    thinking_shown: bool


def usage_of(reply: Reply) -> dict[str, Any]:
    """Anthropic's count: cached input is apart from `input_tokens`."""
    usage = reply.usage
    if usage is None:
        return {"input_tokens": 0, "output_tokens": 0}
    return {
        "input_tokens": usage.prompt - usage.cached - usage.cache_written,
        "cache_creation_input_tokens": usage.cache_written,
        "cache_read_input_tokens": usage.cached,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_written,
            "ephemeral_1h_input_tokens": 0,
        },
        "output_tokens": usage.completion,
        "service_tier": "standard",
    }


def stop_reason_of(reply: Reply) -> str:
    """The scripted finish, or what fits the parts."""
    if reply.finish is not None:
        return reply.finish
    if any(isinstance(part, Refusal) for part in reply.parts):
        return "refusal"
    return "tool_use" if reply.calls else "end_turn"


def whole_message(reply: Reply, voice: Voice) -> dict[str, Any]:
    """The answer to a request without `stream`."""
    content = [block for part in reply.parts if (block := _whole_block(part, voice)) is not None]
    return _head(reply, voice) | {
        "content": content,
        "stop_reason": stop_reason_of(reply),
        "stop_sequence": None,
        "usage": usage_of(reply),
    }


def _head(reply: Reply, voice: Voice) -> dict[str, Any]:
    return {
        "model": voice.model,
        "id": voice.message_id,
        "type": "message",
        "role": "assistant",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage_of(reply) | {"output_tokens": 1},
    }


def _whole_block(part: object, voice: Voice) -> dict[str, Any] | None:
    match part:
        case Text(text=text) | Refusal(text=text):
            return {"type": "text", "text": text}
        case Reasoning(text=text):
            shown = text if voice.thinking_shown else ""
            return {"type": "thinking", "thinking": shown, "signature": voice.sign(shown)}
        case Call():
            arguments = json.loads(part.arguments_json or "{}")
            return {
                "type": "tool_use",
                "id": part.id or voice.new_tool_id(),
                "name": part.name,
                "input": arguments,
            }
        case _:
            return None


def event_steps(reply: Reply, voice: Voice) -> Iterator[Step]:
    """The stream as bytes and faults, in order."""
    frames = _Frames()
    yield frames.event({"type": "message_start", "message": _head(reply, voice)})
    yield b'event: ping\ndata: {"type": "ping"}\n\n'
    index = 0
    for part in reply.parts:
        match part:
            case Text() | Refusal() | Reasoning() | Call():
                yield from _block(part, index, voice, frames)
                index += 1
            case Ping():
                yield b'event: ping\ndata: {"type": "ping"}\n\n'
            case Item(value):
                yield frames.event(dict(value))
            case StreamError():
                yield frames.event({"type": "error", "error": {"type": part.type, "message": part.message}})
                return
            case _:
                yield unsaid(part)
    if reply.finishes:
        ending = {"stop_reason": stop_reason_of(reply), "stop_sequence": None}
        yield frames.event({"type": "message_delta", "delta": ending, "usage": usage_of(reply)})
    if reply.ends:
        yield frames.event({"type": "message_stop"})


class _Frames:
    """Frames events. The real API pads its JSON with blanks, which only a faithful relay keeps."""

    def __init__(self) -> None:
        self._count = 0

    def event(self, value: dict[str, Any]) -> bytes:
        self._count += 1
        name = str(value["type"]).encode()
        padding = b" " * (self._count * 7 % 13)
        return b"event: " + name + b"\ndata: " + json_bytes(value)[:-1] + padding + b"}\n\n"


def _block(
    part: Text | Refusal | Reasoning | Call, index: int, voice: Voice, frames: _Frames
) -> Iterator[bytes]:
    skeleton, deltas = _skeleton_and_deltas(part, voice)
    yield frames.event({"type": "content_block_start", "index": index, "content_block": skeleton})
    for delta in deltas:
        yield frames.event({"type": "content_block_delta", "index": index, "delta": delta})
    yield frames.event({"type": "content_block_stop", "index": index})


def _skeleton_and_deltas(
    part: Text | Refusal | Reasoning | Call, voice: Voice
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    match part:
        case Text() | Refusal():
            sizes = part.sizes if isinstance(part, Text) else None
            texts = cut(part.text, sizes)
            return {"type": "text", "text": ""}, [{"type": "text_delta", "text": text} for text in texts]
        case Reasoning(text, sizes):
            shown = text if voice.thinking_shown else ""
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in cut(shown, sizes)]
            deltas.append({"type": "signature_delta", "signature": voice.sign(shown)})
            return {"type": "thinking", "thinking": "", "signature": ""}, deltas
        case Call():
            pieces = ["", *cut(part.arguments_json, part.sizes)]
            skeleton: dict[str, Any] = {
                "type": "tool_use",
                "id": part.id or voice.new_tool_id(),
                "name": part.name,
                "input": {},
            }
            return skeleton, [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
