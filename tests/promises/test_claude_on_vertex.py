"""Claude on Vertex AI, from the client's bytes to a strict server on a real socket and back."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.ports import Bench, body_of, target
from tests.support.replies import Call, Raw, Reasoning, Script, Text, failing, reply
from tests.support.vertex_claude_rules import BETAS
from tests.support.vertex_upstream import ScriptedVertexClaude

from dragoman.messages.errors import ApiError
from dragoman.messages.events import frame_of
from dragoman.messages.parse import parse_request
from dragoman.routing.presets import quirks_for
from dragoman.upstream.client import HttpUpstream
from dragoman.wire.exchange import Headers

MODEL = "claude-sonnet-4-5@20250929"
LOSSES = "dragoman-losses"


@dataclass
class Scene:
    """A relay whose every model is Claude on a scripted Vertex AI."""

    bench: Bench
    upstream: ScriptedVertexClaude

    async def ask(self, headers: Headers = (), **fields: Any) -> tuple[bytes, dict[str, str]]:
        """The frames of the answer, and its headers. Raises ApiError."""
        request = parse_request(json.dumps(body_of(**fields)).encode(), headers)
        answer = self.bench.relay.answer(request, "req_1")
        if not request.stream:
            return await answer.message(), dict(answer.headers)
        said = [frame_of(one) async for batch in answer.events() for one in batch]
        return b"".join(said), dict(answer.headers)

    async def count(self, **fields: Any) -> int:
        request = parse_request(json.dumps(body_of(**fields)).encode(), (), counting=True)
        return await self.bench.relay.count(request, "req_1")


@asynccontextmanager
async def served(script: Script, model: str = MODEL, **options: Any) -> AsyncGenerator[Scene]:
    async with ScriptedVertexClaude(script, token="test-token-1", **options) as upstream:
        client = HttpUpstream(5, 5)
        where = target(
            "anthropic",
            model,
            quirks_for(upstream.base_url, model, "anthropic", "vertex"),
            base_url=upstream.base_url,
            access="vertex",
            location="global",
            credential="",
            credential_required=False,
        )
        try:
            yield Scene(Bench(client, where), upstream)
        finally:
            await client.close()


SAID = reply(Reasoning("Hm.", 1), Text("Grüezi 🦉", 3), Call("look", {"at": "🦉"}, sizes=2))


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_the_answer_passes_byte_for_byte(stream: bool) -> None:
    """T56, M30: the model with its date in the path, the version in the body, and nothing of the client's proof."""
    headers = (("x-api-key", "test-key-client"), ("anthropic-version", "2023-06-01"), ("user-agent", "cli"))
    async with served(SAID) as scene:
        told, _ = await scene.ask(headers, stream=stream)
    [call] = scene.upstream.calls
    assert call.model == MODEL
    assert told == call.wire.sent
    assert call.wire.header("user-agent") == "cli"
    assert call.wire.header("x-api-key") is None
    assert call.body["anthropic_version"] == "vertex-2023-10-16"
    if stream:
        assert [block["type"] for block in fold_stream(check_stream(told))["content"]] == [
            *("thinking", "text", "tool_use")
        ]


async def test_what_it_refuses_is_learned_and_not_asked_again() -> None:
    """Case 27: betas that this model does not know yet; a field may be refused for want of this client's beta."""
    headers = (
        (
            "anthropic-beta",
            "effort-2025-11-24,new-1-2027-01-01,context-management-2025-06-27,new-2-2027-01-01",
        ),
    )
    asked = {"context_management": {"edits": []}, "made_up": 1}
    async with served(SAID, betas=BETAS - {"context-management-2025-06-27"}) as scene:
        for _ in range(2):
            _, answered = await scene.ask(headers, **asked)
            assert set(answered[LOSSES].split(", ")) == {
                *("anthropic-beta.new-1-2027-01-01=dropped", "anthropic-beta.new-2-2027-01-01=dropped"),
                *("context_management=dropped", "made_up=dropped"),
            }
        first, second = scene.upstream.calls
    assert first.body == second.body
    assert "context_management" not in first.body
    assert first.betas == second.betas == ["effort-2025-11-24"]
    assert len(scene.upstream.violations) == 3


async def test_one_clients_mistake_takes_nothing_from_the_others() -> None:
    """A field without its beta is refused; the next client sends both, and both go out."""
    asked = {"context_management": {"edits": []}}
    async with served(SAID) as scene:
        _, answered = await scene.ask((("anthropic-beta", "context-management-2001-01-01"),), **asked)
        assert "context_management=dropped" in answered[LOSSES]
        _, answered = await scene.ask((), **asked)
        assert "context_management=dropped" in answered[LOSSES]
        _, answered = await scene.ask((("anthropic-beta", "context-management-2025-06-27"),), **asked)
        assert LOSSES not in answered
    assert scene.upstream.calls[-1].betas == ["context-management-2025-06-27"]
    assert scene.upstream.calls[-1].body["context_management"] == {"edits": []}


async def test_a_count_is_asked_without_date_and_betas() -> None:
    """Case 19."""
    async with served((), tokens=4321) as scene:
        assert await scene.count(max_tokens=None, stream=None, tools=[]) == 4321
    assert [(call.model, call.counting) for call in scene.upstream.calls] == [("claude-sonnet-4-5", True)]


async def test_a_missing_model_is_told_with_what_helps() -> None:
    """V07: the exact id, the region and Model Garden."""
    async with served((), "claude-nine@1") as scene:
        with pytest.raises(ApiError) as refused:
            await scene.ask()
    error = refused.value
    assert (error.status, error.type) == (404, "not_found_error")
    for words in ("`claude-nine@1`", "VERTEX_LOCATION `global`", "Model Garden"):
        assert words in error.message
    assert "scripted-project" not in error.message


async def test_a_refused_token_is_renewed_once() -> None:
    async with served(SAID) as scene:
        scene.bench.tokens.rejected.append("an earlier one")
        with pytest.raises(ApiError) as refused:
            await scene.ask()
    assert refused.value.status == 403
    assert "gcloud auth application-default login" in refused.value.message
    assert scene.bench.tokens.rejected == ["an earlier one", "test-token-2"]


async def test_a_stream_that_google_breaks_off_ends_with_its_reason() -> None:
    error = b'[{\n  "error": {"code": 503, "message": "gone away", "status": "UNAVAILABLE"}\n}\n]'
    script = reply("Hello", Raw(error), finishes=False, ends=False)
    async with served(script) as scene:
        with pytest.raises(ApiError) as broken:
            await scene.ask()
    assert (broken.value.status, broken.value.message) == (529, "Vertex AI: gone away")


async def test_a_used_up_quota_tells_when_to_come_back() -> None:
    async with served(failing(429, "Quota exceeded for online_prediction_requests_per_base_model")) as scene:
        with pytest.raises(ApiError) as refused:
            await scene.ask()
    assert (refused.value.status, refused.value.type) == (429, "rate_limit_error")
    assert dict(refused.value.headers) == {"retry-after": "10"}


async def test_anthropics_own_words_are_not_touched() -> None:
    words = "prompt is too long: 215000 tokens > 200000 maximum"
    async with served(failing(400, words, type="invalid_request_error")) as scene:
        with pytest.raises(ApiError) as refused:
            await scene.ask()
    assert refused.value.body is not None
    assert json.loads(refused.value.body)["error"]["message"] == words
