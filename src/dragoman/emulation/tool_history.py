"""Earlier answers in which the gateway ran tools, as the model said them: the calls in one message, what came of them in
the next, and so on. The client has all of it in one message (spec/anthropic-messages.md section 5.1)."""

from collections.abc import Callable, Container, Iterator, Sequence
from typing import Any

from dragoman.emulation.tool_results import as_tool_result, call_id
from dragoman.messages.fields import Fields
from dragoman.wire.jsonvalues import as_list, as_object

Labels = Callable[[Fields], Sequence[str]]


def _no_labels(block: Fields) -> Sequence[str]:
    return ()


def unrolled(messages: list[Any], names: Container[str], labels: Labels = _no_labels) -> list[Any]:
    """The messages with the calls of the tools `names` as calls of functions. `labels`: of the pages in a result's block."""
    written: list[Any] = []
    waiting: list[Fields] = []
    for message in messages:
        fields = as_object(message)
        if waiting:
            # Beside the results of the client's own tools, which were called in the same breath.
            if fields.get("role") == "user":
                written.append({**fields, "content": [*waiting, *_blocks(fields.get("content"))]})
                waiting = []
                continue
            written.append(_user(waiting))
            waiting = []
        if fields.get("role") != "assistant" or not _runs_tools(fields, names):
            written.append(message)
            continue
        unrolling = _Unrolling(fields, names, labels)
        written += unrolling.messages
        waiting = unrolling.waiting
    return [*written, _user(waiting)] if waiting else written


class _Unrolling:
    """One message of the assistant taken apart."""

    def __init__(self, message: Fields, names: Container[str], labels: Labels) -> None:
        self.messages: list[Fields] = []
        self.waiting: list[Fields] = []
        """Results of the last calls, where the client has results of its own to bring beside them."""
        self._said: list[Any] = []
        self._results: list[Fields] = []
        blocks = as_list(message.get("content"))
        answered = {as_object(block).get("tool_use_id") for block in blocks}
        calls = {call["id"]: call for call in _calls(blocks, names)}
        for block in blocks:
            fields = as_object(block)
            if fields.get("tool_use_id") in calls:
                self._results.append(as_tool_result(fields, labels(fields)))
                continue
            if self._results:
                self._end_turn()
            call = calls.get(str(fields.get("id")))
            if call is None:
                self._said.append(block)
            elif call["id"] in answered:  # the others were cut off together with their answer
                self._said.append(_function_call(call))
        self._end()

    def _end_turn(self) -> None:
        self.messages += ({"role": "assistant", "content": self._said}, _user(self._results))
        self._said, self._results = [], []

    def _end(self) -> None:
        called = {block["id"] for block in map(as_object, self._said) if block.get("type") == "tool_use"}
        if self._results and called <= {result["tool_use_id"] for result in self._results}:
            self._end_turn()
        elif self._said:
            self.messages.append({"role": "assistant", "content": self._said})
            self.waiting = self._results


def _function_call(call: Fields) -> Fields:
    return {
        "type": "tool_use",
        "id": call_id(call["id"]),
        "name": call["name"],
        "input": call.get("input") or {},
    }


def _runs_tools(message: Fields, names: Container[str]) -> bool:
    return any(True for _ in _calls(as_list(message.get("content")), names))


def _calls(blocks: list[Any], names: Container[str]) -> Iterator[Fields]:
    for block in blocks:
        fields = as_object(block)
        name, call = fields.get("name"), fields.get("id")
        if fields.get("type") != "server_tool_use" or not isinstance(name, str) or not isinstance(call, str):
            continue
        if name in names:
            yield fields


def _blocks(content: Any) -> list[Any]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return as_list(content)


def _user(results: list[Fields]) -> Fields:
    return {"role": "user", "content": results}
