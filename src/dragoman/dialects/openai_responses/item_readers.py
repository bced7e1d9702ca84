"""Reads the items of an answer that are no messages: reasoning and function calls (spec/openai-responses.md 12.3).

A reader is told of an item's events and, at its end, of the item as a whole; some servers tell only the one or the other.
"""

from typing import Any, Protocol

from dragoman.dialects.dialect import NewId
from dragoman.dialects.openai_responses.output import Output
from dragoman.dialects.openai_responses.reasoning import reasoning_state, shown_text
from dragoman.dialects.openai_responses.shapes import Event
from dragoman.dialects.tool_ids import client_tool_id
from dragoman.dialects.visible_text import SurrogateJoiner
from dragoman.wire.jsonbytes import encode

NONCE_LENGTH = 8


class ItemReader(Protocol):
    """One item of `output`."""

    def read(self, event: Event) -> None:
        """Take an event of the item between its beginning and its end."""
        ...

    def end(self, item: dict[str, Any]) -> None:
        """Say the rest of the finished item; `item` is empty if the server never told it whole."""
        ...


class ReasoningReader:
    """One reasoning item is one thinking block (section 4.2)."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._said = ""
        self._kind = ""
        self._joiner = SurrogateJoiner()

    def read(self, event: Event) -> None:
        if event.type == "response.reasoning_summary_part.added":
            self._begin_part("summary")
        elif event.type == "response.reasoning_summary_text.delta":
            self._say(event.delta, "summary")
        elif event.type == "response.reasoning_text.delta":
            self._say(event.delta, "text")

    def end(self, item: dict[str, Any]) -> None:
        if self._output.ended:
            return
        text = shown_text(item)
        if text.startswith(self._said) and len(text) > len(self._said):
            self._write(text[len(self._said) :])
        state = reasoning_state(item, text or self._said)
        output = self._output
        if state is None:
            output.end_thoughts()
        elif output.reading.thoughts == "kept":
            output.unkept.append((state, output.texts))
        else:
            output.end_text()
            output.writer.open_thinking()
            output.writer.end_thinking(state.sealed(output.reading.seal))

    def _begin_part(self, kind: str) -> None:
        if self._said and self._kind in ("", kind):
            self._write("\n\n")

    def _say(self, piece: str | None, kind: str) -> None:
        """Servers that tell both the summary and the text itself are heard on what comes first."""
        if piece and self._kind in ("", kind):
            self._kind = kind
            self._write(piece)

    def _write(self, piece: str) -> None:
        self._said += piece
        output = self._output
        output.count(len(piece))
        if output.ended or output.reading.thoughts != "shown":
            return
        if not piece.isascii() or self._joiner.holding:
            piece = self._joiner.feed(piece)
        if piece:
            output.end_text()
            output.writer.thinking(piece)


class CallReader:
    """A function call."""

    def __init__(self, output: Output, new_id: NewId, item: dict[str, Any]) -> None:
        self._output = output
        self._nonce = new_id
        self._said = ""
        self._early = ""
        self._begun = False
        self._left_out = False
        self._joiner = SurrogateJoiner()
        self._begin(item)

    def read(self, event: Event) -> None:
        if event.type == "response.function_call_arguments.delta":
            self._say(event.delta or "")
        elif event.type == "response.function_call_arguments.done":
            self._say_rest(event.arguments or "")

    def end(self, item: dict[str, Any]) -> None:
        self._begin(item)
        arguments = item.get("arguments")
        if isinstance(arguments, dict):
            arguments = encode(arguments).decode()
        if isinstance(arguments, str):
            self._say_rest(arguments)
        if self._begun:
            self._output.writer.end_block()

    def _begin(self, item: dict[str, Any]) -> None:
        name, call_id = item.get("name"), item.get("call_id")
        if self._begun or self._left_out or not isinstance(name, str) or not name:
            return
        output, reading = self._output, self._output.reading
        if output.ended or (reading.single_tool_call and output.writer.tool_calls):
            self._left_out = True
            return
        self._begun = True
        output.end_text()
        output.end_thoughts()
        upstream_id = call_id if isinstance(call_id, str) else None
        tool_use_id = client_tool_id(upstream_id, self._nonce()[:NONCE_LENGTH])
        output.writer.tool_call(self, tool_use_id, reading.tool_names.get(name, name))
        output.keep_with(tool_use_id)
        early, self._early = self._early, ""
        if early:
            self._write(early)

    def _say(self, piece: str) -> None:
        self._said += piece
        if self._begun:
            self._write(piece)
        else:
            self._early += piece

    def _say_rest(self, arguments: str) -> None:
        """What of the arguments was not streamed; some servers tell them only at the end."""
        if len(arguments) > len(self._said) and arguments.startswith(self._said):
            self._say(arguments[len(self._said) :])

    def _write(self, piece: str) -> None:
        self._output.count(len(piece))
        if not piece.isascii() or self._joiner.holding:
            piece = self._joiner.feed(piece)
        if piece:
            self._output.writer.tool_input(self, piece)


class OtherReader:
    """An item of a kind that is never asked for."""

    def read(self, event: Event) -> None:
        pass

    def end(self, item: dict[str, Any]) -> None:
        pass
