"""Function calls as tool calls: whole ones, and those that Vertex AI sends in pieces (spec/gemini.md section 3.5)."""

import re
from typing import Any, cast

import msgspec

from dragoman.dialects.dialect import NewId
from dragoman.dialects.gemini.output import Output
from dragoman.dialects.gemini.server_tools import server_tool_id
from dragoman.dialects.gemini.shapes import FunctionCall, Part, Reading
from dragoman.dialects.gemini.side_calls import SideCalls
from dragoman.dialects.tool_ids import NONCE_LENGTH, client_tool_id
from dragoman.messages.tool_json import as_tool_input
from dragoman.wire.jsonbytes import MAX_DEPTH, encode

_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]|\['([^']*)'\]")
_VALUES = ("stringValue", "numberValue", "boolValue", "nullValue")
MOST_ITEMS = 10_000
"""Places in one array of a call that comes in pieces."""


class Calls:
    """The calls of one answer."""

    def __init__(self, reading: Reading, output: Output, side: SideCalls | None, new_id: NewId) -> None:
        self._reading = reading
        self._output = output
        self._side = side
        self._new_id = new_id
        self._partial: FunctionCall | None = None
        self._arguments: dict[str, Any] = {}
        self._signature: str | None = None

    def new_server_id(self) -> str:
        """An id for a tool that runs upstream."""
        return server_tool_id(self._new_id)

    def reads_beside(self, part: Part) -> bool:
        """Whether the call of this part is one that the client never sees as its own."""
        call = part.functionCall
        return call is not None and (call.name or "") in self._reading.side_tools

    def read(self, part: Part, call: FunctionCall) -> None:
        """Take a call, or the next piece of one."""
        whole = call.partialArgs is None and not call.willContinue
        if whole and self._partial is None:
            self._say(call, call.args, part.thoughtSignature)
            return
        if call.name:
            self.finish()
            self._partial = call
            self._arguments = _as_object(call.args)
            self._signature = None
        self._signature = part.thoughtSignature or self._signature
        for piece in call.partialArgs or ():
            put_piece(self._arguments, piece)
        if not call.willContinue:
            self.finish()

    def drop_partial(self) -> None:
        """The output limit cut a call that came in pieces: what it would do nobody knows."""
        self._partial = None

    def finish(self) -> None:
        """A call that came in pieces is whole."""
        call, self._partial = self._partial, None
        if call is not None:
            self._say(call, self._arguments, self._signature)

    def _say(self, call: FunctionCall, arguments: Any, signature: str | None) -> None:
        name = call.name or ""
        if not name:
            return
        if self._side is not None and name in self._reading.side_tools:
            part: dict[str, Any] = {"functionCall": {"name": name, "args": arguments or {}}}
            if call.id is not None:
                part["functionCall"]["id"] = call.id
            if signature is not None:
                part["thoughtSignature"] = signature
            self._side.begin(self._reading.side_tools[name], part, self._output)
            return
        writer = self._output.writer
        if self._reading.single_tool_call and writer.tool_calls:
            return
        tool_use_id = client_tool_id(call.id, self._new_id()[:NONCE_LENGTH])
        self._output.begin_call(tool_use_id, signature)
        writer.tool_call(tool_use_id, tool_use_id, self._reading.tool_names.get(name, name))
        tool_input = encode(_as_object(arguments)).decode()
        self._output.characters += len(tool_input)
        writer.tool_input(tool_use_id, tool_input)
        writer.end_block()


def put_piece(arguments: dict[str, Any], piece: dict[str, Any]) -> None:
    """Put `{jsonPath: "$.a[0].b", stringValue: ...}` at its place; a string goes on where it stood."""
    path: Any = piece.get("jsonPath")
    kind = next((kind for kind in _VALUES if kind in piece), None)
    steps = [_step(found) for found in _STEP.finditer(path)] if isinstance(path, str) else []
    if kind is None or not 0 < len(steps) <= MAX_DEPTH:
        return
    value = None if kind == "nullValue" else piece[kind]
    node: Any = arguments
    for step, following in zip(steps[:-1], steps[1:], strict=True):
        node = _entered(node, step, [] if isinstance(following, int) else {})
        if node is None:
            return
    before = _entered(node, steps[-1], None)
    if isinstance(before, str) and isinstance(value, str):
        value = before + value
    _put(node, steps[-1], value)


def _step(found: re.Match[str]) -> str | int:
    # Nine digits are more than any array has; int() refuses thousands of them.
    return int(found[2][:9]) if found[2] is not None else found[1] if found[1] is not None else found[3]


def _entered(node: Any, step: str | int, empty: Any) -> Any:
    """What stands at a step; `empty` is put there if nothing does."""
    there: Any = None
    if isinstance(node, dict) and isinstance(step, str):
        there = cast("dict[str, Any]", node).get(step)
    elif isinstance(node, list) and isinstance(step, int):
        items = cast("list[Any]", node)
        there = items[step] if step < len(items) else None
    if there is None and empty is not None:
        there = empty if _put(node, step, empty) else None
    return there


def _put(node: Any, step: str | int, value: Any) -> bool:
    if isinstance(node, dict) and isinstance(step, str):
        cast("dict[str, Any]", node)[step] = value
        return True
    if isinstance(node, list) and isinstance(step, int) and step < MOST_ITEMS:
        items = cast("list[Any]", node)
        items.extend([None] * (step + 1 - len(items)))
        items[step] = value
        return True
    return False


def _as_object(arguments: Any) -> dict[str, Any]:
    if arguments is None:
        return {}
    if isinstance(arguments, (dict, str)):
        return as_tool_input(cast("Any", arguments))
    return {"value": msgspec.to_builtins(arguments)}
