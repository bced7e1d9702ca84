"""From measurements to the table: medians of rounds, ratios to the floor, targets, and what machine it was."""

import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from bench.cases import EVENTS_BETWEEN, Case
from bench.measure import Measurements, Series, Vitals

FLOOR_OF_TARGETS = 0.30e-3
"""CPU seconds of the floor's small request on the machine for which absolute targets were set."""
LARGE_TARGET = 4e-3
"""CPU seconds of the 300 KB request on that machine."""
READY_TARGET = 1.0
MEGABYTES_TARGET = 80.0


class Row(NamedTuple):
    """One line of the table; times in seconds."""

    label: str
    backend: str
    unit: str
    floor: float
    dragoman: float
    ratios: tuple[float, ...]
    """One a round."""
    target: str
    met: bool | None
    """None where nothing was promised."""
    floor_adds: tuple[float, float] | None
    """Latency at the median and the 99th percentile, beyond the upstream's own where that was measured."""
    dragoman_adds: tuple[float, float] | None


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def latency_added(through: Series, direct: Series | None) -> tuple[float, float] | None:
    """Median and 99th percentile, less the upstream's own."""
    if not through.seconds:
        return None
    own = direct.seconds if direct and direct.seconds else [0.0]
    median_added, tail_added = (percentile(through.seconds, p) - percentile(own, p) for p in (0.5, 0.99))
    return median_added, tail_added


def cost(case: Case, server: str, measurements: Measurements) -> list[float]:
    """CPU seconds by the case's unit, one a round."""
    rounds = measurements[case.name][server].cpu
    if case.kind.name != "burst":
        return rounds
    short = measurements[f"{case.kind.needs}/{case.backend}"][server].cpu
    return [(long - base) / EVENTS_BETWEEN for long, base in zip(rounds, short, strict=True)]


def judge(case: Case, dragoman: float, ratio: float, measurements: Measurements) -> tuple[str, bool | None]:
    """The target in words, and whether it is met."""
    if case.kind.large:
        floor_small = median(measurements[f"{case.kind.needs}/{case.backend}"]["floor"].cpu)
        target = LARGE_TARGET * floor_small / FLOOR_OF_TARGETS
        return f"≤ {target * 1e3:.1f} ms", dragoman <= target
    if case.ratio is None:
        return "", None
    return f"≤ {case.ratio} floors", ratio <= case.ratio


def row(case: Case, contender: str, measurements: Measurements) -> Row:
    """One case."""
    floor, dragoman = (cost(case, server, measurements) for server in ("floor", contender))
    ratios = tuple(mine / least for mine, least in zip(dragoman, floor, strict=True))
    target, met = judge(case, median(dragoman), median(ratios), measurements)
    by_server = measurements[case.name]
    adds = [latency_added(by_server[server], by_server.get("direct")) for server in ("floor", contender)]
    return Row(
        case.kind.label,
        case.backend,
        case.kind.unit,
        median(floor),
        median(dragoman),
        ratios,
        target,
        met,
        adds[0],
        adds[1],
    )


def machine() -> dict[str, str]:
    """What was measured on, without the machine's name."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cpu": f"{model}, {cpu_count()} cores",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "system": sys.platform,
    }


def duration(seconds: float, unit: str) -> str:
    """A cost: milliseconds a request, microseconds an event."""
    return f"{seconds * 1e6:.1f} µs" if unit == "event" else f"{seconds * 1e3:.2f} ms"


def delay(added: tuple[float, float] | None) -> str:
    """Latency added, in milliseconds."""
    return "" if added is None else f"{added[0] * 1e3:.1f} / {added[1] * 1e3:.1f} ms"


def mark(met: bool | None) -> str:
    """Whether a target is met."""
    return {True: "yes", False: "**no**", None: ""}[met]


def table(rows: Sequence[Row], vitals: dict[str, Vitals], contender: str, rounds: int) -> str:
    """The Markdown table under one line that says when and on what."""
    name = contender.capitalize()
    facts = machine()
    lines = [
        f"{facts['date']}, {facts['cpu']}, {facts['python']}; median of {rounds} round{'s' * (rounds > 1)}.",
        "",
        f"| CPU time of the proxy for | backend | floor | {name} | ratio (rounds) | target | met "
        f"| floor adds p50 / p99 | {name} adds p50 / p99 |",
        "|---|---|--:|--:|--:|--:|:-:|--:|--:|",
    ]
    for entry in rows:
        ratios = f"{median(entry.ratios):.2f} ({min(entry.ratios):.2f}–{max(entry.ratios):.2f})"
        cells = (
            entry.label,
            entry.backend,
            duration(entry.floor, entry.unit),
            duration(entry.dragoman, entry.unit),
            ratios,
            entry.target,
            mark(entry.met),
            delay(entry.floor_adds),
            delay(entry.dragoman_adds),
        )
        lines.append("| " + " | ".join(cells) + " |")
    floor, mine = vitals["floor"], vitals[contender]
    for label, least, most, unit, target in (
        ("memory after load", floor.megabytes, mine.megabytes, "MB", MEGABYTES_TARGET),
        ("start to ready", floor.ready, mine.ready, "s", READY_TARGET),
    ):
        digits = 0 if unit == "MB" else 2
        figures = f"{median(least):.{digits}f} {unit} | {median(most):.{digits}f} {unit}"
        lines.append(
            f"| {label} | | {figures} | | ≤ {target:.0f} {unit} | {mark(median(most) <= target)} | | |"
        )
    return "\n".join(lines)


def as_json(rows: Sequence[Row], vitals: dict[str, Vitals], measurements: Measurements) -> dict[str, Any]:
    """Everything but the single latencies, for a file."""
    return {
        "machine": machine(),
        "rows": [entry._asdict() for entry in rows],
        "vitals": {name: {"ready": own.ready, "megabytes": own.megabytes} for name, own in vitals.items()},
        "cpu_seconds_by_round": {
            case: {server: own.cpu for server, own in servers.items()}
            for case, servers in measurements.items()
        },
    }
