"""The scripted Responses backend speaks so that the official SDK understands it, and plays the odd servers."""

import json
from dataclasses import replace
from typing import Any

import aiohttp
import openai
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter
from tests.support.http_answer import Cut
from tests.support.openai_client import client_of, stream_lines
from tests.support.replies import (
    Call,
    Comment,
    Item,
    Ping,
    Raw,
    Reasoning,
    Refusal,
    StreamError,
    Text,
    Usage,
    reply,
)
from tests.support.responses_flavor import AZURE_RESPONSES, OPENAI_RESPONSES, VLLM_RESPONSES, ResponsesFlavor
from tests.support.responses_replies import (
    OVERFLOW,
    cited,
    failed_with,
    found_in,
    message,
    opened,
    overflowed,
    searched,
    text_part,
)
from tests.support.responses_upstream import ScriptedResponses

READ: dict[str, Any] = {
    "type": "function",
    "name": "Read",
    "parameters": {"type": "object", "properties": {}},
    "strict": False,
}
ASKED: dict[str, Any] = {
    "model": "gpt-6.2-sol",
    "input": [{"role": "user", "content": "Hello"}],
    "store": False,
    "include": ["reasoning.encrypted_content", "web_search_call.action.sources"],
    "reasoning": {"summary": "auto"},
    "tools": [READ],
}
CALLS = (Call("Read", {"path": "a"}, sizes=3), Call("Read", {"command": "ls"}, id="call_mine", sizes=4))
EVERYTHING = reply(
    Reasoning("Hm, one.\n\nTwo.", sizes=4),
    Text("Grüezi 🦉", sizes=2),
    Refusal("I will not"),
    searched("q", ["https://a.b/c"]),
    opened("https://a.b/c"),
    found_in("https://a.b/c", "x"),
    cited("See the owl.", ("owl", "https://a.b/c", "Owls")),
    *CALLS,
    usage=Usage(prompt=50, cached=30, cache_written=5, completion=9, reasoning=4),
)
EVENTS: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
RESPONSES = TypeAdapter(Response)


async def events_of(upstream: ScriptedResponses, **fields: Any) -> list[Any]:
    async with client_of(upstream) as client:
        stream = await client.responses.create(**(ASKED | fields), stream=True)
        return [event async for event in stream]


async def lines_of(upstream: ScriptedResponses, **fields: Any) -> list[Any]:
    """Without the names of the events, which the data repeat."""
    lines = await stream_lines(upstream, "/responses", ASKED | fields)
    return [line for line in lines if not str(line).startswith("event: ")]


def types_of(lines: list[Any]) -> list[str]:
    return [line["type"] if isinstance(line, dict) else line for line in lines]


def joined(events: list[Any], type: str) -> str:
    return "".join(event.delta for event in events if event.type == type)


async def test_sdk_reads_every_event_of_a_stream() -> None:
    async with ScriptedResponses(EVERYTHING) as upstream:
        lines = await lines_of(upstream)
        events = await events_of(upstream)
    for line in lines:
        EVENTS.validate_python(line, strict=False)
    assert [line["sequence_number"] for line in lines] == list(range(len(lines)))
    assert joined(events, "response.output_text.delta") == "Grüezi 🦉See the owl."
    assert joined(events, "response.reasoning_summary_text.delta") == "Hm, one.Two."
    assert joined(events, "response.refusal.delta") == "I will not"
    assert joined(events, "response.function_call_arguments.delta") == '{"path":"a"}{"command":"ls"}'
    response = events[-1].response
    assert [item.type for item in response.output] == [
        "reasoning",
        "message",
        *["web_search_call"] * 3,
        "message",
        *["function_call"] * 2,
    ]
    assert response.usage.model_dump() == {
        "input_tokens": 50,
        "input_tokens_details": {
            "cached_tokens": 30,
            "cache_write_tokens": 5,
            "cache_write_tokens_details": None,
        },
        "output_tokens": 9,
        "output_tokens_details": {"reasoning_tokens": 4},
        "total_tokens": 59,
    }
    assert response.tool_usage.web_search.num_requests == 3
    assert upstream.violations == []


