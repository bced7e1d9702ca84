"""What was seen is read off the same way for every gateway."""

from typing import Any

import pytest
from bench.behaviour import (
    PIXEL,
    THOUGHT,
    Heard,
    ending,
    events_of,
    image_seen,
    input_tokens,
    last_usage,
    thinking,
)

STOP = [{"type": "message_delta", "delta": {"stop_reason": "end_turn"}}, {"type": "message_stop"}]
ERROR = [{"type": "error", "error": {"type": "api_error", "message": "cut"}}]


def heard(*events: dict[str, Any], status: int = 200, whole: bool = True) -> Heard:
    return Heard(status, {}, list(events), whole)


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (heard(*STOP), "an end with `end_turn`"),
        (heard(*ERROR), "an error"),
        (heard({"error": {"message": "cut"}}, *STOP), "an error, an end with `end_turn`"),
        (heard(whole=False), "a broken connection"),
        (heard(), "no end"),
        (heard(*STOP, status=502), "HTTP 502"),
    ],
)
def test_ending(answer: Heard, seen: str) -> None:
    assert ending(answer) == seen


def block(**content: str) -> dict[str, Any]:
    return {"type": "content_block_start", "index": 0, "content_block": content}


@pytest.mark.parametrize(
    ("answer", "seen"),
    [
        (heard(block(type="thinking", thinking="")), "a thinking block"),
        (heard(block(type="text", text=THOUGHT)), "text"),
        (heard(block(type="text", text="")), "nothing of it"),
        (heard(status=404), "HTTP 404"),
    ],
)
def test_thinking(answer: Heard, seen: str) -> None:
    assert thinking(answer) == seen


def test_usage_is_told_as_it_came() -> None:
    start = {"type": "message_start", "message": {"usage": {"input_tokens": 0}}}
    delta = {"type": "message_delta", "usage": {"input_tokens": 4, "cache_read_input_tokens": 8}}

    assert input_tokens(heard(start)) == "0"
    assert last_usage(heard(start, delta)) == "`input_tokens` 4, `cache_read_input_tokens` 8"
    assert last_usage(heard(start)) == "nothing of the input"


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        ([{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}], "an image"),
        (f'[{{"type":"image","data":"{PIXEL}"}}]', "its base64 as text"),
        ([{"type": "text", "text": PIXEL}], "its base64 as text"),
        ("a screenshot", "nothing of it"),
    ],
)
def test_image(content: object, seen: str) -> None:
    assert image_seen([{"messages": [{"role": "tool", "content": content}]}]) == seen


def test_events_are_the_objects_behind_data() -> None:
    text = b'event: ping\ndata: {"type": "ping"}\n\ndata: [DONE]\n\ndata: {"type":\n\n{"type": "bare"}\n'

    assert events_of(text) == [{"type": "ping"}]
