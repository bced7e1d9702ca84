"""The way of text, thoughts and calls from chunks to the writer, and of their signatures into envelopes."""

from dragoman.dialects.gemini.shapes import Reading
from dragoman.dialects.gemini.signatures import Signature, seal_signatures, text_key
from dragoman.dialects.visible_text import Fence, SurrogateJoiner, TextEnd, tokens_of
from dragoman.messages.writer import MessageWriter


class Output:
    """What one answer says, and where it must stop."""

    def __init__(self, reading: Reading, message_id: str, estimated_input_tokens: int) -> None:
        self.writer = MessageWriter(message_id, reading.message_model, estimated_input_tokens)
        self.text_end = TextEnd(reading.stop_sequences, reading.visible_tokens)
        self.said = False
        """Text, or a call: from now on nothing can be asked anew."""
        self.kept: dict[str, str] = {}
        """Envelopes for the gateway's store, by the key of their block."""
        self.code_id = ""
        """The code that ran last at Google's."""
        self.characters = 0
        """That the model wrote in the running request, as far as they came."""
        self._thinking = reading.thinking
        self._signs = reading.signs
        self._holds = reading.holds_text
        self._seal = reading.seal
        self._uncarried: list[Signature] = []
        self._fenced = reading.fenced
        self._fence = Fence() if reading.fenced else None
        self._joiner = SurrogateJoiner()
        self._thought_joiner = SurrogateJoiner()
        self._text: list[str] = []
        self._held: list[str] = []
        self._blank: str = ""
        self._plain = False
        self._watches = self.text_end.watches or self._holds

    def text(self, piece: str) -> None:
        """More visible text."""
        self.characters += len(piece)
        if not piece.isascii() or self._joiner.holding:
            piece = self._joiner.feed(piece)
        if self._fence is not None and not (piece := self._fence.feed(piece)):
            return
        if self._plain and self.writer.open_block == "text":
            self._text.append(piece)
            self.writer.text(piece)
            return
        if self.text_end.stopped_by is not None:
            return
        self._show(self.text_end.before_stop(piece))
        self.text_end.note_stop()

    def sign_text(self, signature: str) -> None:
        """The signature of the text that was said last."""
        if not self._signs:
            return
        self.say_held_back()
        entry = Signature("text", "", signature)
        self._uncarried.append(entry)
        if self._text:
            self.kept[text_key("".join(self._text))] = seal_signatures(self._seal, [entry])

    def thought(self, piece: str, signature: str | None) -> None:
        """More of a thought's summary."""
        self.characters += len(piece)
        if signature and self._signs:
            self._uncarried.append(Signature("thought", "", signature))
        if not piece.isascii() or self._thought_joiner.holding:
            piece = self._thought_joiner.feed(piece)
        if self._thinking == "shown" and piece and self.text_end.stopped_by is None:
            self.say_held_back()
            self._plain = False
            self.writer.thinking(piece)

    def begin_call(self, tool_use_id: str, signature: str | None) -> None:
        """A call is to be said; its signature travels in the thinking block before it."""
        self.say_held_back()
        self._plain = False
        if signature and self._signs:
            entry = Signature("call", tool_use_id, signature)
            self._uncarried.append(entry)
            self.kept[tool_use_id] = seal_signatures(self._seal, [entry])
        self._carry()
        self.writer.end_block()
        self._text.clear()
        self._blank = ""
        self._fence = Fence() if self._fenced else None
        self.said = True

    def begin_text_block(self) -> None:
        """The text that follows is a block of its own."""
        self.writer.end_block()
        self._text.clear()

    def seal_parts(self, key: str, parts: list[object], responses: list[object]) -> str:
        """An envelope with whole parts that are to come back as they are, kept under `key` too."""
        envelope = seal_signatures(self._seal, (), parts=parts, responses=responses)
        self.kept[key] = envelope
        return envelope

    def keep_alive(self) -> None:
        self.writer.keep_alive(thinking=self._thinking != "hidden")
        self._plain = False

    def finish(self) -> None:
        """The model has said all."""
        self.say_held_back()
        if self.writer.open_block == "thinking":
            self._carry()

    @property
    def estimated_tokens(self) -> int:
        """What the running request has cost, where nobody has counted; never zero."""
        return tokens_of(self.characters)

    @property
    def waiting_bytes(self) -> int:
        """Of the text that waits for its sources."""
        return sum(len(piece.encode("utf-8", "replace")) for piece in self._held)

    def take_held(self) -> str:
        """The text that waited for its sources, empty if it was blank; from now on none waits."""
        self.say_held_back()
        text = "".join(self._held)
        self._held.clear()
        return "" if text.isspace() else text

    def begin_anew(self) -> None:
        """The request is asked anew: nothing that it said so far was worth showing."""
        self._blank = ""
        self._fence = Fence() if self._fenced else None

    def show_block(self, piece: str) -> None:
        """Text as a block of its own, whatever waits."""
        self._end_thinking()
        self.begin_text_block()
        self.said = True
        self._text.append(piece)
        self.writer.text(piece)

    def say_held_back(self) -> None:
        """What was held back as the possible beginning of something is none."""
        if self.text_end.stopped_by is not None:
            return
        piece = ""
        if self._joiner.holding:
            self._joiner = SurrogateJoiner()
            piece = "\ufffd"
        if self._fence is not None:
            piece = self._fence.feed(piece) + self._fence.finish()
        if piece:
            self._show(self.text_end.before_stop(piece))
            self.text_end.note_stop()
        self._show(self.text_end.held_back())

    def _show(self, piece: str) -> None:
        if not piece or self.text_end.stopped_by is not None:
            return
        piece = self.text_end.within_limit(piece)
        if not piece:
            return
        if self._holds:
            self._held.append(piece)
            self.said = self.said or not piece.isspace()
            return
        if self.writer.open_block != "text":
            piece = self._blank + piece
            if not piece.strip():
                self._blank = piece  # an empty text block would be refused when the client sends it back
                return
            self._blank = ""
            self._end_thinking()
            self._text.clear()
        self.said = True
        self._text.append(piece)
        self.writer.text(piece)
        self._plain = not self._watches

    def _end_thinking(self) -> None:
        if self.writer.open_block == "thinking":
            self._carry()

    def _carry(self) -> None:
        """Sign the open thinking block, or one made for it, with the signatures that nothing carries yet."""
        if self.writer.open_block != "thinking":
            if not self._uncarried or self._thinking == "hidden":
                self._uncarried.clear()
                return
            self.writer.open_thinking()
        self.writer.end_thinking(seal_signatures(self._seal, self._uncarried))
        self._uncarried.clear()
