import pytest

from dragoman.dialects.gemini.grounding import NOT_RETURNED, Source, is_wanted
from dragoman.dialects.gemini.shapes import Domains
from dragoman.messages.events import CitationsDelta, ContentBlockDelta
from tests.support.gemini_reading import call, chunk, end, hear, payload_of, play, signatures_in, text

REDIRECT = "https://vertexaisearch.cloud.google.com/grounding-api-redirect/"


def web(title="a.org", url=None, **more):
    return {"web": {"uri": REDIRECT + title if url is None else url, "title": title, **more}}


def support(text, start, end, *chunks):
    """Proto JSON leaves out a zero."""
    segment = {"text": text, "endIndex": end} | ({"startIndex": start} if start else {})
    return {"segment": segment, "groundingChunkIndices": list(chunks)}


def found(*sources, queries=("q1",), supports=()):
    metadata = {
        "webSearchQueries": list(queries),
        "groundingChunks": list(sources),
        "groundingSupports": list(supports),
    }
    return end(groundingMetadata=metadata)


def cited(block):
    return [(one["url"].removeprefix(REDIRECT), one["cited_text"]) for one in block.get("citations", ())]


def texts_and_citations(heard):
    return [(block["text"], cited(block)) for block in heard.content if block["type"] == "text"]


def held(said, *supports):
    """An answer whose text waited for its sources."""
    sources = found(web("a.org"), web("b.org"), supports=supports)
    return texts_and_citations(hear(text(said), sources, holds_text=True, searches=True))


# Where the text waits


def test_search_comes_before_text_that_waited():
    heard = hear(text("Hi."), found(web()), holds_text=True, searches=True)
    use, told, said = heard.content
    assert use["type"] == "server_tool_use"
    assert use["id"].startswith("srvtoolu_")
    assert (use["name"], use["input"]) == ("web_search", {"query": "q1"})
    assert told == {
        "type": "web_search_tool_result",
        "tool_use_id": use["id"],
        "content": [
            {
                "type": "web_search_result",
                "url": REDIRECT + "a.org",
                "title": "a.org",
                "encrypted_content": "",
                "page_age": None,
            }
        ],
    }
    assert said == {"type": "text", "text": "Hi."}
    assert heard.stop_reason == "end_turn"


def test_text_that_waited_is_cut_at_its_citations():
    said = "One. Two. Three."
    assert held(said, support("Two.", 5, 9, 1)) == [
        ("One. ", []),
        ("Two.", [("b.org", "Two.")]),
        (" Three.", []),
    ]


def test_citation_is_in_the_shape_of_the_api():
    heard = hear(text("Hi."), found(web(), supports=[support("Hi.", 0, 3, 0)]), holds_text=True)
    assert heard.content[-1]["citations"] == [
        {
            "type": "web_search_result_location",
            "url": REDIRECT + "a.org",
            "title": "a.org",
            "encrypted_index": "",
            "cited_text": "Hi.",
        }
    ]


def test_offsets_are_bytes_of_utf8():
    said = "Zürich 😀 ist schön. Ja."
    start = len("Zürich 😀 ".encode())
    piece = "ist schön."
    assert held(said, support(piece, start, start + len(piece.encode()), 0)) == [
        ("Zürich 😀 ", []),
        (piece, [("a.org", piece)]),
        (" Ja.", []),
    ]


def test_several_sources_of_one_piece_are_all_cited():
    assert held("Hi.", support("Hi.", 0, 3, 0, 1)) == [("Hi.", [("a.org", "Hi."), ("b.org", "Hi.")])]


def test_citations_that_follow_each_other_leave_no_blank_block():
    said = "One.\nTwo.\n"
    assert held(said, support("One.", 0, 4, 0), support("Two.", 5, 9, 1)) == [
        ("One.", [("a.org", "One.")]),
        ("\nTwo.\n", [("b.org", "Two.")]),
    ]


@pytest.mark.parametrize("place", [(3, 7), (500, 504), (9, 5), (-3, 1), ("x", None)])
def test_piece_at_a_wrong_place_is_found_by_its_text(place):
    assert held("One. Two.", support("Two.", *place, 0)) == [("One. ", []), ("Two.", [("a.org", "Two.")])]


def test_pieces_are_in_the_order_of_the_text_however_they_are_told():
    supports = [support("Two.", 900, 904, 1), support("One.", 0, 4, 0)]
    assert held("One. Two.", *supports) == [("One.", [("a.org", "One.")]), (" Two.", [("b.org", "Two.")])]


@pytest.mark.parametrize(
    "bad",
    [
        support("Nowhere.", 0, 8, 0),
        support("", 1, 500, 7),
        support("", 700, 800, 0),
        support("", 1, 2, 0),
        {"segment": None},
        {"groundingChunkIndices": [0]},
        {"segment": {"text": "ü"}, "groundingChunkIndices": [-1, 99, "x", None]},
        7,
        None,
    ],
)
def test_what_cannot_be_placed_leaves_the_text_as_it_is(bad):
    assert held("ü b", bad) == [("ü b", [])]


