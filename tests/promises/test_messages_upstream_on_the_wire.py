"""Between a client and an upstream that both speak Messages nothing changes but the key: real sockets, whole bytes."""

import json
from typing import Any

import pytest
from tests.live_server.backends import every_backend, question, served
from tests.live_server.sessions import anthropic_settings
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.openai_flavor import COMPATIBLE
from tests.support.raw_client import ask
from tests.support.replies import Call, Ping, Reasoning, Text, Usage, failing, reply

MARK = {"type": "ephemeral"}
CLIENT = {"x-api-key": "test-key-client"}
ODD_BODY = (
    b'{ "max_tokens":100,\t"system" : [ {"type":"text","text":"x-anthropic-billing-header: cc_version=1;"},\n'
    b'{"type":"text","text":"Be kind.","cache_control":{"type":"ephemeral","ttl":"1h"}} ],'
    b' "messages" : [ {"role":"user","content":[{"type":"text","text":"gr\\u00fcezi \xf0\x9f\xa6\x89",'
    b'"cache_control":{ "type":"ephemeral" }},{"type":"document","source":{"type":"text",'
    b'"media_type":"text/plain","data":"n"},"citations":{"enabled":true}},{"type":"image","source":'
    b'{"type":"base64","media_type":"image/png","data":"iVBORw0KGgo="}}]},{"role":"assistant","content":'
    b'[{"type":"tool_use","id":"toolu_1","name":"look","input":{ "n":1.0e2,"a":[ 1 ,2 ]}}]},{"role":"user",'
    b'"content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"ok"}]} ],"tools":[{"name":"look",'
    b'"input_schema":{"type":"object"}},{"type":"web_search_20250305","name":"web_search","max_uses":3}],'
    b' "stream" :%s, "model":"claude-sonnet-5" ,"thinking":{"type":"adaptive"},"metadata":{"user_id":"u"},'
    b'"context_management":{"edits":[]},"service_tier":"auto"}\n'
)


@pytest.mark.parametrize("stream", [b"true", b"false"], ids=["streamed", "whole"])
async def test_request_and_answer_pass_byte_for_byte(stream: bytes) -> None:
    """T51, T53, T76, case 25: system blocks, marks, documents, images, calls, server tools, fields in any order."""
    body = ODD_BODY % stream
    script = reply(
        Reasoning("Hm.", 1),
        Text("Grüezi \u2028 🦉", 3),
        Ping(),
        Call("look", {"at": "🦉"}, sizes=2),
        usage=Usage(prompt=100, cached=60, cache_written=10, completion=20),
    )
    async with served("anthropic", script) as scene:
        answer = await ask(scene.url, body, headers=CLIENT)
    [request] = scene.upstream.wire.requests
    assert request.body == body
    assert answer.status == 200, answer.body
    assert answer.body == request.sent
    assert scene.upstream.violations == []


LIMITS = {
    "anthropic-ratelimit-requests-remaining": "7",
    "anthropic-ratelimit-unified-status": "allowed",
    "anthropic-organization-id": "org",
    "retry-after": "3",
}


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("fails", [False, True], ids=["answered", "refused"])
async def test_headers_of_the_api_pass_both_ways(stream: bool, fails: bool) -> None:
    """T52, case 20: what clients say of their version and betas, what the vendor says of limits."""
    said = {
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "made-up-1,made-up-2",
        "anthropic-anything-new": "yes",
        "x-claude-code-session-id": "s-1",
        "x-app": "cli",
    }
    headers = tuple({**LIMITS, "set-cookie": "a=b", "server": "cloud"}.items())
    script = failing(429, "slow down", headers=headers) if fails else reply("Hello", headers=headers)
    async with served("anthropic", script) as scene:
        answer = await ask(scene.url, question(stream=stream), headers=CLIENT | said)
    [request] = scene.upstream.wire.requests
    assert {name: request.header(name) for name in said} == said
    assert {name: answer.header(name) for name in LIMITS} == LIMITS
    assert (answer.header("set-cookie"), answer.header("server")) == (None, None)
    assert (answer.header("request-id") or "").startswith("req_01")


async def test_login_of_the_client_is_forwarded_where_that_is_chosen() -> None:
    """T54: unchanged, with the betas that belong to it; a refusal of it stays a 401."""
    script = [reply("Hello"), failing(401, "Invalid bearer token")]
    login = {"authorization": "Bearer test-token-oauth", "anthropic-beta": "oauth-2025-04-20"}
    async with ScriptedAnthropic(script, credentials="bearer") as upstream:
        env = anthropic_settings(upstream) | {"ANTHROPIC_AUTH_MODE": "passthrough", "ANTHROPIC_API_KEY": ""}
        async with dragoman_in_process(env) as dragoman:
            answered = await ask(dragoman.url, question(stream=False), headers=login)
            refused = await ask(dragoman.url, question(stream=False), headers=login)
    assert (answered.status, refused.status) == (200, 401)
    assert refused.json()["error"]["message"] == "Invalid bearer token"
    for request in upstream.wire.requests:
        assert {name: request.header(name) for name in login} == login
        assert request.header("x-api-key") is None


@every_backend
@pytest.mark.parametrize(
    "thinking",
    [{"type": "enabled", "budget_tokens": 1024}, {"type": "adaptive"}, {"type": "disabled"}],
    ids=lambda thinking: thinking["type"],
)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_every_kind_of_thinking_is_accepted(
    backend: str, thinking: dict[str, Any], stream: bool
) -> None:
    """T01."""
    async with served(backend, reply("Hello"), flavor=COMPATIBLE) as scene:
        answer = await ask(
            scene.url, question(thinking=thinking, stream=stream, max_tokens=2048), headers=CLIENT
        )
    assert answer.status == 200, answer.body
    assert scene.upstream.violations == []
    if backend == "anthropic":
        assert scene.upstream.asked[0]["thinking"] == thinking


async def test_upstream_sees_no_more_cache_marks_than_it_takes() -> None:
    """Case 30: a mark at the top beside four on blocks."""
    marked = [{"type": "text", "text": f"part {at}", "cache_control": MARK} for at in range(4)]
    body = question(messages=[{"role": "user", "content": marked}], cache_control=MARK, stream=False)
    async with served("anthropic", reply("Hello")) as scene:
        answer = await ask(scene.url, body, headers=CLIENT)
    assert scene.upstream.violations == []
    assert answer.status == 200
    assert json.dumps(scene.upstream.asked).count("cache_control") <= 4


async def test_upstream_never_gets_a_cache_mark_on_empty_text() -> None:
    """Case 29, for an upstream that speaks Messages."""
    empty = {"type": "text", "text": "", "cache_control": MARK}
    history = [
        {"role": "user", "content": [{"type": "text", "text": "hi"}, empty]},
        {"role": "assistant", "content": []},
        {"role": "user", "content": "and now?"},
    ]
    async with served("anthropic", reply("Hello")) as scene:
        answer = await ask(scene.url, question(messages=history, stream=False), headers=CLIENT)
    assert scene.upstream.violations == []
    assert answer.status == 200
