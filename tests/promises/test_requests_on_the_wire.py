"""What only Anthropic's API knows does not stop a request for another server: real sockets."""

import json
import re
from typing import Any

import pytest
from tests.live_server.backends import every_backend, question, said_before, served
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.http_answer import json_bytes
from tests.support.openai_flavor import COMPATIBLE, MISTRAL, OPENAI
from tests.support.openai_rules import check_request
from tests.support.raw_client import ask
from tests.support.replies import Call, Reply, Usage, reply

from dragoman.dialects.openai_chat.request import write_request
from dragoman.messages.parse import parse_request
from dragoman.routing.presets import quirks_for

LOOK = {"name": "look", "description": "Looks.", "input_schema": {"type": "object", "properties": {}}}
SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}

OF_GEMINI = {"web_search": "googleSearch", "web_fetch": "urlContext", "code_execution": "codeExecution"}
LOSSES_OF_GEMINI = {
    "web_search": "tools.1.max_uses=dropped",
    "web_fetch": "tools.1=approximated",
    "advisor": "tools.1=dropped",
}

EMULATED = ("web_fetch",)
LOST = {1: "tools.1=dropped", 2: None}
"""By the number of tools that are sent."""
OPENAI_QUIRKS = quirks_for("https://api.openai.com/v1", "gpt-5.1")


@pytest.mark.parametrize(
    "fields",
    [
        {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}},
        {"output_config": {"effort": "max", "task_budget": None}},
        {"service_tier": "auto"},
        {"container": "container_1"},
        {"mcp_servers": [{"type": "url", "url": "https://mcp.example.com", "name": "m"}]},
        {"inference_geo": "us"},
        {"cache_control": {"type": "ephemeral", "ttl": "1h"}},
        {"a_future_field": {"deep": [1]}},
    ],
    ids=lambda fields: next(iter(fields)),
)
async def test_field_that_no_other_server_knows_is_accepted_and_not_sent(fields: dict[str, Any]) -> None:
    """T05, cases 24 and 27."""
    async with served("openai_chat", reply("Hello")) as scene:
        answer = await ask(scene.url, question(model="gpt-5.1", stream=False, **fields))
    assert answer.status == 200, answer.body
    assert not fields.keys() & scene.upstream.asked[0].keys()
    assert scene.upstream.violations == []


@every_backend
@pytest.mark.parametrize(
    "tool",
    [
        SEARCH,
        {"type": "web_fetch_20260318", "name": "web_fetch"},
        {"type": "code_execution_20250825", "name": "code_execution"},
        {"type": "advisor_20260301", "name": "advisor"},
    ],
    ids=lambda tool: tool["name"],
)
async def test_tool_of_the_vendors_own_is_no_reason_to_refuse(backend: str, tool: dict[str, Any]) -> None:
    """T07, case 35: a Messages upstream gets it unchanged, Gemini and Responses have tools of their own for some, and the
    gateway runs others; of what is left another server is not told, and the client is."""
    found = {
        "type": "search_result",
        "source": "s",
        "title": "t",
        "content": [{"type": "text", "text": "found"}],
    }
    history = [{"role": "user", "content": [found, {"type": "text", "text": "and?"}]}]
    body = question(messages=history, tools=[LOOK, tool], stream=False)
    async with served(backend, reply("Hello")) as scene:
        answer = await ask(scene.url, body)
    assert answer.status == 200, answer.body
    [asked] = scene.upstream.asked
    if backend == "anthropic":
        assert asked["tools"] == [LOOK, tool]
    elif backend == "gemini":
        declared, *built_in = asked["tools"]
        assert [one["name"] for one in declared["functionDeclarations"]] == ["look"]
        assert built_in == ([{OF_GEMINI[tool["name"]]: {}}] if tool["name"] in OF_GEMINI else [])
        assert answer.header("dragoman-losses") == LOSSES_OF_GEMINI.get(tool["name"])
    elif backend == "openai_responses":
        sent = ["look", tool["name"]] if tool["name"] in (*EMULATED, "web_search") else ["look"]
        assert [one.get("name", one["type"]) for one in asked["tools"]] == sent
        lost = "tools.1.max_uses=approximated" if tool["name"] == "web_search" else LOST[len(sent)]
        assert answer.header("dragoman-losses") == lost
    else:
        sent = ["look", tool["name"]] if tool["name"] in (*EMULATED, "web_search") else ["look"]
        assert [one["function"]["name"] for one in asked["tools"]] == sent
        assert answer.header("dragoman-losses") == LOST[len(sent)]
    assert "found" in json.dumps(said_before(asked))
    assert scene.upstream.violations == []


