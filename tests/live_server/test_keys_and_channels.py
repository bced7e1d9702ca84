"""Many routes at once through one pool of connections: each upstream sees its own key and its own models only."""

import asyncio
import random
from contextlib import AsyncExitStack
from typing import Any

import pytest

from tests.live_server.backends import Upstream, question
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.openai_flavor import COMPATIBLE
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.raw_client import ask
from tests.support.replies import Reply, Text, reply

ROUTES: dict[str, tuple[str, str]] = {
    "claude-opus-4-8": ("openai", "big-model"),
    "claude-sonnet-5[1m]": ("openai", "big-model"),
    "claude-haiku-4-5-20251001": ("spare", "small-model"),
    "gpt-4o": ("openai", "gpt-4o"),
    "openai/claude-3-haiku": ("openai", "claude-3-haiku"),
    "llama3.1:8b": ("openai", "llama3.1:8b"),
    "anthropic/claude-opus-4-8": ("anthropic", "claude-opus-4-8"),
    "anthropic/claude-3-opus:claude2": ("claude2", "claude-3-opus"),
    "claude-3-opus:CLAUDE2": ("claude2", "claude-3-opus"),
    "openai/some-model:spare": ("spare", "some-model"),
    "gpt-4o:spare": ("spare", "gpt-4o"),
}
"""What is asked for, whose upstream must be asked, and for which model."""
DIALECT = {"openai": "openai_chat", "spare": "openai_chat", "anthropic": "anthropic", "claude2": "anthropic"}


def key_of(name: str) -> str:
    return f"test-key-of-{name}"


def named(name: str) -> Any:
    """The answer tells which upstream gave it, and to which question."""

    def script(body: dict[str, Any]) -> Reply:
        return reply(Text(f"{name} {body['messages'][-1]['content']}", 5))

    return script


async def test_every_upstream_sees_its_own_key_and_models_only() -> None:
    """T13, T15, T20, T23 to T27, E08, H02 to H04, H08, H12, H14, M31: 220 requests in random order, forty at a time."""
    upstreams: dict[str, Upstream] = {}
    async with AsyncExitStack() as stack:
        for name, dialect in DIALECT.items():
            if dialect == "openai_chat":
                upstream: Upstream = ScriptedOpenAI(named(name), flavor=COMPATIBLE, key=key_of(name))
            else:
                upstream = ScriptedAnthropic(named(name), key=key_of(name))
            upstreams[name] = await stack.enter_async_context(upstream)
        env = {
            "OPENAI_API_KEY": key_of("openai"),
            "OPENAI_BASE_URL": upstreams["openai"].base_url,
            "ANTHROPIC_API_KEY": key_of("anthropic"),
            "ANTHROPIC_UPSTREAM_BASE_URL": upstreams["anthropic"].base_url,
            # A path with its own /v1, and one without.
            "CHANNEL_SPARE_BASE_URL": upstreams["spare"].base_url,
            "CHANNEL_SPARE_API_KEY": key_of("spare"),
            "CHANNEL_CLAUDE2_BASE_URL": f"{upstreams['claude2'].base_url}/v1",
            "CHANNEL_CLAUDE2_API_KEY": key_of("claude2"),
            "BIG_MODEL": "openai/big-model",
            "SMALL_MODEL": "openai/small-model:spare",
        }
        dragoman = await stack.enter_async_context(dragoman_in_process(env))
        limit = asyncio.Semaphore(40)

        async def one(requested: str, number: int) -> None:
            message = {"role": "user", "content": f"question {number}"}
            body = question(model=requested, messages=[message], stream=number % 3 > 0)
            async with limit:
                answer = await ask(dragoman.url, body)
            told = fold_stream(check_stream(answer.body)) if number % 3 else answer.json()
            name, model = ROUTES[requested]
            assert told["content"] == [{"type": "text", "text": f"{name} question {number}"}]
            # A Messages upstream names its model itself.
            assert told["model"] == (requested if DIALECT[name] == "openai_chat" else model)

        plan = [(requested, number) for number in range(20) for requested in ROUTES]
        random.Random(7).shuffle(plan)
        await asyncio.gather(*(one(requested, number) for requested, number in plan))
    for name, upstream in upstreams.items():
        assert upstream.violations == []
        assert {body["model"] for body in upstream.asked} == {
            model for owner, model in ROUTES.values() if owner == name
        }
        for request in upstream.wire.requests:
            seen = f"{request.headers}"
            assert seen.count("test-key-of") == 1
            assert f"'{key_of(name)}'" in seen or f"Bearer {key_of(name)}'" in seen


@pytest.mark.parametrize(
    ("requested", "missing"),
    [
        ("claude-opus-4-8", "OPENAI_API_KEY"),
        ("anthropic/claude-opus-4-8", "ANTHROPIC_API_KEY"),
    ],
)
async def test_missing_key_is_a_401_that_names_the_setting(requested: str, missing: str) -> None:
    """E05, E08: said at once, not retried; what has its key works."""
    async with ScriptedOpenAI(reply("Hello"), flavor=COMPATIBLE) as spare:
        env = {"CHANNEL_SPARE_BASE_URL": spare.base_url}
        async with dragoman_in_process(env) as dragoman:
            for stream in (True, False):
                answer = await ask(dragoman.url, question(model=requested, stream=stream))
                assert answer.status == 401
                assert answer.json()["error"]["type"] == "authentication_error"
                assert missing in answer.json()["error"]["message"]
                assert answer.header("x-should-retry") == "false"
            body = question(model="x:spare", stream=False)
            # The scripted upstream wants a key, and a channel without one is asked without one.
            assert (await ask(dragoman.url, body)).status == 403
    assert spare.wire.requests[0].header("authorization") is None
