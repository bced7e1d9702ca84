"""The way of text and calls from items to the writer: surrogates, stop sequences, limits."""

from collections.abc import Callable

from dragoman.dialects.openai_responses.reasoning import State
from dragoman.dialects.openai_responses.shapes import Reading
from dragoman.dialects.visible_text import SurrogateJoiner, TextEnd, tokens_of
from dragoman.messages.writer import MessageWriter


class Output:
    """What one answer says, and where it must stop."""

    def __init__(self, reading: Reading, message_id: str, estimated_input_tokens: int) -> None:
        self.reading = reading
        self.writer = MessageWriter(message_id, reading.message_model, estimated_input_tokens)
        self.text_end = TextEnd(reading.stop_sequences, reading.visible_tokens, fenced=reading.fenced)
        self.kept: dict[str, str] = {}
        """Envelopes for the gateway's store, with spaces between them, by the id of the call that follows them."""
        self.unkept: list[tuple[State, int]] = []
        """Reasoning that no call has followed yet, and how many texts were before it."""
        self.texts = 0
        """Text blocks that have said something."""
        self.refusal: list[str] = []
        self.searches = 0
        """Web searches that were shown."""
        self._joiner = SurrogateJoiner()
        self._blank: str = ""
        self._plain = False
        self._speaking = False
        self._characters = 0

    @property
    def ended(self) -> bool:
        """The text has reached its end: nothing more of the answer is shown."""
        return self.text_end.stopped_by is not None

    @property
    def estimated_output_tokens(self) -> int:
        """For servers that send no usage; never zero."""
        return tokens_of(self._characters)

    def text(self, piece: str) -> None:
        """More visible text."""
        self._characters += len(piece)
        if self._plain and piece.isascii() and not self._joiner.holding:
            self.writer.text(piece)
            return
        if self.ended:
            return
        if not piece.isascii() or self._joiner.holding:
            piece = self._joiner.feed(piece)
        if piece:
            self._write(self.text_end.before_stop(piece))
            self.text_end.note_stop()
            self._plain = not self.text_end.watches and self.writer.open_block == "text"

    def keep_with(self, tool_use_id: str) -> None:
        """The reasoning before this call goes into the store."""
        if self.unkept:
            seal, texts = self.reading.seal, self.texts
            envelopes = (state.sealed(seal, texts - before) for state, before in self.unkept)
            self.kept[tool_use_id] = " ".join(envelopes)
            self.unkept = []

    def end_text(self, last_words: Callable[[], None] | None = None) -> None:
        """No more text follows in this block. `last_words` says what belongs to the block's end."""
        self._say_held()
        if self.writer.open_block == "text":
            if last_words is not None:
                last_words()
            self.writer.end_block()
        self._plain = False
        self._blank = ""
        self._speaking = False

    def end_thoughts(self) -> None:
        """A thinking block that only kept the line alive holds nothing to come back."""
        if self.writer.open_block == "thinking":
            self.writer.end_thinking(self.reading.seal.close({}))

    def count(self, characters: int) -> None:
        """Output that is not text: reasoning, and the JSON of tool calls."""
        self._characters += characters

    def keep_alive(self) -> None:
        self.writer.keep_alive(thinking=self.reading.thoughts != "kept")
        self._plain = False

    def _say_held(self) -> None:
        if self.ended:
            return
        if self._joiner.holding:
            self._joiner = SurrogateJoiner()
            self._write(self.text_end.before_stop("\ufffd"))
        self._write(self.text_end.held_back())

    def _write(self, piece: str) -> None:
        if not piece or self.ended:
            return
        if self.writer.open_block != "text":
            piece = self._blank + piece
            self._blank = ""
            if not piece.strip():
                self._blank = piece  # an empty text block would be refused when the client sends it back
                return
            self.end_thoughts()
        piece = self.text_end.within_limit(piece)
        if piece:
            if not self._speaking:
                self._speaking = True
                self.texts += 1
            self.writer.text(piece)
