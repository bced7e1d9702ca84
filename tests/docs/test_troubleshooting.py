"""docs/troubleshooting.md is sorted by error text, so every text of ours in it must be one that the code says."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, prose

PAGE = ROOT / "docs/troubleshooting.md"
SOURCE = ROOT / "src/dragoman"
OURS = ("At start", "In an answer")
"""The sections with Dragoman's own texts; the others are about other programs."""

HOLE = "…"


def said_by(tree: ast.AST) -> Iterator[str]:
    """Every string of a module; what is filled in at run time is a `…`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else HOLE for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@cache
def every_text() -> list[str]:
    files: list[Path] = sorted(SOURCE.rglob("*.py"))
    return [text for file in files for text in said_by(ast.parse(file.read_text("utf-8")))]


def own_headings() -> list[str]:
    sections = re.split(r"^## ", prose(PAGE), flags=re.MULTILINE)[1:]
    own = [section for section in sections if section.split("\n", 1)[0] in OURS]
    assert len(own) == len(OURS)
    return [heading for section in own for heading in re.findall(r"^### (.+)$", section, re.MULTILINE)]


@pytest.mark.parametrize("heading", own_headings())
def test_the_code_says_what_the_heading_quotes(heading: str) -> None:
    wanted = heading.strip(f"{HOLE}:; ")
    assert any(wanted in text for text in every_text())


def test_a_text_that_nobody_says_would_be_noticed() -> None:
    assert not any("this text is in no module" in text for text in every_text())
