"""The scripted task reads the same conversation in every language, and notices when a result is wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.replies import Call, Reply, Text
from tests.support.task_script import GREETING, CodingTask

TOOLS = ["Write", "Bash", "Read", "ToolSearch", "CronList"]


def run_tool(call: Call, broken: bool) -> str:
    """What the real client's tool would give back."""
    assert not isinstance(call.arguments, str)
    match call.name:
        case "Write":
            Path(call.arguments["file_path"]).write_text(call.arguments["content"], newline="")
            return "File created"
        case "Bash":
            return "7" if broken else str(len(GREETING.encode()))
        case "Read":
            return Path(call.arguments["file_path"]).read_bytes().decode()
        case "ToolSearch":
            return "<functions>CronList</functions>"
        case _:
            return "No scheduled jobs."


def messages_turn(said: Reply, turn: int, broken: bool) -> list[dict[str, Any]]:
    calls = [
        {"type": "tool_use", "id": f"t{turn}_{n}", "name": call.name, "input": call.arguments}
        for n, call in enumerate(said.calls)
    ]
    results = [
        {
            "type": "tool_result",
            "tool_use_id": f"t{turn}_{n}",
            "content": [{"type": "text", "text": run_tool(call, broken)}],
        }
        for n, call in enumerate(said.calls)
    ]
    return [{"role": "assistant", "content": calls}, {"role": "user", "content": results[::-1]}]


def chat_turn(said: Reply, turn: int, broken: bool) -> list[dict[str, Any]]:
    calls = [
        {"id": f"t{turn}_{n}", "function": {"name": call.name, "arguments": json.dumps(call.arguments)}}
        for n, call in enumerate(said.calls)
    ]
    results = [
        {"role": "tool", "tool_call_id": f"t{turn}_{n}", "content": run_tool(call, broken)}
        for n, call in enumerate(said.calls)
    ]
    return [{"role": "assistant", "content": None, "tool_calls": calls}, *results]


def responses_turn(said: Reply, turn: int, broken: bool) -> list[dict[str, Any]]:
    calls = [
        {
            "type": "function_call",
            "call_id": f"t{turn}_{n}",
            "name": call.name,
            "arguments": json.dumps(call.arguments),
        }
        for n, call in enumerate(said.calls)
    ]
    results = [
        {
            "type": "function_call_output",
            "call_id": f"t{turn}_{n}",
            "output": [{"type": "input_text", "text": run_tool(call, broken)}],
        }
        for n, call in enumerate(said.calls)
    ]
    return [*calls, *results]


def gemini_turn(said: Reply, turn: int, broken: bool) -> list[dict[str, Any]]:
    calls = [{"functionCall": {"name": call.name, "args": call.arguments}} for call in said.calls]
    results = [
        {"functionResponse": {"name": call.name, "response": {"output": run_tool(call, broken)}}}
        for call in said.calls
    ]
    return [{"role": "model", "parts": calls}, {"role": "user", "parts": results}]


def play(
    script: Callable[[dict[str, Any]], Reply],
    answer: Callable[[Reply, int, bool], list[dict[str, Any]]],
    tools: list[Any],
    broken: bool = False,
) -> str:
    """Takes turns until the script only talks; what it says then."""
    messages: list[dict[str, Any]] = [{"role": "user", "content": "Go"}]
    for turn in range(9):
        said = script({"messages": messages, "tools": tools})
        if not said.calls:
            return "".join(part.text for part in said.parts if isinstance(part, Text))
        messages += answer(said, turn, broken)
    raise AssertionError("the task does not end")


MESSAGES_TOOLS = [{"name": name} for name in TOOLS]
CHAT_TOOLS = [{"function": {"name": name}} for name in TOOLS]
GEMINI_TOOLS = [{"functionDeclarations": [{"name": name} for name in TOOLS]}]


def test_task_ends_well_in_every_language(tmp_path: Path) -> None:
    task = CodingTask(tmp_path)
    assert play(task.with_anthropic, messages_turn, MESSAGES_TOOLS) == task.final_text
    assert play(task.with_openai, chat_turn, CHAT_TOOLS) == task.final_text

    def with_gemini(body: dict[str, Any]) -> Reply:
        contents = [{"parts": [{"text": "Go"}]} | message for message in body["messages"]]
        return task.with_gemini({"contents": contents, "tools": body["tools"]})

    assert play(with_gemini, gemini_turn, GEMINI_TOOLS) == task.final_text

    def with_responses(body: dict[str, Any]) -> Reply:
        later = {"type": "additional_tools", "tools": MESSAGES_TOOLS[-1:]}
        return task.with_responses({"input": [*body["messages"], later], "tools": body["tools"]})

    assert play(with_responses, responses_turn, MESSAGES_TOOLS[:-1]) == task.final_text


def test_wrong_result_is_told(tmp_path: Path) -> None:
    task = CodingTask(tmp_path)
    assert play(task.with_openai, chat_turn, CHAT_TOOLS, broken=True).startswith("FAILED: ['Bash']")


def test_missing_tool_is_told(tmp_path: Path) -> None:
    task = CodingTask(tmp_path)
    assert play(task.with_openai, chat_turn, CHAT_TOOLS[:-1]) == "FAILED: no tool ['CronList']"


@pytest.mark.parametrize(
    ("fields", "said"),
    [({}, "All right."), ({"output_config": {"format": {}}}, '{"title": "A scripted task"}')],
)
def test_request_on_the_side_is_answered(tmp_path: Path, fields: dict[str, Any], said: str) -> None:
    body = {"messages": [{"role": "user", "content": "Title?"}]} | fields
    assert CodingTask(tmp_path).with_anthropic(body).parts == (Text(said),)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "All right."),
        ({"generationConfig": {"responseMimeType": "application/json"}}, '{"title": "A scripted task"}'),
    ],
)
def test_request_on_the_side_is_answered_by_gemini(tmp_path: Path, fields: dict[str, Any], said: str) -> None:
    body = {"contents": [{"role": "user", "parts": [{"text": "Title?"}]}]} | fields
    assert CodingTask(tmp_path).with_gemini(body).parts == (Text(said),)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "All right."),
        ({"text": {"format": {"type": "json_schema"}}}, '{"title": "A scripted task"}'),
    ],
)
def test_request_on_the_side_is_answered_in_responses(
    tmp_path: Path, fields: dict[str, Any], said: str
) -> None:
    body = {"input": [{"role": "user", "content": "Title?"}]} | fields
    assert CodingTask(tmp_path).with_responses(body).parts == (Text(said),)
