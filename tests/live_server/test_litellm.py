"""Models behind the real LiteLLM, whose vendors are scripted upstreams on this machine (docs/decisions/0033)."""

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from dragoman.upstream.litellm_library import load_library
from tests.live_server.backends import Scene, question
from tests.live_server.sdk import WEATHER, message_of, sdk
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.grammar_table import check_stream
from tests.support.http_answer import Answer, Cut, Stall
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.optional_package import needs_package
from tests.support.raw_client import ask, calling
from tests.support.replies import (
    Call,
    Reasoning,
    Reply,
    Script,
    StreamError,
    Text,
    Usage,
    failing,
    reply,
)

needs_package("litellm")

# The SDK warns of models that its vendor will retire; LiteLLM's own modules, of which it loads some late, warn as well.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:anthropic",
    "ignore:The model:DeprecationWarning",
    "ignore::Warning:litellm",
    "ignore::Warning:pydantic",
)

KEY = "test-key-openai-behind-litellm"
AT_ONCE = 1.0
"""Seconds within which an upstream must know that the client is gone (R6)."""

streamed_or_whole = pytest.mark.parametrize("streams", [True, False], ids=["streamed", "whole"])


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """Ahead of the first request, because on a busy machine it takes longer than a test waits for an answer."""
    load_library(os.environ, (), {})


@asynccontextmanager
async def served(
    script: Script, vendor: str = "openai", *, env: Mapping[str, str] | None = None
) -> AsyncGenerator[Scene]:
    """Dragoman whose models are LiteLLM's, behind which this vendor's server is scripted."""
    upstream = ScriptedOpenAI(script, key=KEY) if vendor == "openai" else ScriptedAnthropic(script)
    models = {"openai": "openai/gpt-4.1", "anthropic": "litellm/anthropic/claude-sonnet-4-5"}
    async with upstream:
        urls = {
            "OPENAI_BASE_URL": upstream.base_url if vendor == "openai" else "",
            "ANTHROPIC_UPSTREAM_BASE_URL": upstream.base_url if vendor == "anthropic" else "",
        }
        settings = {
            "PREFERRED_PROVIDER": "litellm",
            "BIG_MODEL": models[vendor],
            "SMALL_MODEL": models[vendor],
            "OPENAI_API_KEY": KEY,
            "ANTHROPIC_API_KEY": "test-key-anthropic",
            **urls,
            **(env or {}),
        }
        async with dragoman_in_process(settings) as dragoman:
            yield Scene(dragoman, upstream)


async def told(client: Any, streams: bool, **fields: Any) -> Any:
    """The message, asked for in either way."""
    if not streams:
        return await client.messages.create(**message_of(**fields))
    async with client.messages.stream(**message_of(**fields)) as stream:
        return await stream.get_final_message()


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
@streamed_or_whole
async def test_text_and_usage_arrive(vendor: str, streams: bool) -> None:
    usage = Usage(prompt=3000, completion=7, cached=2048)
    async with served(reply(Text("Grüezi, 🦉 world", 3), usage=usage), vendor) as scene:
        async with sdk(scene.url) as client:
            message = await told(client, streams)
    assert [block.text for block in message.content] == ["Grüezi, 🦉 world"]
    assert (message.model, message.stop_reason) == ("claude-sonnet-5", "end_turn")
    counted = message.usage
    assert (counted.input_tokens, counted.cache_read_input_tokens, counted.output_tokens) == (952, 2048, 7)
    assert scene.upstream.violations == []


