"""The scripted Claude on Vertex AI speaks so that the official SDK understands it, and refuses as Vertex AI does."""

import copy
import json
from typing import Any

import aiohttp
import anthropic
import pytest
from tests.support.replies import Reasoning, failing, reply
from tests.support.vertex_claude_rules import BETAS, FIELDS
from tests.support.vertex_upstream import ScriptedVertexClaude

MODEL = "claude-sonnet-4-5@20250929"
ASKED: dict[str, Any] = {
    "anthropic_version": "vertex-2023-10-16",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hello"}],
}
HEADERS = {"authorization": "Bearer test-token"}


def client_of(upstream: ScriptedVertexClaude) -> anthropic.AsyncAnthropicVertex:
    return anthropic.AsyncAnthropicVertex(
        access_token="test-token",
        project_id="scripted-project",
        region="global",
        base_url=f"{upstream.wire.url}/v1",
        max_retries=0,
    )


async def post(
    upstream: ScriptedVertexClaude,
    body: Any = ASKED,
    model: str = MODEL,
    verb: str = "rawPredict",
    headers: dict[str, str] = HEADERS,
) -> tuple[int, Any]:
    url = f"{upstream.base_url}/publishers/anthropic/models/{model}:{verb}"
    async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as answer:
        return answer.status, json.loads(await answer.read())


async def test_the_sdk_is_understood_and_understands() -> None:
    async with (
        ScriptedVertexClaude(reply(Reasoning("Hm."), "Hello")) as upstream,
        client_of(upstream) as client,
    ):
        async with client.messages.stream(model=MODEL, max_tokens=100, messages=ASKED["messages"]) as stream:
            streamed = await stream.get_final_message()
        whole = await client.messages.create(model=MODEL, max_tokens=100, messages=ASKED["messages"])
    for message in (streamed, whole):
        assert [block.type for block in message.content] == ["thinking", "text"]
        assert message.model == "claude-sonnet-4-5"
    assert upstream.violations == []
    assert [(call.model, call.counting) for call in upstream.calls] == [(MODEL, False)] * 2


async def test_the_sdk_can_count() -> None:
    async with ScriptedVertexClaude((), tokens=5) as upstream, client_of(upstream) as client:
        counted = await client.messages.count_tokens(model="claude-sonnet-4-5", messages=ASKED["messages"])
    assert counted.input_tokens == 5
    assert [(call.model, call.counting) for call in upstream.calls] == [("claude-sonnet-4-5", True)]


def changed(**fields: Any) -> dict[str, Any]:
    body = copy.deepcopy(ASKED) | fields
    return {name: value for name, value in body.items() if value is not None}


