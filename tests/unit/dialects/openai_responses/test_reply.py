import pytest

from dragoman.messages.errors import UpstreamNonsense
from dragoman.messages.events import ContentBlockDelta, ContentBlockStart, MessageStart
from dragoman.wire.sse import SseDecoder
from tests.support.chat_requests import ask
from tests.support.reading import check_grammar
from tests.support.responses_reading import (
    CREATED,
    ESTIMATED_INPUT,
    SAID_DONE,
    arguments,
    bare,
    call,
    completed,
    content,
    event,
    hear_answer,
    hear_response,
    hear_responses,
    incomplete,
    message,
    open_reply,
    response,
    text,
    text_block,
    text_part,
    thought,
    usage,
)


def fed(reader, *frames):
    return [said for frame in SseDecoder().feed(b"".join(frames)) for said in reader.feed(frame)]


def error(code, words="it broke", **fields):
    return response("failed", error={"code": code, "message": words}, **fields)


def test_the_first_event_starts_the_message_with_the_estimate():
    (start,) = fed(open_reply(), CREATED)
    assert isinstance(start, MessageStart)
    assert start.message.model == "claude-sonnet-5"
    assert start.message.usage.input_tokens == ESTIMATED_INPUT


def test_the_end_tells_what_was_counted():
    counted = usage(3438, 20, input_tokens_details={"cached_tokens": 3423, "cache_write_tokens": 12})
    heard = hear_answer(message("Hi"), ending=completed(usage=counted, service_tier="priority"))
    told = heard.message["usage"]
    assert (told["input_tokens"], told["cache_read_input_tokens"]) == (3, 3423)
    assert (told["cache_creation_input_tokens"], told["output_tokens"]) == (12, 20)
    assert heard.reader.usage is not None
    assert heard.reader.usage.service_tier == "priority"


def test_usage_that_is_missing_is_estimated():
    told = hear_answer(message("12345678")).message["usage"]
    assert (told["input_tokens"], told["output_tokens"]) == (ESTIMATED_INPUT, 2)


@pytest.mark.parametrize(
    "frame",
    [
        event("keepalive"),
        bare({"type": "keepalive"}),
        bare({"type": "codex.rate_limits", "limits": []}),
        event("unheard_of", item={"type": "message"}),
        event("mcp_call.in_progress", output_index=0),
        event("web_search_call.searching", output_index=5),
        SAID_DONE,
        b": comment\n\n",
        b"event: x\n\n",
    ],
)
def test_events_that_nobody_knows_change_nothing(frame):
    assert content(hear_answer(frame, text("H"), frame, text("i"), frame)) == [text_block("Hi")]


def test_an_event_that_comes_twice_is_told_once():
    numbered = event("output_text.delta", output_index=0, content_index=0, delta="ha", sequence_number=4)
    again = event("output_text.delta", output_index=0, content_index=0, delta="ha", sequence_number=5)
    assert content(hear_answer(numbered, numbered)) == [text_block("ha")]
    assert content(hear_answer(numbered, event("keepalive"), numbered)) == [text_block("ha")]
    assert content(hear_answer(numbered, again)) == [text_block("haha")]
    assert content(hear_answer(text("ha"), text("ha"))) == [text_block("haha")]


def test_nothing_is_read_after_the_end():
    heard = hear_responses(
        CREATED, message("Hi"), completed(), message("more", 1), completed(), b"data: x\n\n"
    )
    assert content(heard) == [text_block("Hi")]
    assert heard.reader.finished


@pytest.mark.parametrize(
    "frames",
    [
        [],
        [CREATED],
        [CREATED, text("Hi")],
        [CREATED, message("Hi")],
        [CREATED, message("Hi"), call(index=1)],
        [CREATED, message("Hi"), SAID_DONE],
    ],
)
def test_a_stream_without_its_last_event_is_a_failure(frames):
    assert isinstance(hear_responses(*frames).failure, UpstreamNonsense)


def test_the_answer_is_over_as_soon_as_a_stop_sequence_comes():
    reader = open_reply(stop_sequences=("END",))
    fed(reader, CREATED, text("a END"))
    assert reader.finished
    assert reader.stop_reason == "stop_sequence"


def test_the_answer_is_over_as_soon_as_a_raised_limit_is_reached():
    reader = open_reply(visible_tokens=1)
    fed(reader, CREATED, text("12345"))
    assert (reader.finished, reader.stop_reason) == (True, "max_tokens")


FLAT = bare(
    {"type": "error", "code": "server_error", "message": "it broke", "param": None, "sequence_number": 2}
)
NESTED = bare(
    {"type": "error", "error": {"type": "server_error", "code": "server_error", "message": "it broke"}}
)


@pytest.mark.parametrize("frame", [FLAT, NESTED, event("failed", response=error("server_error"))])
@pytest.mark.parametrize("before", [b"", message("Hi"), text("Hi")])
def test_an_error_is_a_failure_in_whatever_shape(frame, before):
    failure = hear_responses(CREATED, before, frame).failure
    assert failure is not None
    assert "it broke" in failure.error.message
    assert failure.error.type == "api_error"


