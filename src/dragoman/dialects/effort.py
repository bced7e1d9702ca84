"""How much a model should think, for servers that take one of OpenAI's efforts (spec/openai-chat.md section 9)."""

from dragoman.dialects.losses import Losses
from dragoman.dialects.quirks import Quirks
from dragoman.messages.request import Conversation, MessagesRequest

HEAD_ROOM = 4096
"""Tokens added for reasoning that counts against the output limit and cannot be turned off."""

SMALL_LIMIT = 1024
"""A reasoning model may spend an output limit below this on thinking alone."""

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""Weakest first."""

_BUDGETS = ((2_000, "low"), (8_000, "medium"), (24_000, "high"), (64_000, "xhigh"))


def resolve_effort(conversation: Conversation) -> str | None:
    """One of EFFORTS, or None if the client asked for nothing.

    No `thinking` field means off, also beside an effort: so Claude Code turns it off for models it does not know.
    """
    thinking = conversation.thinking
    if thinking is None:
        return None
    if thinking.type == "disabled":
        return "none"
    if thinking.type == "between_tools":
        return "low"
    if thinking.type == "enabled":
        return _effort_of_budget(thinking.budget_tokens)
    effort = conversation.latest_effort
    return effort if effort in EFFORTS else "high"


def wanted_effort(conversation: Conversation, quirks: Quirks) -> str | None:
    """One of EFFORTS, or None if nothing was asked for and the model does not think unasked."""
    effort = resolve_effort(conversation)
    return "none" if effort is None and thinks_unasked(quirks) else effort


def thinks_unasked(quirks: Quirks) -> bool:
    """Whether the model reasons unless it is told not to."""
    return quirks.reasons or quirks.always_reasons


def nearest_effort(effort: str, accepted: tuple[str, ...]) -> str | None:
    """The strongest accepted effort that is not above `effort`, else the weakest; None if none is accepted."""
    wanted = EFFORTS.index(effort)
    below = [level for level in accepted if level in EFFORTS and EFFORTS.index(level) <= wanted]
    return below[-1] if below else next(iter(accepted), None)


def output_limit(request: MessagesRequest, conversation: Conversation, quirks: Quirks, losses: Losses) -> int:
    """Tokens, as the server is told: the client's, with head-room for reasoning, and within what the model writes.
    Losses: a limit above the model's own."""
    limit = request.max_tokens + head_room(conversation, request.max_tokens, quirks)
    if quirks.max_output_tokens is not None and limit > quirks.max_output_tokens:
        limit = quirks.max_output_tokens
        if request.max_tokens > limit:
            losses.approximated("max_tokens", f"the model writes at most {limit} tokens")
    return max(limit, quirks.min_output_tokens)


def head_room(conversation: Conversation, max_tokens: int, quirks: Quirks) -> int:
    """Tokens to add to `max_tokens` for hidden reasoning; then visible text is to be cut at `max_tokens`.

    HEAD_ROOM if the model will think although the client wants none of it or left little room, else 0.
    """
    if not will_think(conversation, quirks):
        return 0
    unwanted = resolve_effort(conversation) in (None, "none")
    return HEAD_ROOM if unwanted or max_tokens < SMALL_LIMIT else 0


def will_think(conversation: Conversation, quirks: Quirks) -> bool:
    """Whether the model reasons with the effort that `wanted_effort` names."""
    effort = wanted_effort(conversation, quirks)
    if quirks.always_reasons or effort is None:
        return quirks.always_reasons
    if quirks.effort_style == "none":
        return quirks.reasons
    if quirks.effort_style == "reasoning_effort" and (effort != "none" or quirks.reasons):
        return nearest_effort(effort, quirks.efforts) != "none"
    return effort != "none"


def _effort_of_budget(budget: int | None) -> str:
    if budget is None:
        return "high"
    return next((effort for limit, effort in _BUDGETS if budget < limit), "max")