def test_piece_without_its_text_is_placed_by_its_offsets():
    assert held("One. Two.", support("", 5, 9, 0)) == [("One. ", []), ("Two.", [("a.org", "")])]


def test_pieces_that_overlap_share_a_block_and_lose_no_source():
    supports = [support("One. Two.", 0, 9, 0), support("Two. Three.", 5, 16, 1), support("Two.", 5, 9, 1)]
    said = held("One. Two. Three.", *supports)
    assert "".join(piece for piece, _ in said) == "One. Two. Three."
    assert said[0] == ("One. Two.", [("a.org", "One. Two."), ("b.org", "Two."), ("b.org", "Two. Three.")])


@pytest.mark.parametrize("start", range(-2, 12))
@pytest.mark.parametrize("end_", range(-2, 14, 3))
def test_no_offset_changes_the_text(start, end_):
    said = "aü😀 \nb."
    pieces = held(said, support("", start, end_, 0), support("b", start, end_, 1))
    assert "".join(piece for piece, _ in pieces) == said
    assert all(piece.strip() for piece, _ in pieces)


# Where it does not wait


def test_citations_of_streamed_text_come_at_its_end_and_the_search_after_it():
    heard = hear(text("On"), text("e."), found(web(), supports=[support("One.", 0, 4, 0)]), searches=True)
    assert heard.kinds == ["text", "server_tool_use", "web_search_tool_result"]
    assert texts_and_citations(heard) == [("One.", [("a.org", "One.")])]
    deltas = [event.delta for event in heard.events if isinstance(event, ContentBlockDelta)]
    assert isinstance(deltas[2], CitationsDelta)


def test_searches_are_counted():
    heard = hear(text("a"), found(web(), queries=("q1", "q2")))
    assert heard.message["usage"]["server_tool_use"] == {"web_search_requests": 2}
    assert heard.content[1]["input"] == {"query": "q1; q2"}


@pytest.mark.parametrize(
    "metadata", [None, {}, {"webSearchQueries": None}, {"searchEntryPoint": {"renderedContent": "x"}}]
)
def test_answer_that_was_not_searched_for_is_plain_text(metadata):
    heard = hear(text("a"), end(groundingMetadata=metadata), searches=True)
    assert heard.kinds == ["text"]
    assert "server_tool_use" not in heard.message["usage"]


def test_search_before_a_call_comes_before_it():
    metadata = {"webSearchQueries": ["q"], "groundingChunks": [web()]}
    heard = hear(text("a", groundingMetadata=metadata), call("Read", {}), end(), searches=True)
    assert heard.kinds == ["text", "server_tool_use", "web_search_tool_result", "tool_use"]


def test_last_metadata_counts():
    first = {"webSearchQueries": ["q"], "groundingChunks": [web("old.org")]}
    heard = hear(text("a", groundingMetadata=first), found(web("new.org")))
    assert [result["title"] for result in heard.content[2]["content"]] == ["new.org"]


def test_same_source_is_listed_once():
    heard = hear(text("a"), found(web(), web(), web("b.org"), {"retrievedContext": {}}, 7))
    assert [result["title"] for result in heard.content[2]["content"]] == ["a.org", "b.org"]


def test_parts_of_the_search_travel_in_the_result():
    use = {
        "toolCall": {"id": "1", "toolType": "GOOGLE_SEARCH_WEB", "args": {"queries": ["q"]}},
        "thoughtSignature": "S",
    }
    told = {"toolResponse": {"id": "1", "toolType": "GOOGLE_SEARCH_WEB", "response": {}}}
    heard = hear(chunk(use), chunk(told), text("a"), found(web()), searches=True)
    (result,) = heard.content[2]["content"]
    envelope = result["encrypted_content"]
    assert payload_of(envelope)["parts"] == [use, told]
    assert signatures_in(envelope) == []
    assert heard.kept[heard.content[1]["id"]] == envelope


# Domains


@pytest.mark.parametrize(
    ("domains", "titles"),
    [
        (Domains(allowed=("a.org",)), ["a.org", "www.a.org", "sub.a.org"]),
        (Domains(allowed=("www.a.org/docs",)), ["a.org", "www.a.org", "sub.a.org"]),
        (Domains(blocked=("a.org",)), ["nota.org", "b.org"]),
        (Domains(allowed=("a.org",), blocked=("sub.a.org",)), ["a.org", "www.a.org"]),
    ],
)
def test_sources_that_the_client_does_not_want_are_hidden(domains, titles):
    sources = [web(title) for title in ("a.org", "www.a.org", "sub.a.org", "nota.org", "b.org")]
    heard = hear(
        text("Hi."), found(*sources, supports=[support("Hi.", 0, 3, 0, 1, 2, 3, 4)]), domains=domains
    )
    assert [result["title"] for result in heard.content[2]["content"]] == titles
    assert [url for url, _ in cited(heard.content[0])] == titles


@pytest.mark.parametrize(
    "source",
    [
        web("A page about a.org", domain="A.org"),
        web("A page", url="https://docs.a.org/page"),
        web("a.org"),
    ],
)
def test_site_of_a_source_is_its_domain_or_host_or_title(source):
    heard = hear(text("Hi."), found(source), domains=Domains(blocked=("a.org",)))
    assert heard.content[2]["content"] == []
    assert (
        len(hear(text("Hi."), found(source), domains=Domains(allowed=("a.org",))).content[2]["content"]) == 1
    )


