"""The real Claude Code searches the web and reads a page, through each dialect."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.live_server.coding import folders
from tests.live_server.features import WAYS, Way, every_way
from tests.support import gemini_replies as gemini
from tests.support import responses_replies as responses
from tests.support.certificates import serving_as
from tests.support.claude_code import ClaudeCode, ClaudeRun
from tests.support.connect_proxy import connect_proxy
from tests.support.dragoman_process import DragomanProcess
from tests.support.http_answer import Answer
from tests.support.http_wire import WireRequest, WireServer
from tests.support.replies import Call, Reply, reply
from tests.support.search_servers import Page, SearxngServer
from tests.support.told import Told
from tests.support.web import page

__all__ = ["folders"]

pytestmark = pytest.mark.claude_code

QUERY = "owls at night"
FOUND = "https://owls.example.com/hearing"
SAID = "Barn owls hunt by ear."
PAGES = [Page(FOUND, "On owls", (SAID,))]
HOST = "docs.example.com"
CANARY = "The third key turns to the left."


def searching(told: Told) -> Reply:
    """Asks for the client's WebSearch, searches when the client asks for that, and tells what came back."""
    done = told.seen.calls
    if told.seen.tools == {"web_search"}:
        if not done:
            return reply(Call("web_search", {"query": QUERY}))
        return reply(SAID if SAID in done[-1].result and FOUND in done[-1].result else f"FAILED {done}")
    if not done:
        return reply(Call("WebSearch", {"query": QUERY}))
    arrived = FOUND in done[-1].result and SAID in done[-1].result
    return reply("The sources arrived." if arrived else f"FAILED {done}")


def reading(told: Told) -> Reply:
    """Asks for the client's WebFetch, and tells what it says of the page."""
    done = told.seen.calls
    if not done:
        return reply(Call("WebFetch", {"url": f"https://{HOST}/keys", "prompt": "Which way does it turn?"}))
    return reply("To the left." if "It turns left." in done[-1].result else f"FAILED {done}")


def script(way: Way, model: Callable[[Told], Reply]) -> Callable[[dict[str, Any]], Reply]:
    """What an upstream answers: the model, its own search, and requests on the side, which offer no tools."""

    def answer(body: dict[str, Any]) -> Reply:
        offered = [key for tool in body.get("tools", []) for key in (tool.get("type"), *tool)]
        if "googleSearch" in offered:
            return reply(SAID, gemini.searched([QUERY], [(FOUND, "On owls")], [(0, len(SAID), SAID, [0])]))
        if "web_search" in offered:
            return reply(responses.searched(QUERY, [FOUND]), responses.cited(SAID, (SAID, FOUND, "On owls")))
        told = way.read(body)
        if told.seen.tools:
            return model(told)
        return reply("It turns left." if any(CANARY in words for words in told.words) else "All right.")

    return answer


async def ran(
    client: ClaudeCode,
    folders: tuple[Path, Path],
    way: Way,
    model: Callable[[Told], Reply],
    tool: str,
    *,
    settings: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
) -> ClaudeRun:
    """How one question went. AssertionError if the upstream refused anything."""
    work, home = folders
    async with way.upstream(script(way, model)) as upstream:
        chosen = {**way.settings(upstream), **(settings or {})}
        async with DragomanProcess(chosen, home) as dragoman:
            run = await client.run(
                "Find out.",
                dragoman.url,
                workdir=work,
                model=way.model,
                args=("--allowedTools", tool, "--settings", '{"skipWebFetchPreflight": true}'),
                extra_env=env,
            )
    assert upstream.violations == [], run.stderr
    assert [name for name, _ in run.tool_uses if name != "ToolSearch"] == [tool], run.story
    return run


@every_way
async def test_a_search_of_the_clients_finds_pages(
    claude_code: ClaudeCode, folders: tuple[Path, Path], way: Way
) -> None:
    """Gemini and Responses search by themselves; for Chat the operator's provider does."""
    async with SearxngServer(PAGES) as search:
        provider = {"SEARCH_PROVIDER": "searxng", "SEARCH_BASE_URL": search.url}
        run = await ran(claude_code, folders, way, searching, "WebSearch", settings=provider)
    assert run.result_text == "The sources arrived.", run.story
    assert len(search.asked) == (1 if way.name == "openai_chat" else 0)


async def test_a_search_without_a_provider_is_told_as_failed(
    claude_code: ClaudeCode, folders: tuple[Path, Path]
) -> None:
    def honest(told: Told) -> Reply:
        done = told.seen.calls
        if told.seen.tools == {"web_search"}:
            return reply("I could not search.") if done else reply(Call("web_search", {"query": QUERY}))
        return reply(done[-1].result) if done else reply(Call("WebSearch", {"query": QUERY}))

    run = await ran(claude_code, folders, WAYS[0], honest, "WebSearch")
    assert "unavailable" in run.result_text, run.story


@every_way
async def test_a_page_is_read_by_the_client_and_told_by_the_model(
    claude_code: ClaudeCode, folders: tuple[Path, Path], way: Way
) -> None:
    """The client fetches the page itself, and asks a model without tools what it says."""
    _, home = folders
    serving, _ = serving_as(home / "web.pem", HOST)

    async def answer(request: WireRequest) -> Answer:
        return page(f"<html><body><h1>Keys</h1><p>{CANARY}</p></body></html>".encode(), "text/html")

    async with WireServer(answer, tls=serving) as web, connect_proxy(web.port) as proxy:
        env = {"HTTPS_PROXY": proxy.url, "NODE_EXTRA_CA_CERTS": str(home / "web.pem")}
        run = await ran(claude_code, folders, way, reading, "WebFetch", env=env)
    assert run.result_text == "To the left.", run.story
    assert proxy.asked == [f"{HOST}:443"]
