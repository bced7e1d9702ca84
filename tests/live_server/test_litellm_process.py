"""LiteLLM in the process of `dragoman serve`: what it sees of the environment, what it leaves behind."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2

from tests.live_server.backends import question
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.dragoman_process import DragomanProcess
from tests.support.openai_flavor import Flavor
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.optional_package import needs_package
from tests.support.python_process import run_python
from tests.support.raw_client import ask, calling
from tests.support.replies import Script, failing, reply

needs_package("litellm")

GROQ_KEY = "test-key-groq-0123456789"
OPENAI_KEY = "test-key-openai-0123456789"
GROQ = Flavor(name="groq", model_rules=False)
STOPS_WITHIN = 2.0


@asynccontextmanager
async def groq_in_env_file(
    script: Script, tmp_path: Path, model: str = "groq/llama-3.3-70b-versatile", **environ: str
) -> AsyncGenerator[tuple[DragomanProcess, ScriptedOpenAI]]:
    """A vendor whom only LiteLLM knows, with a key that stands in `.env` and nowhere else."""
    async with ScriptedOpenAI(script, flavor=GROQ) as upstream:
        lines = (
            "PREFERRED_PROVIDER=litellm",
            f"BIG_MODEL={model}",
            f"SMALL_MODEL={model}",
            f"GROQ_API_KEY={GROQ_KEY}",
            f"GROQ_API_BASE={upstream.base_url}",
            f"DEEPINFRA_API_BASE={upstream.base_url}",
            *(f"{name}={value}" for name, value in environ.items()),
        )
        (tmp_path / ".env").write_text("\n".join(lines))
        exported = {"OPENAI_API_KEY": OPENAI_KEY, "ANTHROPIC_BASE_URL": upstream.base_url}
        async with DragomanProcess(exported, tmp_path) as dragoman, httpx2.AsyncClient(timeout=60) as client:
            loading = await client.post(
                f"{dragoman.url}/v1/messages", json=question(model="litellm/nobody/x")
            )
            assert loading.status_code == 400
            yield dragoman, upstream


async def test_keys_of_the_env_file_reach_their_vendor_and_the_server_stops_at_once(tmp_path: Path) -> None:
    async with groq_in_env_file(reply("Hello there"), tmp_path) as (dragoman, upstream):
        for _ in range(2):
            response = await ask(dragoman.url, question())
            assert b"Hello there" in response.body
        keys = {request.wire.header("authorization") for request in upstream.requests}
        began = asyncio.get_running_loop().time()
        code = await dragoman.stop()
        took = asyncio.get_running_loop().time() - began
    assert keys == {f"Bearer {GROQ_KEY}"}
    assert (code, took < STOPS_WITHIN) == (0, True)
    logged = [line for line in dragoman.stderr if line.startswith("{")]
    assert all('"event":"request"' in line for line in logged), logged
    assert dragoman.stdout == []


async def test_server_stops_at_once_although_a_stream_was_left(tmp_path: Path) -> None:
    script = reply(*["word "] * 3)
    async with groq_in_env_file(script, tmp_path) as (dragoman, _):
        async with calling(dragoman.url, question()) as call:
            await call.until(b"message_start")
            call.hang_up()
        began = asyncio.get_running_loop().time()
        await dragoman.stop()
        assert asyncio.get_running_loop().time() - began < STOPS_WITHIN


async def test_keys_are_not_told(tmp_path: Path) -> None:
    script = failing(400, f"wrong field, and your key is {GROQ_KEY}")
    async with groq_in_env_file(script, tmp_path) as (dragoman, _):
        response = await ask(dragoman.url, question())
    assert response.status == 400
    assert GROQ_KEY not in response.body.decode() + dragoman.output
    assert "wrong field" in response.body.decode()


async def test_openais_key_is_not_shown_to_a_vendor_without_one(tmp_path: Path) -> None:
    """T15: LiteLLM would, from the environment."""
    model = "deepinfra/meta-llama/Llama-3.3-70B-Instruct"
    async with groq_in_env_file(reply("Hello"), tmp_path, model) as (dragoman, upstream):
        response = await ask(dragoman.url, question())
    assert [request.header("authorization") for request in upstream.wire.requests] in ([], [None])
    assert response.status == 401
    assert "DEEPINFRA_API_KEY" in response.json()["error"]["message"]
    assert OPENAI_KEY not in dragoman.output


async def test_claude_codes_own_address_is_not_asked(tmp_path: Path) -> None:
    """It leads back to this gateway, and so on for ever."""
    model = "anthropic/claude-sonnet-4-5"
    anthropic = ScriptedAnthropic(reply("Hello from Anthropic"))
    async with (
        anthropic,
        groq_in_env_file(
            reply("never"),
            tmp_path,
            model,
            ANTHROPIC_UPSTREAM_BASE_URL=anthropic.base_url,
            ANTHROPIC_API_KEY="test-key-anthropic",
        ) as (dragoman, upstream),
    ):
        response = await ask(dragoman.url, question())
    assert b"Hello from Anthropic" in response.body
    assert upstream.wire.requests == []


def test_start_loads_nothing_of_it() -> None:
    """It takes seconds."""
    code = "import dragoman.app, sys; assert 'litellm' not in sys.modules; print('ok')"
    assert run_python("-c", code).stdout == "ok\n"
