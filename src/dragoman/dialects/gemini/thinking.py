"""How much Gemini should think (spec/gemini.md section 4)."""

from typing import Any, NamedTuple

from dragoman.dialects.quirks import Quirks
from dragoman.messages.request import Conversation, MessagesRequest

SMALL_LIMIT = 4096
"""Thinking counts against the output limit, and could use up a smaller one alone."""

HEAD_ROOM = 2048
"""Tokens for thoughts that nobody asked for and that cannot be turned off."""

SHORTEST_CUT = 16
"""Tokens. An answer whose limit is smaller is a probe: it passes whole."""

LEVELS = ("minimal", "low", "medium", "high", "xhigh")
"""Weakest first."""

_BUDGETS = ((4_000, "low"), (12_000, "medium"), (32_000, "high"))
_TOKENS = {"low": 2048, "medium": 8192}


class ThinkingPlan(NamedTuple):
    """What a request says about thinking."""

    config: dict[str, Any]
    """`thinkingConfig`; empty leaves the model's default."""
    head_room: int = 0
    """To be added to the output limit."""
    visible_tokens: int | None = None
    """Where the visible text is cut because of the head-room."""


def plan_thinking(
    request: MessagesRequest, conversation: Conversation, limit: int, quirks: Quirks
) -> ThinkingPlan:
    """For a request whose output limit is `limit` tokens."""
    wanted = conversation.thinking_display != "hidden"
    effort = _effort(request, conversation)
    tight = not wanted and request.max_tokens < SMALL_LIMIT and not request.counting
    if tight:
        effort = "off"
    config: dict[str, Any] = {}
    if quirks.effort_style != "none":
        by_level = quirks.effort_style == "thinking_level"
        config = _level(effort, quirks) if by_level else _budget(effort, limit, quirks, wanted)
        if conversation.thinking_display == "shown" and config.get("thinkingBudget") != 0:
            config["includeThoughts"] = True
    if not tight or not quirks.always_reasons:
        return ThinkingPlan(config)
    visible = request.max_tokens if request.max_tokens >= SHORTEST_CUT else None
    return ThinkingPlan(config, HEAD_ROOM, visible)


def _effort(request: MessagesRequest, conversation: Conversation) -> str | None:
    """`off`, one of LEVELS, or None for the model's own choice."""
    thinking = conversation.thinking
    if thinking is not None and thinking.type == "disabled":
        return "off"
    effort = conversation.latest_effort
    if effort is not None:
        return "xhigh" if effort == "max" else effort if effort in LEVELS else "high"
    if thinking is None:
        # Background calls that Claude Code makes with its small model.
        return "off" if "haiku" in request.model.lower() else None
    if thinking.type == "between_tools":
        return "low"
    if thinking.budget_tokens is None:
        return None
    return next((level for most, level in _BUDGETS if thinking.budget_tokens < most), "xhigh")


def _level(effort: str | None, quirks: Quirks) -> dict[str, Any]:
    if effort is None or not quirks.efforts:
        return {}
    if effort == "off":
        return {"thinkingLevel": quirks.efforts[0].upper()}
    below = [level for level in quirks.efforts if LEVELS.index(level) <= LEVELS.index(effort)]
    return {"thinkingLevel": (below[-1] if below else quirks.efforts[0]).upper()}


def _budget(effort: str | None, limit: int, quirks: Quirks, wanted: bool) -> dict[str, Any]:
    least, most = quirks.thinking_budgets
    if effort is None:
        # The model decides how much; one that does not think by itself is not asked to.
        return {"thinkingBudget": -1} if quirks.reasons or wanted else {}
    if effort == "off":
        return {"thinkingBudget": least if quirks.always_reasons else 0}
    budget = min(_TOKENS.get(effort, most), most, max(limit - 1, 0))
    if budget < least:
        return {"thinkingBudget": least if quirks.always_reasons else 0}
    return {"thinkingBudget": budget}
