"""Single rows are tested where they are used: tests/unit/dialects/openai_chat/test_refusals.py."""

import pytest

from dragoman.dialects.openai_refusals import (
    EFFORT_REFUSALS,
    LIMIT_REFUSALS,
    TOOL_REFUSALS,
    changed_quirks,
    marked,
    refused,
    row,
    search,
    unless_overflow,
)
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import ApiError, UpstreamFailure

ROWS = (*EFFORT_REFUSALS, *LIMIT_REFUSALS, *TOOL_REFUSALS)


def failure(message, status=400, code=""):
    return UpstreamFailure(
        "refused", ApiError(status, message), status=status, vendor_code=code, vendor_message=message
    )


def changed(message, quirks=None, rows=ROWS, **said):
    return changed_quirks(failure(message, **said), rows, quirks or Quirks())


def test_the_first_row_that_does_not_decline_decides():
    rows = (row("x", lambda match, quirks: None), row("x", {"images": False}), row("x", {"files": True}))
    assert changed("x", rows=rows) == Quirks(images=False)


def test_word_of_refusal_and_name_stand_in_either_order():
    refusal = refused(r"\btop_k\b", {"top_k": False})
    assert search(refusal, "Unknown parameter: top_k")
    assert search(refusal, "top_k is not supported")
    assert not search(refusal, "top_k was 3")


@pytest.mark.parametrize("text", ["'strict'", "body.strict", "parameter: strict", "[strict]"])
def test_a_name_that_is_a_word_counts_where_it_is_marked(text):
    assert search(row(marked("strict"), {}), text)
    assert not search(row(marked("strict"), {}), "be strict about it")


def test_an_overflow_is_no_fault_of_the_field_that_it_names():
    rows = (unless_overflow(row("max_tokens", {"max_output_tokens": 5})),)
    assert changed("max_tokens is wrong", rows=rows) == Quirks(max_output_tokens=5)
    assert changed("maximum context length is 8192 tokens; lower max_tokens", rows=rows) is None


def test_efforts_and_limits_of_responses_are_learned_by_the_same_rows():
    listed = "Unsupported value: 'none' is not supported with the 'gpt-6-astra' model. Supported values are: 'low', 'high'. (param: reasoning.effort)"
    assert changed(listed) == Quirks(efforts=("low", "high"))
    least = (
        "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 1 instead."
    )
    assert changed(least) == Quirks(min_output_tokens=16)


@pytest.mark.parametrize("said", [{"status": 401}, {"status": 429}, {"code": "content_filter"}])
def test_other_failures_teach_nothing(said):
    assert changed("Unsupported parameter: 'parallel_tool_calls'", **said) is None


def test_what_is_known_is_not_learned_again():
    message = "Unsupported parameter: 'parallel_tool_calls'"
    assert changed(message) == Quirks(parallel_tool_calls=False)
    assert changed(message, Quirks(parallel_tool_calls=False)) is None
