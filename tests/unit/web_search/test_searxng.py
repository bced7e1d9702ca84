"""web_search/searxng.py"""

from urllib.parse import parse_qs

import pytest

from dragoman.relay.ports import Found, SearchQuery
from dragoman.web_search.searxng import read_found, read_refusal, write_search
from dragoman.wire.jsonbytes import JsonError, encode

BASE = "http://search.example.com/searxng"


def test_a_search_is_one_get_without_key() -> None:
    request = write_search(SearchQuery(text="a & b", country="DE"), BASE, "test-key")
    assert "test-key" not in repr(request)
    address, _, parameters = request.url.partition("?")
    assert (request.method, address) == ("GET", f"{BASE}/search")
    assert parse_qs(parameters, strict_parsing=True) == {"q": ["a & b"], "format": ["json"]}


def test_domains_become_operators() -> None:
    query = SearchQuery(text="q", allowed_domains=("a.example",), blocked_domains=("b.a.example",))
    assert "q=q+site%3Aa.example+-site%3Ab.a.example&" in write_search(query, BASE, "").url


def test_results_are_read() -> None:
    page = {"url": "https://example.com/a", "title": "A", "content": "One.", "publishedDate": None}
    body = encode(
        {"results": [page, {**page, "publishedDate": "2026-11-01T00:00:00"}, {"url": "ftp://x.example"}]}
    )
    first = Found(url="https://example.com/a", title="A", text="One.")
    assert read_found(body) == [
        first,
        Found(url=first.url, title="A", text="One.", page_age="2026-11-01T00:00:00"),
    ]


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"error":"No query"}'])
def test_what_is_no_answer_raises(body: bytes) -> None:
    with pytest.raises(JsonError):
        read_found(body)


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (403, "unavailable", "search.formats"),
        (302, "invalid_tool_input", "`!!`"),
        (429, "too_many_requests", "HTTP 429"),
        (500, "unavailable", "HTTP 500"),
    ],
)
def test_a_refusal_says_what_to_do(status: int, code: str, word: str) -> None:
    failure = read_refusal(status, b"")
    assert failure.code == code
    assert word in failure.reason
