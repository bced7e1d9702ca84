"""Whatever a plausible server streams, the client is told all of it, legally; and a cut is never an ending."""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.openai_chat.reasoning_details import join_details
from dragoman.dialects.tool_ids import original_tool_id
from dragoman.dialects.web_search_tool import SearchTool
from dragoman.messages.errors import UpstreamNonsense
from dragoman.messages.events import MessageDelta, MessageStop
from tests.support.chat_chunks import open_reply
from tests.support.openai_flavor import COMPATIBLE
from tests.support.openai_sources import source, sources, sources_in
from tests.support.reading import calls_of, check_grammar, fields_of, hear_once, stops_where_it_says
from tests.support.replies import Item, Reasoning, Reply, Text
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

some_sources = st.lists(
    st.builds(
        lambda name, start, length: source(f"https://{name}.test", start=start, end=start + length),
        st.sampled_from("abc"),
        st.integers(0, 30),
        st.integers(0, 30),
    ),
    min_size=1,
    max_size=3,
).map(lambda told_of: sources(*told_of))
searched_replies = st.builds(
    lambda parts: Reply(parts=tuple(parts)),
    st.lists(
        st.one_of(some_sources, st.builds(Text, texts, sizes), st.builds(Reasoning, texts, sizes), calls()),
        min_size=1,
        max_size=7,
    ),
)


def read(pieces, **reading):
    return hear_once(open_reply(**{"thinking": "shown", **reading}), pieces)


def whole_message(pieces, **reading):
    heard = read(pieces, **reading)
    assert heard.failure is None
    check_grammar(heard.said, complete=True)
    return heard.message


def told(message, kind):
    return "".join(fields_of(message, kind, kind))


def check_all_was_said(stream, pieces):
    message = whole_message(pieces)
    assert told(message, "text") == stream.text
    assert told(message, "thinking") == stream.reasoning
    assert calls_of(message) == stream.calls
    ids = fields_of(message, "tool_use", "id")
    assert len(set(ids)) == len(ids)
    assert message["stop_reason"] == ("tool_use" if ids else "end_turn")
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
@given(st.data())
def test_no_place_of_a_searchs_sources_loses_anything(data):
    reply = data.draw(searched_replies)
    stream = chat_stream(reply, data.draw(flavors))
    message = whole_message(data.draw(byte_splits(stream.raw)), search=SearchTool("web_search"))
    assert told(message, "text") == stream.text
    assert told(message, "thinking") == stream.reasoning
    assert calls_of(message) == stream.calls
    pages = [page["url"] for one in fields_of(message, "web_search_tool_result", "content") for page in one]
    assert pages == list(dict.fromkeys(url for url, _, _ in _told_sources(reply)))
    assert fields_of(message, "server_tool_use", "id") == fields_of(
        message, "web_search_tool_result", "tool_use_id"
    )
    assert _quotations(message) <= {
        (url, stream.text[start:end]) for url, start, end in _told_sources(reply) if start < end
    }


def _told_sources(reply):
    """Address and place of each, in the order in which they were told."""
    items = [part for part in reply.parts if isinstance(part, Item)]
    told_of = [one["url_citation"] for item in items for one in sources_in(item)]
    return [(one["url"], one["start_index"], one["end_index"]) for one in told_of]


def _quotations(message):
    cited = [one for block in message["content"] for one in block.get("citations") or ()]
    return {(one["url"], one["cited_text"]) for one in cited}


@quick
@given(texts, sizes, texts, sizes, st.lists(calls(), max_size=2), line_endings)
def test_thoughts_in_tags_are_thoughts(thought, thought_sizes, text, text_sizes, called, line_ending):
    reply = Reply(parts=(Reasoning(thought, thought_sizes), Text(text, text_sizes), *called))
    stream = chat_stream(reply, replace(COMPATIBLE, reasoning="think_tags"))
    message = whole_message([stream.raw.replace(b"\n", line_ending)])
    assert told(message, "thinking").rstrip("\n") == thought
    assert told(message, "text") == text


@quick
@given(mixed_replies)
def test_every_thinking_block_can_be_sent_back(reply):
    stream = chat_stream(reply, replace(COMPATIBLE, reasoning="reasoning_details"))
    for mode in ("shown", "sealed"):
        message = read([stream.raw], thinking=mode).message
        payloads = [opened(one, "openai_chat") for one in fields_of(message, "thinking", "signature")]
        assert None not in payloads
        details = [detail for payload in payloads if payload for detail in payload.get("d", [])]
        deltas = [choice["delta"] for chunk in stream.chunks for choice in chunk["choices"]]
        said = [detail for delta in deltas for detail in delta.get("reasoning_details", [])]
        assert join_details(details) == join_details(said)


@quick
@given(mixed_replies, flavors)
def test_every_call_leads_back_to_the_servers_id(reply, flavor):
    stream = chat_stream(reply, flavor)
    ids = fields_of(read([stream.raw]).message, "tool_use", "id")
    assert [original_tool_id(id) for id in ids] == [f"call_{place}" for place in range(len(stream.calls))]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_reply_that_is_cut_anywhere_is_reported_as_cut(data):
    stream = data.draw(chat_streams)
    raw = stream.raw[: data.draw(st.integers(0, len(stream.raw)))]
    heard = read([raw])
    check_grammar(heard.said, complete=heard.failure is None)
    if _finishes(raw):
        assert heard.failure is None
    else:
        assert isinstance(heard.failure, UpstreamNonsense)
        assert not any(isinstance(event, (MessageDelta, MessageStop)) for event in heard.said)


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
    message = whole_message([stream.raw], stop_sequences=stops)
    if not stops_where_it_says(message, stops, stream.text):
        assert told(message, "text") == stream.text
