"""What a session used, as a table for people."""

from dragoman.accounting.usage import LaunchUsage
from dragoman.cli.say import table

MOST_LOSSES = 8
"""Kinds that are shown; the log has all."""


def summary_lines(usage: LaunchUsage) -> list[str]:
    """A line for each route, and what was lost on the way."""
    if not usage.routes:
        return ["This session asked no model."]
    rows: list[tuple[str, ...]] = [
        ("model", "requests", "input", "cached", "output", "failed" if usage.failed else "")
    ]
    for route, used in usage.routes.items():
        failed = f"{used.failed:,}" if used.failed else ""
        numbers = (f"{number:,}" for number in (used.requests, used.input, used.cached, used.output))
        rows.append((route, *numbers, failed))
    most_first = sorted(usage.losses.items(), key=lambda loss: -loss[1])
    kinds = [f"{loss} ({count})" for loss, count in most_first[:MOST_LOSSES]]
    more = len(usage.losses) - len(kinds)
    kinds += [f"{more} more"] if more > 0 else []
    return [
        "This session used (in tokens):",
        *table(rows),
        *([f"Not carried as asked: {', '.join(kinds)}"] if kinds else []),
    ]
