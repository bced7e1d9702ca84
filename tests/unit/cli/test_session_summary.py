"""cli/session_summary.py"""

from dragoman.accounting.usage import LaunchUsage, Used
from dragoman.cli.session_summary import MOST_LOSSES, summary_lines

ROUTE = "claude-opus-4-8 -> openai/gpt-4.1"


def told(usage: LaunchUsage) -> list[str]:
    return [" ".join(line.split()) for line in summary_lines(usage)]


def test_each_route_is_a_line() -> None:
    haiku = "claude-haiku-4-5 -> openai/gpt-4.1-mini"
    usage = LaunchUsage(
        {ROUTE: Used(2, 0, 2014, 600, 40), haiku: Used(1, 0, 1007, 300, 20)}, {"top_k dropped": 2}
    )
    assert told(usage) == [
        "This session used (in tokens):",
        "model requests input cached output",
        "claude-opus-4-8 -> openai/gpt-4.1 2 2,014 600 40",
        "claude-haiku-4-5 -> openai/gpt-4.1-mini 1 1,007 300 20",
        "Not carried as asked: top_k dropped (2)",
    ]


def test_failures_are_a_column_of_their_own() -> None:
    assert told(LaunchUsage({"a -> b/c": Used(2, 1)}))[1:] == [
        "model requests input cached output failed",
        "a -> b/c 2 0 0 0 1",
    ]


def test_a_session_may_have_asked_nothing() -> None:
    assert told(LaunchUsage()) == ["This session asked no model."]


def test_many_kinds_of_losses_are_cut_short_the_commonest_first() -> None:
    losses = {f"field{number} dropped": number + 1 for number in range(MOST_LOSSES + 3)}
    line = told(LaunchUsage({ROUTE: Used(1)}, losses))[-1]
    assert line.startswith(f"Not carried as asked: field{MOST_LOSSES + 2} dropped ({MOST_LOSSES + 3}), ")
    assert line.endswith(", 3 more")
    assert line.count("dropped") == MOST_LOSSES
