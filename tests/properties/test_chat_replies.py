"""Whatever a plausible server streams, the client is told all of it, legally; and a cut is never an ending."""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.openai_chat.reasoning_details import join_details
from dragoman.dialects.tool_ids import original_tool_id
from dragoman.messages.errors import UpstreamFailure, UpstreamNonsense
from dragoman.messages.events import MessageDelta, MessageStop
from dragoman.messages.fold import fold
from tests.support.chat_chunks import open_reply
from tests.support.openai_flavor import COMPATIBLE
from tests.support.reading import check_grammar, said_to
from tests.support.replies import Reasoning, Reply, Text
from tests.support.sealing import opened
from tests.support.strategies import (
    byte_splits,
    calls,
    chat_stream,
    chat_streams,
    flavors,
    line_endings,
    mixed_replies,
    sizes,
    texts,
)

quick = settings(max_examples=60, deadline=None)

odd_flavors = st.one_of(
    st.builds(
        lambda objects, stop, usage: replace(
            COMPATIBLE,
            no_tool_index=True,
            no_tool_ids=True,
            arguments_as_object=objects,
            finishes_calls_with_stop=stop,
            usage=usage,
            reasoning="reasoning",
        ),
        st.booleans(),
        st.booleans(),
        st.sampled_from(["never", "with_finish"]),
    ),
    st.just(replace(COMPATIBLE, no_tool_index=True, reasoning="content_parts", says_done=False)),
    st.just(replace(COMPATIBLE, whole_calls=True, repeats_tool_ids=True, comment="PROCESSING")),
    st.just(replace(COMPATIBLE, no_tool_ids=True, interleaves_calls=True)),
)


def read(pieces, **reading):
    """What was said, and the failure if it came to that."""
    reader, said = open_reply(**{"thinking": "shown", **reading}), []
    try:
        for some in said_to(reader, pieces):
            said += some
    except UpstreamFailure as failure:
        return said, failure
    return said, None


def told(message, kind, field):
    return "".join(block[field] for block in message["content"] if block["type"] == kind)


def check_all_was_said(stream, pieces):
    said, failure = read(pieces)
    assert failure is None
    check_grammar(said, complete=True)
    message = fold(said)
    assert told(message, "text", "text") == stream.text
    assert told(message, "thinking", "thinking") == stream.reasoning
    blocks = [block for block in message["content"] if block["type"] == "tool_use"]
    assert [(block["name"], block["input"]) for block in blocks] == stream.calls
    assert len({block["id"] for block in blocks}) == len(blocks)
    assert message["stop_reason"] == ("tool_use" if blocks else "end_turn")
    return message


@quick
@given(st.data())
def test_nothing_that_is_said_is_lost(data):
    stream = data.draw(chat_streams)
    message = check_all_was_said(stream, data.draw(byte_splits(stream.raw)))
    usage = stream.reply.usage
    if stream.flavor.usage != "never" and usage is not None and usage.prompt:
        assert message["usage"]["input_tokens"] == usage.prompt - usage.cached - usage.cache_written
        assert message["usage"]["output_tokens"] == usage.completion


@quick
@given(mixed_replies, flavors)
def test_no_order_of_text_thoughts_and_calls_loses_anything(reply, flavor):
    stream = chat_stream(reply, flavor)
    check_all_was_said(stream, [stream.raw])


@quick
@given(mixed_replies, odd_flavors)
def test_no_odd_way_to_number_calls_loses_anything(reply, flavor):
    stream = chat_stream(reply, flavor)
    check_all_was_said(stream, [stream.raw])


@quick
@given(texts, sizes, texts, sizes, st.lists(calls(), max_size=2), line_endings)
def test_thoughts_in_tags_are_thoughts(thought, thought_sizes, text, text_sizes, called, line_ending):
    reply = Reply(parts=(Reasoning(thought, thought_sizes), Text(text, text_sizes), *called))
    stream = chat_stream(reply, replace(COMPATIBLE, reasoning="think_tags"))
    said, failure = read([stream.raw.replace(b"\n", line_ending)])
    assert failure is None
    check_grammar(said, complete=True)
    message = fold(said)
    assert told(message, "thinking", "thinking").rstrip("\n") == thought
    assert told(message, "text", "text") == text


@quick
@given(mixed_replies)
def test_every_thinking_block_can_be_sent_back(reply):
    stream = chat_stream(reply, replace(COMPATIBLE, reasoning="reasoning_details"))
    for mode in ("shown", "sealed"):
        said, _ = read([stream.raw], thinking=mode)
        blocks = [block for block in fold(said)["content"] if block["type"] == "thinking"]
        payloads = [opened(block["signature"], "openai_chat") for block in blocks]
        assert None not in payloads
        details = [detail for payload in payloads if payload for detail in payload.get("d", [])]
        deltas = [choice["delta"] for chunk in stream.chunks for choice in chunk["choices"]]
        said = [detail for delta in deltas for detail in delta.get("reasoning_details", [])]
        assert join_details(details) == join_details(said)


@quick
@given(mixed_replies, flavors)
def test_every_call_leads_back_to_the_servers_id(reply, flavor):
    stream = chat_stream(reply, flavor)
    said, _ = read([stream.raw])
    ids = [original_tool_id(block["id"]) for block in fold(said)["content"] if block["type"] == "tool_use"]
    assert ids == [f"call_{place}" for place in range(len(stream.calls))]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_reply_that_is_cut_anywhere_is_reported_as_cut(data):
    stream = data.draw(chat_streams)
    raw = stream.raw[: data.draw(st.integers(0, len(stream.raw)))]
    said, failure = read([raw])
    check_grammar(said, complete=failure is None)
    if _finishes(raw):
        assert failure is None
    else:
        assert isinstance(failure, UpstreamNonsense)
        assert not any(isinstance(event, (MessageDelta, MessageStop)) for event in said)


def _finishes(raw):
    """Whether a complete frame has a finish reason."""
    frames = [frame for frame in raw.split(b"\n\n")[:-1] if frame.startswith(b"data: {")]
    choices = [choice for frame in frames for choice in json.loads(frame[6:])["choices"]]
    return any(choice["finish_reason"] for choice in choices)


@quick
@given(
    mixed_replies, st.lists(st.sampled_from(["e", "ab", "🦉", "\n", "}"]), min_size=1, max_size=3).map(tuple)
)
def test_no_text_at_or_after_a_stop_sequence_is_said(reply, stops):
    stream = chat_stream(reply, COMPATIBLE)
    said, _ = read([stream.raw], stop_sequences=stops)
    check_grammar(said, complete=True)
    message = fold(said)
    text = told(message, "text", "text")
    assert stream.text.startswith(text)
    if message["stop_reason"] == "stop_sequence":
        assert message["stop_sequence"] in stops
        assert stream.text[len(text) :].startswith(message["stop_sequence"])
    else:
        assert text == stream.text
