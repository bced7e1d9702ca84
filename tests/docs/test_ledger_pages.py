"""docs/dialects is what the dialects say of themselves."""

from pathlib import Path

import pytest

from dragoman.dialects.ledger import all_rows
from tests.support.ledger_columns import COLUMNS
from tests.support.python_process import run_python

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docs/dialects"
OVERVIEW = (FOLDER / "README.md").read_text("utf-8")


def test_the_pages_are_current() -> None:
    assert run_python("-m", "scripts.ledger_pages", "--check", cwd=ROOT).stderr == ""


def test_every_column_is_shown() -> None:
    (heads,) = {line for line in OVERVIEW.splitlines() if line.startswith("| | [")}
    assert heads.count("](") == len(COLUMNS)
    assert len(list(FOLDER.glob("*.md"))) == len(COLUMNS) + 1


@pytest.mark.parametrize("page", sorted(FOLDER.glob("*.md")), ids=lambda page: page.stem)
def test_every_row_is_on_every_page(page: Path) -> None:
    text = page.read_text("utf-8")
    assert [row.name for row in all_rows() if f"\n| `{row.name}`" not in text] == []
    assert "unknown |" not in text
