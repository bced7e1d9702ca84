"""Citations by markers: the text is the model's, every citation is in its source, and the events are legal."""

import json
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.emulation.citations.answer import CitedAnswer
from dragoman.emulation.citations.markers import Marker
from dragoman.emulation.citations.request import cite
from dragoman.emulation.citations.sources import Sources
from dragoman.messages.events import (
    CitationsDelta,
    ContentBlockDelta,
    ContentBlockStart,
    Event,
    TextDelta,
    Usage,
)
from dragoman.messages.fold import fold
from dragoman.messages.grammar import Grammar
from dragoman.messages.parse import parse_request
from dragoman.messages.request import MessagesRequest
from dragoman.messages.writer import MessageWriter
from tests.support.strategies import any_text, json_objects

law = settings(max_examples=150, deadline=None)

Body = dict[str, Any]

ON = {"enabled": True}
words = st.text(st.sampled_from("ab .!?\n,;1-:【】。é🦉A"), max_size=40)
"""What sentences and markers are made of."""
source_texts = st.one_of(words, any_text)


def _text(text: str) -> Body:
    return {"type": "text", "text": text}


citations_wish = st.sampled_from([{}, {"citations": ON}, {"citations": {"enabled": False}}])
plain = st.builds(
    lambda data, wish: {"type": "document", "source": {"type": "text", "data": data}, **wish},
    source_texts,
    citations_wish,
)
of_blocks = st.builds(
    lambda texts, wish: {
        "type": "document",
        "title": "T",
        "source": {"type": "content", "content": list(map(_text, texts))},
        **wish,
    },
    st.lists(source_texts, max_size=4),
    citations_wish,
)
search_results = st.builds(
    lambda texts, wish: {
        "type": "search_result",
        "source": "s",
        "title": "t",
        "content": list(map(_text, texts)),
        **wish,
    },
    st.lists(source_texts, max_size=4),
    citations_wish,
)
sources_blocks = st.one_of(plain, of_blocks, search_results, st.builds(_text, any_text))
nested = st.builds(
    lambda content: {"type": "tool_result", "tool_use_id": "a", "content": content},
    st.lists(sources_blocks, max_size=3),
)
user_contents = st.lists(st.one_of(sources_blocks, nested), min_size=1, max_size=4)
markers = st.builds(
    lambda source, first, more: Marker(source, first, first + more).text,
    st.integers(0, 4),
    st.integers(0, 4),
    st.sampled_from([0, 0, 0, 1, 2]),
)
TEXT = {
    "type": "document",
    "source": {"type": "text", "data": "One owl sat. Two owls flew."},
    "citations": ON,
}
BLOCKS = {
    "type": "document",
    "source": {"type": "content", "content": [_text("one"), _text("two"), _text("three")]},
    "citations": ON,
}
FOUND = {
    "type": "search_result",
    "source": "s",
    "title": "t",
    "content": [_text("a"), _text("b")],
    "citations": ON,
}


def request_of(*contents: list[Body], **fields: Any) -> MessagesRequest:
    """User messages with these contents, with answers between them."""
    messages: list[Body] = []
    for content in contents:
        messages += [{"role": "user", "content": content}, {"role": "assistant", "content": "so"}]
    body = {"model": "m", "max_tokens": 9, "messages": messages[:-1], **fields}
    return parse_request(json.dumps(body).encode(), ())


def sources_of(*blocks: Body) -> Sources:
    sources = cite(request_of(list(blocks)))[1]
    assert sources is not None
    return sources


SOURCES = sources_of(TEXT, BLOCKS, FOUND)


def hear(events: list[Event], sources: Sources = SOURCES) -> tuple[list[Event], CitedAnswer]:
    """What the client hears, checked."""
    answer, grammar = CitedAnswer(sources), Grammar()
    heard: list[Any] = answer.hear(events)
    for event in heard:
        grammar.check(event)
    assert grammar.state == "over"
    return heard, answer


def written(blocks: list[tuple[str, list[str]]]) -> list[Event]:
    """An answer of text and thinking blocks, each in pieces."""
    writer = MessageWriter("msg_1", "m", 1)
    for kind, pieces in blocks:
        writer.end_block()
        if kind == "thinking":
            for piece in pieces:
                writer.thinking(piece)
            writer.end_thinking("s")
        else:
            for piece in pieces:
                writer.text(piece)
    writer.end("end_turn", Usage())
    return writer.take()


def cut(text: str, places: list[int]) -> list[str]:
    borders = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[start:end] for start, end in pairwise(borders)]


