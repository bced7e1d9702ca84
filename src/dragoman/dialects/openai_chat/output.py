"""The way of text and reasoning from chunks to the writer: surrogates, think tags, stop sequences, limits."""

from typing import Any, Literal

from dragoman.dialects.openai_chat.shapes import Reading
from dragoman.dialects.visible_text import StopMatcher, SurrogateJoiner, ThinkTags
from dragoman.messages.envelope import seal
from dragoman.messages.writer import MessageWriter

CHARACTERS_PER_TOKEN = 4
"""For output that the server did not count, and for cutting text at a limit."""


class Output:
    """What one answer says, and where it must stop."""

    def __init__(self, reading: Reading, message_id: str, estimated_input_tokens: int) -> None:
        self.writer = MessageWriter(message_id, reading.message_model, estimated_input_tokens)
        self.stopped_by: Literal["stop_sequence", "limit"] | None = None
        self.stop_sequence: str | None = None
        self._reading = reading
        self._tags: ThinkTags | None = ThinkTags() if reading.think_tags else None
        self._stops = StopMatcher(reading.stop_sequences) if reading.stop_sequences else None
        self._joiner = SurrogateJoiner()
        self._room = None if reading.visible_tokens is None else reading.visible_tokens * CHARACTERS_PER_TOKEN
        self._blank: str = ""
        self._after_thinking = False
        self._plain = False
        self._characters = 0
        self._field = "reasoning_content"
        self._sealed: list[str] = []
        self._details: list[dict[str, Any]] = []

    @property
    def estimated_output_tokens(self) -> int:
        """For servers that send no usage; never zero."""
        return max(1, -(-self._characters // CHARACTERS_PER_TOKEN))

    def text(self, piece: str) -> None:
        """Text as the model wrote it."""
        if self.stopped_by is not None:
            return
        self._characters += len(piece)
        if not piece.isascii() or self._joiner.holding:
            piece = self._joiner.feed(piece)
        if self._plain:
            self.writer.text(piece)
            return
        if self._tags is not None:
            reasoning, piece = self._tags.feed(piece)
            if reasoning:
                self._think(reasoning, "think_tags")
        if piece:
            self._show(piece)

    def reasoning(self, piece: str, field: str) -> None:
        """Reasoning from a field of its own."""
        if self.stopped_by is not None:
            return
        self._characters += len(piece)
        if not piece.isascii() or self._joiner.holding:
            piece = self._joiner.feed(piece)
        self._settle_tags()
        self._tags = None
        self._think(piece, field)

    def reasoning_details(self, details: list[dict[str, Any]]) -> None:
        """OpenRouter's reasoning objects, to be sent back as they are."""
        self._details += details
        if self._reading.thinking != "hidden" and self.writer.open_block is None:
            self.writer.open_thinking()

    def server_matched(self, sequence: str) -> None:
        """The server itself names the stop sequence that it hit."""
        if sequence in self._reading.stop_sequences and self.stopped_by is None:
            self._say_held()
            self.stopped_by = "stop_sequence"
            self.stop_sequence = sequence

    def begin_tool_calls(self) -> None:
        """Everything that was held is said before a tool call opens."""
        self._say_held()
        if self.writer.open_block != "tool_use":
            self._end_thinking()
        self._blank = ""
        self._plain = False

    def count(self, characters: int) -> None:
        """Output that is not text: the JSON of tool calls."""
        self._characters += characters

    def keep_alive(self) -> None:
        self.writer.keep_alive(thinking=self._reading.thinking != "hidden")
        self._plain = False

    def finish(self) -> None:
        """The model has said all."""
        self._say_held()
        self._end_thinking()

    def _say_held(self) -> None:
        if self.stopped_by is not None:
            return
        if self._joiner.holding:
            self._joiner = SurrogateJoiner()
            self._show("\ufffd")
        self._settle_tags()
        if self._stops is not None:
            self._write(self._stops.finish())

    def _settle_tags(self) -> None:
        """What was held as the beginning of a tag is none."""
        if self._tags is None:
            return
        reasoning, text = self._tags.finish()
        if reasoning:
            self._think(reasoning, "think_tags")
        if text:
            self._show(text)

    def _show(self, piece: str) -> None:
        if self._stops is not None:
            piece = self._stops.feed(piece)
        self._write(piece)
        if self._stops is not None and self._stops.hit is not None and self.stopped_by is None:
            self.stopped_by = "stop_sequence"
            self.stop_sequence = self._stops.hit
        settled = self._tags is None or self._tags.state == "plain"
        self._plain = (
            settled and self._stops is None and self._room is None and self.writer.open_block == "text"
        )

    def _write(self, piece: str) -> None:
        if not piece or self.stopped_by is not None:
            return
        if self.writer.open_block != "text":
            piece = self._blank + piece
            self._blank = ""
            if self._after_thinking:
                piece = piece.lstrip("\n")
            if not piece.strip():
                self._blank = piece  # an empty text block would be refused when the client sends it back
                return
            self._end_thinking()
            self._after_thinking = False
        if self._room is not None:
            if len(piece) > self._room:
                piece = piece[: self._room]
                self.stopped_by = "limit"
            self._room -= len(piece)
        if piece:
            self.writer.text(piece)

    def _think(self, piece: str, field: str) -> None:
        self._after_thinking = True
        self._plain = False
        self._field = field
        if self._reading.thinking == "hidden":
            return
        if self._reading.thinking == "sealed":
            self.writer.open_thinking()
            self._sealed.append(piece)
        else:
            self.writer.thinking(piece)

    def _end_thinking(self) -> None:
        """Sign the open thinking block with what this dialect needs to send it back."""
        if self._details and self._reading.thinking != "hidden":
            self.writer.open_thinking()
        if self.writer.open_block != "thinking":
            return
        payload: dict[str, Any] = {"f": self._field, "m": self._reading.family}
        if self._sealed:
            payload["t"] = "".join(self._sealed)
        if self._details:
            payload["d"] = self._details
        self.writer.end_thinking(seal("openai_chat", payload))
        self._sealed = []
        self._details = []
