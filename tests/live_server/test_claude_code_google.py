"""The real Claude Code works through Gemini: every signature comes back, also where a stream broke or none is shown."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.live_server.coding import finish_task, folders, task
from tests.live_server.sessions import GEMINI_KEY, first_time, gemini_settings
from tests.support.claude_code import ClaudeCode
from tests.support.dragoman_process import DragomanProcess
from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_replies import searched
from tests.support.gemini_upstream import ScriptedGemini
from tests.support.http_answer import Cut
from tests.support.replies import Call, Reply, Text, failing, reply
from tests.support.task_script import CodingTask
from tests.support.vertex_cloud import ScriptedVertex

__all__ = ["folders", "task"]

pytestmark = pytest.mark.claude_code

EVERY_SIGNATURE = GeminiFlavor(signs=frozenset({"calls", "thoughts", "texts", "trailing"}))


@pytest.mark.parametrize("model", ["claude-opus-4-8", "gemini-4-neon", "gemini-2.5-pro"])
async def test_task_is_finished_through_gemini(
    claude_code: ClaudeCode, folders: tuple[Path, Path], task: CodingTask, model: str
) -> None:
    upstream = ScriptedGemini(task.with_gemini, key=GEMINI_KEY, flavor=EVERY_SIGNATURE)
    run = await finish_task(claude_code, folders, task, upstream, gemini_settings, model)
    assert upstream.violations == []
    assert not run.failed
    assert upstream.signatures.skipped == 0


@pytest.mark.parametrize(
    "mishap",
    [
        pytest.param(Reply(parts=(Text("Let me", 3), Cut())), id="a stream that breaks"),
        pytest.param(failing(404, "models/x is not found", code="NOT_FOUND"), id="no streams"),
        pytest.param(Reply(finish="MALFORMED_FUNCTION_CALL"), id="a malformed call"),
        pytest.param(Reply(finish="STOP"), id="an empty answer"),
    ],
)
async def test_task_is_finished_over_mishaps(
    claude_code: ClaudeCode, folders: tuple[Path, Path], task: CodingTask, mishap: Reply
) -> None:
    upstream = ScriptedGemini(first_time(mishap, task.with_gemini), key=GEMINI_KEY)
    await finish_task(claude_code, folders, task, upstream, gemini_settings, "claude-opus-4-8")
    assert upstream.violations == []


async def test_task_is_finished_through_gemini_on_vertex(
    claude_code: ClaudeCode, folders: tuple[Path, Path], task: CodingTask
) -> None:
    _, home = folders
    flavor = GeminiFlavor(vertex=True, signs=EVERY_SIGNATURE.signs)
    google = ScriptedVertex(gemini=task.with_gemini, location="global", flavor=flavor)

    def settings(google: ScriptedVertex) -> Mapping[str, str]:
        models = {"BIG_MODEL": "gemini-3.8-flash", "SMALL_MODEL": "gemini-3.5-flash"}
        return google.settings(home / "keys", **models)

    await finish_task(claude_code, folders, task, google, settings, "claude-opus-4-8")
    assert google.violations == []
    assert google.gemini.signatures.skipped == 0
    assert google.identity.granted == 1


@pytest.mark.parametrize("model", ["claude-opus-4-8", "vertex_ai/claude-haiku-4-5@20251001"])
async def test_task_is_finished_through_claude_on_vertex(
    claude_code: ClaudeCode, folders: tuple[Path, Path], task: CodingTask, model: str
) -> None:
    """One refusal teaches which of the client's newest betas are unknown there; nothing is refused after it."""
    _, home = folders
    google = ScriptedVertex(claude=task.with_anthropic)

    def settings(google: ScriptedVertex) -> Mapping[str, str]:
        models = {"BIG_MODEL": "claude-opus-5-5", "SMALL_MODEL": "claude-haiku-4-5@20251001"}
        return google.settings(home / "keys", **models)

    await finish_task(claude_code, folders, task, google, settings, model)
    assert [words.split("`")[0] for words in google.violations] in ([], ["Unexpected value(s) "])


def searching(body: dict[str, Any]) -> Reply:
    """Asks for the client's WebSearch, answers its search with sources, and tells whether they came back."""
    if "googleSearch" in json.dumps(body["tools"]):
        said = "Python 3.15 is out."
        found = searched(
            ["python release"], [("https://python.example/x", "python.example")], [(0, 19, said, [0])]
        )
        return reply(f"{said} It is fast.", found)
    conversation = json.dumps(body["contents"])
    if "functionResponse" not in conversation:
        return reply(Call("WebSearch", {"query": "python release"}))
    links = "https://python.example/x" in conversation and "Python 3.15 is out. It is fast." in conversation
    return reply("The sources arrived." if links else f"No sources: {conversation[-2000:]}")


async def test_the_clients_web_search_is_googles(claude_code: ClaudeCode, folders: tuple[Path, Path]) -> None:
    work, home = folders
    async with ScriptedGemini(searching, key=GEMINI_KEY) as upstream:
        async with DragomanProcess(gemini_settings(upstream), home) as dragoman:
            run = await claude_code.run(
                "Search the web for the newest Python.",
                dragoman.url,
                workdir=work,
                model="claude-opus-4-8",
                args=("--allowedTools", "WebSearch"),
            )
    assert upstream.violations == []
    assert run.result_text == "The sources arrived.", run.stderr + dragoman.output
    assert [name for name, _ in run.tool_uses] == ["WebSearch"]
