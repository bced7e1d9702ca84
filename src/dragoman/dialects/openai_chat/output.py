"""The way of text and reasoning from chunks to the writer: surrogates, think tags, stop sequences, limits."""

from typing import Any

from dragoman.dialects.openai_chat.reasoning_details import join_details
from dragoman.dialects.openai_chat.shapes import Reading
from dragoman.dialects.visible_text import SurrogateJoiner, TextEnd, ThinkTags, tokens_of
from dragoman.messages.writer import MessageWriter


class Output:
    """What one answer says, and where it must stop."""

    def __init__(self, reading: Reading, message_id: str, estimated_input_tokens: int) -> None:
        self.writer = MessageWriter(message_id, reading.message_model, estimated_input_tokens)
        self.text_end = TextEnd(reading.stop_sequences, reading.visible_tokens, fenced=reading.fenced)
        self.kept: dict[str, str] = {}
        """Nothing: what these servers want back is in thinking blocks alone."""
        self._reading = reading
        self._tags: ThinkTags | None = ThinkTags() if reading.think_tags else None
        self._joiner = SurrogateJoiner()
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
        return tokens_of(self._characters)

    def text(self, piece: str) -> None:
        """Text as the model wrote it."""
        if self.text_end.stopped_by is not None:
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
        if self.text_end.stopped_by is not None:
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
        if sequence in self._reading.stop_sequences and self.text_end.stopped_by is None:
            self._say_held()
            self.text_end.stop_at(sequence)

    def begin_tool_calls(self) -> None:
        """Everything that was held is said before a tool call opens."""
        self._say_held()
        if self.writer.open_block != "tool_use":
            self._end_thinking()
        self._blank = ""
        self._plain = False

    def end_thoughts(self) -> None:
        """A block that is no text comes next, and nothing is held."""
        self._end_thinking()
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
        if self.text_end.stopped_by is not None:
            return
        if self._joiner.holding:
            self._joiner = SurrogateJoiner()
            self._show("\ufffd")
        self._settle_tags()
        self._write(self.text_end.held_back())

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
        self._write(self.text_end.before_stop(piece))
        self.text_end.note_stop()
        settled = self._tags is None or self._tags.state == "plain"
        self._plain = settled and not self.text_end.watches and self.writer.open_block == "text"

    def _write(self, piece: str) -> None:
        if not piece or self.text_end.stopped_by is not None:
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
        piece = self.text_end.within_limit(piece)
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
        payload: dict[str, Any] = {"f": self._field}
        if self._sealed:
            payload["t"] = "".join(self._sealed)
        if self._details:
            payload["d"] = join_details(self._details)
        self.writer.end_thinking(self._reading.seal.close(payload))
        self._sealed = []
        self._details = []
