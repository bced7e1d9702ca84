"""The real client finishes the scripted task straight against the scripted backend, and only talks to it."""

from pathlib import Path

import pytest
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.claude_code import ClaudeCode, ClaudeCodeMissing, installed_program
from tests.support.grammar_table import check_stream
from tests.support.http_answer import Stall
from tests.support.replies import failing, reply
from tests.support.task_script import CodingTask

pytestmark = pytest.mark.claude_code


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-sonnet-4-6", "gpt-5"])
async def test_client_finishes_the_task(claude_code: ClaudeCode, tmp_path: Path, model: str) -> None:
    task = CodingTask(tmp_path)
    async with ScriptedAnthropic(task.with_anthropic) as upstream:
        run = await claude_code.run(
            task.prompt, upstream.base_url, workdir=tmp_path, model=model, credential="api_key"
        )
    assert upstream.violations == [], run.story
    assert run.result_text == task.final_text, run.story
    assert not run.failed
    tools = [name for name, _ in run.tool_uses]
    assert tools == ["Write", "Bash", "Read", "Read", "ToolSearch", "CronList"], run.story
    for sent in upstream.sent:
        check_stream(sent)


async def test_client_tells_an_error_of_the_backend(claude_code: ClaudeCode, tmp_path: Path) -> None:
    script = failing(400, "the scripted backend says no", headers=(("x-should-retry", "false"),))
    async with ScriptedAnthropic(script, credentials="bearer") as upstream:
        run = await claude_code.run("Hello", upstream.base_url, workdir=tmp_path)
    assert run.failed
    assert "the scripted backend says no" in run.result_text


async def test_client_that_hangs_is_killed(claude_code: ClaudeCode, tmp_path: Path) -> None:
    async with ScriptedAnthropic(reply("Hi", Stall()), credentials="bearer") as upstream:
        run = await claude_code.run("Hello", upstream.base_url, workdir=tmp_path, timeout=8)
        assert run.exit_code is None
        await upstream.wire.connections[0].client_hung_up()


def test_wrong_path_of_the_client_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DRAGOMAN_CLAUDE_CODE", str(tmp_path / "claude"))
    with pytest.raises(ClaudeCodeMissing, match="does not exist"):
        installed_program()
