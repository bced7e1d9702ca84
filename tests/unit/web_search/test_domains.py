"""web_search/domains.py"""

import pytest

from dragoman.relay.ports import Found, SearchQuery, WebFailure
from dragoman.web_search.domains import (
    MOST_ASKED,
    MOST_FOUND,
    asked_for,
    permitted,
    read_domain,
    with_sites,
)


def test_what_is_no_domain_is_invalid_input() -> None:
    with pytest.raises(WebFailure) as caught:
        read_domain("https://example.com")
    assert caught.value.code == "invalid_tool_input"


def found(*urls: str) -> list[Found]:
    return [Found(url=url, title="") for url in urls]


def test_results_are_kept_in_order_and_by_domain() -> None:
    pages = found("https://a.example/1", "https://b.example/1", "https://a.example/2", "https://x.a.example/")
    allowed = SearchQuery(text="q", allowed_domains=("a.example",), blocked_domains=("a.example/1",))
    assert [page.url for page in permitted(pages, allowed)] == ["https://a.example/2", "https://x.a.example/"]
    assert permitted(pages, SearchQuery(text="q")) == pages


def test_there_are_at_most_ten_results_and_more_are_asked_for_where_some_are_filtered_out() -> None:
    pages = found(*(f"https://a.example/{number}" for number in range(20)))
    assert permitted(pages, SearchQuery(text="q")) == pages[:MOST_FOUND]
    assert asked_for(SearchQuery(text="q")) == MOST_FOUND
    assert asked_for(SearchQuery(text="q", blocked_domains=("a.example",))) == MOST_ASKED


def sites(allowed: tuple[str, ...], blocked: tuple[str, ...] = (), longest: int = 400) -> str:
    query = SearchQuery(text="q r", allowed_domains=allowed, blocked_domains=blocked)
    return with_sites(query, minus="NOT ", longest=longest, most_words=8)


def test_few_domains_become_operators() -> None:
    assert sites(()) == "q r"
    assert sites(("b.example/x", "a.example", "b.example/y")) == "q r site:a.example OR site:b.example"
    assert sites((), ("a.example",)) == "q r NOT site:a.example"


def test_a_host_of_which_one_path_is_blocked_is_searched() -> None:
    assert sites((), ("a.example/x",)) == "q r"


@pytest.mark.parametrize(
    ("allowed", "longest"),
    [
        pytest.param(tuple(f"{letter}.example" for letter in "abcdef"), 400, id="many"),
        pytest.param(("a.example",), 10, id="characters"),
        pytest.param(tuple(f"{letter}.example" for letter in "abcde"), 400, id="words"),
    ],
)
def test_operators_that_do_not_fit_are_left_out(allowed: tuple[str, ...], longest: int) -> None:
    assert sites(allowed, longest=longest) == "q r"
