"""Answers under a schema, on every backend that is not Anthropic's own: checked at their end (docs/decisions/0037)."""

import json
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from itertools import product
from pathlib import Path
from typing import Any

import anthropic
import pytest

from tests.live_server.backends import every_backend, last_words, question, scripted, served, settings_for
from tests.live_server.sdk import message_of, sdk
from tests.live_server.test_log_line import Logged
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.dragoman_process import DragomanProcess
from tests.support.openai_flavor import COMPATIBLE, DEEPSEEK
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.raw_client import ask
from tests.support.replies import Refusal, Reply, reply

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:anthropic", "ignore:The model:DeprecationWarning"
)

SECRET = "secretive-owl-answer"
OWL = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "ages": {"type": "array", "items": {"type": "integer"}}},
    "required": ["name", "ages"],
    "additionalProperties": False,
}
FORM = {"format": {"type": "json_schema", "schema": OWL}}
STRICT = {"DRAGOMAN_STRICT": "true"}
LOST = "output_config.format=dropped"

SAID = {
    "fits": ('{"name": "Ava", "ages": [3]}', None),
    "fits in lines": ('{\n  "name": "Ava",\n  "ages": []\n}', None),
    "wrong": (json.dumps({"name": SECRET, "ages": [1, SECRET]}), "#/ages/1: type"),
    "more": (json.dumps({"name": "Ava", "ages": [], SECRET: 1}), "#: additionalProperties"),
    "prose": (f"Sure! {SECRET}", "not JSON"),
    "cut": ('{"name": "Ava"', "not JSON"),
}
CUT_BY_THE_LIMIT = {"openai_chat": "length", "openai_responses": "max_output_tokens", "gemini": "MAX_TOKENS"}


def spoken(body: dict[str, Any]) -> Reply:
    """What the last message asks for."""
    wanted = last_words(body)
    if wanted == "refuse":
        return reply(Refusal(SECRET))
    if wanted == "limit":
        backend = "openai_responses" if "input" in body else "gemini" if "contents" in body else "openai_chat"
        return reply('{"name": "A', finish=CUT_BY_THE_LIMIT[backend])
    return reply(SAID[wanted][0])


def asking(wanted: str, **fields: Any) -> dict[str, Any]:
    return question(messages=[{"role": "user", "content": wanted}], **({"output_config": FORM} | fields))


@asynccontextmanager
async def logged(backend: str, home: Path, **env: str) -> AsyncGenerator[Logged]:
    async with scripted(backend, spoken, COMPATIBLE) as upstream:
        async with DragomanProcess(settings_for(upstream) | env, home) as process:
            yield Logged(process, upstream)


translated = pytest.mark.parametrize("backend", ["openai_chat", "openai_responses", "gemini"])


@translated
async def test_a_mismatch_is_named_by_its_place_and_nothing_of_the_answer(
    backend: str, tmp_path: Path
) -> None:
    number = 0
    async with logged(backend, tmp_path) as running:
        for wanted, (text, mismatch) in SAID.items():
            for stream in (True, False):
                answer = await ask(running.url, asking(wanted, stream=stream))
                line = await running.line(number)
                number += 1
                assert (answer.status, line["status"], line["ending"]) == (200, 200, "end_turn")
                assert line.get("schema_mismatch") == mismatch, (wanted, stream)
                assert line.get("losses", []) == (["output_config.format dropped"] if mismatch else [])
                if stream:
                    assert answer.header("dragoman-losses") is None
                else:
                    assert answer.json()["content"] == [{"type": "text", "text": text}]
                    assert answer.header("dragoman-losses") == (LOST if mismatch else None)
    assert SECRET not in running.process.output
    assert running.upstream.violations == []


@translated
async def test_what_did_not_end_by_itself_is_not_judged(backend: str, tmp_path: Path) -> None:
    cases = product([("limit", "max_tokens"), ("refuse", "refusal")], [True, False])
    async with logged(backend, tmp_path, **STRICT) as running:
        for number, ((wanted, ending), stream) in enumerate(cases):
            answer = await ask(running.url, asking(wanted, stream=stream))
            line = await running.line(number)
            assert (answer.status, line["ending"]) == (200, ending)
            assert "schema_mismatch" not in line


@translated
async def test_strict_mode_refuses_a_whole_answer_and_the_sdk_asks_again(backend: str) -> None:
    script = [reply(SAID["wrong"][0]), reply(SAID["fits"][0])]
    async with served(backend, script, env=STRICT) as scene:
        async with sdk(scene.url, max_retries=1) as client:
            message = await client.messages.create(**message_of(output_config=FORM))
    assert message.content[0].text == SAID["fits"][0]
    assert len(scene.upstream.asked) == 2
    async with served(backend, script[0], env=STRICT) as scene, sdk(scene.url) as client:
        with pytest.raises(anthropic.InternalServerError, match="#/ages/1: type") as caught:
            await client.messages.create(**message_of(output_config=FORM))
        assert caught.value.status_code == 502
        assert SECRET not in str(caught.value)


@every_backend
async def test_without_a_schema_nothing_is_judged(backend: str) -> None:
    async with served(backend, reply("Hello"), env=STRICT) as scene:
        answer = await ask(scene.url, question(stream=False))
    assert (answer.status, answer.header("dragoman-losses")) == (200, None)


async def test_what_a_messages_server_says_is_passed_on_unjudged() -> None:
    async with served("anthropic", reply("Sure!"), env=STRICT) as scene:
        answer = await ask(scene.url, asking("hi", stream=False))
    assert (answer.status, answer.header("dragoman-losses")) == (200, None)


@pytest.mark.parametrize(("text", "lost"), [(SAID["fits"][0], False), (SAID["wrong"][0], True)])
async def test_a_server_that_takes_no_schema_is_judged_too(text: str, lost: bool) -> None:
    """DeepSeek holds its models to JSON alone; the schema is said in words, which is named as well."""
    async with ScriptedOpenAI(reply(text), flavor=DEEPSEEK, key="test-key-deepseek") as upstream:
        env = {"DEEPSEEK_API_KEY": "test-key-deepseek", "DEEPSEEK_BASE_URL": upstream.base_url}
        async with dragoman_in_process(env) as dragoman:
            answer = await ask(dragoman.url, asking("hi", model="deepseek/deepseek-chat", stream=False))
    named = ["output_config.format=approximated", *([LOST] if lost else [])]
    assert (answer.header("dragoman-losses") or "").split(", ") == named
    assert answer.json()["content"] == [{"type": "text", "text": text}]
    assert upstream.violations == []


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked for in /proc")
async def test_the_process_that_checks_begins_with_the_first_schema_and_ends_with_the_gateway() -> None:
    before = children()
    async with served("openai_chat", reply("{}")) as scene:
        await ask(scene.url, question(stream=False))
        assert children() == before
        await ask(scene.url, asking("hi", stream=False))
        assert len(children() - before) == 1
    assert children() == before


def children() -> set[str]:
    """This process's own, by their ids."""
    found: set[str] = set()
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = status.read_text().rpartition(")")[2].split()[1]
        except OSError:
            continue  # it has just ended
        if parent == str(os.getpid()):
            found.add(status.parent.name)
    return found
