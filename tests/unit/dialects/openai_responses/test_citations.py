import pytest

from dragoman.dialects.openai_responses.citations import search_query, search_result, url_citation
from dragoman.dialects.openai_responses.shapes import SearchTool

SEARCH = SearchTool("web_search")
PICKY = SearchTool("web_search", ("bad.test",))


def searched(*urls, **fields):
    sources = [{"type": "url", "url": url} for url in urls]
    return {"status": "completed", "action": {"type": "search", "sources": sources}, **fields}


@pytest.mark.parametrize(
    ("action", "query"),
    [
        ({"query": "q"}, "q"),
        ({"query": "q", "queries": ["a", "b"]}, "q"),
        ({"query": "", "queries": ["a"]}, "a"),
        ({"queries": "x"}, ""),
        ({}, ""),
    ],
)
def test_the_query_is_what_was_searched_for(action, query):
    assert search_query(action) == query


def test_sources_become_results_with_a_title_made_of_the_address():
    result = search_result("srvtoolu_1", searched("https://a.test/x/y/", "https://b.test"), SEARCH)
    assert result == {
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_1",
        "content": [
            {
                "type": "web_search_result",
                "url": url,
                "title": title,
                "encrypted_content": "",
                "page_age": None,
            }
            for url, title in (("https://a.test/x/y/", "a.test/x/y"), ("https://b.test", "b.test"))
        ],
    }


def test_no_sources_are_no_results():
    assert search_result("s", {"action": {"type": "search"}}, SEARCH)["content"] == []


def test_a_source_that_comes_twice_is_one_result():
    assert len(search_result("s", searched("https://a.test", "https://a.test"), SEARCH)["content"]) == 1


def test_a_failed_search_is_unavailable():
    content = search_result("s", searched("https://a.test", status="failed"), SEARCH)["content"]
    assert content == {"type": "web_search_tool_result_error", "error_code": "unavailable"}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://bad.test/x", False),
        ("https://www.bad.test/x", False),
        ("https://notbad.test/x", True),
        ("https://good.test/bad.test", True),
        ("https://[bad", False),
    ],
)
def test_blocked_domains_and_their_subdomains_are_not_shown(url, shown):
    assert bool(search_result("s", searched(url), PICKY)["content"]) is shown
    assert (url_citation({"url": url}, "text", PICKY) is not None) is shown


def test_a_citation_quotes_its_piece_of_the_text():
    found = {"url": "https://a.test", "title": "A", "start_index": 2, "end_index": 6}
    assert url_citation(found, "In Bern, yes", SEARCH) == {
        "type": "web_search_result_location",
        "url": "https://a.test",
        "title": "A",
        "encrypted_index": "",
        "cited_text": " Ber",
    }


def test_a_long_quotation_is_cut():
    found = {"url": "https://a.test", "start_index": 0, "end_index": 400}
    citation = url_citation(found, "x" * 400, SEARCH)
    assert citation is not None
    assert len(citation["cited_text"]) == 150


@pytest.mark.parametrize(
    "place", [{}, {"start_index": 3, "end_index": 3}, {"start_index": "0", "end_index": 2}]
)
def test_a_citation_without_a_place_quotes_nothing(place):
    citation = url_citation({"url": "https://a.test/p"} | place, "text", SEARCH)
    assert citation is not None
    assert (citation["cited_text"], citation["title"]) == ("", "a.test/p")


def test_a_citation_without_an_address_is_none():
    assert url_citation({"url": 5}, "text", SEARCH) is None
