import pytest

from dragoman.dialects.openai_chat.usage import read_usage, told_searches
from dragoman.dialects.usage_numbers import LARGEST_COUNT
from dragoman.messages.events import Usage
from tests.support.reading import tokens_of


def counts(value):
    return tokens_of(read_usage(value))


def test_plain_counts_become_input_and_output():
    assert counts({"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}) == (12, 0, 0, 5)


@pytest.mark.parametrize(
    "cached",
    [
        pytest.param({"prompt_tokens_details": {"cached_tokens": 229504}}, id="OpenAI"),
        pytest.param({"prompt_cache_hit_tokens": 229504, "prompt_cache_miss_tokens": 10899}, id="DeepSeek"),
        pytest.param({"cached_tokens": 229504}, id="Moonshot"),
    ],
)
def test_cached_tokens_are_no_input_tokens(cached):
    assert counts({"prompt_tokens": 240403, "completion_tokens": 7, **cached}) == (10899, 229504, 0, 7)


def test_cached_tokens_that_are_told_twice_count_once():
    told_twice = {"prompt_tokens_details": {"cached_tokens": 30}, "prompt_cache_hit_tokens": 30}
    assert counts({"prompt_tokens": 100, "completion_tokens": 1, **told_twice}) == (70, 30, 0, 1)


def test_written_and_cached_tokens_are_both_part_of_the_prompt():
    details = {"cached_tokens": 3423, "cache_write_tokens": 12}
    usage = read_usage({"prompt_tokens": 3438, "completion_tokens": 9, "prompt_tokens_details": details})
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (
        3,
        3423,
        12,
    )
    assert usage.prompt_tokens == 3438


def test_more_cached_than_prompted_is_clamped():
    details = {"cached_tokens": 500, "cache_write_tokens": 500}
    assert counts({"prompt_tokens": 80, "completion_tokens": 1, "prompt_tokens_details": details}) == (
        0,
        80,
        0,
        1,
    )


def test_reasoning_that_is_missing_from_the_completion_is_found_in_the_total():
    usage = read_usage(
        {
            "prompt_tokens": 100,
            "completion_tokens": 10,
            "total_tokens": 150,
            "completion_tokens_details": {"reasoning_tokens": 40},
        }
    )
    assert usage.output_tokens == 50
    assert usage.output_tokens_details == {"thinking_tokens": 40}


def test_reasoning_inside_the_completion_is_not_added():
    usage = read_usage(
        {
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "total_tokens": 150,
            "completion_tokens_details": {"reasoning_tokens": 40},
        }
    )
    assert usage.output_tokens == 50
    assert usage.output_tokens_details == {"thinking_tokens": 40}


def test_more_reasoning_than_output_is_clamped():
    details = {"reasoning_tokens": 900}
    usage = read_usage({"prompt_tokens": 1, "completion_tokens": 4, "completion_tokens_details": details})
    assert usage.output_tokens_details == {"thinking_tokens": 4}


@pytest.mark.parametrize("odd", [None, "12", True, [1], {"n": 1}, float("nan"), -5])
def test_what_is_no_count_counts_nothing(odd):
    assert counts({"prompt_tokens": odd, "completion_tokens": odd, "total_tokens": odd}) == (0, 0, 0, 0)


def test_a_huge_count_is_cut():
    assert counts({"prompt_tokens": 10**30, "completion_tokens": float("inf")}) == (
        LARGEST_COUNT,
        0,
        0,
        LARGEST_COUNT,
    )


def test_a_fraction_is_cut_to_a_whole_number():
    assert counts({"prompt_tokens": 12.0, "completion_tokens": 5.9}) == (12, 0, 0, 5)


@pytest.mark.parametrize("odd", [None, "many", [1], 3])
def test_details_of_another_type_are_no_details(odd):
    value = {"prompt_tokens": 10, "prompt_tokens_details": odd, "completion_tokens_details": odd}
    assert counts(value) == (10, 0, 0, 0)


@pytest.mark.parametrize(
    ("told", "seen"), [(None, None), ("priority", "priority"), ("default", "standard"), ("flex", "standard")]
)
def test_the_service_tier_is_told_in_anthropics_words(told, seen):
    assert read_usage({"prompt_tokens": 1}, told) == Usage(
        input_tokens=1, output_tokens_details={"thinking_tokens": 0}, service_tier=seen
    )


@pytest.mark.parametrize(
    ("told", "searches"),
    [
        ({"server_tool_use_details": {"web_search_requests": 2, "tool_calls_executed": 3}}, 2),
        ({"server_tool_use": {"web_search_requests": 1}}, 1),
        ({"server_tool_use": {"web_search_requests": None}}, 0),
        ({"server_tool_use": None}, 0),
        ({}, 0),
    ],
)
def test_searches_are_read_from_either_name(told, searches):
    assert told_searches(told) == searches
