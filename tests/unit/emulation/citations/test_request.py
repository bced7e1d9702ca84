import json
from typing import Any

import pytest

from dragoman.emulation.citations.markers import Marker
from dragoman.emulation.citations.request import INSTRUCTION, cite
from dragoman.messages.errors import ApiError
from tests.support.ports import ask

ON = {"enabled": True}
SAY = {"type": "text", "text": "hi"}


def plain(data: str, **fields: Any) -> dict:
    return {
        "type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": data},
        **fields,
    }


def found(*texts: str, **fields: Any) -> dict:
    content = [{"type": "text", "text": text} for text in texts]
    return {"type": "search_result", "source": "https://x", "title": "t", "content": content, **fields}


def blocks(content: Any, **fields: Any) -> dict:
    return {"type": "document", "source": {"type": "content", "content": content}, **fields}


PDF = {
    "type": "document",
    "source": {"type": "base64", "media_type": "application/pdf", "data": "aGk="},
    "citations": ON,
}


def user(*content: Any) -> dict:
    return {"role": "user", "content": list(content)}


def cited(*messages: Any, **fields: Any) -> tuple:
    """The rewritten request's body and what can be cited."""
    request, sources = cite(ask(messages=list(messages), **fields))
    assert json.loads(request.body) == request.raw
    return request.raw, sources


def test_sentences_of_a_text_have_labels_and_nothing_else_changes():
    raw, sources = cited(user(plain(" One owl sat.  Two owls sat.\n", title="T", citations=ON), SAY))
    document, question = raw["messages"][0]["content"]
    assert document == plain(" 【1-1】One owl sat.  【1-2】Two owls sat.\n", title="T")
    assert question == SAY
    assert raw["system"] == [{"type": "text", "text": INSTRUCTION}]
    citation = sources.citation(Marker(1, 2, 2))
    assert (citation["document_title"], citation["cited_text"]) == ("T", "Two owls sat.")


def test_blocks_of_a_document_and_of_a_search_result_have_labels():
    image = {"type": "image", "source": {"type": "url", "url": "https://x"}}
    one, two = {"type": "text", "text": "One. Two."}, {"type": "text", "text": "Three.", "cache_control": {}}
    raw, sources = cited(user(blocks([one, image, two], citations=ON), found("a", "", "b", citations=ON)))
    document, result = raw["messages"][0]["content"]
    assert [entry.get("text") for entry in document["source"]["content"]] == [
        "【1-1】One. Two.",
        None,
        "【1-2】Three.",
    ]
    assert document["source"]["content"][1:] == [image, two | {"text": "【1-2】Three."}]
    assert result == found("【2-1】a", "", "【2-2】b")
    assert sources.citation(Marker(1, 2, 2))["start_block_index"] == 2
    assert sources.citation(Marker(2, 2, 2))["end_block_index"] == 3


def test_a_string_is_one_block():
    raw, sources = cited(user(blocks("One owl. Two owls.", citations=ON)))
    assert raw["messages"][0]["content"][0]["source"]["content"] == "【1-1】One owl. Two owls."
    assert sources.citation(Marker(1, 1, 1))["end_block_index"] == 1


def test_sources_in_tool_results_have_labels():
    result = {"type": "tool_result", "tool_use_id": "a", "content": [SAY, found("a", citations=ON)]}
    raw, _ = cited(user(result))
    assert raw["messages"][0]["content"] == [result | {"content": [SAY, found("【1-1】a")]}]


def test_indexes_count_all_documents_and_all_search_results():
    """The API counts those too that are not cited, across messages and tool results."""
    nested = {
        "type": "tool_result",
        "tool_use_id": "a",
        "content": [found("x"), plain("Two owls.", citations=ON)],
    }
    _, sources = cited(
        user(plain("No owl."), PDF, found("y", citations=ON)),
        {"role": "assistant", "content": "so"},
        user(nested, found("z", citations=ON)),
    )
    places = [sources.citation(Marker(number, 1, 1)) for number in (1, 2, 3)]
    assert [place.get("search_result_index", place.get("document_index")) for place in places] == [0, 2, 2]


