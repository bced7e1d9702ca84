"""How Gemini's generations differ, read from the id (spec/gemini.md section 4.1). A model that nobody knows is taken
for the newest of its generation."""

import re
from typing import Any

import msgspec

_GENERATION = re.compile(r"gemini-(\d+)(?:\.(\d+))?(?![\d.])(.*)", re.IGNORECASE | re.DOTALL)

_LEVELS = ("minimal", "low", "medium", "high", "xhigh")
_ALWAYS: dict[str, Any] = {"reasons": True, "always_reasons": True}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the capability table."""

    major: int
    minor: int | None = None
    """None: every minor version."""
    contains: str = ""
    """Part of what follows the number, in lower case."""
    fields: dict[str, Any]


def _levels(weakest: str, strongest: str) -> dict[str, Any]:
    accepted = _LEVELS[_LEVELS.index(weakest) : _LEVELS.index(strongest) + 1]
    return {"effort_style": "thinking_level", "efforts": accepted, **_ALWAYS}


def _budgets(least: int, most: int, **fields: Any) -> dict[str, Any]:
    return {"effort_style": "thinking_budget", "thinking_budgets": (least, most), **fields}


ROWS = (
    Row(major=4, contains="argon", fields=_levels("low", "high")),
    Row(major=4, fields=_levels("low", "xhigh")),
    Row(major=3, minor=1, contains="flash-lite", fields=_levels("minimal", "high")),
    Row(major=3, minor=5, contains="flash", fields=_levels("minimal", "high")),
    Row(major=3, minor=0, contains="flash", fields=_levels("minimal", "high")),
    Row(major=3, fields=_levels("low", "high")),
    Row(major=2, minor=5, contains="flash-lite", fields=_budgets(512, 24_576)),
    Row(major=2, minor=5, contains="flash", fields=_budgets(1, 24_576, reasons=True)),
    Row(major=2, minor=5, fields=_budgets(128, 32_768, **_ALWAYS)),
    Row(major=2, minor=0, fields={}),
    Row(major=2, fields=_budgets(128, 32_768, **_ALWAYS)),
)
"""The first that fits decides; the last of a generation is what its unknown models are taken for."""

_SINCE_3: dict[str, Any] = {
    "call_ids": True,
    "max_tool_id": 64,
    "sampling": False,
    "thought_signatures": "required",
    "media_in_results": True,
    "structured_with_tools": True,
    "search_with_functions": True,
}
_GEMMA = {"max_output_tokens": 32_768, "context_window": 256_000}
"""Section 16. It takes no signatures, and may refuse a word about thinking."""

_BEFORE_3 = {"top_k": True, "thought_signatures": "optional"}


def gemini_model_quirks(model: str) -> dict[str, Any]:
    """Fields of `Quirks` for a Gemini or Gemma id, with or without `models/` or a publisher before it; empty for any
    other id."""
    name = model.lower().rpartition("/")[2]
    if name.startswith("gemma"):
        return dict(_GEMMA)
    if not name.startswith("gemini-"):
        return {}
    found = _GENERATION.match(name)
    if found is None:
        # Such as `gemini-flash-latest`: whatever is newest, with the levels that all new models have.
        return _SINCE_3 | _levels("low", "high")
    major, minor, rest = int(found[1]), int(found[2] or 0), found[3]
    row = next((row for row in ROWS if _fits(row, major, minor, rest)), None)
    return (_SINCE_3 if major >= 3 else _BEFORE_3) | (row.fields if row is not None else {})


def _fits(row: Row, major: int, minor: int, rest: str) -> bool:
    return row.major == major and row.minor in (None, minor) and row.contains in rest