@pytest.mark.parametrize("asked", [1000, 64_000, 128_000])
@pytest.mark.parametrize(("model", "most"), [("gpt-4o", 16_384), ("gpt-4.1", 32_768), ("gpt-5.1", 128_000)])
async def test_output_limit_is_the_models_own(model: str, most: int, asked: int) -> None:
    """T38: neither refused nor cut to a constant."""
    async with served("openai_chat", reply("Hello"), flavor=OPENAI) as scene:
        assert (await ask(scene.url, question(model=model, max_tokens=asked))).status == 200
    assert scene.upstream.asked[0]["max_completion_tokens"] == min(asked, most)
    assert scene.upstream.violations == []


async def test_usage_is_asked_for_and_a_server_that_refuses_the_question_is_asked_without_it() -> None:
    """T39: once only; the next request knows."""
    script = reply("Hello", usage=Usage(prompt=50, completion=3))
    async with served("openai_chat", script, flavor=COMPATIBLE) as scene:
        await ask(scene.url, question(model="some-model"))
    assert scene.upstream.asked[0]["stream_options"] == {"include_usage": True}
    async with served("openai_chat", script, flavor=MISTRAL) as scene:
        for _ in range(2):
            answer = await ask(scene.url, question(model="some-model"))
            assert b'"output_tokens":3' in answer.body
    assert scene.upstream.violations == ["Unrecognized request argument supplied: stream_options"]
    assert not any("stream_options" in asked for asked in scene.upstream.asked)


LONG = "mcp__a_server_with_a_long_name__and_a_tool_with_an_even_longer_name_v2"
ODD = "ns.tool/one"


@pytest.mark.parametrize("name", [LONG, ODD])
@pytest.mark.parametrize("upstream_id", ["call_0", "functions.look:0", "look", "x" * 200])
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_names_and_ids_that_the_other_side_refuses_are_mapped_and_back(
    name: str, upstream_id: str, stream: bool
) -> None:
    """T40, case 38: over two turns, with the same upstream id in each."""

    def script(body: dict[str, Any]) -> Reply:
        calls = [one for message in body["messages"] for one in message.get("tool_calls", ())]
        if len(calls) == 2:
            return reply("Done.")
        return reply(Call(body["tools"][0]["function"]["name"], {"at": "it"}, id=upstream_id))

    tool = {"name": name, "input_schema": {"type": "object", "properties": {"at": {"type": "string"}}}}
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Look."}]
    ids: list[str] = []
    async with served("openai_chat", script, flavor=COMPATIBLE) as scene:
        while True:
            body = question(model="some-model", messages=messages, tools=[tool], stream=stream)
            answer = await ask(scene.url, body)
            message = fold_stream(check_stream(answer.body)) if stream else answer.json()
            call = message["content"][-1]
            if call["type"] == "text":
                break
            assert (call["name"], call["input"]) == (name, {"at": "it"})
            ids.append(call["id"])
            result = {"type": "tool_result", "tool_use_id": call["id"], "content": f"result {len(ids)}"}
            messages += [
                {"role": "assistant", "content": message["content"]},
                {"role": "user", "content": [result]},
            ]
    assert len(set(ids)) == 2
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", one) for one in ids)
    last = scene.upstream.asked[-1]["messages"]
    called = [one["id"] for sent in last for one in sent.get("tool_calls", ())]
    assert called == [sent["tool_call_id"] for sent in last if sent["role"] == "tool"]
    assert called[0] == upstream_id or len(upstream_id) > 40
    assert len(set(called)) == 2
    assert scene.upstream.violations == []


async def test_turns_of_a_session_share_their_prefix_and_cache_key() -> None:
    """Cases 25 and 26: the attribution block differs from turn to turn, and `user_id` is long."""
    bodies = []
    for turn in range(2):
        system = [
            {"type": "text", "text": f"x-anthropic-billing-header: cc_version=1.{turn};"},
            {"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        ]
        more = [{"role": "assistant", "content": "Hello"}, {"role": "user", "content": "more"}][: 2 * turn]
        user_id = json.dumps({"device_id": "d" * 64, "account_uuid": "", "session_id": "s" * 40, "n": turn})
        bodies.append(
            question(
                model="gpt-5.1",
                system=system,
                messages=[{"role": "user", "content": "hi"}, *more],
                metadata={"user_id": user_id},
                tools=[LOOK],
            )
        )
    written = [
        json.loads(write_request(parse_request(json_bytes(body), ()), "gpt-5.1", OPENAI_QUIRKS).body)
        for body in bodies
    ]
    first, second = written
    assert second["messages"][: len(first["messages"])] == first["messages"]
    assert "billing" not in json.dumps(written)
    assert first["tools"] == second["tools"]
    assert first["prompt_cache_key"] == second["prompt_cache_key"]
    assert len(first["prompt_cache_key"]) <= 64
    assert len(first["safety_identifier"]) <= 64
    for body in written:
        check_request(body, OPENAI)
