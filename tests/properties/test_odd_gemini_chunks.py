"""Whatever a server sends in the place of a chunk, the answer is legal, failed or asked for anew; nothing else is raised."""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.messages.errors import UpstreamFailure
from dragoman.messages.fold import fold
from dragoman.wire.sse import SseDecoder
from tests.support.gemini_flavor import AI_STUDIO
from tests.support.gemini_streams import data, gemini_stream, more_than_thoughts, open_gemini, read_answer
from tests.support.reading import check_grammar
from tests.support.strategies import json_values

words = st.sampled_from(["", "x", "0", "STOP", "CONTINUATION", "SAFETY", "OUTCOME_OK", "$.a[0].b", "bm8="])
junk = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.just(1.5) | words,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["name", "args", "id", "partialArgs", "jsonPath", "stringValue", "willContinue", "web", "uri"]
                + ["title", "segment", "startIndex", "groundingChunkIndices", "data", "mimeType", "outcome"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=5,
)
junk_calls = st.dictionaries(st.sampled_from(["name", "args", "id", "partialArgs", "willContinue"]), junk)
junk_parts = st.dictionaries(
    st.sampled_from(
        ["text", "thought", "thoughtSignature", "functionCall", "inlineData", "executableCode", "toolCall"]
        + ["codeExecutionResult", "toolResponse", "fileData", "unheardOf"]
    ),
    junk,
    max_size=2,
) | st.fixed_dictionaries({"functionCall": junk_calls})
junk_metadata = st.dictionaries(
    st.sampled_from(["webSearchQueries", "groundingChunks", "groundingSupports", "urlMetadata"]), junk
)
junk_candidates = st.fixed_dictionaries(
    {},
    optional={
        "content": st.fixed_dictionaries(
            {}, optional={"parts": st.lists(junk_parts, max_size=2), "role": junk}
        )
        | junk,
        "finishReason": words | junk,
        "finishMessage": junk,
        "continuationToken": junk,
        "groundingMetadata": junk_metadata | junk,
        "urlContextMetadata": junk_metadata | junk,
    },
)
junk_chunks = st.fixed_dictionaries(
    {},
    optional={
        "candidates": st.lists(junk_candidates, max_size=2) | junk,
        "usageMetadata": st.dictionaries(st.sampled_from(["promptTokenCount", "totalTokenCount"]), junk)
        | junk,
        "promptFeedback": st.fixed_dictionaries({"blockReason": junk}) | junk,
        "error": junk,
    },
)
readings = st.fixed_dictionaries(
    {},
    optional={
        "stop_sequences": st.just(("x0",)),
        "holds_text": st.booleans(),
        "thinking": st.sampled_from(["shown", "sealed", "hidden"]),
        "side_tools": st.just({"x": "web_search", "0": "web_fetch"}),
        "most_side_calls": st.just(2),
        "visible_tokens": st.just(1),
    },
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(junk_chunks, max_size=3), min_size=1, max_size=2), readings)
def test_whatever_comes_the_answer_is_legal_or_failed(streams, reading):
    reader, said = open_gemini(**reading), []
    try:
        for chunks in streams:
            for value in chunks:
                (frame,) = SseDecoder().feed(data(value))
                said += reader.feed(frame)
            said += reader.finish()
            wanted = reader.follow_up()
            if wanted is None:
                break
            assert isinstance(json.loads(wanted.body)["contents"], list)
    except UpstreamFailure:
        check_grammar(said, complete=False)
    else:
        assert reader.finished == (wanted is None)
        check_grammar(said, complete=reader.finished)


@settings(max_examples=100, deadline=None)
@given(
    st.binary(max_size=60) | st.sampled_from([b"[]", b"{}", b'"x"', b"[[]]", b"\xff", b"[" * 5000]), readings
)
def test_whatever_lines_come_the_answer_is_legal_or_failed(line, reading):
    streams = [[b"data: " + line + b"\n\n"], [line]]
    answer = read_answer(*streams, **reading)
    check_grammar(answer.said, complete=answer.reader.finished)
    assert answer.failure is not None or answer.wanted is not None or answer.reader.finished


unknown = st.dictionaries(
    st.sampled_from(["newField", "index", "role", "avgLogprobs", "safetyRatings", "videoMetadata"]),
    json_values,
    max_size=3,
)


@settings(max_examples=60, deadline=None)
@given(more_than_thoughts, unknown)
def test_fields_that_nobody_knows_change_nothing(reply, fields):
    stream = gemini_stream(reply, replace(AI_STUDIO, signs=frozenset()))
    chunks = [json.loads(frame.removeprefix(b"data: ")) for frame in stream.raw.split(b"\r\n\r\n")[:-1]]
    more = b"".join(data(_with(chunk, fields)) for chunk in chunks)
    assert fold(read_answer([more]).said) == fold(read_answer([stream.raw]).said)


def _with(chunk, fields):
    """The chunk with `fields` beside everything that it holds, except in the arguments of calls."""
    candidates = []
    for candidate in chunk["candidates"]:
        content = candidate["content"]
        parts = [fields | part for part in content["parts"]]
        candidates.append(fields | candidate | {"content": fields | content | {"parts": parts}})
    return fields | chunk | {"candidates": candidates}
