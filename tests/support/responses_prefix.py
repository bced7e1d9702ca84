"""Whether each request of a conversation begins with the whole of the one before and what was answered to it.

Cached tokens and replayed reasoning both hang on that (spec/openai-responses.md section 3, "determinism").
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.support.responses_items import Plain, departure, plain_items

MADE_BY_MODEL = ("said", "function_call", "reasoning", "web_search_call")


@dataclass(frozen=True)
class Turn:
    """One accepted request and what was answered."""

    body: dict[str, Any]
    answer: tuple[dict[str, Any], ...]
    """The output items, whole."""
    complete: bool
    """Whether the answer got to its end; only then must it come back."""

    @property
    def key(self) -> str:
        return self.body.get("prompt_cache_key") or ""

    @property
    def said(self) -> list[Plain]:
        """What must come back: reasoning that nothing follows cannot."""
        plain = plain_items(self.answer)
        while plain and plain[-1]["type"] == "reasoning":
            plain.pop()
        return plain


def prefix_violations(turns: Iterable[Turn]) -> list[str]:
    """What does not go on from the turn before it, in words; empty if all do."""
    ledger = PrefixLedger()
    found: list[str] = []
    for turn in turns:
        found += ledger.check(turn.body)
        ledger.enter(turn)
    return found


class PrefixLedger:
    """The last turn of each conversation, by `prompt_cache_key`. A request in which the model has said nothing yet
    begins one of its own: several agents may share a key."""

    def __init__(self) -> None:
        self._heads: dict[str, list[Turn]] = {}

    def check(self, body: dict[str, Any]) -> list[str]:
        """What is wrong with this request."""
        asked = plain_items(body["input"])
        head = self._head(body, asked)
        if head is None:
            return []
        found: list[str] = []
        if body.get("tools") != head.body.get("tools"):
            found.append("the tools are not those of the turn before")
        at = _departure(asked, head)
        if at is not None:
            found.append(_told(at, asked, [*plain_items(head.body["input"]), *head.said]))
        return found

    def enter(self, turn: Turn) -> None:
        """This turn is now the last of its conversation."""
        heads = self._heads.setdefault(turn.key, [])
        head = self._head(turn.body, plain_items(turn.body["input"]))
        if head is not None:
            heads.remove(head)
        heads.append(turn)

    def _head(self, body: dict[str, Any], asked: list[Plain]) -> Turn | None:
        """The turn that this request goes on from, or comes closest to."""
        heads = self._heads.get(body.get("prompt_cache_key") or "", [])
        going_on = any(item["type"] in MADE_BY_MODEL for item in asked)
        repeated = [head for head in heads if plain_items(head.body["input"]) == asked]
        if repeated or not going_on or not heads:
            return repeated[0] if repeated else None
        return max(heads, key=lambda head: _along(asked, head))


def _departure(asked: list[Plain], head: Turn) -> int | None:
    before = plain_items(head.body["input"])
    if asked == before:
        return None
    return departure(asked, [*before, *(head.said if head.complete else ())])


def _along(asked: list[Plain], head: Turn) -> int:
    """How far the request goes along with this turn; whoever goes all the way wins."""
    at = _departure(asked, head)
    return 1_000_000 + len(plain_items(head.body["input"])) if at is None else at


def _told(at: int, asked: list[Plain], wanted: list[Plain]) -> str:
    def shown(items: list[Plain]) -> str:
        return json.dumps(items[at], ensure_ascii=False)[:400] if at < len(items) else "nothing"

    return f"the input departs from the turn before at item {at}: {shown(wanted)} became {shown(asked)}"
