"""What clients are told of a prompt's size, against the vocabulary of OpenAI's models."""

import pytest
from tests.support.counted_prompts import (
    VENDORS,
    count_here,
    estimate_and_count,
    recorded_requests,
)
from tests.support.ports import ask

from dragoman.messages.estimate import read_prompt
from dragoman.messages.request import MessagesRequest

LEAST = 100
"""Tokens; below, a few of them are many per cent, and no meter is near its end."""
A_FEW = 25

RECORDED = [pytest.param(request, id=name) for name, request in recorded_requests()]


def test_all_recorded_conversations_are_looked_at() -> None:
    assert len(RECORDED) >= 70


@pytest.mark.parametrize("dialect", VENDORS)
@pytest.mark.parametrize("request_", RECORDED)
def test_first_estimate_of_a_recorded_request_is_near_the_count(
    request_: MessagesRequest, dialect: str
) -> None:
    """Case 17: within 15 %, before any answer has told."""
    estimate, count = estimate_and_count(dialect, request_)
    assert estimate > 0
    assert abs(estimate - count) <= (0.15 * count if count >= LEAST else A_FEW)


@pytest.mark.parametrize("request_", RECORDED)
def test_count_with_a_vocabulary_is_near_and_not_below_what_the_backend_gets(
    request_: MessagesRequest,
) -> None:
    """T79: rounded up."""
    _, count = estimate_and_count("openai_chat", request_)
    assert count <= count_here(request_)
    if count >= LEAST and "format" not in request_.raw.get("output_config", {}):
        assert count_here(request_) <= 1.15 * count


@pytest.mark.parametrize("dialect", VENDORS)
def test_the_json_around_many_short_messages_is_not_taken_for_their_words(dialect: str) -> None:
    messages = [{"role": ("user", "assistant")[n % 2], "content": "Go on with it."} for n in range(61)]
    estimate, count = estimate_and_count(dialect, ask(messages=messages))
    assert abs(estimate / count - 1) <= 0.15


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *[("bash_20241022", "bash"), ("bash_20250124", "bash"), ("memory_20250818", "memory")],
        *[("text_editor_20241022", "str_replace_editor"), ("text_editor_20250124", "str_replace_editor")],
        ("text_editor_20250429", "str_replace_based_edit_tool"),
        ("text_editor_20250728", "str_replace_based_edit_tool"),
    ],
)
@pytest.mark.parametrize("dialect", VENDORS)
def test_a_tool_whose_schema_is_not_in_the_request_counts_with_its_schema(
    kind: str, name: str, dialect: str
) -> None:
    """T79, for what dialects/client_tools.py adds."""
    request = ask(tools=[{"type": kind, "name": name}])
    estimate, count = estimate_and_count(dialect, request)
    assert abs(estimate - count) <= 0.15 * count
    for counted in (count_here(request), read_prompt(request).estimate()):
        assert count <= counted <= 1.15 * count
