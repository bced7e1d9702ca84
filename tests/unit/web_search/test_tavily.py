"""web_search/tavily.py"""

from typing import Any

import pytest

from dragoman.relay.ports import Found, SearchQuery, WebFailure
from dragoman.web_search.tavily import (
    COUNTRIES,
    MOST_EXCLUDED,
    MOST_INCLUDED,
    read_found,
    read_refusal,
    write_search,
)
from dragoman.wire.exchange import header
from dragoman.wire.jsonbytes import JsonError, decode, encode

BASE = "https://api.tavily.com"


def written(**fields: object) -> dict[str, Any]:
    query = SearchQuery(**({"text": "q"} | fields))  # pyright: ignore[reportArgumentType]
    request = write_search(query, BASE, "test-key")
    assert (request.method, request.url) == ("POST", f"{BASE}/search")
    assert header(request.headers, "authorization") == "Bearer test-key"
    assert b"test-key" not in request.body
    return decode(request.body)


def test_a_search_is_one_post() -> None:
    assert written() == {"query": "q", "max_results": 10}


def test_domains_are_parameters_and_a_path_is_left_to_the_filter() -> None:
    assert written(
        allowed_domains=("b.example/x", "a.example", "b.example/y"),
        blocked_domains=("c.example", "a.example/z"),
    ) == {
        "query": "q",
        "max_results": 20,
        "include_domains": ["a.example", "b.example"],
        "exclude_domains": ["c.example"],
    }


def test_more_domains_than_tavily_takes() -> None:
    many = tuple(f"{number}.example" for number in range(MOST_INCLUDED + 1))
    assert len(written(allowed_domains=many[1:])["include_domains"]) == MOST_INCLUDED
    assert len(written(blocked_domains=many)["exclude_domains"]) == MOST_EXCLUDED
    with pytest.raises(WebFailure) as caught:
        written(allowed_domains=many)
    assert caught.value.code == "request_too_large"


@pytest.mark.parametrize(
    ("country", "sent"), [("de", "germany"), ("US", "united states"), ("AQ", None), ("", None)]
)
def test_a_country_goes_by_its_name(country: str, sent: str | None) -> None:
    assert written(country=country).get("country") == sent


def test_names_of_countries_are_in_lower_case_and_each_stands_once() -> None:
    assert all(len(code) == 2 and code.isupper() and name.islower() for code, name in COUNTRIES.items())
    assert len(set(COUNTRIES.values())) == len(COUNTRIES)


def test_results_are_read() -> None:
    page = {"url": "https://example.com/a", "title": "A", "content": "One &amp; two.", "score": 0.5}
    body = encode(
        {"query": "q", "results": [page, {**page, "published_date": "Mon, 02 Nov 2026"}, {"url": 3}, 4]}
    )
    first = Found(url="https://example.com/a", title="A", text="One & two.")
    assert read_found(body) == [
        first,
        Found(url=first.url, title="A", text=first.text, page_age="Mon, 02 Nov 2026"),
    ]


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"detail":{}}', b'{"results":{}}'])
def test_what_is_no_answer_raises(body: bytes) -> None:
    with pytest.raises(JsonError):
        read_found(body)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (432, b"{}", "too_many_requests"),
        (433, b"{}", "too_many_requests"),
        (
            400,
            b'{"detail":{"error":"Query is too long. Max query length is 400 characters."}}',
            "query_too_long",
        ),
        (400, b'{"detail":{"error":"Invalid country"}}', "invalid_tool_input"),
        (401, b"{}", "unavailable"),
        (429, b"<html>", "too_many_requests"),
    ],
)
def test_a_refusal_is_read(status: int, body: bytes, code: str) -> None:
    assert read_refusal(status, body).code == code
