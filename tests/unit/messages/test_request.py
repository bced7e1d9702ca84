from typing import Any

import pytest

from dragoman.messages.blocks import Text, ToolUse
from dragoman.messages.request import Conversation, Message, MessagesRequest, Thinking


def asked(*headers: tuple[str, str]) -> MessagesRequest:
    return MessagesRequest("m", stream=False, max_tokens=1, raw={}, body=b"{}", headers=headers)


def test_what_was_let_go_is_decoded_anew_for_whoever_asks():
    raw = {"model": "m", "max_tokens": 1}
    request = MessagesRequest("m", stream=False, max_tokens=1, raw=raw, body=b'{"model":"m","max_tokens":1}')
    assert request.raw is raw
    request.let_go()
    assert request.raw == raw
    assert request.raw is not raw
    assert request.raw is request.raw


def test_the_session_is_claude_codes_header():
    assert asked(("x-claude-code-session-id", "s-1")).session_id == "s-1"
    assert asked(("x-session-id", "s-1")).session_id is None


def conversing(*efforts: str | None, **fields: Any) -> Conversation:
    messages = tuple(Message("system", (), effort=effort) for effort in efforts)
    return Conversation(messages=messages, **fields)


@pytest.mark.parametrize(
    ("efforts", "asked_for", "expected"),
    [
        ((), None, None),
        ((), "low", "low"),
        ((None, None), "low", "low"),
        (("high",), "low", "high"),
        (("high", "max", None), "low", "max"),
        (("high",), None, "high"),
    ],
)
def test_the_last_effort_of_the_conversation_counts(efforts, asked_for, expected):
    assert conversing(*efforts, effort=asked_for).latest_effort == expected


def test_a_conversation_tells_which_types_of_blocks_it_has():
    messages = (Message("user", (Text("a"), Text("b"))), Message("assistant", (ToolUse("1", "Read", {}),)))
    assert Conversation(messages=messages).block_types == {Text, ToolUse}
    assert Conversation(messages=()).block_types == set()


@pytest.mark.parametrize(
    ("thinking", "expected"),
    [
        (None, "hidden"),
        (Thinking("disabled"), "hidden"),
        (Thinking("disabled", display="omitted"), "hidden"),
        (Thinking("enabled", 2000), "shown"),
        (Thinking("adaptive", display="summarized"), "shown"),
        (Thinking("adaptive", display="omitted"), "sealed"),
        (Thinking("between_tools"), "shown"),
    ],
)
def test_thinking_is_shown_as_the_client_asked(thinking, expected):
    assert conversing(thinking=thinking).thinking_display == expected