def test_address_that_is_none_is_no_trouble():
    heard = hear(text("Hi."), found(web("t", url="http://[")), domains=Domains(blocked=("a.org",)))
    assert [result["url"] for result in heard.content[2]["content"]] == ["http://["]


def test_blocked_wins_over_allowed():
    assert not is_wanted(Source("u", "t", "a.org"), Domains(allowed=("a.org",), blocked=("a.org",)))


# Pages


def read(*pages):
    entries = [
        {"retrievedUrl": url, "urlRetrievalStatus": f"URL_RETRIEVAL_STATUS_{status}"} for url, status in pages
    ]
    return hear(text("Hi."), end(urlContextMetadata={"urlMetadata": entries}))


def test_page_that_was_read_is_a_document_without_its_text():
    said, use, told = read(("https://a.org/x", "SUCCESS")).content
    assert said["text"] == "Hi."
    assert (use["name"], use["input"]) == ("web_fetch", {"url": "https://a.org/x"})
    assert told["tool_use_id"] == use["id"]
    assert told["content"]["type"] == "web_fetch_result"
    assert told["content"]["url"] == "https://a.org/x"
    assert (
        told["content"]["content"]["source"]["data"]
        == NOT_RETURNED
        == "(content used by model; not returned)"
    )


@pytest.mark.parametrize("status", ["ERROR", "PAYWALL", "UNSAFE", "UNSPECIFIED"])
def test_page_that_was_not_read_is_an_error(status):
    content = read(("https://a.org/x", status)).content
    assert content[2]["content"] == {
        "type": "web_fetch_tool_result_error",
        "error_code": "url_not_accessible",
    }


def test_each_page_is_a_call_of_its_own():
    content = read(("https://a.org", "SUCCESS"), ("https://b.org", "ERROR")).content
    assert [block["type"] for block in content[1:]] == ["server_tool_use", "web_fetch_tool_result"] * 2
    assert len({block["id"] for block in content if "id" in block}) == 2


def hop(said, source, query, *supports, reason="CONTINUATION", **more):
    """A reply of a long answer, with its own sources, which it counts from zero."""
    metadata = {
        "webSearchQueries": [query],
        "groundingChunks": [web(source)],
        "groundingSupports": list(supports),
    }
    return text(said) + end(reason, groundingMetadata=metadata, **more)


def test_sources_of_all_replies_of_a_long_answer_are_told():
    played = play(
        hop("Same. ", "a.org", "q1", support("Same.", 0, 5, 0), continuationToken="t"),
        hop("Same. ", "b.org", "q2", support("Same.", 0, 5, 0), continuationToken="u"),
        hop("End.", "a.org", "q1", support("End.", 0, 4, 0), reason="STOP"),
        holds_text=True,
        searches=True,
    )
    use, told = played.content[:2]
    assert use["input"] == {"query": "q1; q2"}
    assert [result["title"] for result in told["content"]] == ["a.org", "b.org"]
    assert texts_and_citations(played) == [
        ("Same.", [("a.org", "Same.")]),
        (" Same.", [("b.org", "Same.")]),
        (" End.", [("a.org", "End.")]),
    ]
    assert played.message["usage"]["server_tool_use"] == {"web_search_requests": 2}


def test_citations_of_all_replies_of_a_streamed_answer_are_told():
    played = play(
        hop("One. ", "a.org", "q1", support("One.", 0, 4, 0), continuationToken="t"),
        hop("Two.", "b.org", "q2", support("Two.", 0, 4, 0), reason="STOP"),
        searches=True,
    )
    assert texts_and_citations(played) == [("One. Two.", [("a.org", "One."), ("b.org", "Two.")])]


def test_reply_without_sources_leaves_those_of_the_ones_before():
    played = play(
        hop("One. ", "a.org", "q1", support("One.", 0, 4, 0), continuationToken="t"),
        text("Two.") + end(),
        holds_text=True,
        searches=True,
    )
    assert texts_and_citations(played) == [("One.", [("a.org", "One.")]), (" Two.", [])]


def test_pages_of_all_replies_of_a_long_answer_are_told_once():
    def read_page(*urls):
        entries = [
            {"retrievedUrl": url, "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"} for url in urls
        ]
        return {"urlMetadata": entries}

    played = play(
        text("a") + end("CONTINUATION", continuationToken="t", urlContextMetadata=read_page("https://a.org")),
        text("b") + end(urlContextMetadata=read_page("https://a.org", "https://b.org")),
    )
    asked = [block["input"]["url"] for block in played.content if block["type"] == "server_tool_use"]
    assert asked == ["https://a.org", "https://b.org"]


def test_sources_of_a_long_answer_come_at_its_end():
    played = play(text("On") + end("CONTINUATION", continuationToken="t"), text("e.") + found(web()))
    assert played.kinds == ["text", "server_tool_use", "web_search_tool_result"]
