"""R13: README.md has its picture, and the picture says what the code does. The gate draws it again."""

import re
import struct
from collections.abc import Iterator

from scripts.picture_words import backends, description, routes

from dragoman.dialects.registry import DIALECTS
from tests.docs.pages import ROOT, text_of

WIDTH, HEIGHT = 1600, 800
MOST_BYTES = 150_000
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def shown_picture() -> tuple[str, bytes]:
    """The words in its place, and the file, of the only picture above README's first section."""
    opening = text_of(ROOT / "README.md").partition("\n## ")[0]
    [(words, target)] = re.findall(r"^!\[([^\]]*)\]\((\S+)\)$", opening, re.MULTILINE)
    return words, (ROOT / target).read_bytes()


def chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of every part of a PNG file."""
    assert png.startswith(SIGNATURE)
    at = len(SIGNATURE)
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        yield kind, png[at + 8 : at + 8 + length]
        at += length + 12


def kept_description(png: bytes) -> str:
    """What the picture says of itself: an `iTXt` part, not compressed."""
    [text] = [content for kind, content in chunks(png) if kind == b"iTXt"]
    keyword, _, rest = text.partition(b"\0")
    assert keyword == b"Description"
    compressed, rest = rest[0], rest[2:]
    assert compressed == 0
    _language, _keyword, words = rest.split(b"\0", 2)
    return words.decode()


def test_the_readme_shows_a_picture_that_is_there() -> None:
    """R13"""
    words, png = shown_picture()
    assert len(words) > 40, "for those who cannot see it"
    kinds = [kind for kind, _ in chunks(png)]
    assert (kinds[0], kinds[-1]) == (b"IHDR", b"IEND")
    [head] = [content for kind, content in chunks(png) if kind == b"IHDR"]
    assert struct.unpack_from(">II", head) == (WIDTH, HEIGHT)
    assert len(png) < MOST_BYTES


def test_the_picture_says_what_the_code_does() -> None:
    """R13"""
    assert kept_description(shown_picture()[1]) == description(), "run `just picture`"


def test_every_language_is_shown() -> None:
    assert {backend.name for backend in backends()} - {"litellm"} == DIALECTS.keys()


def test_the_routes_are_those_of_the_model_map() -> None:
    answered = {route.asked: route.answered for route in routes()}
    assert answered["claude-haiku-…"] == "SMALL_MODEL"
    assert answered["claude-opus-…"] == "BIG_MODEL"
    assert answered["openai/gpt-4o:work"] == "channel work"


def test_the_gate_draws_the_picture_again() -> None:
    gate = (ROOT / ".ci/run").read_text("utf-8").splitlines()
    assert "uv run --group site python -m scripts.picture --check" in gate
