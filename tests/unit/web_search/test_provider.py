"""web_search/provider.py, over the real client and sockets"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

import pytest

from dragoman.messages.errors import ApiError, UpstreamFailure
from dragoman.relay.ports import SearchQuery, WebFailure
from dragoman.upstream.client import HttpUpstream
from dragoman.web_search.provider import APIS, LARGEST_ANSWER, SearchProvider
from tests.support.http_answer import Answer, Cut, Stall, html_answer, json_answer
from tests.support.ports import FakeReply, FakeUpstream
from tests.support.search_servers import (
    KEY,
    BraveServer,
    Page,
    SearchServer,
    SearxngServer,
    TavilyServer,
    parameters,
)

SERVERS: dict[str, type[SearchServer]] = {
    "brave": BraveServer,
    "tavily": TavilyServer,
    "searxng": SearxngServer,
}
PAGES = [
    Page("https://example.com/blog/1", "First", ("One.", "More.")),
    Page("https://other.example/", "Second"),
    Page("https://docs.example.com/x", "Third"),
]


@pytest.fixture
async def upstream() -> AsyncIterator[HttpUpstream]:
    async with HttpUpstream() as client:
        yield client


def provider(name: str, server: SearchServer, upstream: HttpUpstream, **fields: float) -> SearchProvider:
    return SearchProvider(name, upstream, KEY, server.url, **fields)


async def failure_of(provider: SearchProvider, query: SearchQuery) -> WebFailure:
    with pytest.raises(WebFailure) as caught:
        await provider.search(query)
    return caught.value


def test_every_provider_has_a_scripted_server():
    assert SERVERS.keys() == APIS.keys()


@pytest.mark.parametrize("name", SERVERS)
async def test_a_search_finds_pages(name, upstream):
    async with SERVERS[name](PAGES) as server:
        found = await provider(name, server, upstream).search(
            SearchQuery(text="größte Städte?", country="de")
        )
        assert [(page.url, page.title) for page in found] == [(page.url, page.title) for page in PAGES]
        assert found[0].text == ("One.\nMore." if name == "brave" else "One.")
        assert found[0].page_age == (None if name == "tavily" else "2026-11-01T00:00:00")


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize(
    ("domains", "urls"),
    [
        ({"allowed_domains": ("example.com",)}, ["https://example.com/blog/1", "https://docs.example.com/x"]),
        ({"allowed_domains": ("example.com/blog",)}, ["https://example.com/blog/1"]),
        ({"blocked_domains": ("example.com",)}, ["https://other.example/"]),
        ({"allowed_domains": ("nothing.example",)}, []),
    ],
)
async def test_domains_hold_also_where_the_provider_does_not_keep_to_them(name, upstream, domains, urls):
    async with SERVERS[name](PAGES) as server:
        found = await provider(name, server, upstream).search(SearchQuery(text="q", **domains))
        assert [page.url for page in found] == urls


@pytest.mark.parametrize("name", SERVERS)
async def test_at_most_ten_pages_are_found_on_one_connection(name, upstream):
    pages = [Page(f"https://example.com/{number}") for number in range(40)]
    async with SERVERS[name](pages) as server:
        searching = provider(name, server, upstream)
        for _ in range(2):
            assert len(await searching.search(SearchQuery(text="q", allowed_domains=("example.com",)))) == 10
        assert len(server.wire.connections) == 1


@pytest.mark.parametrize("name", SERVERS)
async def test_a_query_of_four_hundred_characters_is_the_longest(name, upstream):
    async with SERVERS[name](PAGES) as server:
        searching = provider(name, server, upstream)
        assert await searching.search(SearchQuery(text="ü" * 400, allowed_domains=("example.com",)))
        assert (await failure_of(searching, SearchQuery(text="x" * 401))).code == "query_too_long"
        assert (await failure_of(searching, SearchQuery(text=" \n"))).code == "invalid_tool_input"
        assert len(server.asked) == 1


@pytest.mark.parametrize("name", SERVERS)
async def test_a_domain_that_is_none_is_invalid_input(name, upstream):
    async with SERVERS[name](PAGES) as server:
        query = SearchQuery(text="q", allowed_domains=("https://example.com",))
        assert (await failure_of(provider(name, server, upstream), query)).code == "invalid_tool_input"


@pytest.mark.parametrize("name", ["brave", "tavily"])
async def test_a_wrong_key_is_told_to_the_operator_and_never_shown(name, upstream, caplog):
    async with SERVERS[name](PAGES) as server:
        with caplog.at_level(logging.WARNING, "dragoman.web_search"):
            failure = await failure_of(
                SearchProvider(name, upstream, "canary-key", server.url), SearchQuery(text="canary-query")
            )
        assert failure.code == "unavailable"
        assert "SEARCH_API_KEY" in failure.reason
        assert failure.reason in caplog.text
        assert "canary" not in caplog.text + failure.reason
        assert "127.0.0.1" not in caplog.text + failure.reason


async def test_a_mistake_of_the_models_is_no_news_for_the_operator(upstream, caplog):
    async with BraveServer() as server:
        await failure_of(provider("brave", server, upstream), SearchQuery(text="w " * 60))
        assert caplog.text == ""


async def test_searxng_without_json_says_what_to_set(upstream):
    async with SearxngServer(PAGES, formats=("html",)) as server:
        failure = await failure_of(provider("searxng", server, upstream), SearchQuery(text="q"))
        assert failure.code == "unavailable"
        assert "search.formats" in failure.reason


async def test_a_redirect_is_not_followed(upstream):
    async with SearxngServer(PAGES) as server:
        failure = await failure_of(provider("searxng", server, upstream), SearchQuery(text="!!g q"))
        assert failure.code == "invalid_tool_input"
        assert len(server.asked) == 1


async def test_the_key_goes_to_brave_in_its_header_only(upstream):
    async with BraveServer(PAGES) as server:
        await provider("brave", server, upstream).search(SearchQuery(text="q"))
        [request] = server.asked
        assert [name for name, value in request.headers if KEY in value] == ["x-subscription-token"]
        assert KEY not in request.target
        assert parameters(request)["count"] == "10"


@pytest.mark.parametrize("name", SERVERS)
@pytest.mark.parametrize(
    ("instead", "code"),
    [
        pytest.param(json_answer({}, 429), "too_many_requests", id="429"),
        pytest.param(html_answer(502), "unavailable", id="502"),
        pytest.param(html_answer(), "unavailable", id="no JSON"),
        pytest.param(json_answer([]), "unavailable", id="other JSON"),
        pytest.param(json_answer({}, 413), "request_too_large", id="413"),
        pytest.param(Answer(body=(b'{"results":[', Cut()), framing="chunked"), "unavailable", id="cut"),
        pytest.param(
            Answer(body=(b'{"type":"search","results":[]}' + b" " * LARGEST_ANSWER,)),
            "unavailable",
            id="too large",
        ),
    ],
)
async def test_every_fault_is_one_of_the_apis_codes(name, upstream, instead, code):
    async with SERVERS[name](PAGES) as server:
        server.instead = instead
        searching = provider(name, server, upstream)
        failure = await failure_of(searching, SearchQuery(text="q"))
        assert failure.code == code
        assert "127.0.0.1" not in failure.reason
        assert await searching.search(SearchQuery(text="q"))


@pytest.mark.parametrize("steps", [(Stall(),), (b"{", Stall())], ids=["head", "body"])
async def test_a_silent_provider_is_left_after_a_time(upstream, steps):
    async with TavilyServer(PAGES) as server:
        server.instead = Answer(
            body=steps, framing="chunked", before_head=steps[:1] if len(steps) == 1 else ()
        )
        failure = await failure_of(provider("tavily", server, upstream, seconds=0.1), SearchQuery(text="q"))
        assert (failure.code, failure.reason) == ("unavailable", "tavily did not answer within 0.1 seconds")
        await server.wire.connections[0].client_hung_up()


async def test_a_provider_that_is_not_there_is_unavailable(upstream):
    async with TavilyServer() as server:
        gone = server.url
    failure = await failure_of(SearchProvider("tavily", upstream, KEY, gone), SearchQuery(text="q"))
    assert (failure.code, failure.reason) == ("unavailable", "tavily could not be asked (unreachable)")


async def test_the_reply_is_let_go_however_it_ends():
    broken = UpstreamFailure("broke_midway", ApiError(502, "cut"))
    for reply in (FakeReply(200, (), [b'{"results":[]}']), FakeReply(200, (), [broken])):
        upstream = FakeUpstream(reply)
        with contextlib.suppress(WebFailure):
            await SearchProvider("tavily", upstream, KEY, None).search(SearchQuery(text="q"))
        assert reply.closed == 1
        assert upstream.requests[0].url == "https://api.tavily.com/search"


async def test_a_search_that_is_cancelled_stays_cancelled():
    upstream = FakeUpstream(asyncio.Event())
    task = asyncio.ensure_future(SearchProvider("tavily", upstream, KEY, None).search(SearchQuery(text="q")))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
