"""Decisions are one page each, dated, with the same four parts, and all are in the index."""

import re
from pathlib import Path

import pytest

from tests.docs.pages import DECISIONS, headings, shown, text_of

PAGES = sorted(DECISIONS.glob("[0-9]*.md"))
PARTS = ["Context", "Decision", "Consequences", "What would change our mind"]


def test_every_decision_is_in_the_index_and_nothing_else() -> None:
    index = text_of(DECISIONS / "README.md")
    listed = re.findall(r"^\| \[(\d{4})\]\((\S+)\)", index, re.MULTILINE)
    assert listed == [(page.name[:4], page.name) for page in PAGES]


def test_no_number_is_given_twice() -> None:
    numbers = [page.name[:4] for page in PAGES]
    assert len(numbers) == len(set(numbers)) >= 20


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_a_decision_has_its_number_its_date_and_its_parts(page: Path) -> None:
    title, *parts = headings(page)
    assert title.startswith(f"{page.name[:4]}: ")
    assert parts == PARTS
    assert re.search(r"^20\d\d-\d\d-\d\d, (accepted|superseded)\b", text_of(page), re.MULTILINE)
    assert len(text_of(page).splitlines()) <= 80, "one page"