def texts_in(events: list[Event]) -> str:
    return "".join(
        event.delta.text
        for event in events
        if isinstance(event, ContentBlockDelta) and isinstance(event.delta, TextDelta)
    )


def citations_in(events: list[Event]) -> list[Body]:
    return [
        event.delta.citation
        for event in events
        if isinstance(event, ContentBlockDelta) and isinstance(event.delta, CitationsDelta)
    ]


free_words = st.text(st.sampled_from("ab .!?\n,;:。é🦉A]["), max_size=12)
"""Without brackets: what a marker is can be told without the scanner."""


@given(
    said=st.lists(st.tuples(free_words, st.lists(markers, max_size=2)), min_size=1, max_size=8),
    places=st.lists(st.integers(0, 200), max_size=30),
)
@law
def test_the_text_without_markers_is_the_models_text_however_it_is_cut(
    said: list[tuple[str, list[str]]], places: list[int]
) -> None:
    marked = "".join(text + "".join(behind) for text, behind in said)
    heard, answer = hear(written([("text", cut(marked, places))]))
    assert texts_in(heard) == "".join(text for text, _ in said)
    assert len(citations_in(heard)) + answer.unfounded == sum(len(behind) for _, behind in said)


phrases = st.lists(
    st.one_of(
        st.sampled_from(
            ["Owls fly", "so ", "A", "Then", ".", "!”", " ", "\n", "。", "【", "【1-", "1】", ", ", "--"]
        ),
        markers,
    ),
    max_size=14,
).map("".join)
"""Sentences, and markers or what looks like one."""


@given(text=st.one_of(phrases, words), places=st.lists(st.integers(0, 200), max_size=30))
@law
def test_the_blocks_are_the_same_however_the_text_is_cut(text: str, places: list[int]) -> None:
    whole = hear(written([("text", [text] if text else [])]))
    for pieces in (cut(text, places), list(text)):
        heard = hear(written([("text", pieces)]))
        assert fold(heard[0]) == fold(whole[0])
        assert heard[1].unfounded == whole[1].unfounded


@given(
    blocks=st.lists(
        st.tuples(
            st.sampled_from(["text", "thinking"]),
            st.lists(st.one_of(words, markers), min_size=1, max_size=5),
        ),
        max_size=5,
    )
)
@law
def test_no_block_is_blank_that_the_model_did_not_leave_blank(blocks: list[tuple[str, list[str]]]) -> None:
    """A client could not send it back. Thoughts are not looked at."""
    heard, _ = hear(written(blocks))
    shown = fold(heard)["content"]
    assert "".join(block.get("thinking", "") for block in shown) == "".join(
        "".join(pieces) for kind, pieces in blocks if kind == "thinking"
    )
    blank = [block for block in shown if block["type"] == "text" and not block["text"].strip()]
    assert len(blank) <= sum(kind == "text" for kind, _ in blocks)
    assert all("citations" not in block for block in blank)


@given(content=user_contents, numbers=st.lists(st.tuples(*[st.integers(0, 5)] * 3), max_size=20))
@law
def test_every_citation_is_in_its_source(content: list[Body], numbers: list[tuple[int, int, int]]) -> None:
    request = request_of(content)
    labelled, sources = cite(request)
    if sources is None:
        assert labelled is request
        return
    assert json.loads(labelled.body) == labelled.raw
    documents, results = blocks_in(content, "document"), blocks_in(content, "search_result")
    for marker in (Marker(source, first, last) for source, first, last in numbers):
        citation = sources.citation(marker)
        if citation is None:
            continue
        assert quoted(citation, documents, results) == citation["cited_text"]
        assert sources.markers([citation]) == marker.text
        assert Marker(marker.source, marker.last, marker.last).text in labelled.body.decode()


def blocks_in(content: list[Body], kind: str) -> list[Body]:
    """In order, those in tool results too."""
    flat = [
        one for block in content for one in (block["content"] if block["type"] == "tool_result" else [block])
    ]
    return [block for block in flat if block["type"] == kind]


def quoted(citation: Body, documents: list[Body], results: list[Body]) -> str:
    """What stands in the client's request where the citation says."""
    if citation["type"] == "char_location":
        data = documents[citation["document_index"]]["source"]["data"]
        return data[citation["start_char_index"] : citation["end_char_index"]]
    if citation["type"] == "content_block_location":
        parts = documents[citation["document_index"]]["source"]["content"]
    else:
        parts = results[citation["search_result_index"]]["content"]
    cited = parts[citation["start_block_index"] : citation["end_block_index"]]
    # An empty block says nothing, and no marker stands for it.
    return "".join(part["text"] for part in cited if part["text"].strip())