@pytest.mark.parametrize(
    ("code", "words", "status", "kind", "told"),
    [
        (
            "context_length_exceeded",
            "Your input exceeds the context window of this model. Please adjust your input and try again.",
            400,
            "invalid_request_error",
            "prompt is too long",
        ),
        ("rate_limit_exceeded", "Please try again in 1.2s", 429, "rate_limit_error", ""),
        ("insufficient_quota", "You exceeded your current quota", 402, "billing_error", ""),
        ("server_is_overloaded", "slow down", 529, "overloaded_error", ""),
    ],
)
def test_a_failure_has_the_status_that_clients_understand(code, words, status, kind, told):
    failure = hear_responses(CREATED, event("failed", response=error(code, words))).failure
    assert failure is not None
    assert (failure.error.status, failure.error.type) == (status, kind)
    assert told in failure.error.message


def test_an_answer_that_was_cancelled_is_an_error():
    failure = hear_responses(CREATED, event("cancelled", response=response("cancelled"))).failure
    assert failure is not None
    assert failure.error.type == "api_error"
    assert "cancelled" in failure.error.message


@pytest.mark.parametrize("before", [b"", message("Hi"), call() + arguments("{", 1), thought("hm")])
@pytest.mark.parametrize("flat", [True, False])
def test_a_failure_that_is_a_refusal_ends_the_message(before, flat):
    told = {"code": "bio_policy", "message": "not this"}
    frame = (
        bare({"type": "error", **told}) if flat else event("failed", response=response("failed", error=told))
    )
    heard = hear_responses(CREATED, before, frame)
    assert heard.message["stop_reason"] == "refusal"
    assert heard.message["stop_details"] == {"type": "refusal", "category": "bio", "explanation": "not this"}


def test_reasoning_that_was_withheld_is_counted_by_its_reason():
    removed = [
        {"type": "reasoning", "id": f"rs_{n}", "action": "removed", "reason": reason}
        for n, reason in enumerate(("prefix_mismatch", "prefix_mismatch", "turn_boundary"))
    ]
    reader = open_reply()
    fed(reader, CREATED, completed(input_transformations=removed))
    assert reader.withheld == {"prefix_mismatch": 2, "turn_boundary": 1}


WHOLE = [
    {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [{"type": "summary_text", "text": "hm"}],
        "encrypted_content": "gAAAAAB",
    },
    {"type": "message", "content": [text_part("Hi")]},
    {"type": "function_call", "name": "Read", "call_id": "call_1", "arguments": "{}"},
]


@pytest.mark.parametrize("thoughts", ["shown", "sealed", "kept"])
def test_a_whole_answer_is_the_message_that_its_stream_would_be(thoughts):
    whole = hear_response(response("completed", *WHOLE, usage=usage()), thoughts=thoughts)
    frames = (thought("hm"), message("Hi", 1), call(index=2), completed(usage=usage()))
    streamed = hear_responses(CREATED, *frames, thoughts=thoughts)
    assert whole.message == streamed.message
    assert whole.kept == streamed.kept


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (error("server_error"), "it broke"),
        ({"error": {"message": "it broke", "code": "server_error"}}, "it broke"),
        ({"type": "error", "message": "it broke"}, "it broke"),
        (response("cancelled"), "cancelled"),
        ({"object": "list"}, "not a response"),
        (b"<html>", "not a response"),
    ],
)
def test_a_whole_answer_that_failed_is_a_failure(body, words):
    failure = hear_response(body).failure
    assert failure is not None
    assert words in failure.error.message


def test_a_whole_answer_that_broke_off_says_so():
    body = response("incomplete", WHOLE[1], incomplete_details={"reason": "max_output_tokens"})
    assert hear_response(body).message["stop_reason"] == "max_tokens"
    assert hear_responses(message("Hi"), incomplete()).message["stop_reason"] == "max_tokens"


def test_a_sign_of_life_is_legal_before_and_between_and_not_after():
    reader = open_reply()
    said = list(reader.keep_alive())
    assert [type(one) for one in said] == [MessageStart, ContentBlockStart, ContentBlockDelta]
    for frame in (CREATED, thought("hm"), text("H", 1), call(index=2), completed()):
        said += fed(reader, frame)
        said += reader.keep_alive()
    check_grammar(said, complete=True)
    assert reader.keep_alive() == ()


def test_what_is_kept_is_handed_out_once():
    reader = open_reply(thoughts="kept")
    fed(reader, CREATED, thought("hm"), call(index=1), completed())
    assert len(reader.take_kept()) == 1
    assert reader.take_kept() == {}


def test_nothing_follows_an_answer():
    reader = open_reply(ask())
    fed(reader, CREATED, completed())
    assert reader.follow_up() is None
    assert reader.take_failure(UpstreamNonsense("x")) is None
    assert reader.start() == []


@pytest.mark.parametrize(
    "frame", [b"data: x\n\n", b"data: []\n\n", event("completed"), event("completed", response=5)]
)
def test_what_is_no_event_is_a_failure(frame):
    assert isinstance(hear_responses(CREATED, text("Hi"), frame).failure, UpstreamNonsense)
