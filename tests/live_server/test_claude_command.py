"""`dragoman claude` with the real Claude Code: the answer, the exit code, and what the session used."""

import os
import shlex
import sys
from pathlib import Path

import pytest

from tests.live_server.coding import STEPS, folders, task
from tests.live_server.sessions import openai_settings
from tests.support.claude_code import ClaudeCode
from tests.support.dragoman_process import free_port
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.replies import failing
from tests.support.task_script import CodingTask

__all__ = ["folders", "task"]

pytestmark = pytest.mark.claude_code

ELSEWHERE = "http://127.0.0.1:9"
"""Where the shell's own variables point; nothing listens there."""


@pytest.fixture
def programs(claude_code: ClaudeCode, tmp_path: Path) -> Path:
    """A folder with the real `claude`, and `dragoman-claude`, which runs `dragoman claude`."""
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "claude").symlink_to(claude_code.program)
    wrapper = folder / "dragoman-claude"
    wrapper.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m dragoman claude "$@"\n')
    wrapper.chmod(0o755)
    return folder


def environment(programs: Path, upstream: ScriptedOpenAI) -> dict[str, str]:
    return {
        **openai_settings(upstream),
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PORT": str(free_port()),
        "ANTHROPIC_API_KEY": "test-key-of-the-shell",
        "CLAUDE_CODE_USE_VERTEX": "1",
    }


async def test_a_task_is_finished_and_its_use_is_told(
    programs: Path, folders: tuple[Path, Path], task: CodingTask
) -> None:
    work, home = folders
    client = ClaudeCode(programs / "dragoman-claude")
    async with ScriptedOpenAI(task.with_openai) as upstream:
        run = await client.run(
            task.prompt, ELSEWHERE, workdir=work, extra_env=environment(programs, upstream), home=home
        )
    assert run.result_text == task.final_text, run.story
    assert run.exit_code == 0
    assert [name for name, _ in run.tool_uses] == STEPS
    lines = [" ".join(line.split()) for line in run.stderr.splitlines()]
    at = lines.index("This session used (in tokens):")
    assert lines[at + 1] == "model requests input cached output"
    assert " -> openai/gpt-4.1 " in lines[at + 2]
    requests, read, _, written = lines[at + 2].rsplit(" ", 4)[1:]
    assert int(requests) >= len(STEPS) - 1
    assert int(read.replace(",", "")) > 0
    assert int(written.replace(",", "")) > 0
    assert any(line.startswith("Not carried as asked: ") for line in lines[at:])
    assert "test-key" not in run.stderr


async def test_a_failure_is_claude_codes_exit_code_and_the_log_is_named(
    programs: Path, folders: tuple[Path, Path]
) -> None:
    work, home = folders
    client = ClaudeCode(programs / "dragoman-claude")
    async with ScriptedOpenAI(failing(401, "no", code="invalid_api_key")) as upstream:
        extra = environment(programs, upstream) | {"TMPDIR": str(home)}
        run = await client.run("Hello", ELSEWHERE, workdir=work, extra_env=extra, home=home, timeout=60)
    assert run.exit_code == 1, run.story
    [log] = home.glob("dragoman-*/gateway.log")
    assert f"Why requests failed: {log}" in run.stderr
