import pytest

from dragoman.emulation.citations.markers import Marker
from dragoman.emulation.citations.sources import Part, Source, Sources

TEXT = "Grass is green.  Sky is blue."
PLAIN = Source("char_location", 3, "Colours", (Part(0, 15, TEXT[:15]), Part(17, 29, TEXT[17:])), TEXT)
BLOCKS = Source("content_block_location", 4, None, (Part(0, 1, "one"), Part(2, 3, "two")))
FOUND = Source(
    "search_result_location", 0, "Owls", (Part(0, 1, "a"), Part(1, 2, "b")), url="https://owls.example"
)
SOURCES = Sources([PLAIN, BLOCKS, FOUND])


@pytest.mark.parametrize(
    ("marker", "citation"),
    [
        (
            Marker(1, 2, 2),
            {
                "type": "char_location",
                "cited_text": "Sky is blue.",
                "document_index": 3,
                "document_title": "Colours",
                "file_id": None,
                "start_char_index": 17,
                "end_char_index": 29,
            },
        ),
        (
            Marker(2, 1, 2),
            {
                "type": "content_block_location",
                "cited_text": "onetwo",
                "document_index": 4,
                "document_title": None,
                "file_id": None,
                "start_block_index": 0,
                "end_block_index": 3,
            },
        ),
        (
            Marker(3, 2, 2),
            {
                "type": "search_result_location",
                "cited_text": "b",
                "source": "https://owls.example",
                "title": "Owls",
                "search_result_index": 0,
                "start_block_index": 1,
                "end_block_index": 2,
            },
        ),
    ],
)
def test_a_marker_becomes_a_citation_and_a_citation_the_marker(marker, citation):
    assert SOURCES.citation(marker) == citation
    assert SOURCES.markers([citation]) == marker.text


def test_a_range_of_sentences_cites_what_stands_between_them_too():
    citation = SOURCES.citation(Marker(1, 1, 2))
    assert citation is not None
    assert citation["cited_text"] == TEXT


@pytest.mark.parametrize(
    "marker",
    [Marker(0, 1, 1), Marker(4, 1, 1), Marker(1, 0, 1), Marker(1, 3, 3), Marker(1, 1, 3), Marker(1, 2, 1)],
)
def test_a_marker_that_names_nothing_is_no_citation(marker):
    assert SOURCES.citation(marker) is None


def test_a_place_that_another_backend_cited_is_found_by_the_sentences_that_it_covers():
    """Anthropic's own citations end behind the blank."""
    cited = {"type": "char_location", "document_index": 3, "start_char_index": 0, "end_char_index": 17}
    assert SOURCES.markers([cited]) == "【1-1】"


@pytest.mark.parametrize(
    "citation",
    [
        {},
        {"type": "web_search_result_location", "url": "https://owls.example"},
        {"type": "char_location", "document_index": 4, "start_char_index": 0, "end_char_index": 5},
        {"type": "char_location", "document_index": 3, "start_char_index": 5, "end_char_index": 5},
        {"type": "char_location", "document_index": 3, "start_char_index": 0, "end_char_index": 30},
        {"type": "char_location", "document_index": 3, "start_char_index": "0", "end_char_index": 5},
        {"type": "content_block_location", "document_index": 4, "start_block_index": 0, "end_block_index": 4},
        {"type": "search_result_location", "search_result_index": None},
        {"type": ["char_location"]},
    ],
)
def test_a_citation_of_anything_else_has_no_marker(citation):
    assert SOURCES.markers([citation]) == ""
