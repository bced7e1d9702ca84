"""Which row of the loss ledger speaks for a field of the Messages API."""

import re
from collections.abc import Iterable

from dragoman.dialects.ledger import Row, all_rows


def uncovered(paths: Iterable[str], rows: Iterable[Row] | None = None) -> list[str]:
    """The paths for which no row speaks: none is the path, none includes it, and none is about what is in it."""
    rows = list(all_rows() if rows is None else rows)
    exact = re.compile("|".join(_pattern(row.name) for row in rows))
    included = re.compile("|".join(_included(row) for row in rows if row.fields))
    above = re.compile("|".join(_pattern(name) for row in rows for name in _above(row.name)))
    return sorted(
        path
        for path in paths
        if not (exact.fullmatch(path) or included.fullmatch(path) or above.fullmatch(path))
    )


def unfounded(rows: Iterable[Row], paths: Iterable[str]) -> list[str]:
    """The names of rows that speak of nothing that is among the paths."""
    known = list(paths)
    return [row.name for row in rows if not any(re.fullmatch(_pattern(row.name), path) for path in known)]


def _pattern(name: str) -> str:
    return r"\.".join(r"[^.]+" if step == "*" else re.escape(step) for step in name.split("."))


def _included(row: Row) -> str:
    fields = "|".join(r"[^.]+" if field == "*" else re.escape(field) for field in row.fields)
    return rf"{_pattern(row.name)}\.(?:{fields})(?:\..+)?"


def _above(name: str) -> Iterable[str]:
    steps = name.split(".")
    return [".".join(steps[:count]) for count in range(1, len(steps))]
