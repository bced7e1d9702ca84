"""The real Claude Code works through Responses: every thought comes back as it was, whatever habits the server has."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.live_server.coding import finish_task, folders, task
from tests.live_server.openai_host import at_openai
from tests.live_server.sessions import OPENAI_KEY, first_time, responses_settings
from tests.support.claude_code import ClaudeCode
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.http_answer import Cut
from tests.support.replies import Comment, Item, Ping, Reply, StreamError, Text, failing
from tests.support.responses_flavor import UNVERIFIED, VLLM_RESPONSES, ResponsesFlavor
from tests.support.responses_prefix import prefix_violations
from tests.support.responses_upstream import ScriptedResponses
from tests.support.task_script import CodingTask

__all__ = ["at_openai", "folders", "task"]

pytestmark = pytest.mark.claude_code

TALKS_LATE = ResponsesFlavor(arguments="done", text_at_once=True, empty_output=True, says_done=True)
TOOL_JOINED = "the tools are not those of the turn before"
NAMES_LATE = ResponsesFlavor(arguments="item", names_late=True, usage="never")
LONG_IDS = ResponsesFlavor(long_call_ids=True)


BROKEN = Reply(parts=(Text("Let me", 3), StreamError("fell over", "server_error", "server_error")))
UNKNOWN = Item({"type": "codex.rate_limits", "plan_type": "plus"})


def check_whole(upstream: ScriptedResponses) -> None:
    """Nothing was refused or withheld, and of the thoughts only the last answer's have not come back."""
    assert upstream.violations == []
    assert upstream.withheld == []
    assert upstream.reasoning.verified > 0
    assert len(upstream.reasoning.missing) <= 1, upstream.reasoning.missing
    # Where a loaded tool cannot come in an item of its own, it joins the others.
    assert prefix_violations(upstream.turns) in ([], [TOOL_JOINED])


@pytest.mark.parametrize("model", ["claude-opus-4-8", "claude-haiku-4-5", "openai/gpt-6-astra"])
async def test_task_is_finished_through_openai_responses(
    claude_code: ClaudeCode, folders: tuple[Path, Path], task: CodingTask, model: str
) -> None:
    upstream = ScriptedResponses(task.with_responses, key=OPENAI_KEY)
    run = await finish_task(claude_code, folders, task, upstream, responses_settings, model)
    assert not run.failed
    assert upstream.declined == []
    check_whole(upstream)


@pytest.mark.usefixtures("at_openai")
async def test_task_is_finished_at_openai_and_no_prefix_changes(
    claude_code: ClaudeCode, folders: tuple[Path, Path], task: CodingTask
) -> None:
    """Section 5: the tool that ToolSearch loads comes in an item of its own, and everything before it stays."""
    work, _ = folders
    async with ScriptedResponses(task.with_responses, key=OPENAI_KEY) as upstream:
        async with dragoman_in_process(responses_settings(upstream)) as dragoman:
            run = await claude_code.run(task.prompt, dragoman.url, workdir=work, model="claude-opus-4-8")
    assert run.result_text == task.final_text, "\n".join([*upstream.violations, run.stderr])
    check_whole(upstream)
    assert prefix_violations(upstream.turns) == []
    loaded = [item for item in upstream.asked[-1]["input"] if item["type"] == "additional_tools"]
    assert [tool["name"] for item in loaded for tool in item["tools"]] == ["CronList"]
    keys = {body["prompt_cache_key"] for body in upstream.asked}
    assert len(keys) == 1
    assert len({body["safety_identifier"] for body in upstream.asked}) == 1


@pytest.mark.parametrize(
    "flavor",
    [TALKS_LATE, NAMES_LATE, LONG_IDS, UNVERIFIED, VLLM_RESPONSES],
    ids=["late", "later", "long ids", "unverified", "vllm"],
)
async def test_task_is_finished_on_servers_with_habits(
    claude_code: ClaudeCode, folders: tuple[Path, Path], task: CodingTask, flavor: ResponsesFlavor
) -> None:
    """What comes whole, without names or usage, without a stream, or in the clear."""
    upstream = ScriptedResponses(task.with_responses, flavor=flavor)
    model = "openai/some-model" if flavor is VLLM_RESPONSES else "claude-opus-4-8"
    await finish_task(claude_code, folders, task, upstream, responses_settings, model)
    assert upstream.violations == []
    if flavor not in (LONG_IDS, VLLM_RESPONSES):  # ids that no request may have do not come back as they were
        check_whole(upstream)
    assert len(upstream.declined) == len(set(upstream.declined))


@pytest.mark.parametrize(
    ("flavor", "mishap"),
    [
        pytest.param(ResponsesFlavor(errors="flat"), BROKEN, id="an error"),
        pytest.param(ResponsesFlavor(errors="failed"), BROKEN, id="a failed response"),
        pytest.param(ResponsesFlavor(), Reply(parts=(Text("Let me", 3), Cut())), id="a stream that breaks"),
        pytest.param(ResponsesFlavor(), failing(404, "no such model for streams"), id="no streams"),
    ],
)
async def test_task_is_finished_over_mishaps(
    claude_code: ClaudeCode,
    folders: tuple[Path, Path],
    task: CodingTask,
    flavor: ResponsesFlavor,
    mishap: Reply,
) -> None:
    """Each turn fails once."""
    upstream = ScriptedResponses(first_time(mishap, task.with_responses), flavor=flavor)
    await finish_task(claude_code, folders, task, upstream, responses_settings, "claude-opus-4-8")
    check_whole(upstream)


async def test_task_is_finished_among_keepalives(
    claude_code: ClaudeCode, folders: tuple[Path, Path], task: CodingTask
) -> None:
    """Section 12.3: an event that nobody documented, before and between the words."""

    def script(body: dict[str, Any]) -> Reply:
        said = task.with_responses(body)
        parts = [part for one in said.parts for part in (Ping(), Comment(), one, UNKNOWN)]
        return replace(said, parts=tuple(parts))

    upstream = ScriptedResponses(script, key=OPENAI_KEY)
    await finish_task(claude_code, folders, task, upstream, responses_settings, "claude-opus-4-8")
    check_whole(upstream)
