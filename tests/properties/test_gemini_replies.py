"""Whatever a plausible Gemini server streams, the client is told all of it, legally; and a cut is never an ending."""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.tool_ids import original_tool_id
from dragoman.messages.errors import UpstreamNonsense
from dragoman.messages.events import MessageDelta, MessageStop
from dragoman.messages.fold import fold
from tests.support.gemini_flavor import AI_STUDIO
from tests.support.gemini_streams import (
    ESTIMATED_INPUT,
    gemini_flavors,
    gemini_stream,
    gemini_streams,
    in_hops,
    more_than_thoughts,
    open_gemini,
    read_answer,
)
from tests.support.reading import calls_of, check_grammar, fields_of, hear, hear_whole, stops_where_it_says
from tests.support.sealing import opened
from tests.support.strategies import byte_splits, line_endings

OURS = {"account": "ours", "family": "gemini-3"}
quick = settings(max_examples=60, deadline=None)
SILENT = replace(AI_STUDIO, signs=frozenset())


def told(message, kind):
    return "".join(fields_of(message, kind, kind))


def signatures_of(message):
    """Kind, key and value of each signature in the thinking blocks."""
    payloads = [opened(one, "gemini", **OURS) for one in fields_of(message, "thinking", "signature")]
    return [entry for payload in payloads for entry in payload["s"]]


def check_all_was_said(stream, message):
    assert told(message, "text") == stream.text
    assert told(message, "thinking") == stream.thoughts
    assert calls_of(message) == stream.calls
    ids = fields_of(message, "tool_use", "id")
    assert len(set(ids)) == len(ids)
    assert message["stop_reason"] == ("tool_use" if ids else "end_turn")


@quick
@given(st.data())
def test_nothing_that_is_said_is_lost(data):
    stream = data.draw(gemini_streams)
    raw = stream.raw.replace(b"\r\n", data.draw(line_endings))
    answer = read_answer(data.draw(byte_splits(raw)))
    assert answer.failure is None
    check_grammar(answer.said, complete=True)
    message = fold(answer.said)
    check_all_was_said(stream, message)
    usage = stream.reply.usage
    if usage.prompt:
        assert message["usage"]["input_tokens"] == usage.prompt - usage.cached
        assert message["usage"]["cache_read_input_tokens"] == usage.cached
        assert message["usage"]["output_tokens"] == usage.completion
        assert message["usage"]["output_tokens_details"] == {"thinking_tokens": usage.reasoning}
    else:
        assert message["usage"]["input_tokens"] == ESTIMATED_INPUT


@settings(max_examples=30, deadline=None)
@given(gemini_streams)
def test_the_events_do_not_depend_on_how_the_bytes_came(stream):
    check_all_was_said(stream, hear(open_gemini, stream.raw).message)


@quick
@given(more_than_thoughts, gemini_flavors)
def test_the_answer_in_one_piece_is_the_same_message(reply, flavor):
    stream = gemini_stream(reply, replace(flavor, signs=flavor.signs - {"trailing"}))
    streamed = hear(open_gemini, stream.raw).message
    assert hear_whole(open_gemini, stream.array).message == streamed
    assert hear_whole(open_gemini, stream.whole).message == streamed


@quick
@given(more_than_thoughts, st.integers(1, 5))
def test_an_answer_over_several_requests_is_the_same_message(reply, at):
    first, second = in_hops(reply, min(at, len(reply.parts)))
    streams = [gemini_stream(first, SILENT, continuation="dG9rZW4="), gemini_stream(second, SILENT)]
    whole = read_answer([gemini_stream(reply, SILENT).raw])
    answer = read_answer(*([stream.raw] for stream in streams))
    check_grammar(answer.said, complete=True)
    message, expected = fold(answer.said), fold(whole.said)
    blocks = [(block["type"], block.get("text"), block.get("input")) for block in message["content"]]
    assert blocks == [(block["type"], block.get("text"), block.get("input")) for block in expected["content"]]
    if reply.usage.prompt:
        # The prompt counts once, each request's output.
        assert message["usage"]["input_tokens"] == expected["usage"]["input_tokens"]
        assert message["usage"]["output_tokens"] == 2 * expected["usage"]["output_tokens"]


@quick
@given(more_than_thoughts, gemini_flavors)
def test_every_call_leads_back_to_the_servers_id(reply, flavor):
    stream = gemini_stream(reply, flavor)
    message = fold(read_answer([stream.raw]).said)
    ids = [original_tool_id(id) for id in fields_of(message, "tool_use", "id")]
    named = not flavor.no_call_ids
    assert ids == [f"call{place}" if named else None for place in range(len(stream.calls))]


@quick
@given(more_than_thoughts, gemini_flavors, st.sampled_from(["shown", "sealed", "hidden"]))
def test_every_signature_of_a_call_is_kept_and_travels_where_thinking_is_wanted(reply, flavor, thinking):
    stream = gemini_stream(reply, replace(flavor, no_call_ids=False, signs=flavor.signs | {"calls"}))
    answer = read_answer([stream.raw], thinking=thinking)
    message = fold(answer.said)
    by_id = {original_tool_id(id): id for id in fields_of(message, "tool_use", "id")}
    wanted = [["call", by_id[id], value] for id, value in stream.signed.items() if id != "words"]
    assert len(wanted) == min(len(by_id), 1)
    for entry in wanted:
        kept = opened(answer.kept[entry[1]], "gemini", **OURS)
        assert kept == {"s": [entry]}
    carried = [entry for entry in signatures_of(message) if entry[0] == "call"]
    assert carried == ([] if thinking == "hidden" else wanted)
    if thinking == "hidden":
        assert "".join(fields_of(message, "thinking", "signature")) == ""


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_reply_that_is_cut_anywhere_is_reported_as_cut_or_asked_for_anew(data):
    stream = data.draw(gemini_streams)
    raw = stream.raw[: data.draw(st.integers(0, len(stream.raw)))]
    answer = read_answer([raw])
    check_grammar(answer.said, complete=answer.reader.finished)
    if len(raw) >= stream.end:
        assert answer.reader.finished
        check_all_was_said(stream, fold(answer.said))
        return
    assert not answer.reader.finished
    assert not any(isinstance(event, (MessageDelta, MessageStop)) for event in answer.said)
    nothing_came = not _chunks(raw)
    assert (answer.wanted is not None) == nothing_came
    assert isinstance(answer.failure, UpstreamNonsense) != nothing_came


def _chunks(raw):
    """The chunks that came whole; the blank line of the last may be missing."""
    chunks = []
    for frame in raw.split(b"\r\n\r\n"):
        try:
            chunks.append(json.loads(frame.removeprefix(b"data: ")))
        except ValueError:
            continue
    return chunks


@quick
@given(
    more_than_thoughts,
    st.lists(st.sampled_from(["e", "ab", "🦉", "\n", "}"]), min_size=1, max_size=3).map(tuple),
)
def test_no_text_at_or_after_a_stop_sequence_is_said(reply, stops):
    stream = gemini_stream(reply, SILENT)
    answer = read_answer([stream.raw], stop_sequences=stops)
    check_grammar(answer.said, complete=True)
    message = fold(answer.said)
    text = told(message, "text")
    if not stops_where_it_says(message, stops, stream.text) and text != stream.text:
        # A call that was said before has to be run, whatever stopped the text behind it.
        assert message["stop_reason"] == "tool_use"
        assert any(stream.text[len(text) :].startswith(stop) for stop in stops)
