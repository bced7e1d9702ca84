import base64

import pytest

from dragoman.dialects.found_pages import (
    cited_span,
    found_block,
    found_page,
    is_wanted,
    url_citation,
)
from dragoman.dialects.web_search_tool import SearchTool

SEARCH = SearchTool("web_search")
PICKY = SearchTool("web_search", ("bad.test",))


def test_a_page_carries_what_it_says():
    page = found_page("https://a.test/x", "A", "Owls hunt at night. é")
    carried = page.pop("encrypted_content")
    assert page == {"type": "web_search_result", "url": "https://a.test/x", "title": "A", "page_age": None}
    assert base64.urlsafe_b64decode(carried.removeprefix("dgt1.")).decode() == "Owls hunt at night. é"


@pytest.mark.parametrize("nothing", [None, "", 5, ["x"]])
def test_a_page_of_which_nothing_is_told_has_its_address(nothing):
    page = found_page("https://a.test/x/", nothing, nothing)
    assert (page["title"], page["encrypted_content"]) == ("a.test/x", "")


def test_an_address_that_is_none_is_its_own_title():
    assert found_page("https://[bad")["title"] == "https://[bad"
    assert found_page("")["title"] == ""


def test_the_pages_are_the_result_of_their_search():
    page = found_page("https://a.test")
    assert found_block("srvtoolu_1", iter([page])) == {
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_1",
        "content": [page],
    }


@pytest.mark.parametrize(
    ("start", "end", "span"),
    [(0, 3, (0, 3)), (0, 0, None), (3, 2, None), (-1, 2, None), (None, 2, None), (0, "2", None)],
)
def test_a_span_has_a_beginning_and_an_end(start, end, span):
    assert cited_span({"start_index": start, "end_index": end}) == span


def test_whoever_blocks_nothing_wants_every_page():
    assert is_wanted("https://[bad", SEARCH)


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
    assert is_wanted(url, PICKY) is shown
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
