"""Citations of what the client sent, with the official SDK through every backend that has none of its own."""

from typing import Any

import anthropic
import pytest

from tests.live_server.backends import last_words, question, said_before, served
from tests.live_server.sdk import message_of, sdk
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.message_rules import check_message
from tests.support.raw_client import ask
from tests.support.replies import Call, Text, reply

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:anthropic", "ignore:The model:DeprecationWarning"
)

ON = {"enabled": True}
OWLS = "Barn owls hunt at night. They live in barns.\nAn owl is no pigeon."
DOCUMENT = {
    "type": "document",
    "title": "On owls",
    "source": {"type": "text", "media_type": "text/plain", "data": OWLS},
    "citations": ON,
}
CUSTOM = {
    "type": "document",
    "source": {
        "type": "content",
        "content": [{"type": "text", "text": f"Row {number}."} for number in range(3)],
    },
    "citations": ON,
}
FOUND = {
    "type": "search_result",
    "source": "https://owls.example/food",
    "title": "Food of owls",
    "content": [{"type": "text", "text": "Owls eat mice."}, {"type": "text", "text": "Owls eat voles."}],
    "citations": ON,
}
SAID = "Let me see. They hunt at night【1-1】, live in barns【1-2】 and eat mice and voles【2-1:2】. Row 【重要】 two【3-2】【8-1】."
SHOWN = [
    ("Let me see. ", []),
    ("They hunt at night", ["Barn owls hunt at night."]),
    (", live in barns ", ["They live in barns."]),
    ("and eat mice and voles", ["Owls eat mice.Owls eat voles."]),
    (". Row 【重要】 two", ["Row 1."]),
    (".", []),
]
translating = pytest.mark.parametrize("backend", ["openai_chat", "openai_responses", "gemini"])
READ = {"name": "find", "description": "Find owls.", "input_schema": {"type": "object", "properties": {}}}


def asked(**fields: Any) -> dict[str, Any]:
    content = [DOCUMENT, FOUND, CUSTOM, {"type": "text", "text": "What do you know of owls?"}]
    return message_of(messages=[{"role": "user", "content": content}], **fields)


def shown(content: list[Any]) -> list[tuple[str, list[str]]]:
    """Each block's text, and what it cites."""
    return [(block.text, [one.cited_text for one in block.citations or ()]) for block in content]


@translating
@pytest.mark.parametrize("size", [1, 7, None], ids=lambda size: f"size-{size}")
async def test_a_streamed_answer_cites_documents_and_search_results(backend: str, size: int | None) -> None:
    """However the upstream cuts its text."""
    async with served(backend, reply(Text(SAID, size))) as scene, sdk(scene.url) as client:
        async with client.messages.stream(**asked()) as stream:
            events = [event async for event in stream]
            message = await stream.get_final_message()
    assert shown(message.content) == SHOWN
    assert "".join(event.text for event in events if event.type == "text") == "".join(
        text for text, _ in SHOWN
    )
    check_places(message.content)
    assert scene.upstream.violations == []
    body = scene.upstream.wire.requests[0].body.decode()
    assert "【1-1】Barn owls hunt at night. 【1-2】They live in barns." in body
    assert "【2-2】Owls eat voles." in body


def check_places(content: list[Any]) -> None:
    """Where the citations say, in the request as the client wrote it."""
    night, barns, food, row = (one for block in content for one in block.citations or ())
    assert isinstance(night, anthropic.types.CitationCharLocation)
    assert (night.document_index, night.document_title) == (0, "On owls")
    assert OWLS[barns.start_char_index : barns.end_char_index] == barns.cited_text
    assert isinstance(food, anthropic.types.CitationsSearchResultLocation)
    assert (food.search_result_index, food.source, food.title) == (0, FOUND["source"], FOUND["title"])
    assert (food.start_block_index, food.end_block_index) == (0, 2)
    assert isinstance(row, anthropic.types.CitationContentBlockLocation)
    assert (row.document_index, row.document_title, row.start_block_index) == (1, None, 1)