async def test_helper_of_the_sdk_puts_the_same_response_together() -> None:
    async with ScriptedResponses(EVERYTHING) as upstream, client_of(upstream) as client:
        async with client.responses.stream(**ASKED) as stream:
            async for _ in stream:
                pass
            streamed = await stream.get_final_response()
        assert streamed.output_text == "Grüezi 🦉See the owl."
        reasoning, said = streamed.output[:2]
        assert reasoning.type == "reasoning"
        assert [part.text for part in reasoning.summary] == ["Hm, one.", "Two."]
        assert (reasoning.encrypted_content or "").startswith("gAAAA")
        assert said.type == "message"
        assert said.phase == "commentary"
        assert [call.call_id for call in streamed.output if call.type == "function_call"][1] == "call_mine"


async def test_items_that_are_done_are_those_of_the_last_event() -> None:
    async with ScriptedResponses(EVERYTHING) as upstream:
        lines = await lines_of(upstream)
    done = [line["item"] for line in lines if line["type"] == "response.output_item.done"]
    assert done == lines[-1]["response"]["output"]
    added = [line["item"] for line in lines if line["type"] == "response.output_item.added"]
    assert [item["id"] for item in added] == [item["id"] for item in done]
    # What is told of encrypted content at first is not all of it.
    assert added[0]["encrypted_content"] != done[0]["encrypted_content"]
    RESPONSES.validate_python(lines[-1]["response"])


async def test_sdk_reads_a_whole_answer() -> None:
    async with ScriptedResponses(EVERYTHING) as upstream, client_of(upstream) as client:
        response = await client.responses.create(**ASKED)
        RESPONSES.validate_python(json.loads(upstream.sent[0]))
    assert response.output_text == "Grüezi 🦉See the owl."
    assert response.status == "completed"
    search = response.output[2]
    assert search.type == "web_search_call"
    assert search.action.type == "search"
    assert [source.url for source in search.action.sources or ()] == ["https://a.b/c"]
    found = response.output[5]
    assert found.type == "message"
    assert found.content[0].type == "output_text"
    citation = found.content[0].annotations[0]
    assert citation.type == "url_citation"
    assert (citation.start_index, citation.end_index, citation.title) == (8, 11, "Owls")


async def test_order_of_the_events_of_one_text() -> None:
    async with ScriptedResponses(reply(Text("Hi", sizes=1), " there")) as upstream:
        assert types_of(await lines_of(upstream)) == [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
            *["response.output_text.delta"] * 3,
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]


async def test_sources_are_told_only_to_who_asks() -> None:
    async with ScriptedResponses(EVERYTHING) as upstream:
        lines = await lines_of(upstream, include=[])
    search = next(line["item"] for line in lines if line.get("item", {}).get("type") == "web_search_call")
    assert "sources" not in search["action"]


async def test_search_that_fails_is_never_completed() -> None:
    async with ScriptedResponses(reply(searched("q", status="failed"))) as upstream:
        lines = await lines_of(upstream)
    assert "response.web_search_call.completed" not in types_of(lines)
    assert lines[-1]["response"]["output"][0]["status"] == "failed"


async def test_messages_and_parts_can_stand_side_by_side() -> None:
    said = reply(message(text_part("a"), text_part("b"), phase="commentary"), message(text_part("c")))
    async with ScriptedResponses(said) as upstream:
        output = (await lines_of(upstream))[-1]["response"]["output"]
    assert [[part["text"] for part in item["content"]] for item in output] == [["a", "b"], ["c"]]
    assert [item["phase"] for item in output] == ["commentary", "final_answer"]


async def test_older_models_know_no_phase() -> None:
    async with ScriptedResponses(reply("Hi")) as upstream:
        output = (await lines_of(upstream, model="gpt-5.1"))[-1]["response"]["output"]
    assert "phase" not in output[0]


@pytest.mark.parametrize(
    ("reason", "parts", "states"),
    [
        ("max_output_tokens", ("Hi",), ["incomplete"]),
        ("max_output_tokens", (Call("Read", {}), Call("Read", '{"pa')), ["completed", "incomplete"]),
        ("max_output_tokens", ("Hi", Call("Read", {})), ["completed", "completed"]),
        ("content_filter", ("Hi",), ["incomplete"]),
    ],
)
async def test_unfinished_answer_says_why(reason: str, parts: Any, states: list[str]) -> None:
    async with ScriptedResponses(reply(*parts, finish=reason)) as upstream:
        last = (await events_of(upstream))[-1]
    assert last.type == "response.incomplete"
    assert last.response.incomplete_details.reason == reason
    assert [item.status for item in last.response.output] == states


