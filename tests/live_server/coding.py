"""The real Claude Code does the scripted coding task through Dragoman."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.claude_code import ClaudeCode, ClaudeRun
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.gemini_upstream import ScriptedGemini
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.responses_upstream import ScriptedResponses
from tests.support.task_script import CodingTask
from tests.support.vertex_cloud import ScriptedVertex

STEPS = ["Write", "Bash", "Read", "Read", "ToolSearch", "CronList"]

Backend = ScriptedAnthropic | ScriptedGemini | ScriptedOpenAI | ScriptedResponses | ScriptedVertex


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Where the client works, and where Dragoman runs: never the same `.env`."""
    work, home = tmp_path / "work", tmp_path / "dragoman"
    work.mkdir()
    home.mkdir()
    return work, home


@pytest.fixture
def task(folders: tuple[Path, Path]) -> CodingTask:
    """What the client is asked to do, where it works."""
    work, _ = folders
    return CodingTask(work)


async def finish_task(
    client: ClaudeCode,
    folders: tuple[Path, Path],
    task: CodingTask,
    upstream: Backend,
    settings: Callable[[Any], Mapping[str, str]],
    model: str,
) -> ClaudeRun:
    """How the client ran. AssertionError if the task was not finished in its steps.

    `settings` are asked for once the upstream has its address. Whether it refused anything is for the test to say.
    """
    work, _ = folders
    async with upstream, dragoman_in_process(settings(upstream)) as dragoman:
        run = await client.run(task.prompt, dragoman.url, workdir=work, model=model)
    check_finished(run, task, upstream)
    return run


def check_finished(run: ClaudeRun, task: CodingTask, upstream: Backend) -> None:
    # What the upstream refused says best why the task failed.
    assert run.result_text == task.final_text, "\n".join([*upstream.violations, run.stderr])
    assert [name for name, _ in run.tool_uses] == STEPS
