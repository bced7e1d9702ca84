"""docs/concepts/deferred-tools.md says how many tokens are spared today."""

from tests.docs.pages import ROOT, text_of
from tests.support.deferred_session import NUMBER, ORDINARY, table

PAGE = ROOT / "docs/concepts/deferred-tools.md"


def test_the_table_is_what_the_dialects_write() -> None:
    expected = table()
    assert expected in text_of(PAGE), f"the page needs this table:\n{expected}"


def test_the_session_is_the_one_that_is_described() -> None:
    assert f"{len(ORDINARY) + 1} ordinary tools and {NUMBER} of an MCP server" in text_of(PAGE)
