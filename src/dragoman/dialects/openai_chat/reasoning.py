"""How much the model should think, and its earlier thoughts sent back (spec/openai-chat.md section 9)."""

from collections.abc import Iterable
from typing import Any

from dragoman.dialects.effort import nearest_effort, thinks_unasked, wanted_effort
from dragoman.dialects.openai_chat.reasoning_details import join_details
from dragoman.dialects.quirks import Quirks
from dragoman.messages.blocks import Thought
from dragoman.messages.envelope import EnvelopeOpener
from dragoman.messages.request import Conversation
from dragoman.wire.jsonvalues import objects_in

DIALECT = "openai_chat"
"""The name in this dialect's envelopes."""


def write_effort(conversation: Conversation, quirks: Quirks) -> dict[str, Any]:
    """The body fields that tell the server how much to think; empty if it cannot or need not be told."""
    effort = wanted_effort(conversation, quirks)
    if effort is None or quirks.effort_style == "none":
        return {}
    off = effort == "none" and not quirks.always_reasons
    level = nearest_effort(effort, quirks.efforts)
    budget = conversation.thinking.budget_tokens if conversation.thinking is not None else None
    match quirks.effort_style:
        case "reasoning_effort":
            silent = effort == "none" and level != "none" and not thinks_unasked(quirks)
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


def reasoning_fields(thoughts: Iterable[Thought], quirks: Quirks, opener: EnvelopeOpener) -> dict[str, Any]:
    """An assistant message's own reasoning under the field that the server reads; empty if there is none.

    Thoughts that nobody sealed, or another dialect, account or family of models, are left out: no vendor takes
    another's.
    """
    texts: list[str] = []
    details: list[dict[str, Any]] = []
    for thought in thoughts:
        opened = opener.open(thought.signature)
        if opened is None:
            continue
        payload = opened.payload
        text = payload.get("t")
        texts.append(text if isinstance(text, str) else thought.thinking)
        details += objects_in(payload.get("d"))
    if quirks.reasoning_field == "reasoning_details":
        if details:
            return {"reasoning_details": join_details(details)}
        return {"reasoning": "".join(texts)} if any(texts) else {}
    return {quirks.reasoning_field: "".join(texts)} if any(texts) else {}


def empty_reasoning(quirks: Quirks) -> dict[str, Any]:
    """What stands for reasoning that a server requires and nobody has."""
    return {quirks.reasoning_field: [] if quirks.reasoning_field == "reasoning_details" else ""}


def _thinking_type(off: bool, level: str | None, effort: str) -> dict[str, Any]:
    if off:
        return {"thinking": {"type": "disabled"}}
    fields: dict[str, Any] = {} if effort == "none" else {"thinking": {"type": "enabled"}}
    return fields if level in (None, "none") else fields | {"reasoning_effort": level}
