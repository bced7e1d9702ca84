"""web_search/brave.py"""

from urllib.parse import parse_qs, urlsplit

import pytest

from dragoman.relay.ports import Found, SearchQuery, WebFailure
from dragoman.web_search.brave import read_found, read_refusal, write_search
from dragoman.wire.exchange import header
from dragoman.wire.jsonbytes import JsonError, encode

BASE = "https://api.search.brave.com"


def written(**fields: object) -> dict[str, str]:
    query = SearchQuery(**({"text": "q"} | fields))  # pyright: ignore[reportArgumentType]
    request = write_search(query, BASE, "test-key")
    assert (request.method, request.body, header(request.headers, "x-subscription-token")) == (
        "GET",
        b"",
        "test-key",
    )
    address, _, parameters = request.url.partition("?")
    assert address == f"{BASE}/res/v1/web/search"
    return {name: value for name, [value] in parse_qs(parameters, strict_parsing=True).items()}


def test_a_search_is_one_get() -> None:
    assert written(text="größte & kleinste?") == {
        "q": "größte & kleinste?",
        "count": "10",
        "result_filter": "web",
        "text_decorations": "false",
        "extra_snippets": "true",
    }


def test_the_key_is_in_no_url() -> None:
    assert "test-key" not in write_search(SearchQuery(text="q"), BASE, "test-key").url


def test_domains_become_operators() -> None:
    asked = written(allowed_domains=("b.example/x", "a.example"), blocked_domains=("c.a.example",))
    assert asked["q"] == "q site:a.example OR site:b.example NOT site:c.a.example"
    assert asked["count"] == "20"


@pytest.mark.parametrize(("country", "sent"), [("de", "DE"), ("US", "US"), ("LI", "ALL"), ("", None)])
def test_a_country_that_brave_does_not_know_is_all(country: str, sent: str | None) -> None:
    assert written(country=country).get("country") == sent


def test_more_than_fifty_words_are_too_long() -> None:
    assert written(text="w " * 50)
    with pytest.raises(WebFailure) as caught:
        written(text="w " * 51)
    assert caught.value.code == "query_too_long"


def answer(*results: object) -> bytes:
    return encode({"type": "search", "web": {"type": "search", "results": list(results)}})


def test_results_are_read() -> None:
    page = {
        "url": "https://example.com/a",
        "title": "A &amp; <strong>B</strong>",
        "description": "One.",
        "extra_snippets": ["Two.", "One.", 3],
        "page_age": "2026-11-01T10:00:00",
        "age": "3 weeks ago",
    }
    assert read_found(answer(page)) == [
        Found(url="https://example.com/a", title="A & B", text="One.\nTwo.", page_age="2026-11-01T10:00:00")
    ]


def test_odd_results_are_read_as_far_as_they_can_be() -> None:
    body = answer(
        None, {"title": "no URL"}, {"url": "javascript:x"}, {"url": "https://a.example", "title": 3}
    )
    assert read_found(body) == [Found(url="https://a.example", title="")]
    assert read_found(encode({"type": "search"})) == []


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"type":"ErrorResponse"}', b""])
def test_what_is_no_answer_raises(body: bytes) -> None:
    with pytest.raises(JsonError):
        read_found(body)


@pytest.mark.parametrize(
    ("status", "code", "meaning"),
    [
        (422, "SUBSCRIPTION_TOKEN_INVALID", "unavailable"),
        (400, "OPTION_NOT_IN_PLAN", "unavailable"),
        (422, "VALIDATION", "invalid_tool_input"),
        (429, "RATE_LIMITED", "too_many_requests"),
    ],
)
def test_a_refusal_is_read_by_its_code(status: int, code: str, meaning: str) -> None:
    failure = read_refusal(status, encode({"type": "ErrorResponse", "error": {"code": code}}))
    assert failure.code == meaning
    assert ("SEARCH_API_KEY" in failure.reason) is (meaning == "unavailable")


def test_a_refusal_in_html_is_read_by_its_status() -> None:
    assert read_refusal(503, b"<html>").code == "unavailable"
    assert urlsplit(BASE).hostname not in read_refusal(503, b"<html>").reason
