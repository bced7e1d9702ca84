import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.openai_chat.reasoning_details import join_details

kinds = st.sampled_from(["reasoning.text", "reasoning.summary", "reasoning.encrypted", "other", None, ["x"]])
pieces_of_any_kind = st.lists(
    st.fixed_dictionaries(
        {"type": kinds, "index": st.sampled_from([0, 1, None, {"a": 1}])},
        optional={
            name: st.none() | st.text(max_size=3) | st.just([1]) for name in ("text", "summary", "data")
        },
    ),
    max_size=8,
)


def test_streamed_pieces_of_one_reasoning_object_are_joined():
    pieces = [
        {
            "type": "reasoning.text",
            "text": "a",
            "index": 0,
            "format": "anthropic-claude-v1",
            "signature": None,
        },
        {"type": "reasoning.text", "text": "b", "index": 0},
        {"type": "reasoning.text", "signature": "sig", "index": 0},
        {"type": "reasoning.text", "text": "c", "index": 1},
        {"type": "reasoning.encrypted", "data": "1", "index": 2},
        {"type": "reasoning.encrypted", "data": "2", "index": 2},
    ]
    assert join_details(pieces) == [
        {
            "type": "reasoning.text",
            "text": "ab",
            "index": 0,
            "format": "anthropic-claude-v1",
            "signature": "sig",
        },
        {"type": "reasoning.text", "text": "c", "index": 1},
        {"type": "reasoning.encrypted", "data": "1", "index": 2},
        {"type": "reasoning.encrypted", "data": "2", "index": 2},
    ]


def test_what_is_no_text_is_left_as_it_is():
    pieces = [{"type": "reasoning.text", "text": [1]}, {"type": "reasoning.text", "text": {"a": 1}}, {}]
    assert join_details(pieces) == [{"type": "reasoning.text", "text": {"a": 1}}, {}]


@given(pieces_of_any_kind)
def test_joining_again_changes_nothing_and_neither_what_was_given(pieces):
    before = copy.deepcopy(pieces)
    joined = join_details(pieces)
    assert join_details(joined) == joined
    assert pieces == before


@pytest.mark.timeout(20)
def test_many_pieces_cost_no_more_than_their_length():
    """Adding each piece to the text would copy all of it 300,000 times."""
    pieces = [{"type": "reasoning.text", "text": "x" * size} for size in (500_000, *[1] * 300_000)]
    (joined,) = join_details(pieces)
    assert len(joined["text"]) == 800_000
