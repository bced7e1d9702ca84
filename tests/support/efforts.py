"""Wishes for thinking, and what servers that know levels of effort do with them."""

from typing import Any

from dragoman.dialects.quirks import Quirks

ADAPTIVE = {"type": "adaptive"}
OFF = {"type": "disabled"}
GPT5 = Quirks(effort_style="reasoning_effort", efforts=("minimal", "low", "medium", "high"), reasons=True)
GPT51 = Quirks(effort_style="reasoning_effort", efforts=("none", "low", "medium", "high"), reasons=True)
O3 = Quirks(effort_style="reasoning_effort", reasons=True, always_reasons=True)
ALL = Quirks(
    effort_style="reasoning_effort",
    efforts=("none", "minimal", "low", "medium", "high", "xhigh", "max"),
    reasons=True,
)


def wanted(level: str, thinking: dict[str, Any] = ADAPTIVE) -> dict[str, Any]:
    """The fields of a request for this effort."""
    return {"thinking": thinking, "output_config": {"effort": level}}
