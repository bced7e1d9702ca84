"""A scripted coding task for the real client: the model's side of it, told once for every backend.

The next turn is decided from the conversation alone, so the task survives repeated requests, requests on the side
and a client that renames ids. The final words hold what the tools returned: they are right only if every result
travelled back.
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.anthropic_rules import blocks_of
from tests.support.replies import Call, Reasoning, Reply, Text, reply

GREETING = 'grüezi, "world"\n\u2028\u2029 \\ \t🦉 end of line\n'
"""Quotes, a backslash, a tab, characters outside the BMP and separators that naive line splitters cut at."""


@dataclass(frozen=True)
class DoneCall:
    """A tool call in the history and what came back for it."""

    name: str
    arguments: dict[str, Any]
    result: str


@dataclass(frozen=True)
class Seen:
    """What a backend sees of the conversation."""

    calls: tuple[DoneCall, ...]
    tools: frozenset[str]
    wants_json: bool
    """The answer has to be JSON after a schema (session titles)."""


def seen_by_anthropic(body: dict[str, Any]) -> Seen:
    """Reads a Messages request."""
    blocks = [block for message in body["messages"] for block in blocks_of(message)]
    results = {
        block["tool_use_id"]: _plain(block.get("content"))
        for block in blocks
        if block["type"] == "tool_result"
    }
    calls = tuple(
        DoneCall(block["name"], block["input"], results.get(block["id"], ""))
        for block in blocks
        if block["type"] == "tool_use"
    )
    tools = frozenset(tool["name"] for tool in body.get("tools") or ())
    return Seen(calls, tools, "format" in (body.get("output_config") or {}))


def seen_by_openai(body: dict[str, Any]) -> Seen:
    """Reads a Chat Completions request."""
    results = {
        message["tool_call_id"]: _plain(message.get("content"))
        for message in body["messages"]
        if message["role"] == "tool"
    }
    calls = tuple(
        DoneCall(
            call["function"]["name"], json.loads(call["function"]["arguments"]), results.get(call["id"], "")
        )
        for message in body["messages"]
        for call in message.get("tool_calls") or ()
    )
    tools = frozenset(tool["function"]["name"] for tool in body.get("tools") or ())
    return Seen(calls, tools, "response_format" in body)


def seen_by_responses(body: dict[str, Any]) -> Seen:
    """Reads a Responses request. Tools may come in the middle of the conversation."""
    results = {
        item["call_id"]: _plain(item["output"])
        for item in body["input"]
        if item.get("type") == "function_call_output"
    }
    calls = tuple(
        DoneCall(item["name"], json.loads(item["arguments"]), results.get(item["call_id"], ""))
        for item in body["input"]
        if item.get("type") == "function_call"
    )
    later = [tool for item in body["input"] for tool in item.get("tools") or ()]
    tools = [*(body.get("tools") or ()), *later]
    format = (body.get("text") or {}).get("format") or {}
    wants_json = format.get("type") == "json_schema"
    return Seen(calls, frozenset(tool["name"] for tool in tools if "name" in tool), wants_json)


def seen_by_gemini(body: dict[str, Any]) -> Seen:
    """Reads a generateContent request. Results are told apart by their place, as Gemini does: ids may be missing."""
    contents = body["contents"]
    calls: list[DoneCall] = []
    for content, after in zip(contents, [*contents[1:], {}], strict=True):
        made = [part["functionCall"] for part in content["parts"] if "functionCall" in part]
        back = [
            part["functionResponse"]["response"]
            for part in after.get("parts", ())
            if "functionResponse" in part
        ]
        for place, call in enumerate(made):
            response = back[place] if place < len(back) else {}
            result = response.get("output", response.get("error", ""))
            calls.append(DoneCall(call["name"], call.get("args", {}), result))
    declared = [one for tool in body.get("tools") or () for one in tool.get("functionDeclarations", ())]
    wants_json = (body.get("generationConfig") or {}).get("responseMimeType") == "application/json"
    return Seen(tuple(calls), frozenset(function["name"] for function in declared), wants_json)


def _plain(content: Any) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(part.get("text") or json.dumps(part, ensure_ascii=False) for part in content)


@dataclass(frozen=True)
class Turn:
    """One turn of the model that calls tools."""

    says: tuple[Text | Reasoning, ...]
    calls: tuple[Call, ...]

    def results(self, seen: Seen) -> list[str] | None:
        """What came back for the calls of this turn, in order; None if it has not been taken yet."""
        results = [_result(call, seen) for call in self.calls]
        return None if None in results else [result for result in results if result is not None]


def _result(call: Call, seen: Seen) -> str | None:
    assert not isinstance(call.arguments, str)
    wanted = call.arguments.items()
    for done in seen.calls:
        # The client adds defaults to the input that it echoes.
        if done.name == call.name and wanted <= done.arguments.items():
            return done.result
    return None


class CodingTask:
    """Write a file, run a command, read two files at once, load a deferred tool, use it, tell the outcome."""

    def __init__(self, workdir: Path) -> None:
        self._file = workdir / "greeting.txt"
        self._notes = workdir / "notes.txt"
        self.secret = f"secret-{uuid.uuid4().hex[:12]}"
        self._notes.write_text(f"the word is {self.secret}\n")
        self.prompt = "Write the greeting, look at it and at the notes, then tell me the word."

    @property
    def final_text(self) -> str:
        """What the client prints at the end if everything arrived."""
        size = len(GREETING.encode())
        return f"The file has {size} bytes, the word is {self.secret}, and CronList answered. 🦉"

    def with_anthropic(self, body: dict[str, Any]) -> Reply:
        """The script for ScriptedAnthropic."""
        return self._next(seen_by_anthropic(body))

    def with_openai(self, body: dict[str, Any]) -> Reply:
        """The script for ScriptedOpenAI."""
        return self._next(seen_by_openai(body))

    def with_responses(self, body: dict[str, Any]) -> Reply:
        """The script for ScriptedResponses."""
        return self._next(seen_by_responses(body))

    def with_gemini(self, body: dict[str, Any]) -> Reply:
        """The script for ScriptedGemini."""
        return self._next(seen_by_gemini(body))

    def _next(self, seen: Seen) -> Reply:
        if not seen.tools:
            return reply('{"title": "A scripted task"}' if seen.wants_json else "All right.")
        for turn in self._turns():
            if turn.results(seen) is None:
                missing = {call.name for call in turn.calls} - seen.tools
                return (
                    reply(f"FAILED: no tool {sorted(missing)}") if missing else reply(*turn.says, *turn.calls)
                )
        return reply(Reasoning("All results are here."), Text(self._verdict(seen), sizes=5))

    def _turns(self) -> Iterator[Turn]:
        file, notes = str(self._file), str(self._notes)
        yield Turn(
            (
                Reasoning("First the file.\nThen the command.", sizes=4),
                Text("I'll write the file.", sizes=(1, 3)),
            ),
            (Call("Write", {"file_path": file, "content": GREETING}, sizes=3),),
        )
        yield Turn(
            (), (Call("Bash", {"command": f"wc -c < '{file}'", "description": "Count the bytes"}, sizes=1),)
        )
        yield Turn(
            (Reasoning("Both at once."), Text("Reading both.")),
            (Call("Read", {"file_path": file}, sizes=7), Call("Read", {"file_path": notes}, sizes=5)),
        )
        yield Turn((), (Call("ToolSearch", {"query": "select:CronList", "max_results": 5}),))
        yield Turn((Text("Now the loaded tool."),), (Call("CronList", {}),))

    def _verdict(self, seen: Seen) -> str:
        _, counted, read, found, listed = (turn.results(seen) or [] for turn in self._turns())
        size = len(GREETING.encode())
        checks = {
            # The client may append a reminder to a result.
            "Bash": counted[0].split()[:1] == [str(size)] and self._file.read_bytes() == GREETING.encode(),
            "Read of the greeting": "grüezi" in read[0] and "🦉" in read[0],
            "Read of the notes": self.secret in read[1],
            "ToolSearch": "CronList" in found[0],
            "CronList": bool(listed[0]) and "InputValidationError" not in listed[0],
        }
        wrong = [name for name, right in checks.items() if not right]
        return f"FAILED: {wrong}: {[counted, read, found, listed]}" if wrong else self.final_text
