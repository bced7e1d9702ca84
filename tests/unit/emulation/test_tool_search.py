import pytest

from dragoman.emulation.tool_search import SearchRefused, find_tools

TOOLS = [
    {"name": "get_weather", "description": "The weather at a place"},
    {
        "name": "sendMail",
        "description": "Sends a letter",
        "input_schema": {"properties": {"to": {"description": "who gets it"}}},
    },
    {"name": "get_stock", "description": "What a share costs"},
    {"name": "get_tides", "description": "Tides at a place, and the weather there"},
]


def by_pattern(pattern: str, **more) -> list[str]:
    return find_tools("tool_search_tool_regex", {"pattern": pattern, **more}, TOOLS)


def by_words(query: str, **more) -> list[str]:
    return find_tools("tool_search_tool_bm25", {"query": query, **more}, TOOLS)


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("WEATHER", ["get_weather", "get_tides"]),
        ("^get_", ["get_weather", "get_stock", "get_tides"]),
        ("who gets", ["sendMail"]),
        (r"\bto\b", ["sendMail"]),
        ("nothing like it", []),
    ],
)
def test_a_pattern_looks_at_names_descriptions_and_arguments(pattern, found):
    assert by_pattern(pattern) == found


@pytest.mark.parametrize(
    ("query", "first"),
    [("weather", "get_weather"), ("mail", "sendMail"), ("share costs", "get_stock"), ("tides", "get_tides")],
)
def test_words_find_the_tool_that_is_most_about_them(query, first):
    assert by_words(query)[0] == first


def test_tools_that_share_no_word_are_not_found():
    assert by_words("weather") == ["get_weather", "get_tides"]
    assert by_words("zebra") == []


def test_five_are_found_unless_told_otherwise():
    many = [{"name": f"tool_{n}", "description": "alike"} for n in range(9)]
    assert len(find_tools("tool_search_tool_bm25", {"query": "alike"}, many)) == 5
    assert len(find_tools("tool_search_tool_regex", {"pattern": "alike", "limit": 7}, many)) == 7
    assert by_pattern("get", limit=1) == ["get_weather"]
    assert len(by_pattern("^get_", limit=0)) == 3


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        ("tool_search_tool_regex", {}),
        ("tool_search_tool_regex", {"pattern": " "}),
        ("tool_search_tool_regex", {"pattern": "("}),
        ("tool_search_tool_regex", {"pattern": "a" * 201}),
        ("tool_search_tool_bm25", {"query": 7}),
        ("tool_search_tool_bm25", {"query": "a" * 501}),
    ],
)
def test_a_search_that_cannot_be_made_says_why(kind, asked):
    with pytest.raises(SearchRefused) as refused:
        find_tools(kind, asked, TOOLS)
    assert refused.value.code == "invalid_tool_input"
    assert refused.value.reason


def test_a_pattern_that_takes_for_ever_is_given_up():
    trap = [{"name": "a" * 60 + "!"}]
    with pytest.raises(SearchRefused) as refused:
        find_tools("tool_search_tool_regex", {"pattern": r"(a|aa)+$"}, trap)
    assert refused.value.code == "unavailable"


def test_without_deferred_tools_nothing_is_found():
    assert find_tools("tool_search_tool_regex", {"pattern": "a"}, []) == []
    assert find_tools("tool_search_tool_bm25", {"query": "a"}, []) == []
