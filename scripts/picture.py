"""Draws pic.png, what Dragoman does at one look. `--check` tells whether it is current, pixel by pixel.

uv run --group site python -m scripts.picture

The font is the one inside Pillow, so that every machine draws the same. All lengths are pixels of the finished picture;
it is drawn larger and made smaller, for smooth edges.
"""

import sys
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo
from scripts.picture_words import CLIENTS, Backend, Route, backends, description, routes

PICTURE = Path(__file__).resolve().parents[1] / "pic.png"
WIDTH, HEIGHT = 1600, 800
LARGER = 3

PAPER, CARD, EDGE = "#F6F3EC", "#FFFFFF", "#DDD6C8"
INK, QUIET = "#1C2430", "#5B6472"
PANEL, PANEL_ROW, PANEL_INK, PANEL_QUIET, GOLD = "#1B2638", "#26344B", "#FFFFFF", "#A9B6CA", "#F2B544"
CLIENT_COLOUR = "#C8643C"
COLOURS = {
    "openai_responses": "#0E9F7E",
    "openai_chat": "#1179A8",
    "gemini": "#5B6BE8",
    "anthropic": "#C8643C",
    "litellm": "#8A5CC7",
}

CARDS_TOP, CARDS_BOTTOM = 194, 744
LEFT, MIDDLE, RIGHT = (48, 362), (478, 1010), (1128, 1552)

Point = tuple[float, float]
Box = tuple[float, float, float, float]


class Sheet:
    """Something to draw on, measured in pixels of the finished picture."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH * LARGER, HEIGHT * LARGER), PAPER)
        self._draw = ImageDraw.Draw(self.image)

    def box(self, box: Box, fill: str, *, radius: float, edge: str | None = None, width: float = 2) -> None:
        self._draw.rounded_rectangle(
            [side * LARGER for side in box],
            radius=radius * LARGER,
            fill=fill,
            outline=edge,
            width=round(width * LARGER) if edge else 0,
        )

    def text(
        self, at: Point, words: str, size: int, colour: str, *, bold: bool = False, room: float = WIDTH
    ) -> None:
        """`at` is the left end of the baseline. ValueError if the words need more than `room`.

        The font has one weight: bold letters have a stroke around them, and a little more space between them.
        """
        letters = font(size)
        stroke = size * LARGER / 46 if bold else 0
        places = [
            letters.getlength(words[:number]) + 1.2 * stroke * number for number in range(len(words) + 1)
        ]
        if places[-1] > room * LARGER:
            raise ValueError(f"too long for the picture: {words}")
        for letter, place in zip(words, places, strict=False):
            start = (at[0] * LARGER + place, at[1] * LARGER)
            self._draw.text(start, letter, font=letters, fill=colour, anchor="ls", stroke_width=stroke)

    def arrow(
        self, start: Point, end: Point, colour: str, *, width: float = 5, both_ways: bool = False
    ) -> None:
        """A curve that leaves and arrives level, with its head at the end."""
        tip = 17
        begin = (start[0] + (tip if both_ways else 0), start[1])
        stop = (end[0] - tip, end[1])
        points = [along(begin, stop, step / 80) for step in range(81)]
        for x, y in points:
            radius = width / 2
            self._draw.ellipse(
                [(x - radius) * LARGER, (y - radius) * LARGER, (x + radius) * LARGER, (y + radius) * LARGER],
                colour,
            )
        self._draw.line(
            [(x * LARGER, y * LARGER) for x, y in points],
            fill=colour,
            width=round(width * LARGER),
            joint="curve",
        )
        self._head(end, -tip, colour)
        if both_ways:
            self._head(start, tip, colour)

    def _head(self, at: Point, back: float, colour: str) -> None:
        corners = [at, (at[0] + back * 1.25, at[1] - 11), (at[0] + back * 1.25, at[1] + 11)]
        self._draw.polygon([(x * LARGER, y * LARGER) for x, y in corners], fill=colour)

    def finished(self) -> Image.Image:
        """In 256 colours: a third of the size, and the large areas keep theirs exactly."""
        small = self.image.reduce(LARGER)
        return small.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own, laid out by itself alone: the other way to lay text out is not on every machine."""
    default = ImageFont.load_default(size * LARGER)
    assert isinstance(default, ImageFont.FreeTypeFont)
    return default.font_variant(layout_engine=ImageFont.Layout.BASIC)


def along(start: Point, end: Point, part: float) -> Point:
    """A point of the curve, `part` from 0 to 1 of its way."""
    middle = (start[0] + end[0]) / 2
    weights = ((1 - part) ** 3, 3 * part * (1 - part) ** 2, 3 * part**2 * (1 - part), part**3)
    x = sum(weight * at for weight, at in zip(weights, (start[0], middle, middle, end[0]), strict=True))
    y = sum(weight * at for weight, at in zip(weights, (start[1], start[1], end[1], end[1]), strict=True))
    return x, y


