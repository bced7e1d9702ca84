"""What the ledger says of an answer's fields is what the dialects' readers say."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from dragoman.dialects.anthropic.reply import MessagesReply
from dragoman.dialects.gemini.fates import FATES as GEMINI
from dragoman.dialects.ledger import Fates, all_rows
from dragoman.dialects.openai_chat.chat import OpenAIChat
from dragoman.dialects.openai_chat.fates import FATES as OPENAI_CHAT
from dragoman.dialects.openai_responses import shapes as responses
from dragoman.dialects.openai_responses.fates import FATES as OPENAI_RESPONSES
from dragoman.dialects.openai_responses.reply import ResponsesReply
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.web_search_tool import SearchTool
from dragoman.emulation.emulation import Emulation
from dragoman.emulation.tool_results import fetched_block, found_block, references_block
from dragoman.messages.events import Relayed, Usage, frame_of
from dragoman.messages.fold import fold
from dragoman.messages.writer import MessageWriter
from dragoman.wire.sse import SseDecoder
from tests.support import chat_chunks as chat
from tests.support import gemini_reading as gemini
from tests.support.chat_requests import ask as ask_anything
from tests.support.chat_requests import user
from tests.support.ledger_columns import COLUMNS
from tests.support.reading import counting_ids

MARK = "zebra-417"
ROWS = [row.name for row in all_rows() if row.name.startswith("answer.")]

Message = dict[str, Any]


def everything_from_chat() -> list[Message]:
    """Answers with all that a Chat server can say."""
    usage = chat.usage(
        100,
        20,
        prompt_tokens_details={"cached_tokens": 30, "cache_write_tokens": 10},
        completion_tokens_details={"reasoning_tokens": 7},
    )
    told = json.loads(usage.removeprefix(b"data: ")) | {"service_tier": "priority"}
    annotated = {"content": "so", "annotations": [{"type": "url_citation", "url_citation": {"url": "u"}}]}
    worked = chat.hear_chat(
        chat.reasoning("hm"),
        chat.chunk(annotated),
        chat.call(0, "call_1", "Read", '{"path":"a"}'),
        chat.finish("tool_calls"),
        chat.data(told),
        chat.DONE,
        thinking="shown",
    )
    refused = chat.hear_chat(chat.chunk({"refusal": "I will not"}), chat.finish("stop"), chat.DONE)
    stopped = chat.hear_chat(
        chat.text("so END more"), chat.finish("stop"), chat.DONE, stop_sequences=("END",)
    )
    return [*(heard.message for heard in (worked, refused, stopped)), everything_emulated()]


def everything_emulated() -> Message:
    """What an answer has where the gateway runs its tools and cites its sources; the same for all dialects."""
    entries = [
        {"type": "web_search_20260318", "name": "web_search"},
        {"type": "web_fetch_20260318", "name": "web_fetch"},
        {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"},
    ]
    emulation = Emulation(ask_anything(user("hi"), tools=entries), OpenAIChat(), Quirks())
    writer = MessageWriter("msg_1", "claude-sonnet-5", 100)
    for entry in entries:
        writer.tool_call(entry["name"], f"toolu_{entry['name']}", entry["name"])
    writer.end("tool_use", Usage())
    said = emulation.hear(writer.take())
    results = [
        found_block(emulation.calls[0].id, []),
        fetched_block(emulation.calls[1].id, "u", {"type": "document"}),
        references_block(emulation.calls[2].id, []),
    ]
    said += emulation.answered(results)
    writer = MessageWriter("msg_2", "claude-sonnet-5", 100)
    writer.end("end_turn", Usage())
    said += emulation.hear(writer.take())
    return fold([one for one in said if not isinstance(one, Relayed)])


def everything_from_gemini() -> list[Message]:
    """Answers with all that Gemini can say."""
    usage = gemini.counted(100, 13, cachedContentTokenCount=30, thoughtsTokenCount=7)
    sources = {
        "webSearchQueries": ["q"],
        "groundingChunks": [{"web": {"uri": "https://x.example.com", "title": "x.example.com"}}],
        "groundingSupports": [{"segment": {"endIndex": 2, "text": "so"}, "groundingChunkIndices": [0]}],
    }
    pages = {
        "urlMetadata": [
            {"retrievedUrl": "https://x.example.com", "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS"}
        ]
    }
    code = {"executableCode": {"language": "PYTHON", "code": "print(1)"}}
    ran = {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}}
    worked = gemini.hear(
        gemini.thought("hm", "c2ln"),
        gemini.chunk(code),
        gemini.chunk(ran),
        gemini.call("Read", {"path": "a"}, "call_1"),
        gemini.end(usage=usage),
        thinking="shown",
    )
    found = gemini.hear(
        gemini.text("so", groundingMetadata=sources, urlContextMetadata=pages),
        gemini.end(usage=usage),
        searches=True,
        holds_text=True,
    )
    refused = gemini.hear(gemini.end("SAFETY", usage=usage))
    stopped = gemini.hear(gemini.text("so END more"), gemini.end(), stop_sequences=("END",))
    return [heard.message for heard in (worked, found, refused, stopped)]


def everything_from_responses() -> list[Message]:
    """Answers with all that a Responses server can say."""
    usage = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 30, "cache_write_tokens": 10},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 7},
    }
    summary = [{"type": "summary_text", "text": "hm"}]
    thought = {"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": "c2ln"}
    url = "https://x.example.com/a"
    searched = {
        "type": "web_search_call",
        "id": "ws_1",
        "status": "completed",
        "action": {"type": "search", "query": "q", "sources": [{"type": "url", "url": url}]},
    }
    cited = {"type": "url_citation", "url": url, "title": "t", "start_index": 0, "end_index": 2}
    called = {
        "type": "function_call",
        "id": "fc_1",
        "call_id": "call_1",
        "name": "Read",
        "arguments": '{"path":"a"}',
        "status": "completed",
    }

    def said(text: str, **fields: Any) -> Message:
        part = {"type": "output_text", "text": text, "annotations": [], **fields}
        return {"type": "message", "id": "msg_1", "role": "assistant", "content": [part]}

    refusal = {"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": "No"}]}
    answers = [
        ({"output": [thought, searched, said("so", annotations=[cited]), called]}, {}),
        ({"output": [refusal]}, {}),
        ({"output": [said("so END more")]}, {"stop_sequences": ("END",)}),
        ({"output": [], "status": "failed", "error": {"code": "bio_policy", "message": "No"}}, {}),
    ]
    return [
        hear_response({"status": "completed", "usage": usage, "service_tier": "priority", **body}, **reading)
        for body, reading in answers
    ]


def hear_response(body: Message, **reading: Any) -> Message:
    """The message that a whole answer becomes."""
    usual = {"message_model": "claude-sonnet-5", "thoughts": "shown", "search": SearchTool("web_search")}
    reader = ResponsesReply(ask_anything(), responses.Reading(**usual | reading), counting_ids(), 321)
    return fold([one for one in reader.read_whole(json.dumps(body).encode()) if not isinstance(one, Relayed)])


READERS: dict[str, tuple[Fates, Callable[[], list[Message]]]] = {
    "openai_chat": (OPENAI_CHAT, everything_from_chat),
    "openai_responses": (OPENAI_RESPONSES, everything_from_responses),
    "gemini": (GEMINI, everything_from_gemini),
}


def values_at(row: str, messages: list[Message]) -> list[Any]:
    """What the answers hold there; null, and what is not there, holds nothing."""
    _, first, *rest = row.split(".")
    found: list[Any] = []
    for message in messages:
        at: Any = message
        steps = [first, *rest]
        if first == "content":
            at = next((block for block in message["content"] if block["type"] == rest[0]), None)
            steps = rest[1:]
        for step in steps:
            at = at.get(step) if isinstance(at, dict) else None
        found += [] if at is None else [at]
    return found


@pytest.mark.parametrize("column", READERS)
def test_an_answer_has_what_the_ledger_says(column: str) -> None:
    fates, answer = READERS[column]
    messages = answer()
    wrong = {
        row: found
        for row in ROWS
        if ((found := values_at(row, messages)) and any(found)) == (fates[row].kind == "lost")
    }
    assert {row: bool(found and any(found)) for row, found in wrong.items()} == {}


@pytest.mark.parametrize("column", READERS)
def test_what_is_emulated_says_what_the_ledger_says(column: str) -> None:
    messages = READERS[column][1]()
    assert set(values_at("answer.model", messages)) == {"claude-sonnet-5"}
    assert all(name.startswith("msg_") for name in values_at("answer.id", messages))
    assert "END" in values_at("answer.stop_sequence", messages)
    assert all(
        sealed.startswith("dgm") for sealed in values_at("answer.content.thinking.signature", messages)
    )
    (usage, *_) = values_at("answer.usage", messages)
    assert usage["cache_read_input_tokens"] == 30
    assert usage["input_tokens"] == 100 - 30 - usage["cache_creation_input_tokens"]
    assert (usage["output_tokens"], usage["output_tokens_details"]) == (20, {"thinking_tokens": 7})


@pytest.mark.parametrize(("column", "hear"), [("openai_chat", chat.hear_chat), ("gemini", gemini.hear)])
def test_thinking_is_shown_sealed_or_hidden_as_the_client_wishes(column, hear) -> None:
    """The row `thinking.*.display`."""
    said = {
        "openai_chat": [chat.reasoning(MARK), chat.text("so"), chat.finish(), chat.DONE],
        "gemini": [gemini.thought(MARK, "c2ln"), gemini.text("so"), gemini.end()],
    }[column]
    shown = {}
    for wish in ("shown", "sealed", "hidden"):
        blocks = hear(*said, thinking=wish).message["content"]
        shown[wish] = [words for block in blocks if (words := block.get("thinking"))]
    assert shown == {"shown": [MARK], "sealed": [], "hidden": []}


@pytest.mark.parametrize(("column", "hear"), [("openai_chat", chat.hear_chat), ("gemini", gemini.hear)])
def test_only_one_call_is_said_where_only_one_may_be(column, hear) -> None:
    """The row `tool_choice.*.disable_parallel_tool_use`."""
    said = {
        "openai_chat": [
            chat.call(0, "a", "Read", "{}"),
            chat.call(1, "b", "Read", "{}"),
            chat.finish("tool_calls"),
            chat.DONE,
        ],
        "gemini": [gemini.call("Read", {}, "a"), gemini.call("Read", {}, "b"), gemini.end()],
    }[column]
    for single, calls in ((False, 2), (True, 1)):
        blocks = hear(*said, single_tool_call=single).message["content"]
        assert [block["type"] for block in blocks] == ["tool_use"] * calls


def test_messages_of_an_upstream_that_speaks_it_go_on_as_they_are() -> None:
    """Every row of `answer.`, also those that nobody knows yet."""
    for column in COLUMNS:
        if column.dialect == "anthropic":
            assert {column.fates[row].kind for row in ROWS} == {"carried"}
    message = {
        "id": MARK,
        "type": "message",
        "role": "assistant",
        "model": MARK,
        "content": [],
        "usage": {"input_tokens": 1, "output_tokens": 1, "speed": MARK, "iterations": [MARK]},
        **{name: {"x": MARK} for name in ("container", "context_management", "diagnostics", "tomorrow")},
    }
    blocks = [row.split(".")[2] for row in ROWS if row.startswith("answer.content.")]
    events = [("message_start", {"message": message})]
    for index, kind in enumerate(dict.fromkeys([*blocks, "hologram"])):
        block = {"type": kind, "text": "", "input": {}, "content": MARK, "caller": {"tool_id": MARK}}
        events.append(("content_block_start", {"index": index, "content_block": block}))
        events.append(("content_block_stop", {"index": index}))
    ending = {"stop_reason": "end_turn", "stop_details": {"category": MARK}, "safeguard_results": [MARK]}
    events.append(("message_delta", {"delta": ending, "usage": {"output_tokens": 2}}))
    events.append(("message_stop", {}))
    stream = b"".join(
        f"event: {name}\ndata: {json.dumps({'type': name, **fields})}\n\n".encode() for name, fields in events
    )
    reader = MessagesReply()
    said = [one for frame in SseDecoder().feed(stream) for one in reader.feed(frame)]
    assert b"".join(map(frame_of, said)) == stream
