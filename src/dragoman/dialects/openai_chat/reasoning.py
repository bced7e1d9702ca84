"""How much the model should think, and its earlier thoughts sent back (spec/openai-chat.md section 9)."""

from collections.abc import Iterable
from typing import Any

from dragoman.dialects.effort import nearest_effort, thinks_unasked, wanted_effort
from dragoman.dialects.quirks import Quirks
from dragoman.messages.blocks import Thought
from dragoman.messages.envelope import Envelope, open_envelope
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
