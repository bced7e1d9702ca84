import pytest

from dragoman.dialects.openai_responses.usage import read_usage
from dragoman.dialects.usage_numbers import LARGEST_COUNT
from tests.support.reading import tokens_of


def counts(value):
    return tokens_of(read_usage(value))


def told(prompt=100, output=20, cached=0, written=None, reasoning=0):
    details = {"cached_tokens": cached} | ({} if written is None else {"cache_write_tokens": written})
    return {
        "input_tokens": prompt,
        "input_tokens_details": details,
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": reasoning},
    }


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        pytest.param(told(12, 5), (12, 0, 0, 5), id="nothing cached"),
        pytest.param(told(3438, 9, 3423, 12), (3, 3423, 12, 9), id="a warm call"),
        pytest.param(told(2600, 9, 2000, 400), (200, 2000, 400, 9), id="read, written and neither"),
        pytest.param(told(80, 1, 500, 500), (0, 80, 0, 1), id="more than there is"),
        pytest.param({}, (0, 0, 0, 0), id="nothing"),
    ],
)
def test_what_was_read_and_written_is_no_part_of_the_input(value, seen):
    assert counts(value) == seen


def test_reasoning_is_a_part_of_the_output():
    assert read_usage(told(output=50, reasoning=40)).output_tokens == 50
    assert read_usage(told(output=50, reasoning=40)).output_tokens_details == {"thinking_tokens": 40}
    assert read_usage(told(output=5, reasoning=40)).output_tokens_details == {"thinking_tokens": 5}


@pytest.mark.parametrize("odd", [None, "12", True, [1], {"n": 1}, float("nan"), -5])
def test_what_is_no_count_counts_nothing(odd):
    assert counts({"input_tokens": odd, "output_tokens": odd}) == (0, 0, 0, 0)
    assert counts({"input_tokens": 7, "input_tokens_details": odd, "output_tokens_details": odd}) == (
        7,
        0,
        0,
        0,
    )


def test_a_huge_count_is_cut():
    assert counts({"input_tokens": 10**30, "output_tokens": float("inf")}) == (
        LARGEST_COUNT,
        0,
        0,
        LARGEST_COUNT,
    )


@pytest.mark.parametrize(
    ("tier", "seen"),
    [
        (None, None),
        ("priority", "priority"),
        ("fast", "priority"),
        ("ultrafast", "priority"),
        ("default", "standard"),
        ("flex", "standard"),
    ],
)
def test_the_service_tier_is_told_in_anthropics_words(tier, seen):
    assert read_usage(told(), tier).service_tier == seen


def test_searches_that_were_shown_are_counted():
    assert read_usage(told(), searches=2).server_tool_use == {"web_search_requests": 2}
    assert read_usage(told()).server_tool_use != {"web_search_requests": 0}
