"""When to try again, in the one form that clients obey: whole seconds (spec/claude-code.md section 8)."""

import re
from datetime import datetime
from email.utils import parsedate_to_datetime
from math import ceil, isfinite

from dragoman.wire.exchange import ReplyHead

LONGEST_WAIT = 60
"""Seconds. Claude Code gives up at once when it is told to wait longer."""

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_IN_TEXT = re.compile(
    r"(?:try again|retry|wait|reset\w*)(?: again)?(?: after| in| for)? (?P<number>\d+(?:\.\d+)?) ?"
    r"(?P<unit>milliseconds?|ms|seconds?|sec|s|minutes?|min|m|hours?|h)(?P<rest>(?:\d+(?:\.\d+)?(?:ms|s|m|h))*)",
    re.IGNORECASE,
)
_NAMED_UNITS = (("mil", 0.001), ("ms", 0.001), ("m", 60.0), ("h", 3600.0), ("s", 1.0))


def retry_after_seconds(head: ReplyHead | None, message: str = "") -> int | None:
    """Seconds from 1 to LONGEST_WAIT, from the headers or else the error's text; None if neither tells."""
    wait = told_wait(head, message)
    return None if wait is None else whole_seconds(wait)


def told_wait(head: ReplyHead | None, message: str = "") -> float | None:
    """Seconds as they were told, however long; never infinite."""
    wait = _from_headers(head) if head is not None else None
    if wait is None:
        wait = _from_text(message)
    return wait if wait is not None and isfinite(wait) else None


def whole_seconds(wait: float) -> int:
    """What clients are told for a wait of so many seconds."""
    return min(max(ceil(wait), 1), LONGEST_WAIT)


def _from_headers(head: ReplyHead) -> float | None:
    wait = _number(head.header("retry-after"))
    if wait is None and (milliseconds := _number(head.header("retry-after-ms"))) is not None:
        wait = milliseconds / 1000
    if wait is None:
        wait = _until(head.header("retry-after"), head.header("date"))
    return wait if wait is not None else _until_reset(head)


def _until_reset(head: ReplyHead) -> float | None:
    """The longest reset of those limits that are used up; of all if the upstream does not say which are."""
    waits: list[tuple[bool, float]] = []
    for limit in ("requests", "tokens"):
        wait = duration_seconds(head.header(f"x-ratelimit-reset-{limit}"))
        if wait is not None:
            waits.append((head.header(f"x-ratelimit-remaining-{limit}") == "0", wait))
    used_up = [wait for empty, wait in waits if empty]
    return max(used_up or [wait for _, wait in waits], default=None)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is not None and isfinite(value) else None


def _until(moment: str | None, now: str | None) -> float | None:
    """Seconds from the reply's own `date` to an HTTP date."""
    then, start = _date(moment), _date(now)
    return (then - start).total_seconds() if then is not None and start is not None else None


def _date(text: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return date if date is not None and date.tzinfo is not None else None


def duration_seconds(text: str | None) -> float | None:
    """Seconds of `6m0s`, `1.2s`, `200ms`, or of a bare number; None for anything else."""
    if not text:
        return None
    pieces = _DURATION.findall(text)
    if pieces and "".join(number + unit for number, unit in pieces) == text:
        return sum(float(number) * _UNITS[unit] for number, unit in pieces)
    seconds = _number(text)
    return seconds if seconds is not None and seconds < _UNITS["d"] else None


def _from_text(message: str) -> float | None:
    match = _IN_TEXT.search(message)
    if match is None:
        return None
    unit = match["unit"].lower()
    factor = next(factor for start, factor in _NAMED_UNITS if unit.startswith(start))
    return float(match["number"]) * factor + (duration_seconds(match["rest"].lower()) or 0)
