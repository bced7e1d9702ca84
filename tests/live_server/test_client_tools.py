"""A program that offers the tools which Anthropic defines, to models that never heard of them: the official SDK's side."""

from typing import Any

import pytest
from anthropic import BadRequestError
from anthropic.types.beta import (
    BetaMemoryTool20250818CreateCommand,
    BetaMemoryTool20250818RenameCommand,
    BetaMemoryTool20250818ViewCommand,
)

from tests.live_server.backends import served
from tests.live_server.sdk import sdk, told
from tests.support.declared_tools import declared_tools
from tests.support.replies import Call, reply

# The SDK warns of models that its vendor will retire.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:anthropic", "ignore:The model:DeprecationWarning"
)

TRANSLATIONS = ("openai_chat", "openai_responses", "gemini")
every_translation = pytest.mark.parametrize("backend", TRANSLATIONS)
streamed_or_whole = pytest.mark.parametrize("streams", [True, False], ids=["streamed", "whole"])

TOOLS: list[Any] = [
    {"type": "bash_20250124", "name": "bash"},
    {"type": "text_editor_20250728", "name": "str_replace_based_edit_tool", "max_characters": 10_000},
    {"type": "memory_20250818", "name": "memory"},
]
EDIT = {
    "command": "insert",
    "path": "/srv/notes.txt",
    "insert_line": 0,
    "insert_text": "Grüezi 🦉\n",
}


def result_of(message: Any, content: str, **fields: Any) -> dict[str, Any]:
    """A user's message with the result of the only call."""
    (call,) = [block for block in message.content if block.type == "tool_use"]
    return {
        "role": "user",
        "content": [{"type": "tool_result", "tool_use_id": call.id, "content": content, **fields}],
    }


@every_translation
@streamed_or_whole
async def test_a_command_runs_and_a_file_is_edited(backend: str, streams: bool) -> None:
    """A call of bash with its result, then one of the editor with an error, then the last words."""
    script = [
        reply("I look.", Call("bash", {"command": "ls -l /srv"}, sizes=3)),
        reply(Call("str_replace_based_edit_tool", EDIT, sizes=5)),
        reply("The file cannot be changed."),
    ]
    history: list[Any] = [{"role": "user", "content": "Greet in /srv/notes.txt."}]
    async with served(backend, script) as scene, sdk(scene.url) as client:
        looked = await told(client, streams, messages=history, tools=TOOLS)
        history += [
            {"role": "assistant", "content": looked.to_dict()["content"]},
            result_of(looked, "-r--r--r-- notes.txt"),
        ]
        edited = await told(client, streams, messages=history, tools=TOOLS)
        history += [
            {"role": "assistant", "content": edited.to_dict()["content"]},
            result_of(edited, "Permission denied", is_error=True),
        ]
        last = await told(client, streams, messages=history, tools=TOOLS)
    assert (looked.stop_reason, edited.stop_reason) == ("tool_use", "tool_use")
    assert [(block.name, block.input) for block in looked.content if block.type == "tool_use"] == [
        ("bash", {"command": "ls -l /srv"})
    ]
    assert [(block.name, block.input) for block in edited.content] == [("str_replace_based_edit_tool", EDIT)]
    assert last.content[0].text == "The file cannot be changed."
    assert scene.upstream.violations == []
    for body in scene.upstream.asked:
        assert sorted(one.name for one in declared_tools(body)) == sorted(tool["name"] for tool in TOOLS)
    said = str(scene.upstream.asked[-1])
    assert "-r--r--r-- notes.txt" in said
    assert "Permission denied" in said


@every_translation
async def test_the_sdks_own_reading_of_memory_commands_takes_what_the_model_says(backend: str) -> None:
    """The arguments that the model is told of are those that the SDK's helper for this tool reads."""
    said: list[tuple[Any, dict[str, Any]]] = [
        (BetaMemoryTool20250818ViewCommand, {"command": "view", "path": "/memories", "view_range": [1, 2]}),
        (
            BetaMemoryTool20250818CreateCommand,
            {"command": "create", "path": "/memories/a.txt", "file_text": "x"},
        ),
        (
            BetaMemoryTool20250818RenameCommand,
            {"command": "rename", "old_path": "/memories/a.txt", "new_path": "/memories/b.txt"},
        ),
    ]
    script = [reply(Call("memory", arguments)) for _, arguments in said]
    async with served(backend, script) as scene, sdk(scene.url) as client:
        for command, arguments in said:
            message = await told(client, True, tools=TOOLS)
            read = command.model_validate(message.content[0].input, strict=True)
            assert read.model_dump(exclude_none=True) == arguments
        body = scene.upstream.asked[-1]
    (memory,) = [one for one in declared_tools(body) if one.name == "memory"]
    for _, arguments in said:
        assert set(arguments) <= set(memory.parameters["properties"])
    assert scene.upstream.violations == []


@every_translation
async def test_a_forced_command_is_the_only_block(backend: str) -> None:
    forced = {"type": "tool", "name": "bash"}
    async with served(backend, reply(Call("bash", {"restart": True}))) as scene, sdk(scene.url) as client:
        message = await told(client, True, tools=TOOLS, tool_choice=forced)
    assert [(block.type, block.name, block.input) for block in message.content] == [
        ("tool_use", "bash", {"restart": True})
    ]
    assert scene.upstream.violations == []


@every_translation
@streamed_or_whole
async def test_a_browser_is_refused_before_anybody_is_asked(backend: str, streams: bool) -> None:
    browser: Any = {"type": "browser_toolset_20260801"}
    async with served(backend, ()) as scene, sdk(scene.url) as client:
        with pytest.raises(BadRequestError) as refused:
            await told(client, streams, tools=[TOOLS[0], browser])
    error: Any = refused.value.body
    assert error["error"]["type"] == "invalid_request_error"
    assert error["error"]["message"] == (
        "tools.1: `browser_toolset_20260801` is defined by Anthropic and works with its models only; "
        "route this model to Anthropic, or declare the tools as custom tools"
    )
    assert refused.value.response.headers["x-should-retry"] == "false"
    assert scene.upstream.asked == []
