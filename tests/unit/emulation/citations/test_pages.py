import pytest

from dragoman.emulation.citations.markers import Marker
from dragoman.emulation.citations.pages import FIRST_PAGE, LONGEST_CITED, Pages
from dragoman.emulation.citations.sources import Part, Source, Sources
from dragoman.emulation.tool_results import error_block, found_block, references_block, search_result


def found(*texts: str):
    pages = [
        search_result(f"https://{place}.example", f"T{place}", text, None) for place, text in enumerate(texts)
    ]
    return found_block("srvtoolu_1", pages)


def number(place: int) -> Marker:
    return Marker(FIRST_PAGE + place, 1, 1)


def test_pages_are_counted_on_over_all_searches():
    pages = Pages(None)
    assert pages.labels(found("a", "b")) == [number(0).text, number(1).text]
    assert pages.labels(found("c")) == [number(2).text]
    cited = pages.citation(number(2))
    assert cited is not None
    assert (cited["type"], cited["url"], cited["title"], cited["cited_text"]) == (
        "web_search_result_location",
        "https://0.example",
        "T0",
        "c",
    )


def test_a_citation_goes_back_as_the_marker_that_it_came_from():
    pages = Pages(None)
    pages.labels(found("a", "b"))
    cited = pages.citation(number(1))
    assert cited is not None
    assert Sources(()).markers([cited]) == number(1).text


@pytest.mark.parametrize("index", ["", "Eo8BCioIAhgB", "dgt1.", "dgt1.x", "dgt1.123456", None, 7])
def test_a_citation_of_others_goes_back_as_nothing(index):
    assert Sources(()).markers([{"type": "web_search_result_location", "encrypted_index": index}]) == ""


def test_long_pages_are_cited_by_their_beginning():
    pages = Pages(None)
    pages.labels(found("a" * 999))
    cited = pages.citation(number(0))
    assert cited is not None
    assert cited["cited_text"] == "a" * LONGEST_CITED


@pytest.mark.parametrize(
    "marker", [number(1), Marker(FIRST_PAGE, 2, 2), Marker(FIRST_PAGE, 1, 2), Marker(1, 1, 1)]
)
def test_what_is_not_there_cannot_be_cited(marker):
    pages = Pages(None)
    pages.labels(found("a"))
    assert pages.citation(marker) is None


def test_the_clients_sources_are_cited_as_ever():
    sources = Sources([Source("char_location", 0, "D", (Part(0, 4, "Owls"),), "Owls")])
    cited = Pages(sources).citation(Marker(1, 1, 1))
    assert cited is not None
    assert cited["cited_text"] == "Owls"


@pytest.mark.parametrize(
    "block", [error_block("web_search", "srvtoolu_1", "unavailable"), references_block("srvtoolu_1", ["a"])]
)
def test_other_results_have_no_pages(block):
    assert Pages(None).labels(block) == []
