"""How the command talks: people read stderr, programs read stdout. Colour only where a person sees it."""

import sys
from collections.abc import Mapping, Sequence
from os import environ
from typing import Literal, TextIO

Colour = Literal["bold", "dim", "yellow", "red", "green"]

_CODES: dict[Colour, str] = {"bold": "1", "dim": "2", "yellow": "33", "red": "31", "green": "32"}


def shows_colour(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether `stream` is a terminal that wants colour (NO_COLOR, TERM=dumb)."""
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def paint(text: str, colour: Colour, *, coloured: bool) -> str:
    """`text` in `colour`, or as it is."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if coloured else text


def say(text: str, colour: Colour | None = None) -> None:
    """A line for the person at the terminal."""
    if colour is not None:
        text = paint(text, colour, coloured=shows_colour(sys.stderr, environ))
    print(text, file=sys.stderr, flush=True)


def table(rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """Rows as lines with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        indent + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
