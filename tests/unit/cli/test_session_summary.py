"""cli/session_summary.py"""

import json
from typing import Any

from dragoman.cli.session_summary import MOST_LOSSES, Used, summarise, summary_lines


def line(**fields: Any) -> str:
    """A line of the log, as the gateway writes it."""
    return json.dumps(
        {
            "level": "info",
            "event": "request",
            "route": "claude-opus-4-8 -> openai/gpt-4.1",
            "input_tokens": 1000,
            "output_tokens": 20,
            "cache_read": 300,
            "cache_write": 7,
        }
        | fields
    )


def test_requests_are_added_up_by_model() -> None:
    haiku = "claude-haiku-4-5 -> openai/gpt-4.1-mini"
    summary = summarise([line(), line(losses=["top_k dropped"]), line(route=haiku, losses=["top_k dropped"])])
    assert list(summary.by_route) == ["claude-opus-4-8 -> openai/gpt-4.1", haiku]
    assert summary.by_route["claude-opus-4-8 -> openai/gpt-4.1"] == Used(2, 0, 2014, 600, 40)
    assert summary.losses == {"top_k dropped": 2}
    assert [" ".join(text.split()) for text in summary_lines(summary)] == [
        "This session used (in tokens):",
        "model requests input cached output",
        "claude-opus-4-8 -> openai/gpt-4.1 2 2,014 600 40",
        "claude-haiku-4-5 -> openai/gpt-4.1-mini 1 1,007 300 20",
        "Not carried as asked: top_k dropped (2)",
    ]


def test_a_failed_request_is_counted_as_such() -> None:
    failed = json.dumps({"level": "warning", "event": "request", "route": "a -> b/c", "status": 503})
    summary = summarise([failed])
    assert summary.failed == 1
    assert summary.by_route == {"a -> b/c": Used(1, 1)}
    assert [" ".join(text.split()) for text in summary_lines(summary)][1:] == [
        "model requests input cached output failed",
        "a -> b/c 1 0 0 0 1",
    ]


def test_counts_other_events_and_what_is_no_json_are_not_requests() -> None:
    others = [
        "Dragoman 1 at http://127.0.0.1:1",
        "",
        "{broken",
        "[1]",
        line(counting=True),
        line(event="bug"),
    ]
    summary = summarise(others)
    assert summary.by_route == {}
    assert summary_lines(summary) == ["This session asked no model."]


def test_fields_of_a_strange_type_count_nothing() -> None:
    summary = summarise([line(input_tokens="many", cache_read=None, losses="all", cache_write=0)])
    assert list(summary.by_route.values()) == [Used(1, 0, 0, 0, 20)]
    assert summary.losses == {}


def test_many_kinds_of_losses_are_cut_short() -> None:
    losses = [f"field{number} dropped" for number in range(MOST_LOSSES + 3)]
    told = summary_lines(summarise([line(losses=losses)]))[-1]
    assert told.endswith(", 3 more")
    assert told.count("dropped") == MOST_LOSSES
