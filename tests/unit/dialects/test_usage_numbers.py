import pytest

from dragoman.dialects.usage_numbers import LARGEST_COUNT, count_of, with_estimates
from dragoman.messages.events import Usage


@pytest.mark.parametrize(
    ("value", "count"),
    [
        (12, 12),
        (12.9, 12),
        (0, 0),
        (-3, 0),
        (None, 0),
        ("12", 0),
        (True, 0),
        (float("nan"), 0),
        (float("inf"), LARGEST_COUNT),
        (10**12, LARGEST_COUNT),
    ],
)
def test_what_is_no_count_is_none_at_all(value, count):
    assert count_of(value) == count


@pytest.mark.parametrize(
    ("told", "input_tokens", "output_tokens"),
    [
        (Usage(), 20, 5),
        (Usage(output_tokens=3), 20, 3),
        (Usage(input_tokens=7), 7, 0),
        (Usage(cache_read_input_tokens=7, output_tokens=2), 0, 2),
    ],
    ids=["nothing", "output", "input", "cached"],
)
def test_estimates_stand_in_where_the_prompt_was_not_counted(told, input_tokens, output_tokens):
    usage = with_estimates(told, 20, 5)
    assert (usage.input_tokens, usage.output_tokens) == (input_tokens, output_tokens)
