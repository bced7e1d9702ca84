from typing import Any

import pytest

from dragoman.emulation.server_tools import (
    as_function,
    deferred_tools,
    emulated_tools,
    losses_of,
    rewritten,
    with_functions,
)
from dragoman.messages.parse import parse_conversation, parse_request
from dragoman.wire.jsonbytes import encode
from tests.support.chat_requests import ask, tool, user

SEARCH = {"type": "web_search_20260318", "name": "web_search"}


def nothing_runs(kind: str) -> bool:
    return False


def emulated(*tools: dict[str, Any], runs=nothing_runs):
    return emulated_tools(ask(user("hi"), tools=list(tools)), runs)


@pytest.mark.parametrize(
    ("type", "kind"),
    [
        ("web_search_20250305", "web_search"),
        ("web_search_20991231", "web_search"),
        ("web_fetch_20250910", "web_fetch"),
        ("tool_search_tool_regex", "tool_search_tool_regex"),
        ("tool_search_tool_bm25_20251119", "tool_search_tool_bm25"),
    ],
)
def test_the_apis_own_tools_are_known_by_their_type_of_any_date(type, kind):
    [found] = emulated({"type": type, "name": "its_name"}).values()
    assert (found.kind, found.name) == (kind, "its_name")


@pytest.mark.parametrize(
    "entry",
    [
        tool("Read"),
        tool("web_search"),
        tool("web_search") | {"type": "custom"},
        {"type": "web_search_20250305", "name": "mine", "input_schema": {"type": "object"}},
        {"type": "code_execution_20250825", "name": "code_execution"},
        {"type": "bash_20250124", "name": "bash"},
        {"type": "web_searching", "name": "x"},
    ],
)
def test_other_tools_are_none_of_them(entry):
    assert emulated(entry) == {}


def test_what_the_backend_runs_itself_is_left_to_it():
    fetch = {"type": "web_fetch_20250910", "name": "web_fetch"}
    assert list(emulated(SEARCH, fetch, runs=lambda kind: kind.startswith("web_search_"))) == ["web_fetch"]


def test_a_function_of_the_same_name_stands_in_its_place():
    request = ask(user("hi"), tools=[tool("Read"), SEARCH, tool("Write")])
    tools = emulated_tools(request, nothing_runs)
    written = with_functions(request.raw, tools)
    assert [entry["name"] for entry in written] == ["Read", "web_search", "Write"]
    assert written[1] == as_function(tools["web_search"])
    assert "type" not in written[1]
    assert parse_conversation(rewritten(request, {"tools": written})).tools[1].input_schema


@pytest.mark.parametrize(("limit", "most"), [(3, 3), (0, None), (True, None), ("3", None), (None, None)])
def test_only_a_number_above_zero_limits_the_uses(limit, most):
    assert emulated(SEARCH | {"max_uses": limit})["web_search"].most_uses == most


def test_domains_lose_their_scheme_and_their_capitals():
    [search] = emulated(
        SEARCH | {"allowed_domains": ["https://Example.COM", " b.test/path ", "", 7]}
    ).values()
    assert search.domains("allowed_domains") == ("example.com", "b.test/path")
    assert search.domains("blocked_domains") == ()


def test_options_without_effect_are_named_at_their_place():
    request = ask(
        user("hi"),
        tools=[
            tool("Read"),
            SEARCH
            | {"response_inclusion": "excluded", "user_location": {"type": "approximate", "country": "DE"}},
            {"type": "web_fetch_20260318", "name": "web_fetch", "url_sources": {"a": 1}, "use_cache": False},
        ],
    )
    losses = losses_of(request, emulated_tools(request, nothing_runs))
    assert [(loss.field, loss.what) for loss in losses] == [
        ("tools.1.response_inclusion", "dropped"),
        ("tools.2.url_sources", "dropped"),
    ]


def test_a_rewritten_request_is_the_same_in_all_else():
    request = ask(user("hi"), headers=(("x-a", "b"),), stream=True, tools=[SEARCH])
    other = rewritten(request, {"tools": []})
    assert (other.model, other.stream, other.max_tokens, other.headers, other.counting) == (
        request.model,
        request.stream,
        request.max_tokens,
        request.headers,
        request.counting,
    )
    assert other.raw == {**request.raw, "tools": []}
    assert other.body == encode(other.raw)
    other.let_go()
    assert parse_request(other.body, ()).raw == other.raw


def test_only_deferred_tools_can_be_found():
    request = ask(user("hi"), tools=[tool("Read"), tool("Late", defer_loading=True)])
    assert [entry["name"] for entry in deferred_tools(request)] == ["Late"]
