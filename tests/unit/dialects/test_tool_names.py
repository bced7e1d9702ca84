import re
import tracemalloc

import pytest

from dragoman.dialects.tool_names import LONGEST_KEPT, tool_name_table, upstream_tool_name
from dragoman.messages.request import Tool

LONG = "mcp__a_server_with_a_long_name__and_a_tool_with_an_even_longer_name_v2"


def test_a_valid_name_stays():
    assert upstream_tool_name("mcp__demo__add") == "mcp__demo__add"


@pytest.mark.parametrize("name", [LONG, "a b", "ns.tool", "ü", "", "日本語ツール"])
def test_an_invalid_name_becomes_valid_and_stays_the_same(name):
    made = upstream_tool_name(name)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", made)
    assert made == upstream_tool_name(name)


def test_a_long_name_keeps_its_beginning_and_gets_a_digest():
    made = upstream_tool_name(LONG)
    assert len(made) == 64
    assert made.startswith(LONG[:55] + "_")


def test_names_that_differ_only_in_odd_characters_stay_different():
    assert upstream_tool_name("a.b") != upstream_tool_name("a:b")


def test_a_shorter_limit_is_kept():
    assert len(upstream_tool_name(LONG, 32)) == 32


def test_the_table_leads_from_changed_names_back():
    tools = (Tool("Read"), Tool(LONG))
    assert tool_name_table(tools) == {upstream_tool_name(LONG): LONG}


@pytest.mark.parametrize("name", ["1st", "-x", "9" * 80])
def test_a_name_with_a_wrong_beginning_gets_a_right_one(name):
    letter_first = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")
    made = upstream_tool_name(name, 64, letter_first)
    assert letter_first.fullmatch(made)
    assert len(made) <= 64
    assert made.startswith(f"_{name[:1]}")


def test_what_a_server_takes_beyond_letters_stays():
    assert upstream_tool_name("ns.tool:v1", 64, re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")) == "ns.tool:v1"


def test_long_names_are_not_remembered():
    """Clients choose them: 4096 names of 50 kB would stay for ever."""
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(100):
        assert len(upstream_tool_name(f"{number}" + "x" * 50_000)) == 64
    kept = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert kept < 100 * LONGEST_KEPT


def test_a_name_that_is_asked_for_again_is_remembered():
    assert upstream_tool_name("a b") is upstream_tool_name("a b")
