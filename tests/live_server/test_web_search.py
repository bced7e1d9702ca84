"""A program that lets a model search the web whose upstream cannot: the official SDK, and a search provider on a socket."""

import json
from typing import Any

import pytest

from tests.live_server.backends import served
from tests.live_server.sdk import sdk, told
from tests.support.replies import Call, reply
from tests.support.search_servers import KEY, BraveServer, Page, SearchServer, SearxngServer, TavilyServer

# The SDK warns of models that its vendor will retire.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:anthropic", "ignore:The model:DeprecationWarning"
)

SERVERS: dict[str, type[SearchServer]] = {
    "brave": BraveServer,
    "tavily": TavilyServer,
    "searxng": SearxngServer,
}
PAGES = [
    Page("https://example.com/keys", "On keys", ("Turn them to the left.",)),
    Page("https://other.example/", "On locks", ("Canary of a blocked page.",)),
]
TOOL: dict[str, Any] = {
    "type": "web_search_20250305",
    "name": "web_search",
    "allowed_domains": ["example.com"],
    "user_location": {"type": "approximate", "country": "DE"},
}
SCRIPT = [reply(Call("web_search", {"query": "how do keys turn"})), reply("To the left.")]


def settings(provider: str, server: SearchServer, key: str = KEY) -> dict[str, str]:
    chosen = {"SEARCH_PROVIDER": provider, "SEARCH_BASE_URL": server.url}
    return chosen if provider == "searxng" else chosen | {"SEARCH_API_KEY": key}


@pytest.mark.parametrize("provider", SERVERS)
@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "whole"])
async def test_a_model_is_told_what_the_operators_provider_found(provider: str, streams: bool) -> None:
    async with SERVERS[provider](PAGES) as search:
        async with served("openai_chat", SCRIPT, env=settings(provider, search)) as scene:
            async with sdk(scene.url) as client:
                message = await told(client, streams, tools=[TOOL])
        call, result, text = message.content
        assert (call.type, call.input) == ("server_tool_use", {"query": "how do keys turn"})
        assert [(page.url, page.title) for page in result.content] == [
            ("https://example.com/keys", "On keys")
        ]
        assert text.text == "To the left."
        heard = json.dumps(scene.upstream.asked[1])
        assert "Turn them to the left." in heard
        assert "Canary" not in heard
        assert len(search.asked) == 1
        assert scene.upstream.violations == []


@pytest.mark.parametrize("provider", ["brave", "tavily"])
async def test_a_key_that_is_refused_is_shown_to_nobody(provider: str) -> None:
    async with SERVERS[provider](PAGES) as search:
        env = settings(provider, search, "canary-search-key")
        async with served("openai_chat", SCRIPT, env=env) as scene, sdk(scene.url) as client:
            message = await told(client, False, tools=[TOOL])
        assert message.content[1].content.error_code == "unavailable"
        assert search.asked
        shown = message.to_json() + json.dumps(scene.upstream.asked)
        assert "canary" not in shown.lower()
        assert KEY not in shown