@translating
async def test_a_whole_answer_cites_the_same(backend: str) -> None:
    async with served(backend, reply(SAID)) as scene, sdk(scene.url) as client:
        message = await client.messages.create(**asked())
    assert shown(message.content) == SHOWN
    check_places(message.content)
    assert scene.upstream.violations == []


@translating
async def test_the_stream_obeys_the_grammar_with_its_bytes_cut_anywhere(backend: str) -> None:
    async with served(backend, reply(SAID, split=1)) as scene:
        answer = await ask(scene.url, question(**{**asked(), "stream": True}))
    message = fold_stream(check_stream(answer.body))
    check_message(message)
    assert [block["text"] for block in message["content"]] == [text for text, _ in SHOWN]
    assert answer.header("dragoman-losses") is None


@translating
async def test_the_next_turn_begins_with_the_bytes_of_this_one_and_the_model_reads_what_it_said(
    backend: str,
) -> None:
    """A search result comes in a tool result, and its citations go back with the history."""
    turns = [reply(Call("find", {})), reply("Owls eat voles【1-2】. So do cats."), reply("Yes.")]
    async with served(backend, turns) as scene, sdk(scene.url) as client:
        history: list[Any] = [{"role": "user", "content": "What do owls eat?"}]
        called = await client.messages.create(**message_of(messages=history, tools=[READ]))
        use = next(block for block in called.content if block.type == "tool_use")
        found = {"type": "tool_result", "tool_use_id": use.id, "content": [FOUND]}
        history += [{"role": "assistant", "content": called.content}, {"role": "user", "content": [found]}]
        cited = await client.messages.create(**message_of(messages=history, tools=[READ]))
        assert shown(cited.content) == [("Owls eat voles", ["Owls eat voles."]), (". So do cats.", [])]
        history += [{"role": "assistant", "content": cited.content}, {"role": "user", "content": "Sure?"}]
        await client.messages.create(**message_of(messages=history, tools=[READ]))
    _, before, after = scene.upstream.asked
    assert said_before(after)[: len(said_before(before))] == said_before(before)
    assert "Owls eat voles【1-2】. So do cats." in str(said_before(after)[len(said_before(before))])
    assert last_words(after) == "Sure?"
    assert scene.upstream.violations == []


@translating
async def test_a_schema_beside_citations_is_refused(backend: str) -> None:
    schema = {"type": "object", "properties": {}, "additionalProperties": False}
    form = {"format": {"type": "json_schema", "schema": schema}}
    async with served(backend, reply("{}")) as scene, sdk(scene.url) as client:
        with pytest.raises(anthropic.BadRequestError, match="incompatible with citations"):
            await client.messages.create(**asked(output_config=form))
    assert scene.upstream.wire.requests == []


async def test_a_backend_that_cites_itself_is_left_alone() -> None:
    async with served("anthropic", reply("So【1-1】.")) as scene, sdk(scene.url) as client:
        message = await client.messages.create(**asked())
    assert shown(message.content) == [("So【1-1】.", [])]
    assert scene.upstream.asked[0]["messages"] == asked()["messages"]


@translating
async def test_an_answer_with_tools_of_the_gateway_cites_in_every_round(backend: str) -> None:
    """The model reads in the second round what it said in the first."""
    search = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}
    later = {**READ, "defer_loading": True}
    turns = [
        reply("They hunt at night【1-1】. I look.", Call(search["name"], {"pattern": "owl"})),
        reply("They live in barns【1-2】【9-9】."),
    ]
    async with served(backend, turns) as scene, sdk(scene.url) as client:
        async with client.messages.stream(**asked(tools=[search, later])) as stream:
            message = await stream.get_final_message()
    kinds = [block.type for block in message.content]
    assert kinds == ["text", "text", "server_tool_use", "tool_search_tool_result", "text", "text"]
    assert shown([block for block in message.content if block.type == "text"]) == [
        ("They hunt at night", ["Barn owls hunt at night."]),
        (". I look.", []),
        ("They live in barns", ["They live in barns."]),
        (".", []),
    ]
    assert "They hunt at night【1-1】. I look." in str(said_before(scene.upstream.asked[1]))
    assert scene.upstream.violations == []
