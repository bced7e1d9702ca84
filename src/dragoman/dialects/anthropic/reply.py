"""Reads a stream of Messages events without touching it: the bytes go on, usage and the ending are seen."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from dragoman.dialects.anthropic.errors import find_google_error, judge_google, read_error_value
from dragoman.dialects.dialect import Written
from dragoman.dialects.google_envelope import parse_google_error
from dragoman.messages.errors import UpstreamFailure, UpstreamNonsense
from dragoman.messages.events import (
    ContentBlockDelta,
    InputJsonDelta,
    Relayed,
    Said,
    TextDelta,
    ThinkingDelta,
    Usage,
)
from dragoman.wire.jsonbytes import JsonError, decode
from dragoman.wire.jsonvalues import as_object
from dragoman.wire.sse import Frame

_EMPTY_DELTA = {"text": TextDelta(""), "thinking": ThinkingDelta(""), "tool_use": InputJsonDelta("")}


class MessagesReply:
    """One reply of a server that speaks Messages; `streaming` is whether the client asked for a stream.

    `model` and `max_tokens` are the client's, for errors that are not told in the upstream's own words.
    """

    def __init__(self, streaming: bool = True, model: str = "", max_tokens: int = 0) -> None:
        self._streaming = streaming
        self._model = model
        self._max_tokens = max_tokens
        self._usage: dict[str, Any] = {}
        self._open: tuple[int, str] | None = None
        self._ended = False
        self.stop_reason: str | None = None
        self.withheld: Mapping[str, int] = {}

    @property
    def usage(self) -> Usage | None:
        return read_usage(self._usage) if self._usage else None

    @property
    def finished(self) -> bool:
        return self._ended

    def start(self) -> Sequence[Said]:
        """Nothing: the upstream's own start is still to come, and there is only one."""
        return ()

    def keep_alive(self) -> Sequence[Said]:
        if self._open is None or self._ended:
            return ()
        index, kind = self._open
        delta = _EMPTY_DELTA.get(kind)
        return () if delta is None else (ContentBlockDelta(index, delta),)

    def feed(self, frame: Frame) -> Sequence[Said]:
        if self._ended:
            return ()
        name = frame.event
        if name == b"content_block_delta":
            return (Relayed("content_block_delta", frame.raw),)
        if not frame.data:
            self._refuse_bare_error(frame.raw)
            return (Relayed("", frame.raw),)
        if name == b"ping":
            return (Relayed("ping", frame.raw),)
        return (self._read(self._object(frame.data), frame.raw),)

    def read_whole(self, body: bytes) -> Sequence[Said]:
        """A whole message: relayed as it is, or as events for a client that asked for a stream."""
        message = self._object(body)
        if message.get("type") == "error":
            raise read_error_value(message, body)
        if message.get("type") != "message" or not isinstance(message.get("content"), list):
            raise UpstreamNonsense("the upstream answered with JSON that is not a message")
        self._ended = True
        self._note_ending(message, as_object(message.get("usage")))
        if not self._streaming:
            return (Relayed("message", body),)
        return _as_events(message)

    def finish(self, rest: bytes = b"") -> Sequence[Said]:
        if not self._ended:
            self._refuse_bare_error(rest)
            raise UpstreamNonsense("the upstream closed the stream before the answer was complete")
        return ()

    def follow_up(self) -> Written | None:
        return None

    def take_failure(self, failure: UpstreamFailure) -> Sequence[Said] | None:
        return None

    def take_kept(self) -> Mapping[str, str]:
        return {}

    def _object(self, data: bytes) -> dict[str, Any]:
        """Raises UpstreamFailure for Google's error in the place of an event or a message."""
        try:
            value = decode(data)
        except JsonError:
            value = None
        if isinstance(value, list) or (isinstance(value, dict) and "type" not in value):
            google = find_google_error(value)
            if google is not None:
                raise judge_google(google, 200, self._model, self._max_tokens)
        if not isinstance(value, dict):
            raise UpstreamNonsense("the upstream sent a data line that is not a JSON object")
        return cast("dict[str, Any]", value)

    def _refuse_bare_error(self, raw: bytes) -> None:
        """Google breaks off a stream with an error that is not an event."""
        if b'"error"' not in raw:
            return
        google = parse_google_error(raw)
        if google is not None and google.status:
            raise judge_google(google, 200, self._model, self._max_tokens)

    def _read(self, value: dict[str, Any], raw: bytes) -> Relayed:
        kind = str(value.get("type") or "")
        match kind:
            case "error":
                raise read_error_value(value, None)
            case "message_start":
                self._usage.update(as_object(as_object(value.get("message")).get("usage")))
            case "content_block_start":
                self._open = (
                    _count(value.get("index")),
                    str(as_object(value.get("content_block")).get("type")),
                )
            case "content_block_stop":
                self._open = None
            case "message_delta":
                self._note_ending(as_object(value.get("delta")), as_object(value.get("usage")))
            case "message_stop":
                self._ended = True
            case _:
                pass
        return Relayed(kind, raw)

    def _note_ending(self, ending: dict[str, Any], usage: dict[str, Any]) -> None:
        self._usage.update({name: value for name, value in usage.items() if value is not None})
        reason = ending.get("stop_reason")
        self.stop_reason = reason if isinstance(reason, str) else None


