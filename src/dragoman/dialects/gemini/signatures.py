"""Thought signatures: sealed on their way to the client, found again on the way back (spec/gemini.md section 5).

Two carriers: the envelope of a thinking block, which survives a restart, and the gateway's store, for clients that
want no thinking. Where both are silent, function calls go back with the documented value that skips the check.
"""

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Literal, cast, get_args

import msgspec

from dragoman.dialects.dialect import Origin
from dragoman.dialects.gemini.shapes import SideTool
from dragoman.dialects.history import Placed
from dragoman.dialects.losses import Losses
from dragoman.messages.blocks import Thought
from dragoman.messages.envelope import EnvelopeOpener, Seal
from dragoman.wire.jsonvalues import as_list, objects_in

DIALECT = "gemini"
"""The name in this dialect's envelopes."""

SKIP = "skip_thought_signature_validator"
"""Accepted in place of a signature that nobody has; costs quality."""

_FAMILY = re.compile(r"[a-z]+-\d+")

_FIELDS: dict[str, tuple[tuple[str, type], ...]] = {
    "functionCall": (("id", str), ("name", str), ("args", dict)),
    "functionResponse": (("id", str), ("name", str), ("response", dict)),
    "toolCall": (("id", str), ("toolType", str), ("args", dict)),
    "toolResponse": (("id", str), ("toolType", str), ("response", dict)),
}
"""What a sealed part may hold."""

Kind = Literal["call", "text", "thought"]


class Signature(msgspec.Struct, frozen=True, array_like=True):
    """A signature and the part that it belongs to."""

    kind: Kind
    key: str
    """The tool_use id of a call; empty for the text before the block that carries it, and for that block itself."""
    value: str


def seal_signatures(seal: Seal, signatures: Iterable[Signature], **more: Any) -> str:
    """An envelope with these signatures, and whatever else is to come back."""
    packed = [[one.kind, one.key, one.value] for one in signatures]
    return seal.close({"s": packed} | more)


class Envelopes:
    """The envelopes of one request, as far as they are of one account and family."""

    def __init__(self, seal: Seal, losses: Losses) -> None:
        self._opener = EnvelopeOpener(seal)
        self._losses = losses

    def open(self, envelope: str) -> dict[str, Any]:
        """What an envelope of the same account and family holds; empty for any other."""
        opened = self._opener.open(envelope)
        return {} if opened is None else opened.payload

    def judge(self, envelope: str, field: str) -> None:
        """Losses: an envelope in `field` that should have opened."""
        self._losses.unopened(self._opener, envelope, field)

    def signatures(self, envelope: str) -> list[Signature]:
        """The signatures in an envelope; what is not in their form is left out."""
        packed = as_list(self.open(envelope).get("s"))
        return [Signature(*cast("list[Any]", entry)) for entry in packed if _is_packed(entry)]


class TurnSignatures:
    """The signatures of one assistant turn, from the envelopes of its thoughts and from what was kept."""

    def __init__(self, envelopes: Envelopes, origin: Origin, thoughts: Iterable[Placed]) -> None:
        self._envelopes = envelopes
        self._kept = origin.kept
        self._opened: dict[str, list[Signature]] = {}
        for placed in thoughts:
            if isinstance(placed.block, Thought) and placed.block.signature not in self._opened:
                self._opened[placed.block.signature] = envelopes.signatures(placed.block.signature)
                envelopes.judge(placed.block.signature, f"{placed.path}.signature")
        self._calls = {
            one.key: one.value for opened in self._opened.values() for one in opened if one.kind == "call"
        }

    def of_call(self, tool_use_id: str) -> str | None:
        """The signature that came with a call."""
        return self._calls.get(tool_use_id) or self._of_kept(tool_use_id)

    def of_text(self, text: str, following: Thought | None) -> str | None:
        """The signature that came with a text; the next thinking block of its turn may carry it."""
        if following is not None and (carried := self.carried(following, "text")) is not None:
            return carried
        return self._of_kept(text_key(text))

    def carried(self, thought: Thought, kind: Kind) -> str | None:
        """What the envelope of a thinking block holds for the block itself, or for the text before it."""
        found = [one.value for one in self._opened.get(thought.signature, ()) if one.kind == kind]
        return found[-1] if found else None

    def _of_kept(self, key: str) -> str | None:
        envelope = self._kept(key)
        signatures = self._envelopes.signatures(envelope) if envelope is not None else []
        return signatures[0].value if signatures else None


class OwnParts(msgspec.Struct, frozen=True):
    """Parts that an earlier answer left in an envelope, as they have to come back."""

    parts: list[dict[str, Any]] = []
    """Of a tool that ran within the request."""
    calls: list[dict[str, Any]] = []
    """Function calls that ran in requests of their own."""
    responses: list[dict[str, Any]] = []
    """A function response for each of `calls`."""


def read_own_parts(opened: dict[str, Any]) -> OwnParts:
    """The parts in an envelope, built anew. Anybody may have written it: only the fields that this dialect seals are
    taken, and no file, no text and no call of the client's own functions can come in this way."""
    parts = objects_in(opened.get("parts"))
    calls = [call for part in parts if (call := _own_part(part, ("functionCall",))) is not None]
    if not calls:
        tool_parts = (_own_part(part, ("toolCall", "toolResponse")) for part in parts)
        return OwnParts(parts=[part for part in tool_parts if part is not None])
    sealed = objects_in(opened.get("responses"))
    responses = [one for part in sealed if (one := _own_part(part, ("functionResponse",))) is not None]
    names = [call["functionCall"]["name"] for call in calls]
    if names != [response["functionResponse"]["name"] for response in responses]:
        return OwnParts()
    return OwnParts(calls=calls, responses=responses)


def _own_part(part: dict[str, Any], kinds: Iterable[str]) -> dict[str, Any] | None:
    """The part with the fields of its kind that have their type; None if it is of no such kind."""
    kind = next((kind for kind in kinds if isinstance(part.get(kind), dict)), None)
    if kind is None:
        return None
    held: dict[str, Any] = part[kind]
    own = {name: held[name] for name, type in _FIELDS[kind] if isinstance(held.get(name), type)}
    if kind.startswith("function") and own.get("name") not in get_args(SideTool):
        return None
    signature = part.get("thoughtSignature")
    return {kind: own, "thoughtSignature": signature} if isinstance(signature, str) else {kind: own}


def text_key(text: str) -> str:
    """The key under which the signature of a text is kept."""
    return "text_" + hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


@lru_cache(maxsize=256)
def model_family(model: str) -> str:
    """Models that take each other's signatures: `gemini-3` for `models/gemini-3.8-flash`."""
    name = model.lower().rpartition("/")[2]
    found = _FAMILY.match(name)
    return found[0] if found else name


def _is_packed(entry: Any) -> bool:
    return (
        isinstance(entry, list)
        and len(cast("list[Any]", entry)) == 3
        and all(isinstance(field, str) for field in cast("list[Any]", entry))
    )
