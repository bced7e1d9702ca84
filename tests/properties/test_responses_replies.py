"""However a Responses server tells an answer, the client is told all of it, legally; and it comes back as it came."""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.openai_responses.request import write_request
from dragoman.dialects.openai_responses.responses import OpenAIResponses
from dragoman.dialects.tool_ids import original_tool_id
from dragoman.messages.errors import UpstreamNonsense
from dragoman.messages.events import MessageDelta, MessageStop
from dragoman.messages.fold import fold
from tests.support.chat_requests import ask, assistant, result, user
from tests.support.reading import (
    calls_of,
    check_grammar,
    counting_ids,
    fields_of,
    hear_once,
    stops_where_it_says,
)
from tests.support.replies import Reasoning, Text
from tests.support.responses_flavor import OPENAI_RESPONSES
from tests.support.responses_reading import (
    open_reply,
    responses_flavors,
    responses_stream,
    responses_streams,
    said_by,
    voice_of,
)
from tests.support.responses_reasoning import ReasoningBook
from tests.support.responses_requests import MODEL, NEWEST, SEAL, keeping
from tests.support.responses_rules import check_request
from tests.support.sealing import opened_whole
from tests.support.strategies import byte_splits, line_endings, mixed_replies

quick = settings(max_examples=60, deadline=None)


def whole_message(pieces, **reading):
    heard = hear_once(open_reply(**reading), pieces)
    assert heard.failure is None
    check_grammar(heard.said, complete=True)
    return heard.message, heard.reader


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_nothing_that_is_said_is_lost(data):
    stream = data.draw(responses_streams)
    raw = stream.raw.replace(b"\n", data.draw(line_endings))
    message, _ = whole_message(data.draw(byte_splits(raw)))
    assert "".join(fields_of(message, "text", "text")) == stream.text
    assert fields_of(message, "thinking", "thinking") == stream.thoughts
    assert calls_of(message) == stream.calls
    ids = fields_of(message, "tool_use", "id")
    assert len(set(ids)) == len(ids)
    assert message["stop_reason"] == ("tool_use" if stream.calls else "end_turn")
    usage = stream.reply.usage
    if stream.flavor.usage != "never" and usage is not None and usage.prompt:
        counted = message["usage"]
        assert counted["output_tokens"] == usage.completion
        parts = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
        assert sum(counted[part] for part in parts) == usage.prompt
        assert counted["cache_read_input_tokens"] == usage.cached
        assert stream.flavor.usage == "older" or counted["cache_creation_input_tokens"] == usage.cache_written


@quick
@given(mixed_replies, responses_flavors, st.sampled_from(["shown", "sealed", "kept"]))
def test_a_whole_answer_is_the_message_that_its_stream_is(reply, flavor, thoughts):
    stream = responses_stream(reply, replace(flavor, empty_output=False))
    message, reader = whole_message([stream.raw], thoughts=thoughts)
    other = open_reply(thoughts=thoughts)
    said = other.read_whole(stream.whole)
    check_grammar(said, complete=True)
    assert fold(said) == message
    assert other.take_kept() == reader.take_kept()


@quick
@given(mixed_replies, responses_flavors, responses_flavors)
def test_how_it_is_told_changes_nothing_of_what_is_said(reply, one, other):
    told_as = {"plain_reasoning": False, "encrypts": "always", "long_call_ids": False, "usage": "openai"}
    streams = [
        responses_stream(reply, replace(flavor, model_rules=True, **told_as)) for flavor in (one, other)
    ]
    first, second = (whole_message([stream.raw])[0] for stream in streams)
    assert first == second


@quick
@given(mixed_replies, st.sampled_from(["shown", "sealed"]))
def test_every_thinking_block_holds_its_item(reply, thoughts):
    stream = responses_stream(reply)
    message, _ = whole_message([stream.raw], thoughts=thoughts)
    items = [item for item in json.loads(stream.whole)["output"] if item["type"] == "reasoning"]
    held = [
        opened_whole(signature, "openai_responses", account="ours", family=SEAL.family, key=b"key")
        for signature in fields_of(message, "thinking", "signature")
    ]
    assert [(one.payload["i"], one.payload.get("s", []), one.raw) for one in held if one] == [
        (item["id"], [part["text"] for part in item["summary"]], item["encrypted_content"]) for item in items
    ]