@given(content=user_contents)
@law
def test_a_source_without_its_labels_is_the_source(content: list[Body]) -> None:
    labelled, sources = cite(request_of(content))
    if sources is None or "【" in json.dumps(content, ensure_ascii=False):
        return
    answer = CitedAnswer(sources)
    for before, after in zip(content, labelled.raw["messages"][0]["content"], strict=True):
        for one, other in zip(all_texts(before), all_texts(after), strict=True):
            writer = MessageWriter("msg_1", "m", 1)
            writer.text(other)
            writer.end_block()
            assert (
                texts_in(
                    [event for event in answer.hear(writer.take()) if isinstance(event, ContentBlockDelta)]
                )
                == one
            )


def all_texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for entry in value for text in all_texts(entry)]
    if not isinstance(value, dict):
        return []
    own = [value[name] for name in ("text", "data") if name in value]
    return own + [text for name in ("content", "source") for text in all_texts(value.get(name))]


@given(
    contents=st.lists(user_contents, min_size=2, max_size=4),
    said=st.lists(st.tuples(free_words, st.lists(markers, max_size=2)), min_size=1, max_size=5),
)
@law
def test_a_turn_begins_with_the_bytes_of_the_turn_before(
    contents: list[list[Body]], said: list[tuple[str, list[str]]]
) -> None:
    """From the first turn on that has a source."""
    contents[0] = [TEXT, *contents[0]]
    marked = "".join(text + "".join(behind) for text, behind in said)
    heard, _ = hear(written([("text", [marked] if marked else [])]), sources_of(*contents[0]))
    answer = fold(heard)["content"] or "so"
    sent: list[list[Body]] = []
    messages: list[Body] = []
    for content in contents:
        messages.append({"role": "user", "content": content})
        body = {"model": "m", "max_tokens": 9, "messages": messages}
        labelled, _ = cite(parse_request(json.dumps(body).encode(), ()))
        sent.append(labelled.raw["messages"])
        assert labelled.raw["system"] == cite(request_of([TEXT]))[0].raw["system"]
        messages.append({"role": "assistant", "content": answer})
    for shorter, longer in pairwise(sent):
        assert longer[: len(shorter)] == shorter


@given(
    said=st.lists(
        st.tuples(
            st.sampled_from(["Owls fly", " and owls sit", ". Then more", "\nA new line"]), markers.filter(len)
        ),
        min_size=1,
        max_size=6,
    )
)
@law
def test_an_answer_goes_back_as_the_model_said_it(said: list[tuple[str, str]]) -> None:
    founded = [(text, marker if SOURCES.citation(_read(marker)) else "") for text, marker in said]
    marked = "".join(text + marker for text, marker in founded)
    heard, _ = hear(written([("text", [marked])]))
    body = {
        "model": "m",
        "max_tokens": 9,
        "messages": [
            {"role": "user", "content": [TEXT, BLOCKS, FOUND]},
            {"role": "assistant", "content": fold(heard)["content"]},
            {"role": "user", "content": "go on"},
        ],
    }
    labelled, _ = cite(parse_request(json.dumps(body).encode(), ()))
    back = labelled.raw["messages"][1]["content"]
    assert back[0]["text"] == marked
    assert all(block == _text("") for block in back[1:])


def _read(marker: str) -> Marker:
    source, _, parts = marker.strip("【】").partition("-")
    first, _, last = parts.partition(":")
    return Marker(int(source), int(first), int(last or first))


@given(
    fields=json_objects,
    content=st.one_of(any_text, st.lists(st.one_of(json_objects, st.builds(_text, any_text)))),
)
@law
def test_without_sources_the_bytes_are_the_clients(fields: Body, content: Any) -> None:
    body = fields | {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": content}]}
    body.pop("stream", None)
    body.pop("tools", None)
    request = parse_request(json.dumps(body).encode(), ())
    labelled, sources = cite(request)
    assert labelled is request
    assert sources is None


def test_the_blocks_are_numbered_without_gaps() -> None:
    heard, _ = hear(
        written([("text", ["One owl【1-1】 and two【1-2】."]), ("thinking", ["hm"]), ("text", ["x"])])
    )
    starts = [event.index for event in heard if isinstance(event, ContentBlockStart)]
    assert starts == [0, 1, 2, 3, 4]