async def test_answer_without_an_end() -> None:
    async with ScriptedResponses(reply("Hi", ends=False)) as upstream:
        assert types_of(await lines_of(upstream))[-1] == "response.output_item.done"
    async with ScriptedResponses(reply("Hi", finishes=False)) as upstream:
        assert types_of(await lines_of(upstream))[-1] == "response.output_text.delta"
    async with ScriptedResponses(reply("Hi", Cut())) as upstream:
        with pytest.raises(aiohttp.ClientPayloadError):
            await lines_of(upstream)


def flavored(**habits: Any) -> ResponsesFlavor:
    return replace(OPENAI_RESPONSES, **habits)


async def test_arguments_can_come_late() -> None:
    for habit, events in (
        ("done", ["response.function_call_arguments.done"]),
        ("item", []),
    ):
        async with ScriptedResponses(reply(CALLS[0]), flavor=flavored(arguments=habit)) as upstream:
            lines = await lines_of(upstream)
        assert [type for type in types_of(lines) if "arguments" in type] == events
        assert lines[-2]["item"]["arguments"] == '{"path":"a"}'


async def test_text_can_come_at_once() -> None:
    async with ScriptedResponses(reply("Hi"), flavor=flavored(text_at_once=True)) as upstream:
        lines = await lines_of(upstream)
    assert "response.output_text.delta" not in types_of(lines)
    assert [line["text"] for line in lines if line["type"] == "response.output_text.done"] == ["Hi"]


async def test_names_can_come_late() -> None:
    async with ScriptedResponses(reply(CALLS[1]), flavor=flavored(names_late=True)) as upstream:
        lines = await lines_of(upstream)
    items = [line["item"] for line in lines if "item" in line]
    assert [(item["name"], item["call_id"]) for item in items] == [("", ""), ("Read", "call_mine")]


async def test_call_ids_can_be_too_long_to_come_back() -> None:
    async with ScriptedResponses(reply(CALLS[0]), flavor=flavored(long_call_ids=True)) as upstream:
        item = (await lines_of(upstream))[-2]["item"]
    assert len(item["call_id"]) == 69


async def test_last_event_can_have_an_empty_output() -> None:
    async with ScriptedResponses(reply("Hi"), flavor=flavored(empty_output=True, says_done=True)) as upstream:
        lines = await lines_of(upstream)
    assert lines[-2]["response"]["output"] == []
    assert lines[-1] == "[DONE]"


async def test_stream_can_be_one_json_value() -> None:
    async with ScriptedResponses(reply("Hi"), flavor=flavored(answers_json=True)) as upstream:
        (line,) = await lines_of(upstream)
    assert line["object"] == "response"


async def test_open_weights_say_what_they_think() -> None:
    async with ScriptedResponses(reply(Reasoning("Hm", sizes=1), "Hi"), flavor=VLLM_RESPONSES) as upstream:
        events = await events_of(upstream, model="m")
        lines = await lines_of(upstream, model="m")
    assert joined(events, "response.reasoning_text.delta") == "Hm"
    assert events[-1].response.output[0].content[0].text == "Hm"
    assert "cache_write_tokens" not in lines[-1]["response"]["usage"]["input_tokens_details"]


@pytest.mark.parametrize(
    ("errors", "where"), [("flat", ()), ("nested", ("error",)), ("failed", ("response", "error"))]
)
async def test_error_inside_a_stream_ends_it(errors: Any, where: tuple[str, ...]) -> None:
    said = reply("Hi", StreamError("Overloaded", code="rate_limit_exceeded"), "never")
    async with ScriptedResponses(said, flavor=flavored(errors=errors)) as upstream:
        last = told = (await lines_of(upstream))[-1]
    for step in where:
        told = told[step]
    assert (told["code"], told["message"]) == ("rate_limit_exceeded", "Overloaded")
    assert last["type"] == ("response.failed" if errors == "failed" else "error")
    if errors != "nested":
        EVENTS.validate_python(last)


async def test_sdk_raises_for_the_nested_error() -> None:
    said = reply(StreamError("Overloaded", code="server_is_overloaded"))
    async with ScriptedResponses(said, flavor=flavored(errors="nested")) as upstream:
        with pytest.raises(openai.APIError, match="Overloaded"):
            await events_of(upstream)


