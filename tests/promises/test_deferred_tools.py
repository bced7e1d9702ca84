"""A session with 200 MCP tools sends those that it found, and no other."""

import json

import pytest
from tests.support.counted_prompts import VENDORS, count_body
from tests.support.declared_tools import declared_tools
from tests.support.deferred_session import (
    FOUND,
    NUMBER,
    ORDINARY,
    SEARCH,
    body_for,
    mcp_tools,
    session,
    spared,
)
from tests.support.mcp_server import mark_of

every_translation = pytest.mark.parametrize("dialect", VENDORS)


def places_told_of(body: dict) -> list[int]:
    """The MCP tools of which any words of the definition are in the body."""
    text = json.dumps(body)
    return [place for place in range(NUMBER) if mark_of(place) in text]


@every_translation
def test_only_the_tools_that_were_found_are_sent(dialect: str) -> None:
    body = body_for(dialect, session(found=True))
    assert [one.name for one in declared_tools(body)] == [*sorted((*ORDINARY, SEARCH)), *FOUND]
    assert places_told_of(body) == [7, 142]
    text = json.dumps(body)
    assert "defer_loading" not in text
    assert "tool_reference" not in text


@every_translation
def test_before_the_search_none_is_sent(dialect: str) -> None:
    body = body_for(dialect, session(found=False))
    assert [one.name for one in declared_tools(body)] == sorted((*ORDINARY, SEARCH))
    assert places_told_of(body) == []
    assert "defer_loading" not in json.dumps(body)


@every_translation
def test_what_is_found_is_sent_as_it_would_be_if_all_were(dialect: str) -> None:
    """No word of a definition is spared, only whole definitions."""
    few = {one.name: one for one in declared_tools(body_for(dialect, session(found=True)))}
    every = {one.name: one for one in declared_tools(body_for(dialect, session(found=True, deferred=False)))}
    assert len(every) == len(ORDINARY) + 1 + NUMBER
    assert few == {name: every[name] for name in few}


@every_translation
@pytest.mark.parametrize("found", [False, True], ids=["before the search", "after it"])
def test_nine_tenths_of_the_tokens_are_spared(dialect: str, found: bool) -> None:
    told = spared(dialect, found=found)
    assert told.deferred < 0.1 * told.all_declared


@every_translation
def test_a_tool_costs_what_mcp_tools_usually_do(dialect: str) -> None:
    """The measure is worth something only if the definitions are no smaller and no larger than real ones."""
    with_all = count_body(body_for(dialect, session(found=False, deferred=False)))
    without = count_body(body_for(dialect, session(found=False)))
    assert len(mcp_tools()) == NUMBER
    assert 100 <= (with_all - without) / NUMBER <= 300