async def test_text_streams_in_pieces() -> None:
    async with served(reply(Text("one two three four", 4))) as scene, sdk(scene.url) as client:
        async with client.messages.stream(**message_of()) as stream:
            pieces = [text async for text in stream.text_stream]
    assert "".join(pieces) == "one two three four"
    assert len(pieces) > 3


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
@streamed_or_whole
async def test_tools_and_their_results_go_round(vendor: str, streams: bool) -> None:
    calls = (
        Call("get_weather", {"place": "Zürich 🦉"}, sizes=3),
        Call("get_weather", {"place": "Bern"}, sizes=2),
    )
    script = [reply("Let me look.", *calls), reply("Sunny in both.")]
    first = {"role": "user", "content": "How is the weather?"}
    thinking = {"type": "enabled", "budget_tokens": 2048}
    fields: dict[str, Any] = {"tools": [WEATHER], "max_tokens": 4096, "thinking": thinking}
    async with served(script, vendor) as scene, sdk(scene.url) as client:
        asked = await told(client, streams, messages=[first], **fields)
        made = [block for block in asked.content if block.type == "tool_use"]
        results = [{"type": "tool_result", "tool_use_id": call.id, "content": "sun"} for call in made]
        history = [
            first,
            {"role": "assistant", "content": asked.to_dict()["content"]},
            {"role": "user", "content": results},
        ]
        answer = await told(client, streams, messages=history, **fields)
    assert [(call.name, call.input) for call in made] == [
        ("get_weather", {"place": "Zürich 🦉"}),
        ("get_weather", {"place": "Bern"}),
    ]
    assert asked.stop_reason == "tool_use"
    assert answer.content[0].text == "Sunny in both."
    assert scene.upstream.violations == []


@streamed_or_whole
@pytest.mark.parametrize(
    ("status", "message", "seen", "kind", "says"),
    [
        (401, "Incorrect API key provided", 403, "permission_error", "rejected Dragoman's credential"),
        (429, "slow down please", 429, "rate_limit_error", "slow down please"),
        (404, "The model `x` does not exist", 404, "not_found_error", "does not exist"),
        (400, "messages.0 is wrong", 400, "invalid_request_error", "messages.0 is wrong"),
        (500, "the machine is on fire", 502, "api_error", "the machine is on fire"),
        (503, "overloaded", 529, "overloaded_error", "overloaded"),
    ],
    ids=str,
)
async def test_vendors_refusal_is_told(
    streams: bool, status: int, message: str, seen: int, kind: str, says: str
) -> None:
    script = failing(status, f"{message} {KEY}", headers=(("retry-after", "7"),))
    async with served(script) as scene:
        response = await ask(scene.url, question(stream=streams))
    error = response.json()["error"]
    assert (response.status, error["type"]) == (seen, kind)
    assert says in error["message"]
    assert "itellm" not in error["message"]
    assert KEY not in error["message"]
    assert len(scene.upstream.requests) == 1
    if status == 429:
        assert response.header("retry-after") == "7"


async def test_prompt_that_is_too_long_is_told_with_numbers() -> None:
    words = (
        "This model's maximum context length is 1000 tokens. However, your messages resulted in 1200 tokens."
    )
    script = failing(400, words, code="context_length_exceeded")
    async with served(script) as scene:
        response = await ask(scene.url, question())
    assert response.status == 400
    assert response.json()["error"]["message"].startswith("prompt is too long: 1200 tokens > 1000")


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
async def test_failure_inside_a_stream_ends_it_with_an_error(vendor: str) -> None:
    script = reply(Text("Half of"), StreamError("the machine is on fire", type="api_error"))
    async with served(script, vendor) as scene:
        response = await ask(scene.url, question())
    *_, last = check_stream(response.body, complete=False)
    assert last["type"] == "error"
    assert "the machine is on fire" in last["error"]["message"]


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
@pytest.mark.parametrize("fault", ["cut", "clean end"])
async def test_answer_that_breaks_off_is_no_ending(vendor: str, fault: str) -> None:
    script = reply(Text("Half of"), Cut()) if fault == "cut" else reply("Half of", finishes=False, ends=False)
    async with served(script, vendor) as scene:
        response = await ask(scene.url, question())
    *_, last = check_stream(response.body, complete=False)
    assert last["type"] == "error"
    assert b"message_stop" not in response.body


@pytest.mark.parametrize("vendor", ["openai", "anthropic"])
@pytest.mark.parametrize("spoken", [True, False], ids=["in the stream", "before its head"])
async def test_hang_up_reaches_the_vendor(vendor: str, spoken: bool) -> None:
    """R6."""
    script = reply("Half of", Stall()) if spoken else reply("never", before_head=(Stall(),))
    async with served(script, vendor) as scene:
        async with calling(scene.url, question()) as call:
            if spoken:
                await call.until(b"Half of")
            while not scene.upstream.wire.requests:
                await asyncio.sleep(0.01)
            call.hang_up()
        await scene.upstream.wire.connections[-1].client_hung_up(AT_ONCE)


