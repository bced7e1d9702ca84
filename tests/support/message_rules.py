"""What a message, its tool calls, its usage and an error body look like (spec/anthropic-messages.md sections 6, 8).

Used for streams by grammar_table.py, and for answers that came whole.
"""

import re
from collections.abc import Callable
from typing import Any

STOP_REASONS = frozenset(
    [
        "end_turn",
        "max_tokens",
        "stop_sequence",
        "tool_use",
        "pause_turn",
        "refusal",
        "model_context_window_exceeded",
        "compaction",
    ]
)
MESSAGE_ID = re.compile(r"msg_[A-Za-z0-9_-]+\Z")
TOOL_ID = re.compile(r"[A-Za-z0-9_-]+\Z")


Want = Callable[[object, str], None]


def check_message_head(message: Any, want: Want) -> None:
    """What every message has, from its start on."""
    want(isinstance(message, dict), "message is missing")
    want(message.get("type") == "message" and message.get("role") == "assistant", "type or role is wrong")
    want(MESSAGE_ID.match(str(message.get("id"))), f"id {message.get('id')} does not begin with msg_")
    want(isinstance(message.get("model"), str) and message["model"], "model is missing")
    usage = message.get("usage")
    want(isinstance(usage, dict) and {"input_tokens", "output_tokens"} <= set(usage), "usage is incomplete")
    check_usage(usage, want)


def check_tool_head(block: dict[str, Any], used: set[str], want: Want) -> None:
    """A tool call's id and name; `used` collects the ids of the message."""
    want(isinstance(block.get("name"), str) and block["name"], "a tool call without a name")
    want(TOOL_ID.match(str(block.get("id", ""))), f"tool id {block.get('id')!r} is not of letters and digits")
    want(block["id"] not in used, f"tool id {block['id']} occurs twice")
    used.add(block["id"])


def check_usage(usage: Any, want: Want) -> None:
    """Every count is an int that is not negative."""
    for name, value in usage.items():
        if isinstance(value, dict):
            check_usage(value, want)
        elif name.endswith(("_tokens", "_requests")):
            right = isinstance(value, int) and not isinstance(value, bool) and value >= 0
            want(right, f"usage.{name} is {value!r}")


def check_stop(reason: Any, sequence: Any, tools_waiting: bool, want: Want) -> None:
    """The stop reason is known and fits the content."""
    want(reason in STOP_REASONS, f"unknown stop_reason {reason!r}")
    want(
        (reason == "stop_sequence") == isinstance(sequence, str),
        f"stop_sequence is {sequence!r} with {reason}",
    )
    want(reason != "tool_use" or tools_waiting, "stop_reason tool_use without a tool_use block")
    want(reason != "end_turn" or not tools_waiting, "stop_reason end_turn although a tool call waits")


def check_error(body: Any, want: Want) -> None:
    """The error envelope, as event or as body."""
    want(isinstance(body, dict) and body.get("type") == "error", "type is not error")
    error: Any = body.get("error")
    want(isinstance(error, dict), "error is missing")
    for name in ("type", "message"):
        want(isinstance(error.get(name), str) and error[name], f"error.{name} is missing")


def check_message(message: Any) -> None:
    """A whole message (no stream) obeys the same rules. AssertionError names the broken one."""

    def want(holds: object, rule: str) -> None:
        assert holds, f"message: {rule}"

    check_message_head(message, want)
    used: set[str] = set()
    for block in message["content"]:
        if block["type"].endswith("tool_use"):
            check_tool_head(block, used, want)
            want(isinstance(block.get("input"), dict), f"input of {block['id']} is no object")
        if block["type"] == "thinking":
            want(isinstance(block.get("signature"), str), "thinking without a signature")
    waiting = any(block["type"] == "tool_use" for block in message["content"])
    check_stop(message.get("stop_reason"), message.get("stop_sequence"), waiting, want)
