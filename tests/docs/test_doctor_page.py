"""docs/reference/doctor.md has a heading for every code of doctor's, with its title, and for no other."""

from dragoman.cli.doctor.findings import CODES
from tests.docs.pages import ROOT, headings

PAGE = ROOT / "docs/reference/doctor.md"


def test_every_code_has_a_heading_and_every_heading_a_code() -> None:
    assert headings(PAGE)[1:] == [f"{code} {title}" for code, title in CODES.items()]


def test_codes_are_numbered_without_gaps() -> None:
    assert list(CODES) == [f"D{number:03}" for number in range(1, len(CODES) + 1)]
