"""Says a Reply as a Chat Completions server of some flavor does, streamed or whole (spec/openai-chat.md 7, 8, 9.3)."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.http_answer import Step, json_bytes
from tests.support.openai_flavor import Flavor
from tests.support.openai_reasoning import reasoning_deltas, whole_reasoning
from tests.support.openai_sources import sources_in
from tests.support.replies import (
    Call,
    Item,
    Part,
    Reasoning,
    Refusal,
    Reply,
    StreamError,
    Text,
    Usage,
    cut,
    unsaid,
)

CREATED = 1_790_000_000


@dataclass(frozen=True)
class Voice:
    """What one answer needs besides its script."""

    model: str
    id: str
    flavor: Flavor
    usage_asked: bool
    """The request had `stream_options.include_usage`."""
    padded: bool
    """Chunks carry `obfuscation`."""
    new_tool_id: Callable[[int], str]
    """Given the call's place in the answer."""


def usage_of(usage: Usage, flavor: Flavor) -> dict[str, Any]:
    """The vendor's count: cached input is part of `prompt_tokens`."""
    counts: dict[str, Any] = {
        "prompt_tokens": usage.prompt,
        "completion_tokens": usage.completion,
        "total_tokens": usage.prompt + usage.completion,
    }
    details = {"reasoning_tokens": usage.reasoning, "accepted_prediction_tokens": 0}
    match flavor.usage_fields:
        case "openai":
            cached = {"cached_tokens": usage.cached, "audio_tokens": 0}
            written = {"cache_write_tokens": usage.cache_written} if usage.cache_written else {}
            return counts | {"prompt_tokens_details": cached | written, "completion_tokens_details": details}
        case "deepseek":
            hits = {
                "prompt_cache_hit_tokens": usage.cached,
                "prompt_cache_miss_tokens": usage.prompt - usage.cached,
            }
            return counts | hits | {"completion_tokens_details": {"reasoning_tokens": usage.reasoning}}
        case "moonshot":
            return counts | {"cached_tokens": usage.cached}
        case "openrouter":
            searched = {"server_tool_use_details": {"web_search_requests": usage.searches}}
            cached = {"cached_tokens": usage.cached, "cache_write_tokens": usage.cache_written}
            told = {"prompt_tokens_details": cached, "completion_tokens_details": details}
            return counts | told | (searched if usage.searches else {})


def finish_reason_of(reply: Reply, flavor: Flavor) -> str:
    """The scripted finish, or what this server says for these parts."""
    if reply.finish is not None:
        return reply.finish
    return "tool_calls" if reply.calls and not flavor.finishes_calls_with_stop else "stop"


def chunk_steps(reply: Reply, voice: Voice) -> Iterator[Step]:
    """The stream as bytes and faults, in order."""
    says = _Chunks(reply, voice)
    if voice.flavor.comment:
        yield f": {voice.flavor.comment}\n\n".encode()
    yield says.delta(
        {"role": "assistant", "content": "", "refusal": None} if says.openai else {"role": "assistant"}
    )
    for part in _ordered(reply, voice.flavor):
        if isinstance(part, StreamError):
            error = {"message": part.message, "type": part.type, "param": None, "code": part.code}
            yield frame({"error": error})
            return
        yield from _part_steps(part, says)
    if reply.finishes:
        yield from says.finish()
    if reply.ends and voice.flavor.says_done:
        yield b"data: [DONE]\n\n"


def frame(value: object) -> bytes:
    """One `data:` line."""
    return b"data: " + json_bytes(value) + b"\n\n"


@dataclass(frozen=True)
class _CallPiece:
    """A fragment of a call, in the order in which the server sends them."""

    place: int
    call: Call
    first: bool
    arguments: str


def _ordered(reply: Reply, flavor: Flavor) -> Iterator[Part | _CallPiece]:
    """The parts, with calls as fragments; calls that stand together may take turns."""
    pending: list[list[_CallPiece]] = []
    place = 0
    for part in (*reply.parts, None):
        if isinstance(part, Call):
            pending.append(_fragments(part, place, flavor))
            place += 1
            continue
        if flavor.interleaves_calls:
            longest = max((len(pieces) for pieces in pending), default=0)
            yield from (pieces[turn] for turn in range(longest) for pieces in pending if turn < len(pieces))
        else:
            yield from (piece for pieces in pending for piece in pieces)
        pending = []
        if part is not None:
            yield part


def _fragments(call: Call, place: int, flavor: Flavor) -> list[_CallPiece]:
    text = call.arguments_json
    if flavor.whole_calls or flavor.arguments_as_object or flavor.no_tool_index:
        return [_CallPiece(place, call, True, text)]
    return [
        _CallPiece(place, call, number == 0, piece)
        for number, piece in enumerate(["", *cut(text, call.sizes)])
    ]


