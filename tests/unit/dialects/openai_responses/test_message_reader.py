import pytest

from dragoman.dialects.web_search_tool import SearchTool
from tests.support.responses_reading import (
    added,
    content,
    done,
    event,
    hear_answer,
    message_done,
    text,
    text_block,
    text_part,
)

SEARCH = SearchTool("web_search", ("bad.test",))


def texts(*frames, **reading):
    return [block["text"] for block in content(hear_answer(*frames, **reading))]


def source(url="https://a.test", start=0, end=2, **fields):
    return {
        "type": "url_citation",
        "url": url,
        "title": "A",
        "start_index": start,
        "end_index": end,
        **fields,
    }


def cited(*frames):
    """The quoted words of each block, by their address."""
    blocks = content(hear_answer(*frames, search=SEARCH))
    return [[(one["url"], one["cited_text"]) for one in block.get("citations", [])] for block in blocks]


def annotation(found):
    return event("output_text.annotation.added", output_index=0, content_index=0, annotation=found)


def said_done(words, part=0):
    return event("output_text.done", output_index=0, content_index=part, text=words)


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([text("a"), text("b"), said_done("ab"), message_done("ab")], id="deltas"),
        pytest.param([said_done("ab"), message_done("ab")], id="only in output_text.done"),
        pytest.param([message_done("ab")], id="only in the item"),
        pytest.param([text("a"), said_done("ab")], id="the rest in output_text.done"),
        pytest.param([text("a"), message_done("ab")], id="the rest in the item"),
        pytest.param([text("a"), text("b")], id="without an end"),
    ],
)
def test_text_arrives_whole_and_once_however_it_is_told(frames):
    assert texts(*frames) == ["ab"]


def test_each_part_is_a_block():
    whole = done(0, "message", content=[text_part("a"), text_part(""), text_part("b")])
    assert texts(text("a"), text("b", part=2), whole) == ["a", "b"]
    assert texts(whole) == ["a", "b"]


def test_a_text_that_ends_otherwise_than_it_was_told_is_not_told_twice():
    assert texts(text("ab"), said_done("xyz"), message_done("xyz")) == ["ab"]
    assert texts(text("ab"), said_done("a")) == ["ab"]


def refusal(piece):
    return event("refusal.delta", output_index=0, content_index=0, delta=piece)


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([refusal("N"), refusal("o.")], id="deltas"),
        pytest.param([event("refusal.done", output_index=0, content_index=0, refusal="No.")], id="done"),
        pytest.param(
            [refusal("N"), event("refusal.done", output_index=0, content_index=0, refusal="No.")], id="both"
        ),
        pytest.param([done(0, "message", content=[{"type": "refusal", "refusal": "No."}])], id="item"),
    ],
)
def test_a_refusal_is_text_and_the_ending(frames):
    answer = hear_answer(*frames)
    assert content(answer) == [text_block("No.")]
    assert answer.message["stop_reason"] == "refusal"
    assert answer.message["stop_details"]["explanation"] == "No."


def test_a_source_is_a_citation_of_its_block():
    assert cited(text("In Bern"), annotation(source(start=3, end=7)), message_done("In Bern")) == [
        [("https://a.test", "Bern")]
    ]


def test_a_source_may_come_before_its_text():
    assert cited(text("In"), annotation(source(start=3, end=7)), text(" Be"), text("rn.")) == [
        [("https://a.test", "Bern")]
    ]


def test_a_source_whose_text_never_comes_is_told_at_the_end():
    assert cited(text("In"), annotation(source(start=0, end=70))) == [[("https://a.test", "In")]]


def test_sources_that_were_told_only_at_the_end_are_told():
    whole = done(0, "message", content=[text_part("In Bern", source(start=3, end=7))])
    assert cited(whole) == cited(text("In Bern"), whole) == [[("https://a.test", "Bern")]]


def test_a_source_that_is_told_twice_is_one_citation():
    whole = done(0, "message", content=[text_part("In Bern", source())])
    assert cited(text("In Bern"), annotation(source()), whole) == [[("https://a.test", "In")]]
    assert len(cited(text("In"), annotation(source()), annotation(source("https://b.test")))[0]) == 2


def test_sources_of_each_part_stay_with_it():
    whole = done(
        0, "message", content=[text_part("In", source()), text_part("To", source(title="B"), source("u"))]
    )
    assert cited(whole)[0] == [("https://a.test", "In")]
    assert cited(whole)[1] == [("https://a.test", "To"), ("u", "To")]


def test_a_source_of_a_block_that_is_closed_is_not_told_of_another():
    whole = done(0, "message", content=[text_part("In", source()), text_part("To")])
    assert cited(text("In"), text("To", part=1), whole) == [[], []]


def test_blocked_and_unasked_sources_are_not_told():
    frames = (text("In"), annotation(source("https://bad.test")), annotation({"type": "file_citation"}))
    assert cited(*frames) == [[]]
    assert content(hear_answer(text("In"), annotation(source()))) == [text_block("In")]


@pytest.mark.parametrize(
    "odd", [{"url": ["x"]}, {"url": None}, {"start_index": {}, "end_index": []}, {"title": 5}, {"type": []}]
)
def test_odd_sources_do_no_harm(odd):
    assert texts(text("In"), annotation(source() | odd), search=SEARCH) == ["In"]


def test_a_message_without_words_is_no_block():
    assert content(hear_answer(added(0, "message", content=[]), message_done(""))) == []
