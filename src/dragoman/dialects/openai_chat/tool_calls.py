"""Assembles streamed tool calls: which call a fragment belongs to, and when enough of it is known to begin.

Servers repeat ids and names, leave out indexes or ids, or give every call the index 0 (spec/openai-chat.md
section 8). A call is complete only when the reply ends: JSON that happens to parse may still grow.
"""

from dataclasses import dataclass, field
from typing import Any

from dragoman.dialects.dialect import NewId
from dragoman.dialects.openai_chat.output import Output
from dragoman.dialects.openai_chat.shapes import FunctionPiece, Reading, ToolCallPiece
from dragoman.dialects.tool_ids import client_tool_id
from dragoman.dialects.visible_text import SurrogateJoiner
from dragoman.messages.errors import UpstreamNonsense
from dragoman.wire.jsonbytes import encode

NONCE_LENGTH = 8


@dataclass
class Call:
    """One tool call as far as it is known."""

    key: int
    id: str | None = None
    name: str | None = None
    begun: bool = False
    left_out: bool = False
    early: list[str] = field(default_factory=list[str])
    """Arguments that came before the name."""
    joiner: SurrogateJoiner = field(default_factory=SurrogateJoiner)


class ToolCalls:
    """The tool calls of one reply."""

    def __init__(self, output: Output, reading: Reading, new_id: NewId) -> None:
        self._output = output
        self._reading = reading
        self._new_id = new_id
        self._by_index: dict[int, Call] = {}
        self._count = 0

    def read(self, piece: ToolCallPiece) -> None:
        """Take one fragment."""
        call = self._call_of(piece)
        if piece.id and call.id is None:
            call.id = piece.id
        function = piece.function
        if function is None:
            return
        if function.name and not call.begun and not call.left_out:
            self._begin(call, function.name)
        arguments = _argument_text(function.arguments)
        if not arguments.isascii() or call.joiner.holding:
            arguments = call.joiner.feed(arguments)
        if arguments:
            self._add(call, arguments)

    def read_legacy(self, piece: FunctionPiece) -> None:
        """`function_call`, the form before parallel calls."""
        self.read(ToolCallPiece(index=0, function=piece))

    def _call_of(self, piece: ToolCallPiece) -> Call:
        index = piece.index if piece.index is not None else self._index_without_one(piece)
        call = self._by_index.get(index)
        if call is None or _is_another(call, piece):
            call = Call(self._count)
            self._count += 1
            self._by_index[index] = call
        return call

    def _index_without_one(self, piece: ToolCallPiece) -> int:
        last = max(self._by_index, default=0)
        if piece.id is None and piece.function is not None and piece.function.name and self._by_index:
            return last + 1
        if piece.id is not None:
            for index, call in self._by_index.items():
                if call.id == piece.id:
                    return index
            return last + 1 if self._by_index else 0
        return last

    def _begin(self, call: Call, name: str) -> None:
        call.name = name
        too_many = self._reading.single_tool_call and self._output.writer.tool_calls
        if too_many or self._output.text_end.stopped_by is not None:
            call.left_out = True
            return
        call.begun = True
        self._output.begin_tool_calls()
        name = self._reading.tool_names.get(name, name)
        self._output.writer.tool_call(call.key, client_tool_id(call.id, self._new_id()[:NONCE_LENGTH]), name)
        for early in call.early:
            self._say(call, early)
        call.early.clear()

    def _add(self, call: Call, arguments: str) -> None:
        self._output.count(len(arguments))
        if call.begun:
            self._say(call, arguments)
        elif not call.left_out:
            call.early.append(arguments)

    def _say(self, call: Call, arguments: str) -> None:
        if not self._output.writer.tool_input(call.key, arguments):
            raise UpstreamNonsense("the upstream went on with a tool call after other content had begun")


def _is_another(call: Call, piece: ToolCallPiece) -> bool:
    """Whether a fragment at the index of `call` begins a new one: some servers say index 0 for every call."""
    if piece.id or call.id:
        return bool(piece.id and call.id and piece.id != call.id)
    name = piece.function.name if piece.function is not None else None
    return bool(name and call.name and name != call.name)


def _argument_text(arguments: Any) -> str:
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return encode(arguments).decode()