def stacked(heights: list[float]) -> list[tuple[float, float]]:
    """Top and bottom of cards of these heights, spread over the column."""
    space = (CARDS_BOTTOM - CARDS_TOP - sum(heights)) / (len(heights) - 1)
    tops = [CARDS_TOP + sum(heights[:number]) + space * number for number in range(len(heights))]
    return [(top, top + height) for top, height in zip(tops, heights, strict=True)]


def drawn() -> Image.Image:
    """The whole picture."""
    sheet = Sheet()
    sheet.text((48, 88), "Dragoman", 58, INK, bold=True)
    sheet.text((372, 86), "Claude Code on the model of your choice", 36, QUIET)
    for (left, _), words in (
        (LEFT, "CLIENTS"),
        (MIDDLE, "THE INTERPRETER"),
        (RIGHT, "BACKENDS, BY LANGUAGE"),
    ):
        sheet.text((left, 168), words, 21, QUIET, bold=True)
    draw_clients(sheet)
    draw_backends(sheet, backends())
    draw_interpreter(sheet, routes())
    return sheet.finished()


def draw_clients(sheet: Sheet) -> None:
    for (title, what), (top, bottom) in zip(CLIENTS, stacked([150] * len(CLIENTS)), strict=True):
        middle = (top + bottom) / 2
        draw_card(sheet, (LEFT[0], top, LEFT[1], bottom), CLIENT_COLOUR, title, (what,))
        sheet.arrow((LEFT[1] + 12, middle), (MIDDLE[0] - 12, middle), CLIENT_COLOUR, both_ways=True)


def draw_backends(sheet: Sheet, shown: list[Backend]) -> None:
    places = stacked([66.0 + 29 * len(backend.speakers) for backend in shown])
    for backend, (top, bottom) in zip(shown, places, strict=True):
        middle = (top + bottom) / 2
        colour = COLOURS[backend.name]
        leaving = 469 + (middle - 469) * 0.72
        sheet.arrow((MIDDLE[1] + 12, leaving), (RIGHT[0] - 12, middle), colour, both_ways=True)
        draw_card(sheet, (RIGHT[0], top, RIGHT[1], bottom), colour, backend.title, backend.speakers)


def draw_card(sheet: Sheet, box: Box, colour: str, title: str, lines: tuple[str, ...]) -> None:
    left, top, right, bottom = box
    room = right - left - 60
    sheet.box(box, CARD, radius=16, edge=EDGE)
    block = 30 + 30 * len(lines)
    first = (top + bottom - block) / 2 + 25
    sheet.box((left + 18, first - 25, left + 25, first + 30 * len(lines) + 6), colour, radius=3.5)
    sheet.text((left + 44, first), title, 29, INK, bold=True, room=room)
    for number, line in enumerate(lines, 1):
        sheet.text((left + 44, first + 2 + 30 * number), line, 23, QUIET, room=room)


def draw_interpreter(sheet: Sheet, shown: list[Route]) -> None:
    left, right = MIDDLE
    sheet.box((left, CARDS_TOP, right, CARDS_BOTTOM), PANEL, radius=22)
    sheet.text((left + 32, CARDS_TOP + 50), "Messages API in", 29, PANEL_INK, bold=True)
    sheet.text((left + 32, CARDS_TOP + 84), "The model's name says who answers:", 23, PANEL_QUIET)
    for number, route in enumerate(shown):
        top = CARDS_TOP + 104 + 56 * number
        sheet.box((left + 28, top, right - 28, top + 47), PANEL_ROW, radius=11)
        sheet.text((left + 46, top + 32), route.asked, 24, PANEL_INK, room=220)
        sheet.arrow((left + 274, top + 24), (left + 306, top + 24), GOLD, width=4)
        sheet.text((left + 320, top + 32), route.answered, 24, GOLD, room=176)
    foot = CARDS_TOP + 104 + 56 * len(shown)
    sheet.text((left + 32, foot + 40), "Translated there and back", 29, PANEL_INK, bold=True)
    for number, line in enumerate(
        ("streamed, with tools, images, thinking", "and token counts. What cannot be", "translated is named.")
    ):
        sheet.text((left + 32, foot + 76 + 31 * number), line, 23, PANEL_QUIET, room=right - left - 64)


def main(arguments: list[str]) -> int:
    """Write the picture, or compare it."""
    picture = drawn()
    if "--check" in arguments:
        with Image.open(PICTURE) as kept:
            same = (
                kept.size == picture.size
                and kept.convert("RGB").tobytes() == picture.convert("RGB").tobytes()
            )
        if not same:
            sys.stderr.write("pic.png is not current: run `just picture`\n")
        return 0 if same else 1
    words = PngInfo()
    words.add_itxt("Description", description(), lang="en")
    picture.save(PICTURE, optimize=True, pnginfo=words)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