def read_usage(value: dict[str, Any]) -> Usage:
    """Usage as far as it is numbers; whatever is missing or odd counts 0."""
    return Usage(
        input_tokens=_count(value.get("input_tokens")),
        cache_creation_input_tokens=_count(value.get("cache_creation_input_tokens")),
        cache_read_input_tokens=_count(value.get("cache_read_input_tokens")),
        output_tokens=_count(value.get("output_tokens")),
    )


def _count(value: Any) -> int:
    return max(value, 0) if isinstance(value, int) else 0


def _as_events(message: dict[str, Any]) -> list[Said]:
    said: list[Said] = [_relay("message_start", _start_of(message))]
    for index, block in enumerate(cast("list[Any]", message["content"])):
        if not isinstance(block, dict):
            raise UpstreamNonsense("the upstream answered with a content block that is not an object")
        started, deltas = _split_block(cast("dict[str, Any]", block))
        said.append(_relay("content_block_start", {"index": index, "content_block": started}))
        said += [_relay("content_block_delta", {"index": index, "delta": delta}) for delta in deltas]
        said.append(_relay("content_block_stop", {"index": index}))
    ending = {name: message.get(name) for name in ("stop_reason", "stop_sequence", "stop_details")}
    said.append(
        _relay("message_delta", {"delta": ending, "usage": message.get("usage") or {"output_tokens": 0}})
    )
    said.append(_relay("message_stop", {}))
    return said


def _start_of(message: dict[str, Any]) -> dict[str, Any]:
    return {"message": {**message, "content": [], "stop_reason": None, "stop_sequence": None}}


def _split_block(block: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The skeleton of a block and the deltas that fill it; other blocks come whole in their start."""
    kind = block.get("type")
    if kind == "text":
        cited = block.get("citations")
        citations = [
            {"type": "citations_delta", "citation": citation}
            for citation in cast("list[Any]", cited if isinstance(cited, list) else [])
        ]
        return {"type": "text", "text": ""}, [
            {"type": "text_delta", "text": block.get("text", "")},
            *citations,
        ]
    if kind == "thinking":
        return {"type": "thinking", "thinking": "", "signature": ""}, [
            {"type": "thinking_delta", "thinking": block.get("thinking", "")},
            {"type": "signature_delta", "signature": block.get("signature", "")},
        ]
    if kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
        text = msgspec.json.encode(block.get("input") or {}).decode()
        return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": text}]
    return block, []


def _relay(name: str, fields: dict[str, Any]) -> Relayed:
    return Relayed(
        name,
        b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode({"type": name, **fields}) + b"\n\n",
    )
