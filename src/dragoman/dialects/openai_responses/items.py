"""Keeps the items of an answer apart and in order (spec/openai-responses.md section 12.3).

Servers tell one item after the other. Where events of a later item come early, they wait: events of two blocks never
mix.
"""

from collections import deque
from typing import Any

from dragoman.dialects.dialect import NewId
from dragoman.dialects.openai_responses.item_readers import (
    CallReader,
    ItemReader,
    OtherReader,
    ReasoningReader,
)
from dragoman.dialects.openai_responses.message_reader import MessageReader
from dragoman.dialects.openai_responses.output import Output
from dragoman.dialects.openai_responses.search_reader import SearchReader
from dragoman.dialects.openai_responses.shapes import Event

ADDED = "response.output_item.added"
DONE = "response.output_item.done"

_KINDS = (
    ("response.output_text.", "message"),
    ("response.refusal.", "message"),
    ("response.content_part.", "message"),
    ("response.reasoning_", "reasoning"),
    ("response.function_call_arguments.", "function_call"),
)
"""Whose event it is, where a server did not tell that the item began."""

OF_ITEMS = ("response.output_item.", *(start for start, _ in _KINDS))
"""How the events of items begin."""


class Items:
    """The items of one answer."""

    def __init__(self, output: Output, new_id: NewId) -> None:
        self._output = output
        self._new_id = new_id
        self._index = 0
        """Which item is being read."""
        self._reader: ItemReader | None = None
        self._kind = ""
        self._waiting: dict[int, deque[Event]] = {}
        self._done: set[int] = set()
        self.last_whole = True
        """The message or call that ended last is complete."""

    @property
    def open(self) -> bool:
        """An item has begun and not ended."""
        return self._reader is not None or bool(self._waiting)

    def say(self, event: Event) -> bool:
        """More text of the message that is being read: most events are that. False for text of any other."""
        reader = self._reader
        if not isinstance(reader, MessageReader):
            return False
        if event.output_index != self._index and event.output_index is not None:
            return False
        reader.say(event.content_index or 0, event.delta or "")
        return True

    def read(self, event: Event) -> None:
        """An event that belongs to an item."""
        index = self._current() if event.output_index is None else event.output_index
        if index in self._done:
            return
        if self._reader is not None and index != self._index:
            self._waiting.setdefault(index, deque()).append(event)
            return
        self._index = index
        self._read(event)

    def finish(self, output: list[dict[str, Any]]) -> None:
        """The answer ended; `output` is all of it as the server told it last, perhaps nothing."""
        for index, item in enumerate(output):
            if index not in self._done:
                self.read(Event(DONE, output_index=index, item=item))
        while self.open:
            if self._reader is None:
                self._next()
            else:
                self._end({}, whole=False)

    def _read(self, event: Event) -> None:
        if event.type in (ADDED, DONE):
            item = event.item or {}
            if self._reader is None:
                self._begin(str(item.get("type") or ""), item)
            if event.type == DONE:
                self._end(item, whole=item.get("status") != "incomplete")
            return
        if self._reader is None:
            kind = next((kind for start, kind in _KINDS if event.type.startswith(start)), "")
            self._begin(kind, {})
        if self._reader is not None:
            self._reader.read(event)

    def _begin(self, kind: str, item: dict[str, Any]) -> None:
        self._kind = kind
        match kind:
            case "message":
                self._reader = MessageReader(self._output)
            case "reasoning":
                self._reader = ReasoningReader(self._output)
            case "function_call":
                self._reader = CallReader(self._output, self._new_id, item)
            case "web_search_call":
                self._reader = SearchReader(self._output, self._new_id)
            case _:
                self._reader = OtherReader()

    def _end(self, item: dict[str, Any], *, whole: bool) -> None:
        if self._reader is not None:
            self._reader.end(item)
        self._reader = None
        self._done.add(self._index)
        if self._kind in ("message", "function_call"):
            self.last_whole = whole
        self._next()

    def _next(self) -> None:
        """The events of the next item that has waited, as far as they came."""
        while self._waiting and self._reader is None:
            index = min(self._waiting)
            self._index = index
            for event in self._waiting.pop(index):
                if index not in self._done:
                    self._read(event)

    def _current(self) -> int:
        """The place of an event that does not tell it."""
        return self._index if self._reader is not None else max(self._done, default=-1) + 1
