"""From visits to Markdown, and from Markdown to its place on a page."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.peers.peer import Footprint
from bench.report import machine
from bench.turns import Cost, Visit

UPSTREAMS = {"openai": "Chat", "anthropic": "Messages"}


class Entry(NamedTuple):
    """What is known of one gateway."""

    name: str
    version: str
    configuration: str
    """How it was set up."""
    visits: Sequence[Visit]
    footprint: Footprint | None
    why_not: str = ""
    """Why it was not measured, if it was not."""


def middle(entry: Entry, read: Callable[[Visit], float]) -> float:
    """The median of its rounds."""
    return median(read(seen) for seen in entry.visits)


def line(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


def of_floor(entries: Sequence[Entry], read: Callable[[Visit], float]) -> float:
    """The median of the floor's rounds beside all gateways that have the figure."""
    return median(read(seen) for entry in entries for seen in entry.visits)


def cost_lines(entries: Sequence[Entry], backend: str) -> list[str]:
    """The floor and each gateway with this backend: figures, and floors by the rounds' own floor."""
    there = [entry for entry in entries if entry.visits and backend in entry.visits[0].costs]
    if not there:
        return []
    read: dict[str, Callable[[Cost], float]] = {
        "ms": lambda cost: cost.request,
        "µs": lambda cost: cost.event,
    }
    least = [of_floor(there, lambda seen, get=get: get(seen.floor[backend])) for get in read.values()]
    lines = [
        line(
            "the floor", UPSTREAMS[backend], f"{least[0] * 1e3:.2f} ms", "1", f"{least[1] * 1e6:.1f} µs", "1"
        )
    ]
    for entry in there:
        cells = [entry.name, UPSTREAMS[backend]]
        for unit, get in read.items():
            own = middle(entry, lambda seen, get=get: get(seen.costs[backend]))
            ratio = middle(entry, lambda seen, get=get: get(seen.costs[backend]) / get(seen.floor[backend]))
            cells += [f"{own * 1e3:.2f} ms" if unit == "ms" else f"{own * 1e6:.1f} µs", f"{ratio:.1f}"]
        lines.append(line(*cells))
    return lines


def needs_lines(entries: Sequence[Entry]) -> list[str]:
    """What each needs besides CPU, and which were not measured."""
    there = [entry for entry in entries if entry.visits]
    lines: list[str] = []
    if there:
        ready = of_floor(there, lambda seen: seen.floor_ready)
        resident = of_floor(there, lambda seen: seen.floor_megabytes)
        lines.append(line("the floor", "", f"{ready:.1f} s", f"{resident:.0f} MB", "", ""))
    for entry in entries:
        if not entry.visits:
            lines.append(line(entry.name, entry.version, f"not measured: {entry.why_not}", "", "", ""))
            continue
        packages = entry.footprint or Footprint(0, 0)
        cells = [f"{middle(entry, lambda seen: seen.ready):.1f} s"]
        cells += [f"{middle(entry, lambda seen: seen.megabytes):.0f} MB"]
        cells += [f"{packages.packages}", f"{packages.megabytes:.0f} MB"]
        lines.append(line(entry.name, entry.version, *cells))
    return lines


def numbers(entries: Sequence[Entry], rounds: int) -> str:
    """Both tables under one line that says when and on what."""
    facts = machine()
    return "\n".join(
        [
            f"{facts['date']}, {facts['cpu']}, {facts['python']}; median of {rounds} round{'s' * (rounds > 1)}.",
            "",
            "| gateway | upstream | CPU of a small request | in floors | CPU of an event | in floors |",
            "|---|---|--:|--:|--:|--:|",
            *cost_lines(entries, "openai"),
            *cost_lines(entries, "anthropic"),
            "",
            "| gateway | version | start to ready | memory after load | packages | on disk |",
            "|---|---|--:|--:|--:|--:|",
            *needs_lines(entries),
            "",
            *(f"- {entry.name}: {entry.configuration}." for entry in entries),
        ]
    )


def answers(questions: Mapping[str, str], found: Mapping[str, Mapping[str, str]]) -> str:
    """The table of behaviours under its day: a question a line, a gateway a column."""
    names = list(found)
    return "\n".join(
        [
            f"{machine()['date']}.",
            "",
            line("", *names),
            "|---" * (len(names) + 1) + "|",
            *(line(words, *(found[name].get(key, "") for name in names)) for key, words in questions.items()),
        ]
    )


def put(page: Path, mark: str, text: str) -> None:
    """Replace what is between `<!-- mark:begin -->` and `<!-- mark:end -->`. Raises ValueError without them."""
    begin, end = f"<!-- {mark}:begin -->\n", f"<!-- {mark}:end -->"
    before, found, rest = page.read_text("utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"{page.name} has no place for {mark}")
    page.write_text(f"{before}{begin}{text}\n{end}{after}", "utf-8")
