"""Collects what a dialect could not carry, each kind of loss once."""

import re
from typing import Literal

from dragoman.dialects.dialect import Loss


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

    def as_tuple(self) -> tuple[Loss, ...]:
        """In the order of their first occurrence."""
        return tuple(self._first.values())

    def _add(self, field: str, what: Literal["dropped", "approximated"], why: str) -> None:
        self._first.setdefault((re.sub(r"\d+", "*", field), what, why), Loss(field, what, why))