@pytest.mark.parametrize(
    ("body", "headers", "words"),
    [
        (changed(model=MODEL), {}, "model: Extra inputs are not permitted"),
        (changed(anthropic_version=None), {}, "anthropic_version: Field required"),
        (changed(anthropic_version="2023-06-01"), {}, "anthropic_version: `2023-06-01` is not"),
        (changed(service_tier="auto"), {}, "service_tier: Extra inputs are not permitted"),
        (changed(context_management={}), {}, "context_management: Extra inputs are not permitted"),
        (changed(stream=True), {}, "stream: this is not for rawPredict"),
        (changed(max_tokens=None), {}, "max_tokens: Field required"),
        (
            changed(tools=[{"type": "web_fetch_20250910", "name": "f"}]),
            {},
            "tools.0: Input tag 'web_fetch_20250910'",
        ),
        (changed(cache_control={"scope": "global"}), {}, "cache_control.ephemeral.scope: Extra inputs"),
        (
            changed(messages=[{"role": "user", "content": [{"type": "container_upload"}]}]),
            {},
            "messages: Input tag 'file'",
        ),
        (ASKED, {"anthropic-version": "2023-06-01"}, "anthropic-version: this header must not"),
        (ASKED, {"x-api-key": "k"}, "x-api-key: this header must not"),
        (
            ASKED,
            {"anthropic-beta": "a,effort-2025-11-24,b"},
            "Unexpected value(s) `a`, `b` for the `anthropic-beta`",
        ),
        (
            ASKED,
            {"anthropic-beta": "context-1m-2025-08-07"},
            "Unexpected value(s) `context-1m-2025-08-07` for",
        ),
    ],
)
async def test_what_vertex_ai_refuses_is_refused_in_anthropics_words(
    body: Any, headers: dict[str, str], words: str
) -> None:
    async with ScriptedVertexClaude(()) as upstream:
        status, told = await post(upstream, body, headers=HEADERS | headers)
    assert (status, told["type"], told["error"]["type"]) == (400, "error", "invalid_request_error")
    assert told["error"]["message"].startswith(words)
    assert len(upstream.violations) == 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (ASKED | {"model": "claude-haiku-4-5"}, "max_tokens: Extra inputs"),
        (changed(max_tokens=None), "model: Input should be the id"),
        (changed(max_tokens=None, model=MODEL), "model: Input should be the id"),
    ],
)
async def test_a_count_is_as_strict(body: Any, words: str) -> None:
    async with ScriptedVertexClaude(()) as upstream:
        status, told = await post(upstream, body, model="count-tokens")
    assert status == 400
    assert told["error"]["message"].startswith(words)


async def test_a_count_refuses_every_beta() -> None:
    body = changed(max_tokens=None, model="claude-haiku-4-5")
    async with ScriptedVertexClaude(()) as upstream:
        refused = await post(
            upstream, body, model="count-tokens", headers=HEADERS | {"anthropic-beta": "effort-2025-11-24"}
        )
        assert await post(upstream, body, model="count-tokens") == (200, {"input_tokens": 17})
    assert refused[0] == 400


@pytest.mark.parametrize(
    ("options", "status", "word"),
    [
        ({"headers": {}}, 401, "UNAUTHENTICATED"),
        ({"headers": {"authorization": "Bearer other"}}, 401, "UNAUTHENTICATED"),
        ({"model": "claude-1"}, 404, "NOT_FOUND"),
        ({"verb": "predict"}, 404, "NOT_FOUND"),
        ({"body": "x" * 2000}, 400, "FAILED_PRECONDITION"),
    ],
)
async def test_google_refuses_in_its_own_words(options: Any, status: int, word: str) -> None:
    async with ScriptedVertexClaude((), largest=1000) as upstream:
        told = await post(upstream, **options)
    assert (told[0], told[1]["error"]["status"]) == (status, word)
    assert len(upstream.violations) == 1


async def test_failures_are_googles_unless_they_have_a_type() -> None:
    script = [
        failing(429, "used up", headers=(("retry-after", "4"),)),
        failing(529, "busy", type="overloaded_error"),
    ]
    async with ScriptedVertexClaude(script) as upstream:
        first = await post(upstream, ASKED | {"stream": True}, verb="streamRawPredict")
        second = await post(upstream)
    assert first == (429, [{"error": {"code": 429, "message": "used up", "status": "RESOURCE_EXHAUSTED"}}])
    assert (second[0], second[1]["error"]) == (529, {"type": "overloaded_error", "message": "busy"})
    assert upstream.violations == []


async def test_what_models_know_can_be_told() -> None:
    async with ScriptedVertexClaude(
        reply("Hi"), betas=BETAS | {"new-1"}, fields=FIELDS | {"safeguards"}, models=("claude-9",)
    ) as upstream:
        status, told = await post(
            upstream, ASKED | {"safeguards": []}, "claude-9", headers=HEADERS | {"anthropic-beta": "new-1"}
        )
    assert status == 200, told
    assert upstream.calls[0].betas == ["new-1"]
    assert ScriptedVertexClaude.is_addressed(upstream.calls[0].wire)
