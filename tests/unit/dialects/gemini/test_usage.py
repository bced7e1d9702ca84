import msgspec
import pytest

from dragoman.dialects.gemini.shapes import UsageMetadata
from dragoman.dialects.gemini.usage import UsageSum
from dragoman.dialects.usage_numbers import LARGEST_COUNT
from dragoman.messages.events import Usage
from tests.support.gemini_reading import ESTIMATED_INPUT, counted, data, end, hear, play, text


def told(*counts: UsageMetadata) -> Usage:
    usage = UsageSum()
    for one in counts:
        usage.note(one)
    assert usage.known is not None
    return usage.known


def counts_of(usage: Usage) -> tuple[int, int, int, int]:
    details = usage.output_tokens_details
    assert details is not None
    assert usage.cache_creation_input_tokens == 0
    return (
        usage.input_tokens,
        usage.cache_read_input_tokens,
        usage.output_tokens,
        details["thinking_tokens"],
    )


@pytest.mark.parametrize(
    ("fields", "counts"),
    [
        ({"promptTokenCount": 100, "candidatesTokenCount": 20}, (100, 0, 20, 0)),
        (
            {"promptTokenCount": 240_403, "cachedContentTokenCount": 229_504, "candidatesTokenCount": 1},
            (10_899, 229_504, 1, 0),
        ),
        ({"promptTokenCount": 100, "candidatesTokenCount": 20, "thoughtsTokenCount": 30}, (100, 0, 50, 30)),
        ({"promptTokenCount": 100, "toolUsePromptTokenCount": 7}, (107, 0, 0, 0)),
        (
            {
                "promptTokenCount": 100,
                "cachedContentTokenCount": 60,
                "toolUsePromptTokenCount": 7,
                "candidatesTokenCount": 20,
                "thoughtsTokenCount": 30,
                "totalTokenCount": 157,
            },
            (47, 60, 50, 30),
        ),
        # What is missing follows from the total.
        ({"promptTokenCount": 100, "thoughtsTokenCount": 30, "totalTokenCount": 150}, (100, 0, 50, 30)),
        ({"promptTokenCount": 100, "totalTokenCount": 150}, (100, 0, 50, 0)),
        ({"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 150}, (100, 0, 50, 30)),
        ({"candidatesTokenCount": 20, "thoughtsTokenCount": 30, "totalTokenCount": 150}, (100, 0, 50, 30)),
        ({"totalTokenCount": 100}, (100, 0, 0, 0)),
        # A total that is too small teaches nothing.
        ({"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 7}, (100, 0, 20, 0)),
        # Nonsense is clamped.
        ({"promptTokenCount": 100, "cachedContentTokenCount": 130}, (0, 100, 0, 0)),
        ({"promptTokenCount": -5, "candidatesTokenCount": -5, "thoughtsTokenCount": -1}, (0, 0, 0, 0)),
        ({"promptTokenCount": 10**12, "candidatesTokenCount": 2**70}, (LARGEST_COUNT, 0, LARGEST_COUNT, 0)),
        ({}, (0, 0, 0, 0)),
    ],
)
def test_counts_are_those_of_the_specification(fields, counts):
    assert counts_of(told(UsageMetadata(**fields))) == counts


def test_nothing_is_known_before_anything_was_told():
    assert UsageSum().known is None


def test_counts_of_one_request_are_cumulative():
    first = UsageMetadata(promptTokenCount=100, candidatesTokenCount=5)
    assert counts_of(told(first, UsageMetadata(promptTokenCount=100, candidatesTokenCount=20))) == (
        100,
        0,
        20,
        0,
    )


def test_a_chunk_that_names_no_numbers_takes_none_away():
    full = UsageMetadata(promptTokenCount=100, cachedContentTokenCount=60, candidatesTokenCount=20)
    assert counts_of(told(full, UsageMetadata())) == (40, 60, 20, 0)
    assert counts_of(told(full, UsageMetadata(candidatesTokenCount=30))) == (40, 60, 30, 0)


def test_input_is_that_of_the_first_request_and_output_that_of_all():
    usage = UsageSum()
    for prompt, candidates in ((100, 20), (130, 5), (150, 1)):
        usage.note(
            UsageMetadata(promptTokenCount=prompt, candidatesTokenCount=candidates, thoughtsTokenCount=2)
        )
        usage.end_request()
    assert usage.known is not None
    assert counts_of(usage.known) == (100, 0, 32, 6)


def test_first_request_that_tells_its_input_counts():
    usage = UsageSum()
    usage.note(UsageMetadata(candidatesTokenCount=3))
    usage.end_request()
    usage.note(UsageMetadata(promptTokenCount=100, candidatesTokenCount=20))
    assert usage.known is not None
    assert counts_of(usage.known) == (100, 0, 23, 0)
    usage.end_request()
    assert counts_of(usage.known) == (100, 0, 23, 0)


def test_request_that_told_nothing_changes_nothing():
    usage = UsageSum()
    usage.end_request()
    assert usage.known is None


def test_searches_are_told_if_there_were_any():
    usage = UsageSum()
    usage.note(UsageMetadata(promptTokenCount=100))
    assert usage.at_end(1).server_tool_use is msgspec.UNSET
    usage.searches = 2
    assert usage.at_end(1).server_tool_use == {"web_search_requests": 2}


def test_searches_are_told_where_nothing_else_is():
    usage = UsageSum()
    usage.searches = 1
    ending = usage.at_end(9)
    assert (ending.input_tokens, ending.server_tool_use) == (9, {"web_search_requests": 1})


def test_message_starts_with_the_real_input():
    usage = counted(100, 1, cachedContentTokenCount=60, thoughtsTokenCount=9)
    start = hear(text("a", usage=usage), end()).start
    assert start.message.usage == Usage(input_tokens=40, cache_read_input_tokens=60)


@pytest.mark.parametrize(
    "first", [{}, {"usageMetadata": {"trafficType": "ON_DEMAND"}}, {"usageMetadata": None}]
)
def test_message_starts_with_the_estimate_if_the_first_chunk_tells_no_input(first):
    heard = hear(data(first), text("a"), end(usage=counted(100, 20)))
    assert heard.start.message.usage == Usage(input_tokens=ESTIMATED_INPUT)
    usage = heard.message["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (100, 20)


def test_usage_after_the_finish_reason_counts():
    heard = hear(text("a"), end(), data({"usageMetadata": counted(100, 20)}))
    assert heard.message["usage"]["output_tokens"] == 20


def test_message_without_any_usage_ends_with_the_estimate():
    usage = hear(text("a"), end()).message["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (ESTIMATED_INPUT, 0)


def test_output_that_is_told_without_an_input_is_kept():
    usage = hear(text("a"), end(usage={"candidatesTokenCount": 20, "thoughtsTokenCount": 5})).message["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (ESTIMATED_INPUT, 25)
    assert usage["output_tokens_details"] == {"thinking_tokens": 5}


def test_usage_of_a_request_that_was_asked_anew_counts():
    played = play(
        end("MALFORMED_FUNCTION_CALL", usage=counted(100, 7)), text("a") + end(usage=counted(110, 20))
    )
    usage = played.message["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (100, 27)
