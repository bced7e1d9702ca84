"""The scripted Chat backend speaks so that the official SDK understands it, and plays the odd servers."""

import json
from dataclasses import replace
from typing import Any

import aiohttp
import openai
import pytest
from openai.types.chat import ChatCompletionChunk
from tests.support.http_answer import Cut
from tests.support.openai_client import client_of, stream_lines
from tests.support.openai_flavor import COMPATIBLE, MISTRAL, OLLAMA, OPENAI, OPENROUTER, Flavor
from tests.support.openai_sources import source, sources
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.replies import (
    Call,
    Comment,
    Item,
    Raw,
    Reasoning,
    Refusal,
    Reply,
    StreamError,
    Text,
    Usage,
    failing,
    reply,
)

ASKED: dict[str, Any] = {"model": "gpt-5.2", "messages": [{"role": "user", "content": "Hello"}]}
CALLS = (Call("Read", {"path": "a"}, sizes=3), Call("Bash", {"command": "ls"}, sizes=4))


async def chunks_of(upstream: ScriptedOpenAI, **fields: Any) -> list[ChatCompletionChunk]:
    async with client_of(upstream) as client:
        stream = await client.chat.completions.create(**ASKED, stream=True, **fields)
        return [chunk async for chunk in stream]


async def lines_of(upstream: ScriptedOpenAI, **fields: Any) -> list[Any]:
    return await stream_lines(upstream, "/chat/completions", ASKED | fields)


def deltas_of(lines: list[Any]) -> list[dict[str, Any]]:
    return [line["choices"][0]["delta"] for line in lines if isinstance(line, dict) and line["choices"]]


async def test_sdk_reads_a_streamed_answer() -> None:
    said = reply(
        Text("Grüezi 🦉", sizes=2), *CALLS, usage=Usage(prompt=50, cached=30, completion=9, reasoning=4)
    )
    async with ScriptedOpenAI(said) as upstream:
        chunks = await chunks_of(upstream, stream_options={"include_usage": True})
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Grüezi 🦉"
    arguments = {0: "", 1: ""}
    for chunk in chunks:
        for call in chunk.choices[0].delta.tool_calls or () if chunk.choices else ():
            assert call.function is not None
            arguments[call.index] += call.function.arguments or ""
    assert arguments == {0: '{"path":"a"}', 1: '{"command":"ls"}'}
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices][-1] == "tool_calls"
    usage = chunks[-1].usage
    assert usage is not None
    assert usage.prompt_tokens_details is not None
    assert (usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens) == (50, 30)
    assert upstream.asked[0]["model"] == "gpt-5.2"


async def test_sdk_reads_a_whole_answer() -> None:
    async with ScriptedOpenAI(reply("Hi", *CALLS)) as upstream, client_of(upstream) as client:
        completion = await client.chat.completions.create(**ASKED)
    message = completion.choices[0].message
    assert message.content == "Hi"
    assert [call.function.name for call in message.tool_calls or () if call.type == "function"] == [
        "Read",
        "Bash",
    ]
    assert completion.choices[0].finish_reason == "tool_calls"


async def test_first_chunk_has_the_role_and_the_last_line_is_done() -> None:
    async with ScriptedOpenAI(reply("Hi")) as upstream:
        lines = await lines_of(upstream, stream_options={"include_usage": True})
    assert lines[0]["choices"][0]["delta"]["role"] == "assistant"
    assert lines[0]["usage"] is None
    assert lines[-2]["choices"] == []
    assert lines[-1] == "[DONE]"


async def test_usage_is_said_only_when_asked() -> None:
    async with ScriptedOpenAI(reply("Hi")) as upstream:
        assert not any("usage" in line for line in await lines_of(upstream))


async def test_reply_can_be_decided_from_the_request() -> None:
    def echo(body: dict[str, Any]) -> Reply:
        return reply(body["messages"][-1]["content"])

    async with ScriptedOpenAI(echo) as upstream:
        assert "Hello" in [delta.get("content") for delta in deltas_of(await lines_of(upstream))]


