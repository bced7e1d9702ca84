"""`deepseek/deepseek-chat` with DEEPSEEK_API_KEY just works, over real sockets; no other key leaves on the way."""

import pytest

from tests.live_server.backends import question
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.openai_flavor import COMPATIBLE, DEEPSEEK, OLLAMA, OPENROUTER
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.raw_client import ask
from tests.support.replies import Reasoning, failing, reply

KEY = "test-key-of-deep-seek"
OTHERS = {
    "OPENAI_API_KEY": "test-key-of-openai",
    "GROQ_API_KEY": "test-key-of-groq",
    "OPENROUTER_API_KEY": "test-key-of-openrouter",
}


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    "requested", ["deepseek/deepseek-chat", "claude-deepseek/deepseek-chat", "claude-opus-4-8"]
)
async def test_deepseek_answers_with_its_own_key_in_its_own_way(requested: str, stream: bool) -> None:
    answer = reply(Reasoning("Let me see.", 4), "Hello from DeepSeek")
    async with ScriptedOpenAI(answer, flavor=DEEPSEEK, key=KEY) as deepseek:
        env = OTHERS | {
            "DEEPSEEK_API_KEY": KEY,
            "DEEPSEEK_BASE_URL": deepseek.base_url,
            "BIG_MODEL": "deepseek/deepseek-chat",
        }
        async with dragoman_in_process(env) as dragoman:
            body = question(
                model=requested, stream=stream, thinking={"type": "enabled", "budget_tokens": 1024}
            )
            got = await ask(dragoman.url, body | {"max_tokens": 4096})
    assert got.status == 200
    told = fold_stream(check_stream(got.body)) if stream else got.json()
    assert {"type": "text", "text": "Hello from DeepSeek"} in told["content"]
    assert deepseek.violations == []
    [asked] = deepseek.asked
    assert asked["model"] == "deepseek-chat"
    assert asked["thinking"] == {"type": "enabled"}, "the preset's quirks hold at the address that was set"
    [request] = deepseek.wire.requests
    assert request.header("authorization") == f"Bearer {KEY}"
    assert f"{request.headers}".count("test-key-of") == 1


async def test_every_prefix_reaches_its_own_server_and_no_key_another() -> None:
    async with (
        ScriptedOpenAI(reply("deepseek"), flavor=DEEPSEEK, key=KEY) as deepseek,
        ScriptedOpenAI(reply("openrouter"), flavor=OPENROUTER, key="test-key-of-openrouter") as openrouter,
        ScriptedOpenAI(reply("ollama"), flavor=OLLAMA, key="") as ollama,
        ScriptedOpenAI(reply("work"), flavor=COMPATIBLE, key="test-key-of-work") as work,
    ):
        env = OTHERS | {
            "DEEPSEEK_API_KEY": KEY,
            "DEEPSEEK_API_BASE": deepseek.base_url,
            "OPENROUTER_BASE_URL": openrouter.base_url,
            # Without its path, as LiteLLM's users write it.
            "OLLAMA_API_BASE": ollama.base_url.removesuffix("/v1"),
            "CHANNEL_WORK_BASE_URL": work.base_url,
            "CHANNEL_WORK_API_KEY": "test-key-of-work",
        }
        routes = {
            "deepseek/deepseek-chat": (deepseek, "deepseek-chat"),
            "openrouter/deepseek/deepseek-chat": (openrouter, "deepseek/deepseek-chat"),
            "openrouter/auto": (openrouter, "openrouter/auto"),
            "ollama/llama3.1:8b": (ollama, "llama3.1:8b"),
            "deepseek/deepseek-chat:work": (work, "deepseek/deepseek-chat"),
        }
        async with dragoman_in_process(env) as dragoman:
            for requested in routes:
                got = await ask(dragoman.url, question(model=requested, stream=False))
                assert got.status == 200, got.body
        for server in (deepseek, openrouter, ollama, work):
            assert server.violations == []
            models = [model for owner, model in routes.values() if owner is server]
            assert [body["model"] for body in server.asked] == models
    assert {request.header("authorization") for request in ollama.wire.requests} == {None}
    for server, key in ((deepseek, KEY), (openrouter, "test-key-of-openrouter"), (work, "test-key-of-work")):
        assert {request.header("authorization") for request in server.wire.requests} == {f"Bearer {key}"}


async def test_a_missing_key_is_a_401_that_names_the_variable_and_nobody_is_asked() -> None:
    async with ScriptedAnthropic(reply("Hello")) as messages:
        env = {"ANTHROPIC_API_KEY": "test-key", "ANTHROPIC_UPSTREAM_BASE_URL": messages.base_url}
        async with dragoman_in_process(env) as dragoman:
            for stream in (True, False):
                got = await ask(dragoman.url, question(model="deepseek/deepseek-chat", stream=stream))
                assert got.status == 401
                assert got.json()["error"]["type"] == "authentication_error"
                assert "DEEPSEEK_API_KEY" in got.json()["error"]["message"]
                assert got.header("x-should-retry") == "false"
    assert messages.wire.requests == []


async def test_without_its_key_a_vendors_name_belongs_to_the_id_at_the_default_endpoint() -> None:
    async with ScriptedOpenAI(reply("Hello"), flavor=OPENROUTER, key="test-key-of-default") as default:
        env = {"BASE_URL": default.base_url, "API_KEY": "test-key-of-default"}
        async with dragoman_in_process(env) as dragoman:
            for model in ("deepseek/deepseek-chat", "mistral/x", "qwen/qwen3-coder"):
                assert (await ask(dragoman.url, question(model=model, stream=False))).status == 200
    assert [body["model"] for body in default.asked] == [
        "deepseek/deepseek-chat",
        "mistral/x",
        "qwen/qwen3-coder",
    ]


async def test_a_vendors_key_that_the_vendor_quotes_is_not_passed_on() -> None:
    """T86"""
    async with ScriptedOpenAI(
        failing(429, f"Rate limit reached for {KEY}"), flavor=DEEPSEEK, key=KEY
    ) as deepseek:
        env = {"DEEPSEEK_API_KEY": KEY, "DEEPSEEK_BASE_URL": deepseek.base_url}
        async with dragoman_in_process(env) as dragoman:
            got = await ask(dragoman.url, question(model="deepseek/deepseek-chat", stream=False))
    assert got.status == 429
    assert KEY not in f"{got.headers} {got.body.decode()}"