def test_the_instruction_stands_behind_the_system_prompt():
    told = {"type": "text", "text": INSTRUCTION}
    own = {"type": "text", "text": "Be nice.", "cache_control": {"type": "ephemeral"}}
    for system, written in (
        ("Be nice.", [{"type": "text", "text": "Be nice."}, told]),
        ([own], [own, told]),
        ("", [told]),
    ):
        raw, _ = cited(user(plain("An owl.", citations=ON)), system=system)
        assert raw["system"] == written


@pytest.mark.parametrize(
    "content",
    [
        "hi",
        [SAY, plain("An owl."), found("a")],
        [plain("An owl.", citations={"enabled": False}), plain("An owl.", citations=None)],
        [PDF],
        [plain("", citations=ON), found(citations=ON), found("", citations=ON)],
        [{"type": "tool_result", "tool_use_id": "a", "content": "hi"}],
        [{"type": "tool_result", "tool_use_id": "a"}],
        ["no block", {"type": ["document"]}, {"type": "document", "citations": ON}],
        [blocks(7, citations=ON), blocks([7], citations=ON)],
    ],
)
def test_without_a_source_that_can_be_cited_the_request_is_the_same(content):
    request = ask(messages=[{"role": "user", "content": content}])
    assert cite(request) == (request, None)
    assert cite(request)[0] is request


def test_documents_beyond_user_messages_are_none():
    request = ask(messages=[user(SAY), {"role": "assistant", "content": [plain("An owl.", citations=ON)]}])
    assert cite(request)[0] is request


def test_a_pdf_beside_a_text_keeps_its_wish_for_the_dialect_to_name():
    raw, _ = cited(user(PDF, plain("An owl.", citations=ON)))
    assert raw["messages"][0]["content"] == [PDF, plain("【1-1】An owl.")]


def test_the_clients_request_is_not_touched():
    request = ask(messages=[user(plain("An owl.", citations=ON)), *ANSWERED], system=[SAY])
    before = json.dumps(request.raw)
    cite(request)
    assert json.dumps(request.raw) == before


CITATION = {
    "type": "char_location",
    "document_index": 0,
    "document_title": None,
    "start_char_index": 0,
    "end_char_index": 7,
    "cited_text": "An owl.",
}
ANSWERED = [
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": ""},
            {"type": "text", "text": "I looked. ", "citations": None},
            {"type": "text", "text": "It is an owl. ", "citations": [CITATION, CITATION]},
            {"type": "text", "text": "Done."},
            {"type": "tool_use", "id": "a", "name": "n", "input": {}},
            {"type": "text", "text": "More."},
        ],
    },
    user(SAY),
]


def test_an_earlier_answer_is_told_as_the_model_said_it():
    raw, _ = cited(user(plain("An owl.", citations=ON)), *ANSWERED)
    content = raw["messages"][1]["content"]
    assert [block.get("text") for block in content] == [
        None,
        "I looked. It is an owl.【1-1】【1-1】 Done.",
        "",
        "",
        None,
        "More.",
    ]
    assert not any("citations" in block for block in content)


def test_an_answer_that_is_a_string_stays():
    raw, _ = cited(user(plain("An owl.", citations=ON)), {"role": "assistant", "content": "so"}, user(SAY))
    assert raw["messages"][1] == {"role": "assistant", "content": "so"}


SCHEMA = {"type": "json_schema", "schema": {"type": "object"}}


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"output_config": {"format": SCHEMA}}, "output_config.format"),
        ({"output_format": SCHEMA}, "output_format"),
    ],
)
def test_a_schema_beside_citations_is_refused_as_the_api_does(fields, path):
    for source in (PDF, plain("An owl.", citations=ON)):
        with pytest.raises(ApiError) as refused:
            cited(user(source), **fields)
        assert refused.value.status == 400
        assert refused.value.message.startswith(f"{path}: ")


def test_a_schema_without_citations_is_none_of_our_business():
    request = ask(messages=[user(plain("An owl."))], output_config={"format": SCHEMA})
    assert cite(request) == (request, None)
