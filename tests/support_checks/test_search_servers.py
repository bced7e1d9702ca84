"""The scripted search providers refuse what the vendors refuse."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.support.http_answer import Answer
from tests.support.http_wire import Connection, WireRequest
from tests.support.search_servers import KEY, BraveServer, Page, SearchServer, SearxngServer, TavilyServer

PAGES = [Page(f"https://example.com/{number}") for number in range(30)]
BRAVE_KEY = ("x-subscription-token", KEY)
TAVILY_KEY = ("authorization", f"Bearer {KEY}")


def ask(
    server: SearchServer,
    path: str,
    *headers: tuple[str, str],
    body: dict[str, Any] | None = None,
    **query: str,
) -> Answer:
    target = f"{path}?{urlencode(query)}" if query else path
    method, content = ("GET", b"") if body is None else ("POST", json.dumps(body).encode())
    return server.found(WireRequest(method, target, list(headers), content, Connection(0.0), 0.0))


def brave(*headers: tuple[str, str], **query: str) -> Answer:
    return ask(BraveServer(PAGES), "/res/v1/web/search", *headers, **query)


def read(answer: Answer) -> Any:
    [body] = answer.body
    assert isinstance(body, bytes)
    return json.loads(body)


def test_brave_finds_as_many_as_are_asked_for() -> None:
    assert len(read(brave(BRAVE_KEY, q="x", count="3"))["web"]["results"]) == 3
    assert "<strong>" in read(brave(BRAVE_KEY, q="x"))["web"]["results"][0]["description"]


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ((), {"q": "x"}),
        ((("x-subscription-token", "other"),), {"q": "x"}),
        ((BRAVE_KEY,), {"q": ""}),
        ((BRAVE_KEY,), {"q": "x" * 401}),
        ((BRAVE_KEY,), {"q": "x " * 51}),
        ((BRAVE_KEY,), {"q": "x", "count": "21"}),
        ((BRAVE_KEY,), {"q": "x", "country": "LI"}),
        ((BRAVE_KEY,), {"q": "x", "domains": "example.com"}),
    ],
)
def test_brave_refuses(headers: tuple[tuple[str, str], ...], query: dict[str, str]) -> None:
    assert brave(*headers, **query).status == 422


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ((TAVILY_KEY,), {"query": "x"}, 200),
        ((), {"query": "x"}, 401),
        ((TAVILY_KEY,), {"query": "x" * 401}, 400),
        ((TAVILY_KEY,), {"query": "x", "max_results": 21}, 400),
        ((TAVILY_KEY,), {"query": "x", "country": "DE"}, 400),
        ((TAVILY_KEY,), {"query": "x", "domains": []}, 400),
        ((TAVILY_KEY,), {"query": "x", "include_domains": ["a"] * 301}, 400),
        ((TAVILY_KEY,), {"query": "x", "exclude_domains": ["a"] * 151}, 400),
    ],
)
def test_tavily_refuses(headers: tuple[tuple[str, str], ...], body: dict[str, Any], status: int) -> None:
    assert ask(TavilyServer(PAGES), "/search", *headers, body=body).status == status


@pytest.mark.parametrize(
    ("query", "status"),
    [({"q": "x", "format": "json"}, 200), ({"format": "json"}, 400), ({"q": "x", "format": "rss"}, 403)],
)
def test_searxng_refuses(query: dict[str, str], status: int) -> None:
    assert ask(SearxngServer(PAGES), "/search", **query).status == status


def test_each_is_found_at_its_own_path_only() -> None:
    assert ask(BraveServer(), "/search", BRAVE_KEY, q="x").status == 404
    assert ask(TavilyServer(), "/v1/search", TAVILY_KEY, body={"query": "x"}).status == 404
    assert ask(SearxngServer(), "/searx/search", q="x", format="json").status == 404
