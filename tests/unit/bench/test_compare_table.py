from pathlib import Path

import pytest
from bench.behaviour import QUESTIONS
from bench.compare import PAGE, PEERS
from bench.compare_table import Entry, answers, numbers, put
from bench.peers.peer import Footprint, reason
from bench.turns import Cost, Visit

FLOOR = Cost(1e-3, 10e-6)


def visited(request: float, event: float, *, floor: Cost = FLOOR, ready: float = 2) -> Visit:
    return Visit({"openai": Cost(request, event)}, {"openai": floor}, ready, 200, 0.5, 40)


def entry(*visits: Visit, why_not: str = "") -> Entry:
    footprint = Footprint(7, 12.4) if visits else None
    return Entry("Other", "1.2.3", "as it comes", visits, footprint, why_not)


def test_costs_are_medians_and_ratios_are_taken_within_each_round() -> None:
    slow_second = Cost(2e-3, 20e-6)
    rounds = (visited(4e-3, 30e-6), visited(10e-3, 80e-6, floor=slow_second), visited(6e-3, 50e-6))
    text = numbers([entry(*rounds)], 3)

    assert "| the floor | Chat | 1.00 ms | 1 | 10.0 µs | 1 |" in text
    assert "| Other | Chat | 6.00 ms | 5.0 | 50.0 µs | 4.0 |" in text


def test_needs_stand_beside_the_floors() -> None:
    text = numbers([entry(visited(1e-3, 1e-6))], 1)

    assert "| the floor |  | 0.5 s | 40 MB |  |  |" in text
    assert "| Other | 1.2.3 | 2.0 s | 200 MB | 7 | 12 MB |" in text
    assert "- Other: as it comes." in text
    assert "| Messages |" not in text


def test_what_was_not_measured_is_named_with_the_reason() -> None:
    text = numbers([entry(why_not="not installed: npm error code E404")], 1)

    assert "| Other | 1.2.3 | not measured: not installed: npm error code E404 |  |  |  |" in text


def test_answers_have_a_column_for_each_gateway() -> None:
    text = answers({"cut": "hung up"}, {"One 1.0": {"cut": "an error"}, "Two 2.0": {"cut": "no end"}})

    assert text.splitlines()[2:] == [
        "|  | One 1.0 | Two 2.0 |",
        "|---|---|---|",
        "| hung up | an error | no end |",
    ]


def test_text_is_put_between_its_marks_and_nowhere_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n", "utf-8")
    put(page, "x", "new")

    assert page.read_text("utf-8") == "a\n<!-- x:begin -->\nnew\n<!-- x:end -->\nb\n"
    with pytest.raises(ValueError, match="no place for y"):
        put(page, "y", "new")


def test_every_gateway_is_pinned_and_told_apart(tmp_path: Path) -> None:
    peers = [kind(tmp_path) for kind in PEERS]

    assert len({peer.slug for peer in peers}) == len(peers)
    assert all(peer.version[0].isdigit() and peer.configuration for peer in peers)
    assert all("{model}" in name for peer in peers for name in peer.models.values())


def test_the_page_has_a_row_for_every_gateway_and_an_answer_to_every_question() -> None:
    page = PAGE.read_text("utf-8")
    costs, behaviour = (
        page.partition(f"<!-- {mark}:begin -->")[2].partition(f"<!-- {mark}:end -->")[0]
        for mark in ("comparison", "behaviour")
    )
    others = [kind for kind in PEERS if kind.package]

    assert all(f"| {kind.name} | {kind.version} |" in costs for kind in others)
    assert all(f"| {kind.name} {kind.version} |" in behaviour for kind in others)
    assert all(f"\n| {words} |" in behaviour for words in QUESTIONS.values())


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "npm error code E404\nnpm error 404  'x@1' could not be found\n",
            "npm error 404  'x@1' could not be found",
        ),
        ("error: No solution found\n  cause: Because x was not found\n", "cause: Because x was not found"),
        ("Traceback:\nValueError: at https://host.example/x | y\n", "ValueError: at  / y"),
        ("", "it said nothing"),
    ],
)
def test_the_most_telling_line_is_the_reason(text: str, line: str) -> None:
    assert reason(text) == line
