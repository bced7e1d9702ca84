"""Gemini's rules that depend on the model: generation and thinking (spec/gemini.md sections 0 and 4.1)."""

import re
from dataclasses import dataclass
from typing import Any

from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_refusal import Refused, unable

GENERATION = re.compile(r"gemini-(\d+)")
LATEST = {
    "gemini-flash-latest": "gemini-3.8-flash",
    "gemini-flash-lite-latest": "gemini-3.5-flash-lite",
    "gemini-pro-latest": "gemini-3.1-pro-preview",
}
LADDER = ("MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH")


@dataclass(frozen=True, kw_only=True)
class Thinking:
    """What `thinkingConfig` may say to a model."""

    levels: tuple[str, ...] = ()
    budgets: range | None = None
    """Without 0, which `off` allows, and -1, which every budget allows."""
    off: bool = False
    off_unasked: bool = False
    """It does not think unless a budget is given."""
    shows: bool = True
    """`includeThoughts` is known."""


THINKING = (
    ("gemini-4-argon", Thinking(levels=LADDER[1:4])),
    ("gemini-4-", Thinking(levels=LADDER[1:])),
    ("gemini-3.8-flash", Thinking(levels=LADDER[1:4])),
    ("gemini-3.7-flash", Thinking(levels=LADDER[1:4])),
    ("gemini-3.6-flash", Thinking(levels=LADDER[1:4])),
    ("gemini-3.1-pro", Thinking(levels=LADDER[1:4])),
    ("gemini-3", Thinking(levels=LADDER[:4])),
    ("gemini-2.5-pro", Thinking(budgets=range(128, 32769))),
    ("gemini-2.5-flash-lite", Thinking(budgets=range(512, 24577), off=True, off_unasked=True)),
    ("gemini-2.5-flash", Thinking(budgets=range(24577), off=True)),
    ("gemma-4", Thinking(levels=LADDER[:4], shows=False)),
)
"""The first row whose beginning fits."""


def real_name(model: str) -> str:
    """The model behind an alias that ends in `-latest`."""
    return LATEST.get(model, model)


def generation(model: str) -> int:
    """`gemini-3.8-flash` is 3, `gemma-4-31b-it` is 0."""
    number = GENERATION.match(real_name(model))
    return int(number[1]) if number else 0


def thinking_of(model: str) -> Thinking:
    """Its row. A model that nobody knows does not think."""
    named = real_name(model)
    return next((row for beginning, row in THINKING if named.startswith(beginning)), Thinking())


def check_model(body: dict[str, Any], model: str, flavor: GeminiFlavor) -> None:
    """Raises Refused for what this model does not take."""
    config = body.get("generationConfig") or {}
    _check_thinking(config.get("thinkingConfig") or {}, model, flavor)
    if generation(model) < 4:
        return
    for field in ("presencePenalty", "frequencyPenalty"):
        if field in config:
            raise Refused(f"Penalty is not enabled for models/{model}")
    if config.get("candidateCount", 1) != 1:
        raise Refused(f"Multiple candidates is not enabled for models/{model}")
    if "cachedContent" in body:
        raise Refused(f"Explicit caching is not supported for models/{model}")


def _check_thinking(config: dict[str, Any], model: str, flavor: GeminiFlavor) -> None:
    row = thinking_of(model)
    level, budget = config.get("thinkingLevel"), config.get("thinkingBudget")
    if level is not None and budget is not None:
        raise Refused("You can only set only one of thinking budget and thinking level.")
    if level is not None and level not in row.levels:
        raise _wrong_level(level, row, flavor)
    if budget is not None:
        _check_budget(budget, row)
    if not config.get("includeThoughts"):
        return
    if not row.shows:
        raise Refused(f"Thinking is not enabled for models/{model}")
    if flavor.vertex and (budget == 0 or (budget is None and row.off_unasked)):
        raise unable("Thinking_config.include_thoughts is only enabled when thinking is enabled.")


def _wrong_level(level: str, row: Thinking, flavor: GeminiFlavor) -> Refused:
    if flavor.vertex:
        subject = f"thinking_level {level}" if row.levels else "thinking_level"
        return unable(f"{subject} is not supported by this model")
    if not row.levels:
        return Refused("Thinking level is not supported for this model.")
    return Refused(
        f"Thinking level {level} is not supported for this model. Please retry with other thinking level."
    )


def _check_budget(budget: int, row: Thinking) -> None:
    if row.budgets is None:
        raise Refused("Thinking budget is not supported for this model.")
    if budget == 0 and not row.off:
        raise Refused("Budget 0 is invalid. This model only works in thinking mode.")
    if budget not in (0, -1) and budget not in row.budgets:
        raise Refused(f"The thinking budget ({budget}) is invalid.")
