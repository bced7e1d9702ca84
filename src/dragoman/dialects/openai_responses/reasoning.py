"""How much the model should think, and its reasoning sealed and sent back (spec/openai-responses.md sections 4 and 7)."""

from typing import Any

import msgspec

from dragoman.dialects.effort import nearest_effort, thinks_unasked, wanted_effort
from dragoman.dialects.openai_responses.shapes import Thoughts
from dragoman.dialects.quirks import Quirks
from dragoman.messages.envelope import Opened, Seal, is_raw
from dragoman.messages.request import Conversation
from dragoman.wire.jsonvalues import as_list, objects_in

DIALECT = "openai_responses"
"""The name in this dialect's envelopes."""

_SEPARATOR = "\n\n"


def thoughts_of(conversation: Conversation) -> Thoughts:
    """Where the reasoning of the answer goes."""
    display = conversation.thinking_display
    return "kept" if display == "hidden" else display


def write_reasoning(conversation: Conversation, quirks: Quirks, *, searches: bool) -> dict[str, Any]:
    """`reasoning`, or nothing for a model that cannot or need not be told. `searches`: a web search is offered."""
    if quirks.effort_style != "reasoning_effort":
        return {}
    fields: dict[str, Any] = {}
    effort = wanted_effort(conversation, quirks)
    if effort is not None:
        level = nearest_effort(effort, quirks.efforts)
        silent = effort == "none" and level != "none" and not thinks_unasked(quirks)
        if level is not None and not silent:
            # A search with the effort `minimal` is refused.
            fields["effort"] = "low" if searches and level == "minimal" else level
    if (
        conversation.thinking_display == "shown"
        and quirks.reasoning_summaries
        and fields.get("effort") != "none"
    ):
        fields["summary"] = "auto"
    return {"reasoning": fields} if fields else {}


def shown_text(item: dict[str, Any]) -> str:
    """What of a reasoning item can be shown: its summary, or the text itself that servers of open models tell."""
    summary = _SEPARATOR.join(_texts(item, "summary"))
    return summary or _SEPARATOR.join(_texts(item, "content"))


class State(msgspec.Struct, frozen=True):
    """What a reasoning item has to bring back."""

    payload: dict[str, Any]
    encrypted: str = ""
    """Carried beside the payload, as it is."""

    def sealed(self, seal: Seal, texts_behind: int = 0) -> str:
        """Its envelope. `texts_behind`: so many texts stand between it and the call that it is kept with."""
        behind = {"b": texts_behind} if texts_behind else {}
        return seal.close(self.payload | behind, self.encrypted)


def reasoning_state(item: dict[str, Any], text: str) -> State | None:
    """What a finished reasoning item holds, if anything. `text` is what the model thought, as far as it was told."""
    encrypted = item.get("encrypted_content")
    payload: dict[str, Any] = {}
    if isinstance(identity := item.get("id"), str) and identity:
        payload["i"] = identity
    if summary := _texts(item, "summary"):
        payload["s"] = summary
    if not isinstance(encrypted, str) or not encrypted:
        if not text:
            return None
        if not summary:
            payload["t"] = text
        return State(payload)
    return State(payload, encrypted) if is_raw(encrypted) else State(payload | {"e": encrypted})


def reasoning_item(opened: Opened) -> dict[str, Any] | None:
    """The reasoning item that an envelope holds, as it came; None if it holds none that can go back (section 4.4)."""
    payload = opened.payload
    encrypted = opened.raw or payload.get("e")
    identity, text = payload.get("i"), payload.get("t")
    summary = [one for one in as_list(payload.get("s")) if isinstance(one, str)]
    item: dict[str, Any] = {"type": "reasoning"}
    if isinstance(identity, str) and identity:
        item["id"] = identity
    item["summary"] = [{"type": "summary_text", "text": one} for one in summary]
    if isinstance(encrypted, str) and encrypted:
        return item | {"encrypted_content": encrypted} if "id" in item else None
    if isinstance(text, str) and text:
        return item | {"content": [{"type": "reasoning_text", "text": text}]}
    return None


def texts_behind(opened: Opened) -> int:
    """How many texts stand between kept reasoning and its call."""
    count = opened.payload.get("b")
    return count if isinstance(count, int) else 0


def _texts(item: dict[str, Any], field: str) -> list[str]:
    return [
        text for part in objects_in(item.get(field)) if isinstance(text := part.get("text"), str) and text
    ]
