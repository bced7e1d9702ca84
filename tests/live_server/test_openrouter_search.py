"""OpenRouter's own web search, with the official SDK as the client."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.live_server.conversation import Conversation
from tests.live_server.sdk import WEATHER, sdk, told
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.openai_flavor import OPENROUTER
from tests.support.openai_sources import source, sources
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.replies import Call, Reasoning, Script, Text, Usage, reply

KEY = "test-key-of-openrouter"
MODEL = "openrouter/deepseek/deepseek-chat"
SEARCH = {
    "type": "web_search_20250305",
    "name": "web_search",
    "max_uses": 3,
    "blocked_domains": ["bad.test"],
    "user_location": {"type": "approximate", "city": "Bern"},
}
TEXT = "Owls hunt at night."
OWLS = source("https://owls.test/a", "Owls", "Owls hunt at night, by ear.")
BATS = source("https://bats.test", "Bats", start=0, end=4)
BAD = source("https://www.bad.test/x", "Bad", "bad", start=0, end=4)
ONCE = Usage(searches=1)

in_both_ways = pytest.mark.parametrize("streams", [True, False])


@asynccontextmanager
async def openrouter(script: Script) -> AsyncGenerator[tuple[ScriptedOpenAI, Any]]:
    """The upstream, and a client of the gateway before it."""
    async with ScriptedOpenAI(script, flavor=OPENROUTER, key=KEY) as upstream:
        env = {"OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": upstream.base_url}
        async with dragoman_in_process(env) as dragoman, sdk(dragoman.url) as client:
            yield upstream, client
    assert upstream.violations == []


@in_both_ways
async def test_what_openrouter_found_comes_before_the_answer(streams: bool) -> None:
    answer = reply(Reasoning("Search."), sources(OWLS), sources(BAD), Text(TEXT, 3), usage=ONCE)
    forced = {"type": "tool", "name": "web_search"}
    async with openrouter(answer) as (upstream, client):
        message = await told(client, streams, model=MODEL, tools=[SEARCH], tool_choice=forced)
    [asked] = upstream.asked
    assert asked["tools"] == [
        {
            "type": "openrouter:web_search",
            "parameters": {
                "max_uses": 3,
                "excluded_domains": ["bad.test"],
                "user_location": {"type": "approximate", "city": "Bern"},
            },
        }
    ]
    assert asked["tool_choice"] == {"type": "openrouter:web_search"}
    use, result, text = message.content
    assert (use.type, use.name, use.input) == ("server_tool_use", "web_search", {})
    assert (result.type, result.tool_use_id) == ("web_search_tool_result", use.id)
    assert [(page.url, page.title) for page in result.content] == [("https://owls.test/a", "Owls")]
    assert (text.text, text.citations) == (TEXT, None)
    assert message.usage.server_tool_use.web_search_requests == 1
    assert message.stop_reason == "end_turn"


@in_both_ways
async def test_what_a_provider_found_is_cited_in_the_answer(streams: bool) -> None:
    async with openrouter(reply(Text(TEXT, 3), sources(BATS, BAD), usage=ONCE)) as (_, client):
        message = await told(client, streams, model=MODEL, tools=[SEARCH])
    blocks = {block.type: block for block in message.content}
    assert sorted(blocks) == ["server_tool_use", "text", "web_search_tool_result"]
    assert [page.url for page in blocks["web_search_tool_result"].content] == ["https://bats.test"]
    [citation] = blocks["text"].citations
    assert (citation.type, citation.url) == ("web_search_result_location", "https://bats.test")
    assert (citation.title, citation.cited_text) == ("Bats", "Owls")


async def test_the_conversation_goes_on_with_what_was_found() -> None:
    script = [
        reply(sources(OWLS), TEXT, Call("get_weather", {"place": "Bern"}), usage=ONCE),
        reply("It is sunny."),
    ]
    async with openrouter(script) as (upstream, client):
        conversation = Conversation(model=MODEL, tools=[WEATHER, SEARCH])
        conversation.say("How do owls hunt, and where is it dark?")
        message = await conversation.step(client)
        last = await conversation.step(client)
    assert [block.type for block in message.content] == [
        "server_tool_use",
        "web_search_tool_result",
        "text",
        "tool_use",
    ]
    assert last.stop_reason == "end_turn"
    assert [tool["type"] for tool in upstream.asked[0]["tools"]] == ["function", "openrouter:web_search"]
    [said] = [one for one in upstream.asked[1]["messages"] if one["role"] == "assistant"]
    assert "https://owls.test/a" in said["content"]
    assert TEXT in said["content"]


async def test_sources_that_nobody_asked_for_are_not_shown() -> None:
    async with openrouter(reply(sources(OWLS), TEXT, usage=ONCE)) as (_, client):
        message = await told(client, True, model=MODEL)
    assert [block.type for block in message.content] == ["text"]
    assert message.usage.server_tool_use is None


async def test_a_page_to_read_is_the_gateways_work() -> None:
    """OpenRouter tells nothing of a page that its own `web_fetch` read."""
    fetch = {"type": "web_fetch_20250910", "name": "web_fetch"}
    async with openrouter(reply(TEXT)) as (upstream, client):
        await told(client, True, model=MODEL, tools=[SEARCH, fetch])
    kinds = [(tool["type"], tool.get("function", {}).get("name")) for tool in upstream.asked[0]["tools"]]
    assert kinds == [("function", "web_fetch"), ("openrouter:web_search", None)]
