from dragoman.emulation.citations.answer import CitedAnswer
from dragoman.emulation.citations.sources import Part, Source, Sources
from dragoman.messages.events import (
    CitationsDelta,
    ContentBlockDelta,
    ContentBlockStart,
    ContentBlockStop,
    Ping,
    Relayed,
    TextBlock,
    TextDelta,
    Usage,
)
from dragoman.messages.fold import fold
from dragoman.messages.grammar import Grammar
from dragoman.messages.writer import MessageWriter

SOURCES = Sources(
    [
        Source(
            "content_block_location",
            0,
            None,
            (Part(0, 1, "The grass is green."), Part(1, 2, "The sky is blue.")),
        )
    ]
)


def new_writer() -> MessageWriter:
    return MessageWriter("msg_1", "claude-x", 1)


def heard(writer: MessageWriter) -> tuple[list[tuple[str, list[str]]], CitedAnswer]:
    """Each text block with what it cites, after a look at the grammar."""
    writer.end("end_turn", Usage())
    answer, grammar = CitedAnswer(SOURCES), Grammar()
    events = [one for event in writer.take() for one in answer.hear([event])]
    for event in events:
        grammar.check(event)
    content = fold(events)["content"]
    return [
        (block.get("text", block["type"]), [one["cited_text"] for one in block.get("citations", ())])
        for block in content
    ], answer


def said(*pieces: str) -> list[tuple[str, list[str]]]:
    writer = new_writer()
    for piece in pieces:
        writer.text(piece)
    return heard(writer)[0]


GRASS, SKY = ["The grass is green."], ["The sky is blue."]


def test_a_text_with_a_citation_is_a_block_of_its_own():
    text = "I looked. Grass is green【1-1】 and the sky is blue【1-2】. That is all."
    assert said(text) == [
        ("I looked. ", []),
        ("Grass is green ", GRASS),
        ("and the sky is blue", SKY),
        (". That is all.", []),
    ]
    assert said(*text) == said(text)


def test_only_the_sentence_before_a_marker_is_cited():
    assert said("It is nice here. Grass is green.【1-1】\n\nNew line") == [
        ("It is nice here. ", []),
        ("Grass is green.\n\n", GRASS),
        ("New line", []),
    ]


def test_several_markers_belong_to_one_text():
    assert said("All colours【1-1】, 【1-2】 so") == [("All colours,  ", GRASS + SKY), ("so", [])]
    assert said("All colours【1-1】 【1-2】.") == [("All colours ", GRASS + SKY), (".", [])]
    long = "-" * 9
    assert said(f"Green【1-1】{long}") == said("Green【1-1】", *long) == [("Green", GRASS), (long, [])]


def test_a_range_is_one_citation():
    assert said("Colours【1-1:2】") == [("Colours", ["The grass is green.The sky is blue."])]


def test_blanks_behind_a_marker_open_no_block():
    assert said("Green【1-1】\n") == [("Green\n", GRASS)]


def test_a_marker_that_names_nothing_is_left_out_and_counted():
    writer = new_writer()
    writer.text("Green【7-1】 and【1-9】 so")
    blocks, answer = heard(writer)
    assert blocks == [("Green and so", [])]
    assert answer.unfounded == 2


def test_a_marker_before_any_text_belongs_to_what_follows():
    assert said("【1-1】 Grass is green. Done now.") == [(" Grass is green. ", GRASS), ("Done now.", [])]


def test_a_marker_without_any_text_is_counted_and_opens_no_block():
    writer = new_writer()
    writer.thinking("hm【1-1】")
    writer.end_thinking("s")
    writer.text("【1-1】")
    writer.tool_call(1, "toolu_1", "Read")
    writer.tool_input(1, '{"a":"【1-1】"}')
    blocks, answer = heard(writer)
    assert [name for name, _ in blocks] == ["thinking", "tool_use"]
    assert answer.unfounded == 1


def test_what_only_begins_like_a_marker_is_said_before_the_block_ends():
    assert said("a 【1-1") == [("a 【1-1", [])]
    writer = new_writer()
    writer.text("b【")
    writer.end_block()
    writer.text("1-1】")
    assert heard(writer)[0] == [("b【", []), ("1-1】", [])]


def test_other_blocks_are_numbered_anew_and_keep_their_content():
    writer = new_writer()
    writer.text("Grass【1-1】 and sky【1-2】.")
    writer.whole_block({"type": "web_search_tool_result", "tool_use_id": "s", "content": []})
    writer.text("So.")
    writer.citation({"type": "web_search_result_location", "cited_text": "found"})
    assert heard(writer)[0] == [
        ("Grass ", GRASS),
        ("and sky", SKY),
        (".", []),
        ("web_search_tool_result", []),
        ("So.", ["found"]),
    ]


def test_a_sign_of_life_goes_on_at_once():
    answer = CitedAnswer(SOURCES)
    start = ContentBlockStart(0, TextBlock())
    assert answer.hear([Ping(), start]) == [Ping()]
    assert answer.hear([ContentBlockDelta(0, TextDelta(""))]) == [start, ContentBlockDelta(0, TextDelta(""))]
    assert answer.hear([ContentBlockDelta(0, TextDelta("【1"))]) == []
    assert answer.hear([ContentBlockDelta(0, TextDelta(""))]) == [ContentBlockDelta(0, TextDelta(""))]
    assert answer.hear([ContentBlockStop(0)]) == [ContentBlockDelta(0, TextDelta("【1")), ContentBlockStop(0)]


def test_a_text_goes_on_as_it_comes():
    answer = CitedAnswer(SOURCES)
    answer.hear([ContentBlockStart(0, TextBlock("Gr"))])
    assert answer.hear([ContentBlockDelta(0, TextDelta("ass【1-1】"))])[0] == ContentBlockDelta(
        0, TextDelta("ass")
    )
    [cited] = answer.hear([ContentBlockDelta(0, CitationsDelta({"type": "other"}))])
    assert cited == ContentBlockDelta(0, CitationsDelta({"type": "other"}))


def test_relayed_bytes_are_let_through():
    relayed = Relayed("", b": hi\n\n")
    assert CitedAnswer(SOURCES).hear([relayed]) == [relayed]
