"""What a session used, added up from the gateway's log lines."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dragoman.cli.say import table
from dragoman.wire.jsonbytes import JsonError, decode
from dragoman.wire.jsonvalues import as_list, as_object

MOST_LOSSES = 8
"""Kinds that are shown; the log has all."""


@dataclass
class Used:
    """What the requests to one model came to, in tokens where nothing else is said."""

    requests: int = 0
    failed: int = 0
    input: int = 0
    """What the model read anew, with what went into its cache."""
    cached: int = 0
    """What came from the cache."""
    output: int = 0


@dataclass
class Summary:
    """A session, complete once every line was added."""

    by_route: dict[str, Used] = field(default_factory=dict[str, Used])
    """By `requested -> channel/model`, in the order of their first requests."""
    losses: Counter[str] = field(default_factory=Counter[str])
    """How many requests lost each, such as `top_k dropped`."""

    @property
    def failed(self) -> int:
        return sum(used.failed for used in self.by_route.values())


def summarise(lines: Iterable[str]) -> Summary:
    """Of the lines of a log, those about requests for answers. Counts of tokens are no use of a model."""
    summary = Summary()
    for text in lines:
        line = _object(text)
        if line.get("event") == "request" and not line.get("counting"):
            _add(summary, line)
    return summary


def summary_lines(summary: Summary) -> list[str]:
    """The session as a table, for people."""
    if not summary.by_route:
        return ["This session asked no model."]
    rows: list[tuple[str, ...]] = [
        ("model", "requests", "input", "cached", "output", "failed" if summary.failed else "")
    ]
    for route, used in summary.by_route.items():
        failed = f"{used.failed:,}" if used.failed else ""
        numbers = (f"{number:,}" for number in (used.requests, used.input, used.cached, used.output))
        rows.append((route, *numbers, failed))
    kinds = [f"{loss} ({count})" for loss, count in summary.losses.most_common(MOST_LOSSES)]
    more = len(summary.losses) - len(kinds)
    kinds += [f"{more} more"] if more > 0 else []
    return [
        "This session used (in tokens):",
        *table(rows),
        *([f"Not carried as asked: {', '.join(kinds)}"] if kinds else []),
    ]


def _add(summary: Summary, line: Mapping[str, Any]) -> None:
    used = summary.by_route.setdefault(str(line.get("route", "")), Used())
    used.requests += 1
    used.failed += line.get("level") != "info"
    used.input += _number(line, "input_tokens") + _number(line, "cache_write")
    used.cached += _number(line, "cache_read")
    used.output += _number(line, "output_tokens")
    summary.losses.update(str(loss) for loss in as_list(line.get("losses")))


def _number(line: Mapping[str, Any], name: str) -> int:
    value = line.get(name)
    return value if isinstance(value, int) else 0


def _object(text: str) -> Mapping[str, Any]:
    if not text.startswith("{"):
        return {}
    try:
        return as_object(decode(text.encode()))
    except JsonError:
        return {}
