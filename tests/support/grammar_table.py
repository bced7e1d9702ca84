"""Checks a raw event stream against the grammar of the Messages API (spec/anthropic-messages.md section 6.4).

A second opinion: it shares no code with the package, not even the splitting of SSE.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.support.message_rules import (
    check_error,
    check_message_head,
    check_stop,
    check_tool_head,
    check_usage,
)

DELTAS_OF_BLOCK = {
    "text": {"text_delta", "citations_delta"},
    "thinking": {"thinking_delta", "signature_delta"},
    "tool_use": {"input_json_delta"},
    "server_tool_use": {"input_json_delta"},
    "mcp_tool_use": {"input_json_delta"},
    "compaction": {"compaction_delta"},
}
"""Every other block comes complete in its start and takes no delta."""
CONTENT_OF_DELTA = {
    "text_delta": "text",
    "citations_delta": "citation",
    "thinking_delta": "thinking",
    "signature_delta": "signature",
    "input_json_delta": "partial_json",
    "compaction_delta": "content",
}
EMPTY_AT_START = {
    "text": ("text",),
    "thinking": ("thinking", "signature"),
    "tool_use": ("input",),
    "server_tool_use": ("input",),
    "mcp_tool_use": ("input",),
}


def split_frames(raw: bytes) -> list[tuple[str, str]]:
    """`(event name, data)` of each SSE frame; comments are left out.

    AssertionError when a frame has not exactly one `event:` and one `data:` line, or the last one is unfinished.
    """
    text = raw.decode("utf-8")
    # Only these three end a line: U+2028, U+0085 and their like are part of the text.
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert lines.pop() == "", f"framing: the stream ends inside the line {raw[-80:]!r}"
    frames: list[tuple[str, str]] = []
    fields: list[tuple[str, str]] = []
    for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(":")
            fields.append((name, value.removeprefix(" ")))
        elif fields:
            frames.append(_frame(fields, len(frames)))
            fields = []
    assert not fields, f"framing: no blank line after the last frame {fields}"
    return frames


def _frame(fields: list[tuple[str, str]], number: int) -> tuple[str, str]:
    names = [name for name, _ in fields]
    assert "[DONE]" not in [value for _, value in fields], f"event {number}: [DONE] is not part of this API"
    assert names == ["event", "data"], f"event {number}: wants one event line and one data line, has {names}"
    return fields[0][1], fields[1][1]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


@dataclass
class _Block:
    index: int
    type: str
    json: str = ""
    signed: bool = False


@dataclass
class _Table:
    """Where the stream is. `state` is before, between, in_block, ended, stopped or failed."""

    state: str = "before"
    block: _Block | None = None
    next_index: int = 0
    stop_reason: str | None = None
    tools_waiting: bool = False
    tool_ids: set[str] = field(default_factory=set)
    number: int = -1
    type: str = ""

    def want(self, holds: object, rule: str) -> None:
        assert holds, f"event {self.number} ({self.type}): {rule}"

    def take(self, name: str, data: str) -> dict[str, Any]:
        self.number += 1
        self.type = name
        try:
            event = json.loads(data, parse_constant=_refuse_constant)
        except ValueError:
            raise AssertionError(f"event {self.number} ({name}): data is not JSON: {data[:200]}") from None
        self.want(isinstance(event, dict), "data is not an object")
        self.want(event.get("type") == name, f"the event line says {name}, data says {event.get('type')}")
        self.want(self.state not in ("stopped", "failed"), "follows the end of the stream")
        rule = _RULES.get(name)
        if rule is None:
            self.want(self.state != "before", "comes before message_start")
        else:
            states, check = rule
            self.want(self.state in states, f"is not allowed here: {self.state}")
            check(self, event)
        return event


def _message_start(table: _Table, event: dict[str, Any]) -> None:
    check_message_head(event.get("message"), table.want)
    message = event["message"]
    table.want(message.get("content") == [], "content is not empty at the start")
    table.want(message.get("stop_reason", 0) is None, "stop_reason is not null at the start")
    table.want(message.get("stop_sequence", 0) is None, "stop_sequence is not null at the start")
    table.state = "between"


def _block_start(table: _Table, event: dict[str, Any]) -> None:
    table.want(
        event.get("index") == table.next_index, f"index is {event.get('index')}, wants {table.next_index}"
    )
    skeleton: Any = event.get("content_block")
    table.want(
        isinstance(skeleton, dict) and isinstance(skeleton.get("type"), str), "content_block has no type"
    )
    kind = skeleton["type"]
    for name in EMPTY_AT_START.get(kind, ()):
        empty = {} if name == "input" else ""
        table.want(skeleton.get(name) == empty, f"content given in content_block_start: {name}")
    if kind.endswith("tool_use"):
        check_tool_head(skeleton, table.tool_ids, table.want)
        table.tools_waiting |= kind == "tool_use"
    table.block = _Block(table.next_index, kind)
    table.next_index += 1
    table.state = "in_block"


def _block_delta(table: _Table, event: dict[str, Any]) -> None:
    block = table.block
    assert block is not None
    table.want(
        event.get("index") == block.index, f"index is {event.get('index')}, the open block is {block.index}"
    )
    delta: Any = event.get("delta")
    table.want(isinstance(delta, dict), "delta is missing")
    kind = delta.get("type")
    table.want(kind in DELTAS_OF_BLOCK.get(block.type, ()), f"{kind} in a {block.type} block")
    table.want(not block.signed, f"{kind} after signature_delta")
    content = delta.get(CONTENT_OF_DELTA[kind])
    wanted = dict if kind == "citations_delta" else str
    table.want(isinstance(content, wanted), f"{kind} without its content")
    if kind == "input_json_delta":
        block.json += content
    block.signed = kind == "signature_delta"


def _block_stop(table: _Table, event: dict[str, Any]) -> None:
    block = table.block
    assert block is not None
    table.want(
        event.get("index") == block.index, f"index is {event.get('index')}, the open block is {block.index}"
    )
    if block.type == "thinking":
        table.want(block.signed, "a thinking block ends without signature_delta")
    if block.json:
        try:
            value = json.loads(block.json)
        except ValueError:
            value = None
        table.want(isinstance(value, dict), f"partial_json is no object: {block.json[:200]}")
    table.block = None
    table.state = "between"


def _message_delta(table: _Table, event: dict[str, Any]) -> None:
    delta: Any = event.get("delta")
    table.want(isinstance(delta, dict) and "stop_reason" in delta, "delta has no stop_reason")
    usage: Any = event.get("usage")
    table.want(isinstance(usage, dict) and "output_tokens" in usage, "usage has no output_tokens")
    check_usage(usage, table.want)
    reason = delta["stop_reason"]
    if reason is not None:
        check_stop(reason, delta.get("stop_sequence"), table.tools_waiting, table.want)
        table.stop_reason = reason
    table.state = "ended"


def _message_stop(table: _Table, event: dict[str, Any]) -> None:
    table.want(table.stop_reason is not None, "no message_delta gave a stop_reason")
    table.state = "stopped"


def _ping(table: _Table, event: dict[str, Any]) -> None:
    pass


def _error(table: _Table, event: dict[str, Any]) -> None:
    check_error(event, table.want)
    table.state = "failed"


_EVERYWHERE = ("between", "in_block", "ended")
_RULES: dict[str, tuple[tuple[str, ...], Callable[[_Table, dict[str, Any]], None]]] = {
    "message_start": (("before",), _message_start),
    "content_block_start": (("between",), _block_start),
    "content_block_delta": (("in_block",), _block_delta),
    "content_block_stop": (("in_block",), _block_stop),
    "message_delta": (("between", "ended"), _message_delta),
    "message_stop": (("ended",), _message_stop),
    "ping": (_EVERYWHERE, _ping),
    "error": (("before", *_EVERYWHERE), _error),
}


def check_stream(raw: bytes, *, complete: bool = True) -> list[dict[str, Any]]:
    """The events of a stream, pings included. AssertionError names the broken rule and the event.

    `complete=False` accepts a stream that stops early, such as one that the client left.
    """
    table = _Table()
    if not complete:
        raw = raw[: raw.rfind(b"\n\n") + 2]
    events = [table.take(name, data) for name, data in split_frames(raw)]
    if complete:
        assert table.state in ("stopped", "failed"), (
            f"the stream ends without message_stop or error: {table.state}"
        )
    return events


def fold_stream(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The message that a checked, complete stream says. AssertionError if it ended in an error."""
    message: dict[str, Any] = {}
    pieces: list[str] = []
    for event in events:
        match event["type"]:
            case "message_start":
                message = dict(event["message"], content=[], usage=dict(event["message"]["usage"]))
            case "content_block_start":
                message["content"].append(dict(event["content_block"]))
                pieces = []
            case "content_block_delta":
                _grow(message["content"][-1], event["delta"], pieces)
            case "content_block_stop" if "".join(pieces):
                message["content"][-1]["input"] = json.loads("".join(pieces))
            case "message_delta":
                message |= event["delta"]
                message["usage"] |= {
                    name: count for name, count in event["usage"].items() if count is not None
                }
            case "error":
                raise AssertionError(f"the stream ended in an error: {event['error']}")
            case _:
                pass
    return message


def _grow(block: dict[str, Any], delta: dict[str, Any], pieces: list[str]) -> None:
    match delta["type"]:
        case "text_delta":
            block["text"] += delta["text"]
        case "thinking_delta":
            block["thinking"] += delta["thinking"]
        case "signature_delta":
            block["signature"] = delta["signature"]
        case "citations_delta":
            block.setdefault("citations", []).append(delta["citation"])
        case "input_json_delta":
            pieces.append(delta["partial_json"])
        case kind:
            block[kind.removesuffix("_delta")] = delta