async def test_flat_errors_have_no_envelope() -> None:
    async with (
        ScriptedOpenAI(failing(400, "No"), flavor=MISTRAL) as upstream,
        aiohttp.ClientSession() as session,
    ):
        headers = {"authorization": "Bearer x"}
        async with session.post(
            f"{upstream.base_url}/chat/completions", json=ASKED, headers=headers
        ) as answer:
            assert (await answer.json())["message"] == "No"


async def test_error_inside_a_stream_ends_it() -> None:
    async with ScriptedOpenAI(
        reply("Hi", StreamError("Overloaded", code="server_overloaded"), "never")
    ) as upstream:
        lines = await lines_of(upstream)
        assert lines[-1]["error"]["message"] == "Overloaded"
        with pytest.raises(openai.APIError, match="Overloaded"):
            await chunks_of(upstream)


async def test_parts_of_the_wire_stand_where_they_were_put() -> None:
    said = reply(
        Comment("wait"), "Hi", Item({"choices": [], "odd": 1}), Raw(b"data: garbage\n\n"), ends=False
    )
    async with ScriptedOpenAI(said) as upstream:
        lines = await lines_of(upstream)
    assert lines[1] == ": wait"
    assert lines[3] == {"choices": [], "odd": 1}
    assert lines[4] == "garbage"
    assert lines[-1]["choices"][0]["finish_reason"] == "stop"


async def test_stream_can_break_off_without_a_finish_reason() -> None:
    async with ScriptedOpenAI(reply("Hi", finishes=False, ends=False)) as upstream:
        assert [line["choices"][0]["finish_reason"] for line in await lines_of(upstream)] == [None, None]


async def test_stream_can_be_cut() -> None:
    async with ScriptedOpenAI(reply("Hi", Cut())) as upstream:
        with pytest.raises(aiohttp.ClientPayloadError):
            await lines_of(upstream)


async def test_refusal_has_its_own_field() -> None:
    async with ScriptedOpenAI(reply(Refusal("I will not"))) as upstream:
        assert {"refusal": "I will not"} in deltas_of(await lines_of(upstream))


@pytest.mark.parametrize(
    ("reasoning", "delta"),
    [
        ("reasoning_content", {"content": None, "reasoning_content": "Hm"}),
        ("reasoning", {"content": "", "reasoning": "Hm"}),
        ("both", {"reasoning": "Hm", "reasoning_content": "Hm"}),
        ("think_tags", {"content": "<think>"}),
        ("bare_think_end", {"content": "\n</think>\n\n"}),
        ("content_parts", {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]}),
    ],
)
async def test_reasoning_is_said_in_the_servers_way(reasoning: Any, delta: dict[str, Any]) -> None:
    flavor = replace(COMPATIBLE, reasoning=reasoning)
    async with ScriptedOpenAI(reply(Reasoning("Hm"), "Yes"), flavor=flavor) as upstream:
        assert delta in deltas_of(await lines_of(upstream))
        async with client_of(upstream) as client:
            await client.chat.completions.create(**ASKED)
        assert b"Hm" in upstream.sent[1]


async def test_openrouter_tells_the_sources_of_a_search_in_both_forms() -> None:
    found = source("https://a.test", "A", "a page")
    script = reply(sources(found), "Yes", usage=Usage(searches=2))
    async with ScriptedOpenAI(script, flavor=OPENROUTER) as upstream:
        lines = await lines_of(upstream)
        async with client_of(upstream) as client:
            whole = await client.chat.completions.create(**ASKED)
    assert [delta["annotations"] for delta in deltas_of(lines) if "annotations" in delta] == [[found]]
    told = [line["usage"] for line in lines if isinstance(line, dict) and line.get("usage")]
    assert [usage["server_tool_use_details"] for usage in told] == [{"web_search_requests": 2}]
    assert [one.to_dict() for one in whole.choices[0].message.annotations or ()] == [found]
    assert (whole.usage.to_dict() if whole.usage else {})["server_tool_use_details"] == {
        "web_search_requests": 2
    }


async def test_openrouter_signs_its_reasoning_details() -> None:
    async with ScriptedOpenAI(reply(Reasoning("Hmm", sizes=2), "Yes"), flavor=OPENROUTER) as upstream:
        deltas = deltas_of(await lines_of(upstream))
    details = [detail for delta in deltas for detail in delta.get("reasoning_details", ())]
    assert [detail["text"] for detail in details] == ["Hm", "m", ""]
    assert details[-1]["signature"] == "details-3"


