"""The markers that stand in texts upstream: `【2-5】` is the fifth part of the second source, `【2-5:7】` the fifth to the
seventh. A part is labelled with one, and an answer repeats it behind what the part supports."""

import re

import msgspec

OPENING = "【"

_NUMBERS = r"[0-9]{1,5}[-‐‑–][0-9]{1,6}(?:[:–][0-9]{1,6})?"  # noqa: RUF001
_MARKER = re.compile(rf"【({_NUMBERS}(?:[,;] ?{_NUMBERS}){{0,19}})】")
_BEGUN = r"[0-9]{0,5}|[0-9]{1,5}[-‐‑–][0-9]{0,6}|[0-9]{1,5}[-‐‑–][0-9]{1,6}[:–][0-9]{0,6}"  # noqa: RUF001
_MAYBE_MARKER = re.compile(rf"【(?:{_NUMBERS}[,;] ?){{0,19}}(?:{_BEGUN})")
_NUMBER = re.compile(r"[0-9]+")


class Marker(msgspec.Struct, frozen=True, gc=False):
    """All counted from 1; a marker of a model's may name what is not there."""

    source: int
    first: int
    last: int

    @property
    def text(self) -> str:
        """As it is written."""
        behind = "" if self.last == self.first else f":{self.last}"
        return f"【{self.source}-{self.first}{behind}】"


Piece = str | tuple[Marker, ...]
"""Text, or the markers between one pair of brackets."""


class MarkerScanner:
    """Finds the markers in a streamed text. Holds back what may be the beginning of one, at most a few hundred
    characters."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, piece: str) -> list[Piece]:
        """What `piece` settles, in order."""
        if not self._held and OPENING not in piece:
            return [piece] if piece else []
        text, self._held = self._held + piece, ""
        pieces: list[Piece] = []
        start = 0
        place = text.find(OPENING)
        while place >= 0:
            found = _MARKER.match(text, place)
            if found is not None:
                pieces += [text[start:place], _read(found[1])]
                start = found.end()
            elif _MAYBE_MARKER.fullmatch(text, place):
                self._held = text[place:]
                break
            place = text.find(OPENING, start if found is not None else place + 1)
        pieces.append(text[start : len(text) - len(self._held)])
        return [piece for piece in pieces if piece]

    def finish(self) -> str:
        """What was held when the text ended: no marker."""
        held, self._held = self._held, ""
        return held


def _read(listed: str) -> tuple[Marker, ...]:
    markers: list[Marker] = []
    for one in re.split("[,;]", listed):
        source, first, *last = map(int, _NUMBER.findall(one))
        markers.append(Marker(source, first, *(last or [first])))
    return tuple(markers)
