"""Whatever a server sends in the place of an event, the answer is legal or failed; nothing else is raised."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.web_search_tool import SearchTool
from dragoman.messages.errors import UpstreamFailure
from dragoman.messages.fold import fold
from dragoman.wire.sse import SseDecoder
from tests.support.reading import check_grammar, hear_once
from tests.support.responses_reading import bare, open_reply, responses_streams

words = st.sampled_from(
    ["", "x", "x0", "message", "reasoning", "function_call", "web_search_call", "completed"]
)
junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 3)
    | st.just(1.5)
    | st.just(10**30)
    | words
    | st.just("\ud83e"),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "id",
                    "text",
                    "name",
                    "call_id",
                    "arguments",
                    "summary",
                    "content",
                    "action",
                    "query",
                ]
                + [
                    "sources",
                    "url",
                    "annotations",
                    "refusal",
                    "encrypted_content",
                    "status",
                    "code",
                    "message",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=5,
)
texts = st.sampled_from(["", "x", "0", " ", "\ud83e", '{"a"'])
parts = st.fixed_dictionaries(
    {"type": st.sampled_from(["output_text", "refusal", "summary_text", "reasoning_text"]) | junk},
    optional={
        "text": texts | junk,
        "refusal": texts | junk,
        "annotations": st.lists(junk, max_size=2) | junk,
    },
)
citations = st.fixed_dictionaries(
    {"type": st.just("url_citation")},
    optional={"url": words | junk, "start_index": junk, "end_index": junk, "title": junk},
)
items = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["message", "reasoning", "function_call", "web_search_call", "unheard_of"])
        | junk,
    },
    optional={
        "id": words | junk,
        "status": st.sampled_from(["completed", "incomplete", "failed"]) | junk,
        "content": st.lists(parts | citations, max_size=2) | junk,
        "summary": st.lists(parts, max_size=2) | junk,
        "encrypted_content": words | junk,
        "name": words | junk,
        "call_id": words | junk,
        "arguments": texts | junk,
        "action": st.fixed_dictionaries({}, optional={"type": words, "query": junk, "sources": junk}) | junk,
    },
)
responses = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["completed", "incomplete", "failed", "cancelled"]) | junk,
        "output": st.lists(items | junk, max_size=2) | junk,
        "usage": st.dictionaries(st.sampled_from(["input_tokens", "input_tokens_details"]), junk) | junk,
        "incomplete_details": st.fixed_dictionaries({"reason": junk}) | junk,
        "error": st.fixed_dictionaries({"code": st.just("bio_policy") | junk}) | junk,
        "service_tier": junk,
        "input_transformations": st.lists(st.fixed_dictionaries({"reason": junk}) | junk, max_size=2) | junk,
    },
)
KINDS = [
    *(f"output_item.{end}" for end in ("added", "done")),
    *(f"content_part.{end}" for end in ("added", "done")),
    *(f"output_text.{end}" for end in ("delta", "done", "annotation.added")),
    *(f"refusal.{end}" for end in ("delta", "done")),
    *(f"reasoning_summary_text.{end}" for end in ("delta", "done")),
    *(f"reasoning_summary_part.{end}" for end in ("added", "done")),
    "reasoning_text.delta",
    *(f"function_call_arguments.{end}" for end in ("delta", "done")),
    "web_search_call.completed",
    "unheard_of",
]
OF_ITEMS = {
    "output_index": st.integers(0, 2) | st.integers(0, 2) | junk,
    "content_index": st.integers(0, 1) | junk,
    "item": items | junk,
    "part": parts | junk,
    "delta": texts | junk,
    "text": texts | junk,
    "refusal": texts | junk,
    "arguments": texts | junk,
    "annotation": citations | junk,
    "sequence_number": junk,
}
events = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("response.output_text.annotation.added"), "annotation": citations},
        optional={"output_index": st.integers(0, 1), "content_index": st.integers(0, 1)},
    ),
    st.fixed_dictionaries(
        {"type": st.sampled_from([f"response.{kind}" for kind in KINDS])}, optional=OF_ITEMS
    ),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["response.completed", "response.incomplete", "response.failed"]),
            "response": responses | junk,
        }
    ),
    st.fixed_dictionaries(
        {"type": st.just("error") | junk}, optional={"error": junk, "code": junk, "message": junk}
    ),
)
readings = st.fixed_dictionaries(
    {},
    optional={
        "stop_sequences": st.just(("x0",)),
        "thoughts": st.sampled_from(["shown", "sealed", "kept"]),
        "visible_tokens": st.just(1),
        "single_tool_call": st.booleans(),
        "search": st.just(SearchTool("web_search", ("bad.test",))),
        "tool_names": st.just({"x": "a longer one"}),
    },
)


@settings(max_examples=300, deadline=None)
@given(st.lists(events, max_size=8), readings, st.booleans())
def test_whatever_comes_the_answer_is_legal_or_failed(told, reading, ends):
    if ends:
        told = [*told, {"type": "response.completed", "response": {"status": "completed"}}]
    reader, said = open_reply(**reading), []
    try:
        for value in told:
            for frame in SseDecoder().feed(bare(value)):
                said += reader.feed(frame)
                said += reader.keep_alive()
        said += reader.finish()
    except UpstreamFailure:
        check_grammar(said, complete=False)
    else:
        check_grammar(said, complete=True)
        fold(said)


@settings(max_examples=100, deadline=None)
@given(responses | junk, readings)
def test_whatever_comes_whole_the_answer_is_legal_or_failed(told, reading):
    reader, said = open_reply(**reading), []
    try:
        said += reader.read_whole(json.dumps(told).encode())
    except UpstreamFailure:
        assert not reader.finished
    else:
        check_grammar(said, complete=True)


def frames_of(stream):
    return [frame + b"\n\n" for frame in stream.raw.split(b"\n\n")[:-1]]


def message_of(frames):
    return hear_once(open_reply(), frames).message


unknown = st.fixed_dictionaries(
    {"type": st.sampled_from(["keepalive", "response.unheard_of", "codex.rate_limits"])}
)


@settings(max_examples=60, deadline=None)
@given(responses_streams, st.data())
def test_events_that_nobody_knows_or_that_come_twice_change_nothing(stream, data):
    frames = frames_of(stream)
    more = list(frames)
    for at in sorted(data.draw(st.lists(st.integers(0, len(frames) - 1), max_size=5)), reverse=True):
        more.insert(at, data.draw(st.just(frames[at]) | unknown.map(bare)))
    assert message_of(more) == message_of(frames)


@settings(max_examples=60, deadline=None)
@given(responses_streams, st.randoms(use_true_random=False))
def test_items_whose_events_are_mixed_are_told_apart(stream, random):
    """The events of each item keep their order; those of different items come as they like."""
    frames = frames_of(stream)
    by_item: dict[int, list[bytes]] = {}
    for frame in frames:
        if b'"output_index":' in frame:
            index = json.loads(frame.partition(b"data: ")[2])["output_index"]
            by_item.setdefault(index, []).append(frame)
    tail = [frame for frame in frames if b"response.completed" in frame]
    mixed = []
    while waiting := [pieces for pieces in by_item.values() if pieces]:
        # What comes first decides where a block stands: the first item begins.
        mixed.append((waiting[0] if not mixed else random.choice(waiting)).pop(0))
    message, wanted = message_of([*mixed, *tail]), message_of(frames)
    assert contents(message) == contents(wanted)


def contents(message):
    """The blocks in any order: an item whose end came late stands where it began."""
    return sorted(json.dumps({**block, "id": ""}, sort_keys=True) for block in message["content"])
