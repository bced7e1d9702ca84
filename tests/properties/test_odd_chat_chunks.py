"""Whatever a server sends in the place of a chunk, the answer is legal or failed; nothing else is raised."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.web_search_tool import SearchTool
from dragoman.messages.errors import UpstreamFailure
from dragoman.wire.sse import SseDecoder
from tests.support.chat_chunks import data, open_reply
from tests.support.reading import check_grammar

words = st.sampled_from(["", "x", "stop", "0", "thinking", "url_citation"])
junk = st.recursive(
    st.none() | st.integers(-1, 3) | words,
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "text",
                    "thinking",
                    "name",
                    "arguments",
                    "index",
                    "id",
                    "function",
                    "url_citation",
                    "url",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=5,
)
junk_deltas = st.dictionaries(
    st.sampled_from(
        [
            "content",
            "reasoning_content",
            "reasoning",
            "reasoning_details",
            "refusal",
            "tool_calls",
            "function_call",
            "annotations",
        ]
    ),
    junk,
    max_size=2,
)
junk_choices = st.fixed_dictionaries({"delta": junk_deltas}, optional={"index": junk, "finish_reason": junk})
junk_chunks = st.fixed_dictionaries(
    {"choices": st.lists(junk_choices, max_size=2)},
    optional={"usage": junk, "error": junk, "object": junk},
)


@settings(max_examples=60, deadline=None)
@given(st.lists(junk_chunks, max_size=3))
def test_whatever_comes_the_answer_is_legal_or_failed(chunks):
    reader = open_reply(thinking="shown", stop_sequences=("x0",), search=SearchTool("web_search", ("x",)))
    said = []
    try:
        for value in chunks:
            (frame,) = SseDecoder().feed(data(value))
            said += reader.feed(frame)
        said += reader.finish()
    except UpstreamFailure:
        check_grammar(said, complete=False)
    else:
        check_grammar(said, complete=True)