@pytest.mark.parametrize("how", ["failed", "flat", "nested"])
async def test_overflow_is_told_after_a_good_beginning(how: Any) -> None:
    async with ScriptedResponses(overflowed(how)) as upstream:
        lines = await lines_of(upstream)
    assert types_of(lines)[:2] == ["response.created", "response.in_progress"]
    assert len(lines) == 3
    assert OVERFLOW in json.dumps(lines[2])
    assert "context_length_exceeded" in json.dumps(lines[2])


async def test_failure_can_come_after_words() -> None:
    said = failed_with("bio_policy", "No.", parts=(Text("Hi"),))
    async with ScriptedResponses(said) as upstream:
        last = (await events_of(upstream))[-1]
    assert (last.type, last.response.status, last.response.error.code) == (
        "response.failed",
        "failed",
        "bio_policy",
    )


async def test_parts_of_the_wire_stand_where_they_were_put() -> None:
    odd = Item({"type": "codex.rate_limits", "odd": 1})
    said = reply(Comment("wait"), Ping(), "Hi", odd, Raw(b"data: garbage\n\n"))
    async with ScriptedResponses(said) as upstream:
        lines = await lines_of(upstream)
    assert types_of(lines)[2:4] == [": wait", "keepalive"]
    assert lines[7]["type"] == "codex.rate_limits"
    assert lines[7]["odd"] == 1
    assert lines[8] == "garbage"
    assert lines[-1]["type"] == "response.completed"


async def test_sdk_takes_a_keepalive() -> None:
    async with ScriptedResponses(reply(Ping(), "Hi", Ping())) as upstream, client_of(upstream) as client:
        assert joined(await events_of(upstream), "response.output_text.delta") == "Hi"
        async with client.responses.stream(**ASKED) as stream:
            assert (await stream.get_final_response()).output_text == "Hi"


async def test_broken_promise_is_a_violation_and_no_refusal() -> None:
    async with ScriptedResponses(reply("Hi")) as upstream, client_of(upstream) as client:
        assert (await client.responses.create(**(ASKED | {"store": True}))).output_text == "Hi"
    assert upstream.violations == ["'store' must be false"]


async def count(upstream: ScriptedResponses, **fields: Any) -> int:
    async with client_of(upstream) as client:
        body = {key: ASKED[key] for key in ("model", "input", "tools")}
        return (await client.responses.input_tokens.count(**(body | fields))).input_tokens


async def test_count_depends_on_all_that_is_read() -> None:
    image = {"type": "input_image", "detail": "auto", "image_url": "https://a.b/c.png"}
    file = {"type": "input_file", "file_url": "https://a.b/c.pdf"}
    async with ScriptedResponses([]) as upstream:
        usual = await count(upstream)
        assert usual == await count(upstream)
        longer = [{"role": "user", "content": "Hello, how are you today?"}]
        assert await count(upstream, input=longer) == usual + 6
        assert await count(upstream, tools=[READ, READ | {"name": "Write"}]) > usual
        assert await count(upstream, instructions="Be kind.") > usual
        pictured = [{"role": "user", "content": [{"type": "input_text", "text": "Hello"}, image, file]}]
        assert await count(upstream, input=pictured) == usual + 765 + 1500
    assert len(upstream.counted) == 6
    assert upstream.asked == []
    assert upstream.violations == []


@pytest.mark.parametrize(("flavor", "status"), [(AZURE_RESPONSES, 404), (VLLM_RESPONSES, 405)])
async def test_counting_may_be_missing(flavor: ResponsesFlavor, status: int) -> None:
    async with ScriptedResponses([], flavor=replace(flavor, api_key_header=False)) as upstream:
        with pytest.raises(openai.APIStatusError) as caught:
            await count(upstream)
    assert caught.value.status_code == status
    assert upstream.violations == []
    assert upstream.declined == ["Invalid URL (POST /v1/responses/input_tokens)"]


async def test_azure_takes_its_own_header() -> None:
    async with (
        ScriptedResponses(reply("Hi"), key="right", flavor=AZURE_RESPONSES) as upstream,
        aiohttp.ClientSession() as session,
        session.post(f"{upstream.base_url}/responses", json=ASKED, headers={"api-key": "right"}) as answer,
    ):
        assert answer.status == 200
