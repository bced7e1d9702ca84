import pytest

from dragoman.dialects.openai_responses.endings import Ending, refusal_of
from tests.support.responses_reading import (
    CREATED,
    added,
    arguments,
    call,
    call_done,
    completed,
    done,
    event,
    hear_responses,
    incomplete,
    message,
    summary,
    text,
    thought,
)

OPEN_CALL = added(1, "function_call", name="Read", call_id="call_2", arguments="") + arguments('{"a', 1)
BROKEN_CALL = OPEN_CALL + call_done('{"a', 1, call_id="call_2", status="incomplete")


def ended(*frames, **reading):
    """Stop reason, stop sequence and details."""
    message = hear_responses(CREATED, *frames, **reading).message
    return message["stop_reason"], message["stop_sequence"], message["stop_details"]


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        pytest.param([message("Hi"), completed()], "end_turn", id="words"),
        pytest.param([message("Hi"), call(index=1), completed()], "tool_use", id="a call"),
        pytest.param([completed()], "end_turn", id="nothing"),
        pytest.param([message("Hi"), incomplete()], "max_tokens", id="limit"),
        pytest.param([thought("hm"), incomplete()], "max_tokens", id="limit while thinking"),
        pytest.param([call(), BROKEN_CALL, incomplete()], "max_tokens", id="the last call is broken"),
        pytest.param([call(), OPEN_CALL, incomplete()], "max_tokens", id="the last call is open"),
        pytest.param([call(), call(index=1), incomplete()], "tool_use", id="all calls are whole"),
        pytest.param([message("Hi"), incomplete("max_messages")], "end_turn", id="max messages"),
        pytest.param([message("Hi"), incomplete("steered")], "end_turn", id="steered"),
        pytest.param(
            [text("H"), done(0, "message", status="incomplete", content=[]), incomplete("steered")],
            "end_turn",
            id="steered in a message",
        ),
    ],
)
def test_the_stop_reason_says_how_the_answer_ended(frames, reason):
    assert ended(*frames) == (reason, None, None)


def test_a_content_filter_is_a_refusal():
    reason, _, details = ended(message("Hi"), incomplete("content_filter"))
    assert reason == "refusal"
    assert details["type"] == "refusal"
    assert details["category"] is None
    assert details["explanation"]


def test_a_refusal_is_one_even_beside_a_call():
    refused = event("refusal.delta", output_index=0, content_index=0, delta="No.")
    closed = done(0, "message", content=[{"type": "refusal", "refusal": "No."}])
    expected = {"type": "refusal", "category": None, "explanation": "No."}
    assert ended(refused, closed, completed()) == ("refusal", None, expected)
    assert ended(refused, closed, call(index=1), completed())[0] == "refusal"


def test_a_stop_sequence_that_we_found_is_the_ending():
    assert ended(text("a END b"), stop_sequences=("END",)) == ("stop_sequence", "END", None)


def test_a_raised_limit_that_the_text_reached_is_the_ending():
    assert ended(text("123456789"), visible_tokens=2) == ("max_tokens", None, None)


def test_an_answer_that_broke_off_in_its_thoughts_has_no_ending_of_its_own():
    assert ended(summary("hm"), incomplete())[0] == "max_tokens"


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("invalid_prompt", None),
        ("bio_policy", "bio"),
        ("misalignment_policy_violation", None),
        ("image_content_policy_violation", None),
    ],
)
def test_some_failures_are_refusals(code, category):
    assert refusal_of(code, "why") == Ending("refusal", explanation="why", category=category)
    assert refusal_of(code, "") == Ending("refusal", category=category)


@pytest.mark.parametrize("code", ["server_error", "rate_limit_exceeded", ""])
def test_other_failures_are_none(code):
    assert refusal_of(code, "why") is None
