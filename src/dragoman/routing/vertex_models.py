"""The ids that Vertex AI gives to models (spec/vertex.md sections 1 and 4.4)."""

import re

_PUBLISHERS = ("publishers/google/models/", "publishers/anthropic/models/", "google/", "anthropic/")
_DATED = re.compile(r"(claude-.+?)-(20\d{6})\Z", re.IGNORECASE)

CLAUDE_DATES = {
    "claude-opus-4": "20250514",
    "claude-opus-4-0": "20250514",
    "claude-opus-4-1": "20250805",
    "claude-sonnet-4": "20250514",
    "claude-sonnet-4-0": "20250514",
    "claude-sonnet-4-5": "20250929",
    "claude-haiku-4-5": "20251001",
    "claude-opus-4-5": "20251101",
}
"""Claude's models that have a date behind an `@`; from 4.6 on the bare id is the whole id."""


def vertex_model_id(model: str) -> str:
    """The id on Vertex AI: without its publisher, and a Claude id with its date behind an `@`."""
    lowered = model.lower()
    for publisher in _PUBLISHERS:
        if lowered.startswith(publisher):
            return vertex_model_id(model[len(publisher) :])
    if "@" in model:
        return model
    dated = _DATED.fullmatch(model)
    if dated is not None:
        return f"{_without_zero(dated[1])}@{dated[2]}"
    date = CLAUDE_DATES.get(lowered)
    return model if date is None else f"{_without_zero(model)}@{date}"


def _without_zero(model: str) -> str:
    """Anthropic's `claude-sonnet-4-0` is Vertex AI's `claude-sonnet-4`."""
    return model.removesuffix("-0")
