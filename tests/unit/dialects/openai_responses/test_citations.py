import pytest

from dragoman.dialects.openai_responses.citations import search_query, search_result
from dragoman.dialects.web_search_tool import SearchTool

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


def test_blocked_domains_are_not_among_the_results():
    found = searched("https://bad.test/x", "https://good.test/x")
    assert [one["url"] for one in search_result("s", found, PICKY)["content"]] == ["https://good.test/x"]
