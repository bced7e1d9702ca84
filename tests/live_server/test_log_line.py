"""Each request is one line of JSON that tells how it really ended, and nothing of what was said. A real process."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.live_server.backends import Upstream, every_backend, last_words, question, scripted, settings_for
from tests.support.dragoman_process import DragomanProcess
from tests.support.http_answer import Stall
from tests.support.openai_flavor import COMPATIBLE
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.raw_client import ask, calling
from tests.support.replies import Call, Reply, Script, StreamError, Text, Usage, failing, reply

MARKER = "secretive-owl-prompt"
ALWAYS = {"time", "level", "event", "request_id", "route", "dialect", "status", "ending", "ms", "attempts"}


@dataclass(frozen=True)
class Logged:
    """A running process whose lines are read."""

    process: DragomanProcess
    upstream: Upstream

    @property
    def url(self) -> str:
        return self.process.url

    def lines(self) -> list[dict[str, Any]]:
        """The request lines so far; AssertionError for a line on stderr that is neither JSON nor the start screen."""
        return [json.loads(line) for line in self.process.stderr if line.startswith("{")]

    async def line(self, number: int = 0) -> dict[str, Any]:
        """The request line with this number, once it is there; there are no more."""
        async with asyncio.timeout(5):
            while len(self.lines()) <= number:
                await asyncio.sleep(0.01)
        assert len(self.lines()) == number + 1
        return self.lines()[number]


@asynccontextmanager
async def logged(backend: str, script: Script, home: Path, **env: str) -> AsyncGenerator[Logged]:
    async with scripted(backend, script, COMPATIBLE) as upstream:
        async with DragomanProcess(settings_for(upstream) | env, home) as process:
            yield Logged(process, upstream)


def spoken(body: dict[str, Any]) -> Reply:
    """What the last message asks for."""
    match last_words(body):
        case "fail":
            return failing(429, "slow down", headers=(("retry-after", "7"),))
        case "break":
            return reply("Once ", StreamError("fell over", "overloaded_error", "server_is_overloaded"))
        case "hang":
            return reply("Once ", Stall())
        case _:
            usage = Usage(prompt=50, completion=9, cached=30)
            return reply(Text(f"{MARKER} said", 3), Call("look", {"at": MARKER}), usage=usage)


def saying(text: str, **fields: Any) -> dict[str, Any]:
    tool = {"name": "look", "input_schema": {"type": "object", "properties": {}}}
    message = {"role": "user", "content": text}
    return question(model="claude-opus-4-8", messages=[message], tools=[tool], **fields)


@every_backend
async def test_each_ending_is_one_honest_line(backend: str, tmp_path: Path) -> None:
    """T90, T86: route, real final status, latency, tokens; no prompt, no answer. One process for all endings."""
    session = {"x-claude-code-session-id": "session-1"}
    vendor = backend.removesuffix("_chat").removesuffix("_responses")
    async with logged(backend, spoken, tmp_path) as running:
        answer = await ask(running.url, saying(f"tell {MARKER}"), headers=session)
        line = await running.line(0)
        assert set(line) >= ALWAYS
        assert (line["event"], line["level"], line["status"], line["ending"]) == (
            "request",
            "info",
            200,
            "tool_use",
        )
        assert line["route"].startswith(f"claude-opus-4-8 -> {vendor}/")
        assert (line["dialect"], line["attempts"], line["streaming"]) == (backend, 1, True)
        assert (line["input_tokens"], line["cache_read"], line["output_tokens"]) == (20, 30, 9)
        assert 0 < line["first_ms"] <= line["ms"] < 5000
        assert line["session"] == "session-1"
        told = {line["request_id"], line.get("upstream_request_id")}
        assert answer.header("request-id") in told
        assert "error" not in line

        await ask(running.url, saying("whole", stream=False))
        line = await running.line(1)
        assert (line["status"], line["ending"], line.get("streaming")) == (200, "tool_use", None)

        answer = await ask(running.url, saying("fail"))
        line = await running.line(2)
        assert (line["level"], line["status"], line["ending"]) == ("warning", 429, "rate_limit_error")
        assert "slow down" in line["error"]

        answer = await ask(running.url, saying("break"))
        line = await running.line(3)
        assert (line["level"], line["status"], line["ending"]) == ("warning", 200, "overloaded_error")
        assert "fell over" in line["error"]

        async with calling(running.url, saying("hang")) as call:
            await call.until(b"Once ")
            call.hang_up()
        line = await running.line(4)
        assert (line["status"], line["ending"]) == (499, "client_aborted")

        counted = saying(MARKER, stream=None, max_tokens=None)
        await ask(running.url, counted, target="/v1/messages/count_tokens")
        line = await running.line(5)
        assert (line["status"], line["counting"]) == (200, True)
        assert line["ending"] == ("tokenized" if backend.startswith("openai_") else "counted")

        await ask(running.url, saying(MARKER) | {"max_tokens": MARKER})
        line = await running.line(6)
        assert (line["status"], line["ending"], line["route"]) == (400, "invalid_request_error", "")
        assert "max_tokens" in line["error"]

        for path in ("/", "/health", "/api/hello", "/v1/models", "/nowhere"):
            await ask(running.url, target=path, method="GET")
        await ask(running.url, {"events": [MARKER]}, target="/api/event_logging/batch")
        await ask(running.url, saying("the last", stream=False))
        await running.line(7)
    assert MARKER not in running.process.output


async def test_what_was_lost_and_what_was_learned_is_in_the_line(tmp_path: Path) -> None:
    """T90, issue point 4: losses and the lesson of a refusal."""
    flavor = replace(COMPATIBLE, rejects_stream_options=True)
    async with ScriptedOpenAI(reply("Hello"), flavor=flavor) as upstream:
        async with DragomanProcess(settings_for(upstream), tmp_path) as process:
            running = Logged(process, upstream)
            await ask(running.url, question(model="some-model", top_k=5))
            line = await running.line()
    assert line["losses"] == ["top_k dropped"]
    assert line["attempts"] == 2
    assert "stream_options" in line["learned"][0]


@pytest.mark.parametrize(("level", "seen"), [("warning", [429]), ("error", []), ("debug", [200, 429])])
async def test_level_decides_which_lines_there_are(tmp_path: Path, level: str, seen: list[int]) -> None:
    """T90: LOG_LEVEL; even `debug` shows nothing of what was said."""
    async with logged("openai_chat", spoken, tmp_path, LOG_LEVEL=level) as running:
        await ask(running.url, saying(MARKER))
        await ask(running.url, saying("fail"))
        await ask(running.url, target="/health", method="GET")
    lines = [line for line in running.lines() if line["event"] == "request"]
    assert [line["status"] for line in lines] == seen
    assert MARKER not in running.process.output


async def test_names_of_models_cannot_write_lines_of_their_own(tmp_path: Path) -> None:
    """Threat T10: an upstream's text and a model's name stay inside their line."""
    script = failing(400, 'bad\r\n{"event":"request","status":200}\x1b[31m\u2028red')
    async with logged("openai_chat", script, tmp_path) as running:
        await ask(running.url, question(model='x"y\\n{} z'))
        await ask(running.url, question(model="x\ny"))
        await running.line(1)
    assert all(ord(char) >= 32 for line in running.process.stderr for char in line)
    assert [line["status"] for line in running.lines()] == [400, 400]