@quick
@given(mixed_replies)
def test_a_client_without_thoughts_sees_none_and_what_is_kept_belongs_to_its_calls(reply):
    message, reader = whole_message([responses_stream(reply).raw], thoughts="kept")
    assert fields_of(message, "thinking", "thinking") == []
    assert set(reader.take_kept()) <= set(fields_of(message, "tool_use", "id"))


@quick
@given(mixed_replies, responses_flavors.filter(lambda flavor: not flavor.long_call_ids))
def test_every_call_leads_back_to_the_servers_id(reply, flavor):
    stream = responses_stream(reply, flavor)
    message, _ = whole_message([stream.raw])
    items = json.loads(responses_stream(reply, replace(flavor, empty_output=False)).whole)["output"]
    wanted = [item["call_id"] for item in items if item["type"] == "function_call"]
    assert [original_tool_id(id) for id in fields_of(message, "tool_use", "id")] == wanted


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_an_answer_that_is_cut_anywhere_is_reported_as_cut(data):
    stream = data.draw(responses_streams)
    at = data.draw(st.integers(0, len(stream.raw)))
    heard = hear_once(open_reply(), [stream.raw[:at]])
    check_grammar(heard.said, complete=heard.failure is None)
    assert (heard.failure is None) is (at >= stream.end)
    if heard.failure is not None:
        assert isinstance(heard.failure, UpstreamNonsense)
        assert not any(isinstance(event, (MessageDelta, MessageStop)) for event in heard.said)
        assert not heard.reader.finished


def pieces_of(text):
    """One to three characters of it, or none of it."""
    starts = st.tuples(st.integers(0, max(len(text) - 1, 0)), st.integers(1, 3))
    return starts.map(lambda at: text[at[0] : at[0] + at[1]] or "e") | st.just("no such words")


@quick
@given(mixed_replies.filter(lambda reply: any(isinstance(part, Text) for part in reply.parts)), st.data())
def test_no_text_at_or_after_a_stop_sequence_is_said(reply, data):
    stream = responses_stream(reply)
    stops = tuple(data.draw(st.lists(pieces_of(stream.text), min_size=1, max_size=3)))
    message, _ = whole_message([stream.raw], stop_sequences=stops)
    if not stops_where_it_says(message, stops, stream.text):
        assert "".join(fields_of(message, "text", "text")) == stream.text
        assert not any(stop in part.text for part in reply.parts if isinstance(part, Text) for stop in stops)


THINKING = {
    "shown": {"type": "adaptive"},
    "sealed": {"type": "adaptive", "display": "omitted"},
    "kept": None,
}


def ends_in_thoughts(reply):
    return isinstance(reply.parts[-1], Reasoning)


@settings(max_examples=100, deadline=None)
@given(mixed_replies, st.sampled_from(sorted(THINKING)))
def test_what_the_model_said_comes_back_so_that_its_server_takes_it(reply, thoughts):
    """The server refuses reasoning at any other place, and withholds what is not at its own."""
    fields = {"thinking": THINKING[thoughts], "output_config": {"effort": "high"}, "max_tokens": 60_000}
    dialect, book, kept = OpenAIResponses(), ReasoningBook(), {}
    quirks = replace_quirks(efforts=("high",), additional_tools=False)
    asked = ask(user("q"), **fields)
    written = dialect.write_request(asked, MODEL, quirks, keeping(kept.get))
    body = json.loads(written.body)
    raw = said_by(reply, voice_of(body, OPENAI_RESPONSES, book))
    reader = dialect.open_reply(asked, written, counting_ids())
    message = hear_once(reader, [raw]).message
    kept |= reader.take_kept()
    results = [result("ok", id=id) for id in fields_of(message, "tool_use", "id")]
    again = ask(user("q"), assistant(*message["content"]), user(*results, "go on"), **fields)
    second = json.loads(write_request(again, MODEL, quirks, keeping(kept.get)).body)
    assert check_request(second, OPENAI_RESPONSES) == []
    assert book.check(second, "scripted", OPENAI_RESPONSES) == []
    if thoughts != "kept" and not ends_in_thoughts(reply):
        assert book.missing == []


def replace_quirks(**fields):
    names = NEWEST.__struct_fields__
    return type(NEWEST)(**{name: getattr(NEWEST, name) for name in names} | fields)