@streamed_or_whole
async def test_silent_vendor_is_given_up(streams: bool) -> None:
    script = reply("Half of", Stall()) if streams else Reply(answer=Answer(before_head=(Stall(),)))
    async with served(script, env={"UPSTREAM_IDLE_SECONDS": "1"}) as scene:
        response = await ask(scene.url, question(stream=streams))
    assert b"timeout_error" in response.body
    assert b"silent" in response.body


async def test_parameter_that_the_vendor_does_not_take_is_left_out_and_learned() -> None:
    """LiteLLM names it, without asking the vendor, and the dialect mends."""
    thinking = {"type": "enabled", "budget_tokens": 2048}
    async with served(reply("Hello")) as scene:
        for _ in range(2):
            response = await ask(scene.url, question(thinking=thinking, max_tokens=4096))
            assert response.status == 200
    assert [("reasoning_effort" in body) for body in scene.upstream.asked] == [False, False]


async def test_addresses_and_keys_in_a_request_go_nowhere() -> None:
    """T7: neither is honoured, nor reaches the vendor."""
    fields = {
        "api_base": "http://127.0.0.1:9/v1",
        "base_url": "http://127.0.0.1:9/v1",
        "api_key": "test-key-mine",
    }
    hidden = {**fields, "extra_headers": {"x": "y"}, "mock_response": "mocked", "custom_llm_provider": "groq"}
    async with served(reply("Hello")) as scene:
        response = await ask(scene.url, question(**hidden))
    assert response.status == 200
    [request] = scene.upstream.requests
    assert request.wire.header("authorization") == f"Bearer {KEY}"
    assert not hidden.keys() & request.body.keys()
    assert b"mocked" not in response.body


async def test_any_of_litellms_names_can_be_asked_for_by_prefix() -> None:
    async with served(reply("Hello"), env={"PREFERRED_PROVIDER": "openai"}) as scene:
        for name in (
            "litellm/openai/some:model/v1:0",
            "LITELLM/openai/gpt-4.1[1m]",
            "claude-litellm/openai/x",
        ):
            assert (await ask(scene.url, question(model=name))).status == 200
    assert [body["model"] for body in scene.upstream.asked] == ["some:model/v1:0", "gpt-4.1", "x"]


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("litellm/no-such-vendor/x", "LLM Provider NOT provided"),
        ("litellm/huggingface/https://models.example.com/x", "not an address"),
        ("litellm/", "expected a model's name"),
    ],
)
async def test_name_that_litellm_does_not_know_is_the_requests_fault(model: str, says: str) -> None:
    async with served(reply("never")) as scene:
        response = await ask(scene.url, question(model=model))
    assert response.status in (400, 404)
    assert says in response.json()["error"]["message"]
    assert scene.upstream.wire.requests == []


async def test_tokens_are_estimated() -> None:
    async with served(reply("never")) as scene:
        response = await ask(scene.url, question(stream=None), target="/v1/messages/count_tokens")
    assert response.json()["input_tokens"] > 0
    assert scene.upstream.wire.requests == []


async def test_reasoning_becomes_thinking() -> None:
    flavor_thoughts = reply(Reasoning("I should greet."), "Hello")
    async with served(flavor_thoughts, "anthropic") as scene, sdk(scene.url) as client:
        thinking = {"type": "enabled", "budget_tokens": 2048}
        message = await told(client, True, thinking=thinking, max_tokens=4096)
    assert [block.type for block in message.content] == ["thinking", "text"]


@pytest.mark.parametrize(("text", "lost"), [('{"place": "Oslo"}', None), ('{"place": 1}', "dropped")])
async def test_an_answer_under_a_schema_is_checked(text: str, lost: str | None) -> None:
    form = {"format": {"type": "json_schema", "schema": WEATHER["input_schema"]}}
    async with served(reply(text)) as scene:
        answer = await ask(scene.url, question(stream=False, output_config=form))
    assert answer.json()["content"] == [{"type": "text", "text": text}]
    assert answer.header("dragoman-losses") == (lost and f"output_config.format={lost}")