def _part_steps(part: Part | _CallPiece, says: "_Chunks") -> Iterator[Step]:
    match part:
        case Text(text, sizes):
            yield from (says.delta({"content": piece}) for piece in cut(text, sizes))
        case Reasoning(text, sizes):
            yield from map(says.delta, reasoning_deltas(cut(text, sizes), says.voice.flavor))
        case Refusal(text):
            yield says.delta({"refusal": text})
        case _CallPiece():
            yield says.delta({"tool_calls": [says.call(part)]})
        case StreamError() | Call():
            raise AssertionError("handled before")
        case Item(value):
            told = sources_in(part)
            yield frame(dict(value)) if told is None else says.delta({"content": "", "annotations": told})
        case _:
            yield unsaid(part)


class _Chunks:
    """Frames chunks of one answer."""

    def __init__(self, reply: Reply, voice: Voice) -> None:
        self.voice = voice
        self.openai = voice.flavor.name == "openai"
        self._reply = reply
        self._ids: dict[int, str] = {}
        self._count = 0

    def delta(self, delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        choice: dict[str, Any] = {
            "index": 0,
            "delta": delta,
            "logprobs": None,
            "finish_reason": finish_reason,
        }
        return frame(self._chunk([choice]))

    def _chunk(self, choices: list[Any]) -> dict[str, Any]:
        self._count += 1
        chunk: dict[str, Any] = {
            "id": self.voice.id,
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": self.voice.model,
            "choices": choices,
        }
        if self.openai:
            chunk |= {"service_tier": "default", "system_fingerprint": "fp_scripted"}
        usage = self._reply.usage
        if usage is not None and self.voice.flavor.usage == "every_chunk":
            chunk["usage"] = usage_of(usage, self.voice.flavor)
        elif self.voice.usage_asked:
            chunk["usage"] = None
        if self.voice.padded:
            chunk["obfuscation"] = "x" * (self._count % 7)
        return chunk

    def call(self, piece: _CallPiece) -> dict[str, Any]:
        """One entry of `delta.tool_calls`."""
        flavor = self.voice.flavor
        call_id = piece.call.id or self._ids.setdefault(piece.place, self.voice.new_tool_id(piece.place))
        entry: dict[str, Any] = {} if flavor.no_tool_index else {"index": piece.place}
        function: dict[str, Any] = {}
        if piece.first or flavor.names_every_chunk:
            entry |= {} if flavor.no_tool_ids else {"id": call_id}
            entry["type"] = "function"
            function["name"] = piece.call.name
        elif flavor.ids_as_null:
            entry |= {"id": None, "type": None}
            function["name"] = None
        function["arguments"] = (
            json.loads(piece.arguments or "{}") if flavor.arguments_as_object else piece.arguments
        )
        return entry | {"function": function}

    def finish(self) -> Iterator[bytes]:
        """The finish reason, and usage where this server says it."""
        flavor, usage = self.voice.flavor, self._reply.usage
        last = {
            "index": 0,
            "delta": {},
            "logprobs": None,
            "finish_reason": finish_reason_of(self._reply, flavor),
        }
        chunk = self._chunk([last])
        if usage is not None and flavor.usage == "with_finish":
            chunk["usage"] = usage_of(usage, flavor)
        yield frame(chunk)
        asked = flavor.usage == "on_request" and self.voice.usage_asked
        if usage is not None and (asked or flavor.usage == "always"):
            yield frame(self._chunk([]) | {"usage": usage_of(usage, flavor)})


def whole_completion(reply: Reply, voice: Voice) -> dict[str, Any]:
    """The answer to a request without `stream`."""
    flavor = voice.flavor
    says = _Chunks(reply, voice)
    texts = "".join(part.text for part in reply.parts if isinstance(part, Text))
    thoughts = [part.text for part in reply.parts if isinstance(part, Reasoning)]
    refusal = "".join(part.text for part in reply.parts if isinstance(part, Refusal))
    message: dict[str, Any] = {"role": "assistant", "content": texts or None, "refusal": refusal or None}
    message |= whole_reasoning("".join(thoughts), texts, flavor) if thoughts else {}
    items = [part for part in reply.parts if isinstance(part, Item)]
    told = [source for item in items for source in sources_in(item) or ()]
    message |= {"annotations": told} if told else {}
    calls = [says.call(_CallPiece(i, call, True, call.arguments_json)) for i, call in enumerate(reply.calls)]
    for entry in calls:
        entry.pop("index", None)
    if calls:
        message["tool_calls"] = calls
    completion: dict[str, Any] = {
        "id": voice.id,
        "object": "chat.completion",
        "created": CREATED,
        "model": voice.model,
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": finish_reason_of(reply, flavor),
            }
        ],
    }
    if reply.usage is not None and flavor.usage != "never":
        completion["usage"] = usage_of(reply.usage, flavor)
    return completion
