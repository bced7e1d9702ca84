"""Collects what a dialect could not carry, each kind of loss once."""

import re
from typing import Literal

from dragoman.dialects.dialect import Loss
from dragoman.messages.envelope import EnvelopeOpener


class Losses:
    """The losses of one request. A long history repeats the same loss; only its first place is kept."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str, str], Loss] = {}

    def dropped(self, field: str, why: str) -> None:
        """`field` (a JSON path) does not reach the upstream."""
        self._add(field, "dropped", why)

    def approximated(self, field: str, why: str) -> None:
        """`field` (a JSON path) reaches the upstream as something similar."""
        self._add(field, "approximated", why)

    def unopened(self, opener: EnvelopeOpener, envelope: str, field: str) -> None:
        """`field` holds an envelope that should have opened and did not; nothing for one that opens or is another's."""
        if (fault := opener.fault(envelope)) is not None:
            self.dropped(field, fault)

    def as_tuple(self) -> tuple[Loss, ...]:
        """In the order of their first occurrence."""
        return tuple(self._first.values())

    def _add(self, field: str, what: Literal["dropped", "approximated"], why: str) -> None:
        # Tools are judged in the order in which they are sent, which is not the request's.
        key = (re.sub(r"\d+", "*", field), what, why)
        known = self._first.get(key)
        if known is None or _place(field) < _place(known.field):
            self._first[key] = Loss(field, what, why)


def _place(field: str) -> list[tuple[int, str]]:
    """Sorts as the numbers in a path do; a client's own field may hold more digits than any number should."""
    return [(len(digits), digits) for digits in re.findall(r"\d+", field)]