async def test_hidden_reasoning_is_only_counted() -> None:
    async with ScriptedOpenAI(reply(Reasoning("secret"), "Yes", usage=Usage(reasoning=5))) as upstream:
        lines = await lines_of(upstream, stream_options={"include_usage": True})
    assert "secret" not in json.dumps(lines)
    assert lines[-2]["usage"]["completion_tokens_details"]["reasoning_tokens"] == 5


async def call_entries(flavor: Flavor) -> list[dict[str, Any]]:
    async with ScriptedOpenAI(reply(*CALLS), flavor=flavor) as upstream:
        deltas = deltas_of(await lines_of(upstream))
    return [entry for delta in deltas for entry in delta.get("tool_calls", ())]


async def test_calls_of_openai_stand_one_after_the_other() -> None:
    entries = await call_entries(OPENAI)
    assert [entry["index"] for entry in entries] == [0] * 5 + [1] * 5
    assert [sorted(entry) for entry in entries[:2]] == [
        ["function", "id", "index", "type"],
        ["function", "index"],
    ]


async def test_calls_can_take_turns() -> None:
    entries = await call_entries(replace(COMPATIBLE, interleaves_calls=True))
    assert [entry["index"] for entry in entries] == [0, 1] * 5


async def test_ids_can_repeat_or_be_missing_or_be_of_nine() -> None:
    repeated = await call_entries(replace(COMPATIBLE, repeats_tool_ids=True))
    assert [entry["id"] for entry in repeated if "id" in entry] == ["call_0", "call_1"]
    assert not any("id" in entry for entry in await call_entries(replace(COMPATIBLE, no_tool_ids=True)))
    assert all(len(entry["id"]) == 9 for entry in await call_entries(MISTRAL))


async def test_names_can_be_repeated_or_null_in_later_fragments() -> None:
    named = await call_entries(replace(COMPATIBLE, names_every_chunk=True))
    assert {entry["function"]["name"] for entry in named} == {"Read", "Bash"}
    assert len({entry["id"] for entry in named}) == 2
    nulls = await call_entries(replace(COMPATIBLE, ids_as_null=True))
    assert nulls[1] == {"index": 0, "id": None, "type": None, "function": {"name": None, "arguments": ""}} | {
        "function": {"name": None, "arguments": '{"p'}
    }


async def test_call_without_index_comes_whole() -> None:
    entries = await call_entries(replace(COMPATIBLE, no_tool_index=True, arguments_as_object=True))
    assert [entry["function"]["arguments"] for entry in entries] == [{"path": "a"}, {"command": "ls"}]
    assert not any("index" in entry for entry in entries)


async def test_ollama_finishes_calls_with_stop() -> None:
    async with ScriptedOpenAI(reply(*CALLS), flavor=OLLAMA) as upstream:
        assert (await lines_of(upstream))[-2]["choices"][0]["finish_reason"] == "stop"


@pytest.mark.parametrize(
    ("usage", "said"),
    [("never", 0), ("every_chunk", 3), ("with_finish", 1), ("always", 1), ("on_request", 0)],
)
async def test_usage_comes_where_the_server_says_it(usage: Any, said: int) -> None:
    async with ScriptedOpenAI(reply("Hi"), flavor=replace(COMPATIBLE, usage=usage)) as upstream:
        lines = await lines_of(upstream)
    assert sum(1 for line in lines if isinstance(line, dict) and line.get("usage")) == said


@pytest.mark.parametrize(
    ("fields", "key"), [("deepseek", "prompt_cache_hit_tokens"), ("moonshot", "cached_tokens")]
)
async def test_usage_has_the_vendors_fields(fields: Any, key: str) -> None:
    flavor = replace(COMPATIBLE, usage_fields=fields)
    said = reply("Hi", usage=Usage(prompt=9, cached=4))
    async with ScriptedOpenAI(said, flavor=flavor) as upstream, client_of(upstream) as client:
        completion = await client.chat.completions.create(**ASKED)
    told: Any = completion.to_dict()
    assert told["usage"][key] == 4
