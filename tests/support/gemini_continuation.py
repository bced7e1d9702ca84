"""Replies that go on in the next request: which tokens a server gave out and what they continue (spec/gemini.md section 9)."""

import itertools
from typing import Any

from tests.support.gemini_refusal import Refused
from tests.support.http_answer import Cut, Reset, Stall
from tests.support.replies import Item, Reply


class Continuations:
    """The tokens of one server. A token may be used again, as after a hop that broke off."""

    def __init__(self) -> None:
        self._continued: dict[str, dict[str, Any]] = {}
        self._waiting: str | None = None
        """The token that the next request must bring."""
        self._count = itertools.count(1)

    def check(self, body: dict[str, Any]) -> None:
        """Raises Refused for a request that should go on and does not, or goes on with something else.

        A refused request ends the wait.
        """
        waiting, self._waiting = self._waiting, None
        token = body.get("continuationToken")
        if token is None:
            if waiting is not None:
                raise Refused(
                    "The response ended with CONTINUATION: the request must have its continuation_token."
                )
            return
        if token not in self._continued or (waiting is not None and token != waiting):
            raise Refused("Invalid continuation token.")
        if _request_of(body) != self._continued[token]:
            raise Refused(
                "The request with a continuation_token must be identical to the one that it continues."
            )

    def token_for(self, reply: Reply, body: dict[str, Any]) -> str | None:
        """The token that `reply` ends with, None if it ends for good. Tokens of its checkpoints count from now on."""
        for part in reply.parts:
            if isinstance(part, Item):
                for candidate in part.value.get("candidates", ())[:1]:
                    if "continuationToken" in candidate:
                        self._continued[candidate["continuationToken"]] = _request_of(body)
        if reply.finish != "CONTINUATION":
            return None
        token = f"Y29udGludWF0aW9u{next(self._count):04d}"
        self._continued[token] = _request_of(body)
        # A reply that breaks off does not get as far as its token.
        if not any(isinstance(part, (Cut, Reset, Stall)) for part in reply.parts):
            self._waiting = token
        return token


def _request_of(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != "continuationToken"}
