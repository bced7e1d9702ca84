"""The real Claude Code works through Dragoman: files, commands, parallel calls, deferred tools, both stream modes."""

import json
from pathlib import Path

import pytest

from tests.live_server.coding import STEPS, check_finished, finish_task, folders, task
from tests.live_server.sessions import anthropic_settings, first_time, openai_settings
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.claude_code import ClaudeCode
from tests.support.dragoman_process import DragomanProcess
from tests.support.http_answer import Cut
from tests.support.openai_flavor import COMPATIBLE, DEEPSEEK, OPENAI, Flavor
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.replies import Reply, Text, failing
from tests.support.task_script import CodingTask

__all__ = ["folders", "task"]

pytestmark = pytest.mark.claude_code

REPEATS = Flavor(name="repeats", model_rules=False, repeats_tool_ids=True, interleaves_calls=True)


@pytest.mark.parametrize("model", ["claude-opus-4-8", "openai/gpt-5.1", "a-local-model"])
async def test_task_is_finished_through_openai_chat(
    claude_code: ClaudeCode, folders: tuple[Path, Path], task: CodingTask, model: str
) -> None:
    upstream = ScriptedOpenAI(task.with_openai)
    run = await finish_task(claude_code, folders, task, upstream, openai_settings, model)
    assert upstream.violations == []
    assert not run.failed


@pytest.mark.parametrize("flavor", [REPEATS, DEEPSEEK, COMPATIBLE], ids=lambda flavor: flavor.name)
async def test_task_is_finished_on_servers_with_habits(
    claude_code: ClaudeCode, folders: tuple[Path, Path], task: CodingTask, flavor: Flavor
) -> None:
    upstream = ScriptedOpenAI(task.with_openai, flavor=flavor)
    await finish_task(claude_code, folders, task, upstream, openai_settings, "deepseek-chat")


@pytest.mark.parametrize("model", ["claude-sonnet-4-6", "anthropic/some-model"])
async def test_task_is_finished_through_anthropic(
    claude_code: ClaudeCode, folders: tuple[Path, Path], task: CodingTask, model: str
) -> None:
    upstream = ScriptedAnthropic(task.with_anthropic)
    await finish_task(claude_code, folders, task, upstream, anthropic_settings, model)
    assert upstream.violations == []


@pytest.mark.parametrize(
    ("backend", "model"), [("openai", "a-local-model"), ("anthropic", "claude-opus-4-8")]
)
async def test_task_is_finished_with_the_non_streaming_fall_back(
    claude_code: ClaudeCode, folders: tuple[Path, Path], task: CodingTask, backend: str, model: str
) -> None:
    """The client repeats a streamed request that got a 404 without a stream."""
    not_found = failing(404, "no such model for streams", code="model_not_found")
    if backend == "openai":
        upstream = ScriptedOpenAI(first_time(not_found, task.with_openai), flavor=OPENAI)
        settings = openai_settings
    else:
        upstream = ScriptedAnthropic(first_time(not_found, task.with_anthropic))
        settings = anthropic_settings
    work, home = folders
    async with upstream, DragomanProcess(settings(upstream), home) as dragoman:
        run = await claude_code.run(task.prompt, dragoman.url, workdir=work, model=model)
    check_finished(run, task, upstream)
    assert upstream.violations == []
    lines = [json.loads(line) for line in dragoman.stderr if line.startswith("{")]
    answered = [line for line in lines if line["status"] == 200]
    assert len(answered) >= len(STEPS) - 1
    assert not any(line.get("streaming") for line in answered)


@pytest.mark.parametrize("backend", ["openai", "anthropic"])
async def test_task_is_finished_where_each_first_stream_breaks(
    claude_code: ClaudeCode, folders: tuple[Path, Path], task: CodingTask, backend: str
) -> None:
    broken = Reply(parts=(Text("Let me", 3), Cut()))
    if backend == "openai":
        upstream = ScriptedOpenAI(first_time(broken, task.with_openai), flavor=OPENAI)
        settings = openai_settings
    else:
        upstream = ScriptedAnthropic(first_time(broken, task.with_anthropic))
        settings = anthropic_settings
    await finish_task(claude_code, folders, task, upstream, settings, "claude-opus-4-8")
    assert upstream.violations == []


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        pytest.param(401, "invalid_api_key", "credential", id="bad key"),
        pytest.param(404, "model_not_found", "model", id="no such model"),
        pytest.param(429, "insufficient_quota", "", id="no money"),
        pytest.param(400, "invalid_request_error", "the scripted", id="bad request"),
    ],
)
async def test_client_gives_up_at_once_on_what_cannot_succeed(
    claude_code: ClaudeCode, folders: tuple[Path, Path], status: int, code: str, says: str
) -> None:
    work, home = folders
    async with ScriptedOpenAI(failing(status, "the scripted backend says no", code=code)) as upstream:
        async with DragomanProcess(openai_settings(upstream), home) as dragoman:
            run = await claude_code.run("Hello", dragoman.url, workdir=work, model="gpt-4.1", timeout=20)
            assert run.exit_code == 1, dragoman.output
    assert run.failed
    assert says in run.result_text
    # The client itself tries once with fewer betas and once without a stream, and does not wait in between.
    assert len(upstream.wire.requests) <= 6


async def test_demo_model_answers_without_any_key(
    claude_code: ClaudeCode, folders: tuple[Path, Path]
) -> None:
    work, home = folders
    async with DragomanProcess({}, home) as dragoman:
        hello = await claude_code.run("Hello", dragoman.url, workdir=work)
        tool = await claude_code.run("Please run a command", dragoman.url, workdir=work)
    assert "demo model" in hello.result_text
    assert [name for name, _ in tool.tool_uses] == ["Bash"]
    assert "Hello from the demo model" in tool.result_text
