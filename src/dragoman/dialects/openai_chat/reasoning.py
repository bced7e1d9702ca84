"""How much the model should think, and its earlier thoughts sent back (spec/openai-chat.md section 9)."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from dragoman.dialects.quirks import Quirks
from dragoman.messages.blocks import Thought
from dragoman.messages.envelope import Envelope, open_envelope
from dragoman.messages.request import Conversation
from dragoman.wire.jsonvalues import objects_in

DIALECT = "openai_chat"
"""The name in this dialect's envelopes."""

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


def write_effort(conversation: Conversation, quirks: Quirks) -> dict[str, Any]:
    """The body fields that tell the server how much to think; empty if it cannot or need not be told."""
    effort = _wanted(conversation, quirks)
    if effort is None or quirks.effort_style == "none":
        return {}
    off = effort == "none" and not quirks.always_reasons
    level = _nearest(effort, quirks.efforts)
    budget = conversation.thinking.budget_tokens if conversation.thinking is not None else None
    match quirks.effort_style:
        case "reasoning_effort":
            silent = effort == "none" and level != "none" and not _thinks_unasked(quirks)
            return {} if silent or level is None else {"reasoning_effort": level}
        case "thinking_type":
            return _thinking_type(off, level, effort)
        case "enable_thinking":
            fields: dict[str, Any] = {"enable_thinking": not off}
            return fields | {"thinking_budget": budget} if budget and not off else fields
        case "chat_template":
            # Templates read the one or the other name, and ignore what they do not read.
            arguments: dict[str, Any] = {"enable_thinking": not off, "thinking": not off}
            if level not in (None, "none"):
                arguments["reasoning_effort"] = level
            return {"chat_template_kwargs": arguments}
        case "openrouter":
            return {"reasoning": {"enabled": False} if off else {"effort": level or effort}}
        case _:
            return {}


def head_room(conversation: Conversation, max_tokens: int, quirks: Quirks) -> int:
    """Tokens to add to `max_tokens` for hidden reasoning; then visible text is to be cut at `max_tokens`.

    HEAD_ROOM if the model will think although the client wants none of it or left little room, else 0.
    """
    if not will_think(conversation, quirks):
        return 0
    unwanted = resolve_effort(conversation) in (None, "none")
    return HEAD_ROOM if unwanted or max_tokens < SMALL_LIMIT else 0


def will_think(conversation: Conversation, quirks: Quirks) -> bool:
    """Whether the model reasons with what `write_effort` says."""
    effort = _wanted(conversation, quirks)
    if quirks.always_reasons or effort is None:
        return quirks.always_reasons
    if quirks.effort_style == "none":
        return quirks.reasons
    if quirks.effort_style == "reasoning_effort" and (effort != "none" or quirks.reasons):
        return _nearest(effort, quirks.efforts) != "none"
    return effort != "none"


@lru_cache(maxsize=256)
def model_family(model: str) -> str:
    """Models that understand each other's reasoning: `deepseek` for `vendor/DeepSeek-V4:free`."""
    match = re.match(r"[a-z]+", model.lower().rpartition("/")[2])
    return match[0] if match else ""


def reasoning_fields(thoughts: Iterable[Thought], family: str, quirks: Quirks) -> dict[str, Any]:
    """An assistant message's own reasoning under the field that the server reads; empty if there is none.

    Thoughts that other dialects or model families sealed, or nobody, are left out: no vendor takes another's.
    """
    texts: list[str] = []
    details: list[dict[str, Any]] = []
    for thought in thoughts:
        envelope = open_envelope(thought.signature)
        if envelope is None or not _belongs(envelope, family):
            continue
        text = envelope.payload.get("t")
        texts.append(text if isinstance(text, str) else thought.thinking)
        details += objects_in(envelope.payload.get("d"))
    if quirks.reasoning_field == "reasoning_details":
        if details:
            return {"reasoning_details": _joined(details)}
        return {"reasoning": "".join(texts)} if any(texts) else {}
    return {quirks.reasoning_field: "".join(texts)} if any(texts) else {}


def empty_reasoning(quirks: Quirks) -> dict[str, Any]:
    """What stands for reasoning that a server requires and nobody has."""
    return {quirks.reasoning_field: [] if quirks.reasoning_field == "reasoning_details" else ""}


def _effort_of_budget(budget: int | None) -> str:
    if budget is None:
        return "high"
    return next((effort for limit, effort in _BUDGETS if budget < limit), "max")


def _wanted(conversation: Conversation, quirks: Quirks) -> str | None:
    effort = resolve_effort(conversation)
    return "none" if effort is None and _thinks_unasked(quirks) else effort


def _thinks_unasked(quirks: Quirks) -> bool:
    return quirks.reasons or quirks.always_reasons


def _nearest(effort: str, accepted: tuple[str, ...]) -> str | None:
    """The strongest accepted effort that is not above `effort`, else the weakest; None if none is accepted."""
    wanted = EFFORTS.index(effort)
    below = [level for level in accepted if level in EFFORTS and EFFORTS.index(level) <= wanted]
    return below[-1] if below else next(iter(accepted), None)


def _thinking_type(off: bool, level: str | None, effort: str) -> dict[str, Any]:
    if off:
        return {"thinking": {"type": "disabled"}}
    fields: dict[str, Any] = {} if effort == "none" else {"thinking": {"type": "enabled"}}
    return fields if level in (None, "none") else fields | {"reasoning_effort": level}


def _belongs(envelope: Envelope, family: str) -> bool:
    return envelope.dialect == DIALECT and envelope.payload.get("m", family) == family


def _joined(details: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Streamed pieces of one reasoning object put together again; encrypted ones are whole already."""
    joined: list[dict[str, Any]] = []
    for piece in details:
        last = joined[-1] if joined else None
        key = {"reasoning.text": "text", "reasoning.summary": "summary"}.get(str(piece.get("type")))
        same = last is not None and all(last.get(name) == piece.get(name) for name in ("type", "index"))
        if last is None or key is None or not same:
            joined.append(dict(piece))
            continue
        known = {name: value for name, value in piece.items() if value is not None}
        last |= known | {key: str(last.get(key) or "") + str(piece.get(key) or "")}
    return joined
