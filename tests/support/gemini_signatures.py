"""Thought signatures: which ones a server gave out, and whether a request brings them back (spec/gemini.md section 5).

Only the first call of each step in the current turn must carry one; what comes back elsewhere must be genuine all the
same. A signature belongs to one server, one credential, one model family and, on a call, to that call.
"""

import base64
import hashlib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_history import payloads
from tests.support.gemini_models import generation
from tests.support.gemini_refusal import Refused, unable

SKIPS = ("skip_thought_signature_validator", "context_engineering_is_the_way_to_go")
SERVERS = itertools.count(1)


@dataclass(frozen=True)
class Signed:
    """What one signature stands for."""

    route: str
    """Whose it is: credential and model family."""
    kind: Literal["call", "text"]
    """`text` is everything that is no call: words, thoughts, an empty text."""
    id: str | None = None
    name: str = ""
    args: Mapping[str, Any] | None = None


class Signatures:
    """The signatures of one server. A second server knows none of them."""

    def __init__(self) -> None:
        self._server = next(SERVERS)
        self._book: dict[str, Signed] = {}
        self._back: set[str] = set()
        self.skipped = 0
        """How often an escape value stood in for a signature, in accepted requests."""

    @property
    def issued(self) -> int:
        """How many were given out."""
        return len(self._book)

    @property
    def verified(self) -> int:
        """How many of those came back at least once and were genuine."""
        return len(self._back)

    @property
    def missing(self) -> list[Signed]:
        """What was signed and has not come back yet; the last answer of a conversation never does."""
        return [signed for signature, signed in self._book.items() if signature not in self._back]

    def sign(self, signed: Signed) -> str:
        """A new signature, in base64."""
        seed = f"{self._server} {len(self._book)} {signed.route} {signed.name}".encode()
        signature = base64.b64encode(b"scripted" + hashlib.sha512(seed).digest() * 2).decode()
        self._book[signature] = signed
        return signature

    def check(self, contents: list[dict[str, Any]], route: str, model: str, flavor: GeminiFlavor) -> None:
        """Raises Refused for a missing or a wrong one; counts those that came back."""
        turn = current_turn(contents)
        skipped, back = 0, set[str]()
        for index, content in enumerate(contents):
            waits = content["role"] == "model" and index >= turn and generation(model) >= 3
            for part in content["parts"]:
                call, signature = part.get("functionCall"), part.get("thoughtSignature")
                if call is not None and waits and not signature:
                    raise _missing(call["name"], index, flavor)
                waits = waits and call is None
                if signature in SKIPS:
                    skipped += 1
                elif signature is not None:
                    self._check_one(signature, call, route, flavor)
                    back.add(signature)
        self.skipped += skipped
        self._back |= back

    def _check_one(
        self, signature: str, call: dict[str, Any] | None, route: str, flavor: GeminiFlavor
    ) -> None:
        signed = self._book.get(signature)
        if signed is None or signed.route != route or not _same(signed, call):
            raise (
                unable("Thought signature is not valid.")
                if flavor.vertex
                else Refused("Corrupted thought signature.")
            )


def current_turn(contents: list[dict[str, Any]]) -> int:
    """The index after the last user content that has text and no function response; 0 if there is none."""
    for index in reversed(range(len(contents))):
        content = contents[index]
        asks = any(part.get("text") for part in content["parts"])
        if content["role"] == "user" and asks and not payloads(content, "functionResponse"):
            return index + 1
    return 0


def _same(signed: Signed, call: dict[str, Any] | None) -> bool:
    if call is None:
        return signed.kind == "text"
    if signed.kind != "call" or (signed.id, signed.name) != (call.get("id"), call["name"]):
        return False
    # Claude Code adds defaults to the input that it echoes.
    return (signed.args or {}).items() <= call.get("args", {}).items()


def _missing(name: str, index: int, flavor: GeminiFlavor) -> Refused:
    if flavor.vertex:
        return Refused(
            f"Unable to submit request because function call `default_api:{name}` in the {index + 1}. content block is"
            " missing a `thought_signature`. Learn more:"
            " https://docs.cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures"
        )
    return Refused(
        "Function call is missing a thought_signature in functionCall parts. This is required for tools to work"
        " correctly, and missing thought_signature may lead to degraded model performance. Additional data, function"
        f" call `default_api:{name}` , position {index + 1}. Please refer to"
        " https://ai.google.dev/gemini-api/docs/thought-signatures for more details."
    )
