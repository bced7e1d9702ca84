import json

import msgspec
import pytest

from dragoman.messages.errors import UpstreamFailure, UpstreamNonsense
from dragoman.messages.events import ContentBlockDelta, MessageStart, TextDelta
from dragoman.wire.sse import SseDecoder
from tests.support.gemini_reading import (
    ESTIMATED_INPUT,
    blocked,
    call,
    call_part,
    chunk,
    counted,
    data,
    end,
    hear,
    open_reply,
    play,
    play_whole,
    text,
    thought,
)
from tests.support.reading import check_grammar

ERROR = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}


def frame(raw):
    (only,) = SseDecoder().feed(raw)
    return only


def continued(*said, token="t1", **fields):
    return b"".join(said) + end("CONTINUATION", continuationToken=token, **fields)


def value_of(raw):
    return json.loads(raw.decode().removeprefix("data: "))


def array_of(*frames):
    return json.dumps([value_of(one) for one in frames]).encode()


# The message


def test_text_is_a_message():
    heard = hear(text("Hel"), text("lo"), end(usage=counted(100, 20, cachedContentTokenCount=60)))
    assert heard.message == {
        "id": "msg_0000000100000000000000",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5",
        "content": [{"type": "text", "text": "Hello"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "stop_details": None,
        "usage": {
            "input_tokens": 40,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 60,
            "output_tokens": 20,
            "output_tokens_details": {"thinking_tokens": 0},
            "service_tier": None,
        },
    }
    assert heard.reader.stop_reason == "end_turn"
    assert heard.reader.usage is not None


def test_only_the_first_candidate_is_read():
    second = {"index": 1, "content": {"parts": [{"text": "no"}]}, "finishReason": "MAX_TOKENS"}
    both = data({"candidates": [value_of(text("yes"))["candidates"][0], second]})
    assert hear(both, end()).texts == ["yes"]


@pytest.mark.parametrize(
    "nothing",
    [
        data({}),
        data({"candidates": []}),
        data({"usageMetadata": {}}),
        chunk(),
        data({"candidates": [{"content": {"role": "model"}}]}),
        chunk({}),
        b": keep-alive\n\n",
        b"event: x\nid: 7\n\n",
        b"data:\n\n",
        b"\n\n",
    ],
)
def test_chunks_and_frames_that_say_nothing_are_passed_over(nothing):
    heard = hear(nothing, text("a"), nothing, end(), nothing)
    assert (heard.texts, heard.stop_reason) == (["a"], "end_turn")


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_every_line_end_of_sse_is_one(line_end):
    frames = [text("a\u2028b\u0085c"), end()]
    raw = b"".join(b"data:" + one[6:-4] + line_end * 2 for one in frames)
    assert hear(raw).texts == ["a\u2028b\u0085c"]


def test_chunk_over_several_data_lines_is_joined():
    pretty = json.dumps(value_of(text("a")), indent=2).encode()
    assert hear(b"data: " + pretty.replace(b"\n", b"\ndata: ") + b"\n\n", end()).texts == ["a"]


@pytest.mark.parametrize("before", [b"", b": keep-alive\n", b"event: x\n"])
@pytest.mark.parametrize("after", [b"", b"\n", b"\r\n", b"\r"])
def test_last_frame_may_lack_its_blank_line(before, after):
    heard = hear(text("a"), before + end("STOP", {"text": "b"})[:-4] + after)
    assert (heard.texts, heard.stop_reason) == (["ab"], "end_turn")


def test_last_frame_that_is_cut_anywhere_ends_nothing():
    last = end("STOP", {"text": "b"})[:-4]
    for cut in range(len(last)):
        assert isinstance(hear(text("a"), last[:cut]).error, UpstreamNonsense), cut


def test_what_comes_after_the_end_changes_nothing():
    reader = open_reply(stop_sequences=("#",))
    for raw in (text("a#"),):
        reader.feed(frame(raw))
    assert reader.finished
    assert not reader.feed(frame(text("b")))
    assert not reader.finish(b"garbage")
    assert not reader.keep_alive()


# Errors inside the stream


def framings():
    pretty = json.dumps(ERROR, indent=2).encode()
    return {
        "data": data(ERROR),
        "data without its blank line": data(ERROR)[:-4],
        "data array": data([ERROR]),
        "lines": pretty + b"\n",
        "lines with a blank line": pretty + b"\n\n",
        "lines with blank lines inside": pretty.replace(b"\n", b"\n\n"),
        "lines of CRLF": pretty.replace(b"\n", b"\r\n"),
        "array": json.dumps([ERROR], indent=2).encode(),
        "one line": json.dumps(ERROR).encode(),
        "after a comment": b": waiting\n" + json.dumps(ERROR).encode(),
        "array element": b",\r\n" + json.dumps(ERROR).encode() + b"]",
    }


@pytest.mark.parametrize("framing", framings())
@pytest.mark.parametrize("before", [b"", text("half")])
def test_error_inside_a_stream_is_one_in_any_framing(framing, before):
    error = hear(before, framings()[framing]).error
    assert (error.error.status, error.error.type) == (529, "overloaded_error")
    assert error.error.message == "Gemini: The model is overloaded."


def test_error_that_is_cut_anywhere_is_a_cut_reply():
    pretty = json.dumps(ERROR, indent=2).encode()
    for cut in range(len(pretty)):
        assert isinstance(hear(text("half"), pretty[:cut]).error, UpstreamNonsense), cut


def test_error_without_words_is_nonsense():
    assert isinstance(hear(data({"error": {}})).error, UpstreamNonsense)
    assert isinstance(hear(data({"error": "x"})).error, UpstreamNonsense)


def test_internal_error_inside_a_stream_broke_midway():
    internal = {"error": {"code": 500, "message": "Internal error.", "status": "INTERNAL"}}
    assert hear(text("half"), data(internal)).error.kind == "broke_midway"


@pytest.mark.parametrize(
    "raw", [b"data: [DONE]\n\n", b"data: {\n\n", b"data: 7\n\n", b'data: {"candidates": 7}\n\n']
)
def test_data_that_is_no_chunk_is_nonsense(raw):
    assert isinstance(hear(text("a"), raw).error, UpstreamNonsense)


# Continuation


def test_long_answer_goes_on_in_the_same_block():
    played = play(
        continued(text("On"), usage=counted(100, 10)),
        text("ce.") + end(usage=counted(110, 20, thoughtsTokenCount=1)),
    )
    assert (played.texts, played.stop_reason) == (["Once."], "end_turn")
    usage = played.message["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (100, 31)


def test_request_that_goes_on_is_the_same_with_the_token():
    played = play(continued(text("a"), token="t1"), continued(text("b"), token="t2"), end())
    first, second = played.asked
    assert (first.pop("continuationToken"), second.pop("continuationToken")) == ("t1", "t2")
    assert (
        first
        == second
        == {
            "tools": [{"functionDeclarations": []}],
            "safetySettings": [],
            "contents": [{"role": "user", "parts": [{"text": "hi"}]}],
        }
    )
    assert set(played.paths) == {"/models/gemini-3.8-flash:streamGenerateContent?alt=sse"}
    assert played.texts == ["ab"]


def test_request_with_a_note_goes_on_with_its_note():
    played = play(end("MALFORMED_FUNCTION_CALL"), continued(text("a")), end())
    noted, going_on = played.asked
    assert len(noted["contents"][0]["parts"]) == 2
    assert going_on.pop("continuationToken") == "t1"
    assert going_on == noted


@pytest.mark.parametrize("token", [None, "", "t1"])
def test_answer_without_a_new_token_ends_at_the_limit(token):
    fields = {} if token is None else {"continuationToken": token}
    played = play(continued(text("a"), token="t1"), text("b") + end("CONTINUATION", **fields))
    assert (played.texts, played.stop_reason) == (["ab"], "max_tokens")


def test_token_in_the_middle_of_a_clean_end_is_no_reason_to_go_on():
    played = play(text("a", continuationToken="t1") + text("b") + end())
    assert (played.texts, played.asked) == (["ab"], [])


def test_cut_after_a_checkpoint_is_a_cut():
    assert isinstance(hear(text("a", continuationToken="t1")).error, UpstreamNonsense)


@pytest.mark.parametrize("idle", [b"", text(""), thought("", "sig")])
def test_answer_that_gets_nowhere_ends(idle):
    hops = [continued(idle, token=f"t{number}") for number in range(3)]
    played = play(continued(text("a"), token="t"), *hops)
    assert (played.texts, played.stop_reason) == (["a"], "max_tokens")


def test_progress_in_between_counts():
    hops = [continued(text("x" if number % 3 == 0 else ""), token=f"t{number}") for number in range(8)]
    assert play(*hops, end()).texts == ["xxx"]


def test_the_clients_own_limit_holds_for_all_requests_together():
    usage = counted(100, 40, thoughtsTokenCount=20)
    played = play(
        continued(text("a"), token="t1", usage=usage),
        continued(text("b"), token="t2", usage=usage),
        max_tokens=120,
    )
    assert (len(played.asked), played.stop_reason) == (1, "max_tokens")


def test_call_before_an_end_that_goes_nowhere_is_to_be_run():
    assert hear(call("Read", {}), end("CONTINUATION")).stop_reason == "tool_use"


def test_refusal_in_a_later_request_is_one():
    assert play(continued(text("a")), end("SAFETY")).texts == ["a", "[Blocked by Gemini: SAFETY]"]
    assert play(continued(text("a")), blocked(blockReason="OTHER")).stop_reason == "refusal"


def test_empty_reply_to_a_later_request_is_a_cut():
    assert isinstance(play(continued(text("a")), b"").error, UpstreamNonsense)


# Whole answers


def test_whole_answer_is_read():
    value = {
        "candidates": [
            {"content": {"parts": [{"text": "a"}, call_part("Read", {"x": 1})]}, "finishReason": "STOP"}
        ],
        "usageMetadata": counted(100, 20),
    }
    played = play_whole(json.dumps(value).encode())
    assert (played.kinds, played.stop_reason) == (["text", "tool_use"], "tool_use")
    assert played.start.message.usage.input_tokens == 100


def test_array_of_chunks_is_read_as_the_stream_that_it_is():
    frames = [text("Hel"), thought("hm"), text("lo"), end(usage=counted(100, 20))]
    assert play_whole(array_of(*frames), thinking="shown").message == hear(*frames, thinking="shown").message


def test_whole_answers_go_on_too():
    played = play_whole(array_of(text("a"), continued()), array_of(text("b"), end()))
    assert (played.texts, len(played.asked)) == (["ab"], 1)


@pytest.mark.parametrize("body", [json.dumps(ERROR).encode(), json.dumps([ERROR]).encode()])
def test_whole_error_is_one(body):
    assert play_whole(body).error.error.status == 529


@pytest.mark.parametrize("body", [b"", b"<html>", b"7", b"null", b"[7]", array_of(text("a"))])
def test_whole_answer_that_is_none_is_nonsense(body):
    assert isinstance(play_whole(body).error, UpstreamNonsense)


@pytest.mark.parametrize("body", [b"[]", b"{}"])
def test_whole_answer_that_is_empty_is_asked_anew(body):
    assert play_whole(body, array_of(text("a"), end())).texts == ["a"]


# Life signs


def test_message_can_start_before_the_server_spoke():
    reader = open_reply()
    (start,) = reader.start()
    assert isinstance(start, MessageStart)
    assert start.message.usage.input_tokens == ESTIMATED_INPUT
    said = [start, *reader.feed(frame(text("a"))), *reader.feed(frame(end())), *reader.finish()]
    check_grammar(said, complete=True)


@pytest.mark.parametrize("thinking", ["shown", "sealed", "hidden"])
@pytest.mark.parametrize("holds_text", [True, False])
def test_life_signs_are_legal_anywhere(thinking, holds_text):
    frames = [text("a"), thought("b", "S"), text("\n"), call("Read", {}, signature="C"), text("c"), end()]
    reader = open_reply(thinking=thinking, holds_text=holds_text)
    said = [*reader.start(), *reader.keep_alive()]
    for raw in frames:
        said += [*reader.feed(frame(raw)), *reader.keep_alive()]
    said += reader.finish()
    check_grammar(said, complete=True)
    texts = [
        one.delta.text
        for one in said
        if isinstance(one, ContentBlockDelta) and isinstance(one.delta, TextDelta)
    ]
    assert "".join(texts).split() in (["ac"], ["a", "c"])


def test_request_without_contents_that_end_in_parts_is_asked_anew_as_it_is():
    fields = {"contents": msgspec.Raw(b'[{"parts":[],"role":"user"} ]')}
    assert play(end(), fields=fields).asked == [{"contents": [{"parts": [], "role": "user"}]}]


def test_nothing_is_asked_for_while_a_reply_is_under_way():
    reader = open_reply()
    reader.feed(frame(text("a")))
    assert reader.follow_up() is None
    with pytest.raises(UpstreamFailure):
        reader.finish()
    assert reader.follow_up() is None


def test_a_text_that_is_no_event_stream_is_read_no_further_than_a_megabyte():
    frame = b"{" + b"x" * 100_000 + b"\n\n"
    heard = hear(*[frame] * 100)
    assert isinstance(heard.failure, UpstreamNonsense)
    assert "no event stream" in heard.failure.error.message
    assert hear(*[frame] * 9).failure is None
