"""Encrypted reasoning: what a server gave out, and whether a request brings it back (spec/openai-responses.md section 4).

What comes back changed, from another server or without its following item is refused. What is genuine and does not
fit is withheld from the model, which the answer tells in `input_transformations`.
"""

import base64
import hashlib
import itertools
from dataclasses import dataclass, field
from typing import Any

from tests.support.openai_models import generation
from tests.support.openai_refusal import Refused, array_too_long, empty_string
from tests.support.responses_flavor import ResponsesFlavor
from tests.support.responses_items import Plain, departure, plain_items, same_item
from tests.support.responses_refusal import (
    Declined,
    item_not_found,
    unreadable,
    without_following,
    without_reasoning,
)

SERVERS = itertools.count(1)
PAIRED = {"message": "msg", "function_call": "fc", "web_search_call": "ws"}
"""The items that belong to reasoning, and how their ids begin."""
MADE_BY_MODEL = (*PAIRED, "reasoning")


@dataclass
class Issued:
    """One reasoning item that was given out."""

    item: dict[str, Any]
    """As it was answered: `id`, `summary`, `encrypted_content`."""
    account: str
    model: str
    user: str | None
    """The `safety_identifier` of the request."""
    before: list[Plain]
    """What the model had read and said when it thought this."""
    follower: dict[str, Any] | None = None
    """The item that came after it; None while there is none."""
    turn_ids: set[str] = field(default_factory=set[str])
    """The ids of the items that rest on it."""


class ReasoningBook:
    """The reasoning of one server. A second server can read none of it."""

    def __init__(self) -> None:
        self._server = next(SERVERS)
        self._book: dict[str, Issued] = {}
        self._back: set[str] = set()

    @property
    def issued(self) -> int:
        """How many items were given out with encrypted content."""
        return sum(bool(one.item.get("encrypted_content")) for one in self._book.values())

    @property
    def verified(self) -> int:
        """How many of those came back at least once and were genuine."""
        return len(self._back)

    @property
    def missing(self) -> list[str]:
        """The ids of what was encrypted and has not come back; the last answer of a conversation never does."""
        return [
            id for id, one in self._book.items() if one.item.get("encrypted_content") and id not in self._back
        ]

    def new_id(self) -> str:
        return f"rs_{self._digest('id')[:48]}"

    def encrypted(self, text: str) -> str:
        """An opaque token for thoughts, longer for longer ones."""
        seed = self._digest(text)
        size = 96 + 3 * (len(text) // 3)
        blob = hashlib.shake_256(seed.encode()).digest(size)
        return "gAAAAA" + base64.urlsafe_b64encode(blob).decode()

    def _digest(self, purpose: str) -> str:
        return hashlib.sha256(f"{self._server} {len(self._book)} {purpose}".encode()).hexdigest()

    def enter(self, issued: Issued) -> None:
        self._book[issued.item["id"]] = issued

    def check(self, body: dict[str, Any], account: str, flavor: ResponsesFlavor) -> list[dict[str, str]]:
        """What is withheld from the model, as `input_transformations`. Raises Refused for what cannot be taken."""
        items: list[dict[str, Any]] = body["input"] if isinstance(body.get("input"), list) else []
        withheld: list[dict[str, str]] = []
        back: set[str] = set()
        for index, item in enumerate(items):
            if item.get("type") == "reasoning":
                issued = self._check_one(items, index, account, flavor)
                if issued is not None:
                    back.add(item["id"])
                    withheld += _withheld(issued, items, index, body)
            elif not flavor.plain_reasoning:
                self._check_pair(items, index)
        self._back |= back
        return withheld

    def _check_one(
        self, items: list[dict[str, Any]], index: int, account: str, flavor: ResponsesFlavor
    ) -> Issued | None:
        """None for reasoning in the clear."""
        item, path = items[index], f"input[{index}]"
        encrypted = item.get("encrypted_content")
        if item.get("content") and flavor.plain_reasoning and not encrypted:
            return None
        if item.get("content"):
            raise array_too_long(f"{path}.content", 0, len(item["content"]))
        if not item["id"]:
            raise empty_string(f"{path}.id")
        if not encrypted:
            raise item_not_found(item["id"])
        if flavor.forgets_reasoning:
            raise unreadable(encrypted, Declined)
        issued = self._genuine(item)
        if flavor.account and issued.account != account:
            raise unreadable(encrypted)
        _check_follower(issued, items[index + 1 : index + 2])
        return issued

    def _genuine(self, item: dict[str, Any]) -> Issued:
        issued = self._book.get(item["id"])
        if issued is None:
            known = any(
                one.item.get("encrypted_content") == item["encrypted_content"] for one in self._book.values()
            )
            raise item_not_found(item["id"]) if known else unreadable(item["encrypted_content"])
        if any(issued.item.get(key) != item[key] for key in ("summary", "encrypted_content")):
            raise unreadable(item["encrypted_content"])
        return issued

    def _check_pair(self, items: list[dict[str, Any]], index: int) -> None:
        """An item with an id of this server comes with the reasoning that it rests on."""
        item = items[index]
        item_id, kind = item.get("id"), item.get("type", "message")
        if item_id is None or kind not in PAIRED:
            return
        if not item_id.startswith(PAIRED[kind]):
            message = (
                f"Invalid 'input[{index}].id': '{item_id}'. Expected an ID that begins with '{PAIRED[kind]}'."
            )
            raise Refused(message, param=f"input[{index}].id", code="invalid_value")
        before = {one.get("id") for one in items[:index]}
        owner = next((id for id, one in self._book.items() if item_id in one.turn_ids), None)
        if owner is not None and owner not in before:
            raise without_reasoning(item, owner)


def _check_follower(issued: Issued, following: list[dict[str, Any]]) -> None:
    made = following and (
        following[0].get("role") == "assistant" or following[0].get("type") in MADE_BY_MODEL
    )
    if not made or issued.follower is None:
        raise without_following(issued.item["id"])
    kind = issued.follower["type"]
    if following[0].get("type", "message") != kind:
        raise without_following(issued.item["id"])
    if kind == "web_search_call" or issued.follower.get("status") == "in_progress":
        # Of what broke off, nobody knows how much arrived.
        return
    wanted, found = plain_items([issued.follower])[:1], plain_items(following)[:1]
    if wanted and not (found and same_item(wanted[0], found[0])):
        raise without_following(issued.item["id"])


def _withheld(
    issued: Issued, items: list[dict[str, Any]], index: int, body: dict[str, Any]
) -> list[dict[str, str]]:
    if generation(issued.model) != generation(body["model"]):
        reason = "model_mismatch"
    elif issued.user != body.get("safety_identifier"):
        reason = "end_user_mismatch"
    elif departure(plain_items(items[:index]), issued.before) is not None:
        reason = "prefix_mismatch"
    elif not _sees_all_turns(body) and any(item.get("role") == "user" for item in items[index:]):
        reason = "turn_boundary"
    else:
        return []
    return [{"type": "reasoning", "id": issued.item["id"], "action": "removed", "reason": reason}]


def _sees_all_turns(body: dict[str, Any]) -> bool:
    """Whether the model reads the reasoning of turns that a message of the user ended."""
    context = (body.get("reasoning") or {}).get("context")
    if context in ("all_turns", "current_turn"):
        return context == "all_turns"
    return generation(body["model"]) >= (5, 6)
