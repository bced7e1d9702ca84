"""docs/reference/errors.md has a heading for every error type, and for no other."""

from dragoman.messages.errors import ERROR_TYPE_BY_STATUS
from tests.docs.pages import ROOT, headings


def test_every_error_type_has_a_heading() -> None:
    described = [heading for heading in headings(ROOT / "docs/reference/errors.md") if "_" in heading]
    assert sorted(described) == sorted(set(ERROR_TYPE_BY_STATUS.values()))
