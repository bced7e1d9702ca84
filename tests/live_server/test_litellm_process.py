"""LiteLLM in the process of `dragoman serve`: what it sees of the environment, what it leaves behind."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from tests.live_server.backends import last_words, question
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.dragoman_process import DragomanProcess
from tests.support.openai_flavor import Flavor
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.optional_package import needs_package
from tests.support.python_process import run_python
from tests.support.raw_client import ask, calling
from tests.support.replies import Reply, failing, reply

needs_package("litellm")

# The library takes seconds to load: what can share a process does.
pytestmark = pytest.mark.asyncio(loop_scope="module")

GROQ_KEY = "test-key-groq-0123456789"
OPENAI_KEY = "test-key-openai-0123456789"
GROQ = Flavor(name="groq", model_rules=False)
FROM_ANTHROPIC = reply("Hello from Anthropic")
STOPS_WITHIN = 2.0


@dataclass(frozen=True)
class Gateway:
    """Dragoman, with a vendor whom only LiteLLM knows and whose key stands in `.env` and nowhere else."""

    process: DragomanProcess
    groq: ScriptedOpenAI
    """Also what `ANTHROPIC_BASE_URL` and DeepInfra's address lead to."""
    anthropic: ScriptedAnthropic

    async def stop(self) -> float:
        """Seconds that it took."""
        began = asyncio.get_running_loop().time()
        assert await self.process.stop() == 0
        return asyncio.get_running_loop().time() - began


def spoken(body: dict[str, Any]) -> Reply:
    if last_words(body) == "fail":
        return failing(400, f"wrong field, and your key is {GROQ_KEY}")
    return reply("Hello there", ", and more")


@asynccontextmanager
async def started(folder: Path) -> AsyncGenerator[Gateway]:
    """With the library loaded."""
    async with ScriptedOpenAI(spoken, flavor=GROQ) as groq, ScriptedAnthropic(FROM_ANTHROPIC) as anthropic:
        model = "groq/llama-3.3-70b-versatile"
        lines = (
            "PREFERRED_PROVIDER=litellm",
            f"BIG_MODEL={model}",
            f"SMALL_MODEL={model}",
            f"GROQ_API_KEY={GROQ_KEY}",
            f"GROQ_API_BASE={groq.base_url}",
            f"DEEPINFRA_API_BASE={groq.base_url}",
            f"ANTHROPIC_UPSTREAM_BASE_URL={anthropic.base_url}",
            "ANTHROPIC_API_KEY=test-key-anthropic",
        )
        (folder / ".env").write_text("\n".join(lines))
        exported = {"OPENAI_API_KEY": OPENAI_KEY, "ANTHROPIC_BASE_URL": groq.base_url, "SSL_CERT_FILE": ""}
        async with DragomanProcess(exported, folder) as dragoman, httpx2.AsyncClient(timeout=60) as client:
            loading = await client.post(
                f"{dragoman.url}/v1/messages", json=question(model="litellm/nobody/x")
            )
            assert loading.status_code == 400
            yield Gateway(dragoman, groq, anthropic)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Gateway]:
    async with started(tmp_path_factory.mktemp("dragoman")) as one:
        yield one


async def test_keys_of_the_env_file_reach_their_vendor(gateway: Gateway) -> None:
    before = len(gateway.groq.requests)
    for _ in range(2):
        response = await ask(gateway.process.url, question())
        assert b"Hello there" in response.body
    keys = [request.wire.header("authorization") for request in gateway.groq.requests[before:]]
    assert keys == [f"Bearer {GROQ_KEY}"] * 2


async def test_keys_are_not_told(gateway: Gateway) -> None:
    response = await ask(gateway.process.url, question(messages=[{"role": "user", "content": "fail"}]))
    assert response.status == 400
    assert GROQ_KEY not in response.body.decode() + gateway.process.output
    assert "wrong field" in response.body.decode()


async def test_openais_key_is_not_shown_to_a_vendor_without_one(gateway: Gateway) -> None:
    """T15: LiteLLM would, from the environment."""
    before = len(gateway.groq.wire.requests)
    model = "litellm/deepinfra/meta-llama/Llama-3.3-70B-Instruct"
    response = await ask(gateway.process.url, question(model=model))
    asked = gateway.groq.wire.requests[before:]
    assert [request.header("authorization") for request in asked] in ([], [None])
    assert response.status == 401
    assert "DEEPINFRA_API_KEY" in response.json()["error"]["message"]
    assert OPENAI_KEY not in gateway.process.output


async def test_claude_codes_own_address_is_not_asked(gateway: Gateway) -> None:
    """It leads back to this gateway, and so on for ever."""
    before = len(gateway.groq.wire.requests)
    response = await ask(gateway.process.url, question(model="litellm/anthropic/claude-sonnet-4-5"))
    assert b"Hello from Anthropic" in response.body
    assert len(gateway.anthropic.wire.requests) == 1
    assert gateway.groq.wire.requests[before:] == []


async def test_server_stops_at_once_and_has_logged_nothing_but_requests(tmp_path: Path) -> None:
    """Also where a stream was left."""
    async with started(tmp_path) as gateway:
        await ask(gateway.process.url, question())
        async with calling(gateway.process.url, question()) as call:
            await call.until(b"message_start")
            call.hang_up()
        assert await gateway.stop() < STOPS_WITHIN
    logged = [line for line in gateway.process.stderr if line.startswith("{")]
    assert logged
    assert all('"event":"request"' in line for line in logged), logged
    assert gateway.process.stdout == []


async def test_start_loads_nothing_of_it() -> None:
    """It takes seconds."""
    code = "import dragoman.app, sys; assert 'litellm' not in sys.modules; print('ok')"
    assert run_python("-c", code).stdout == "ok\n"
