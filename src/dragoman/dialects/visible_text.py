"""What becomes of the text that a model streams before the client sees it.

`<think>` sections at its start are reasoning; a stop sequence ends the answer (servers neither name the one they
hit nor, if the model reasons, accept any: spec/openai-chat.md sections 6 and 8).
"""

import re
from typing import Literal

THINK_OPEN = "<think>"
THINK_CLOSE = "</think>"

CHARACTERS_PER_TOKEN = 4
"""For output that the server did not count, and for cutting text at a limit."""


def tokens_of(characters: int) -> int:
    """Of output that the server did not count; never zero."""
    return max(1, -(-characters // CHARACTERS_PER_TOKEN))


class ThinkTags:
    """Splits text into reasoning and the rest; transparent once the start of the text is known."""

    def __init__(self) -> None:
        self._held = ""
        self._blank = True
        """Of the reasoning only line breaks were seen, which are no part of it."""
        self.state: Literal["start", "thinking", "plain"] = "start"

    def feed(self, piece: str) -> tuple[str, str]:
        """The (reasoning, text) that `piece` settles."""
        if self.state == "plain":
            return "", piece
        self._held += piece
        if self.state == "start":
            text = self._held.lstrip()
            if THINK_OPEN.startswith(text):
                return "", ""
            if not text.startswith(THINK_OPEN):
                self.state = "plain"
                return "", self._release()
            self.state = "thinking"
            self._held = text[len(THINK_OPEN) :]
        return self._split_thinking()

    def finish(self) -> tuple[str, str]:
        """What was held when the stream ended."""
        held = self._release()
        return (held, "") if self.state == "thinking" else ("", held)

    def _split_thinking(self) -> tuple[str, str]:
        if self._blank:
            self._held = self._held.lstrip("\n")
            self._blank = not self._held
        reasoning, closed, text = self._held.partition(THINK_CLOSE)
        if closed:
            self.state = "plain"
            self._held = ""
            return reasoning, text
        keep = _overlap(self._held, THINK_CLOSE)
        reasoning, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return reasoning, ""

    def _release(self) -> str:
        held, self._held = self._held, ""
        return held


_OPENING = re.compile(r"\s{0,64}```\w{0,32}[ \t\r]{0,64}(?:\n|(?=[\[{\"]))")
_MAYBE_OPENING = re.compile(r"\s{0,64}(?:`{0,2}|```\w{0,32}[ \t\r]{0,64})")


class Fence:
    """Takes the fence of a code block off a text that is all in one, as models put JSON into which was asked for bare."""

    def __init__(self) -> None:
        self._held = ""
        self._state: Literal["start", "inside", "plain"] = "start"

    def feed(self, piece: str) -> str:
        """The text that no fence can begin in any more."""
        if self._state == "plain":
            return piece
        self._held += piece
        if self._state == "start":
            opening = _OPENING.match(self._held)
            if opening is None:
                if _MAYBE_OPENING.fullmatch(self._held):
                    return ""
                self._state = "plain"
                return self._release()
            self._state = "inside"
            self._held = self._held[opening.end() :]
        text = self._held
        bare = text.rstrip()
        ticks = len(bare) - len(bare.rstrip("`"))
        bare = bare[: len(bare) - min(ticks, 3)]
        if ticks <= 3:
            bare = bare.rstrip()
        self._held = text[len(bare) :]
        return bare

    def finish(self) -> str:
        """What was held when the text ended, without the fence's end."""
        held = self._release()
        if self._state == "start" and held:
            self._state = "plain"
        return "" if self._state == "inside" and held.strip() == "```" else held

    def _release(self) -> str:
        held, self._held = self._held, ""
        return held


class StopMatcher:
    """Finds the stop sequence that is complete first (the longest of several) in streamed text.

    Holds back what may be the start of one.
    """

    def __init__(self, sequences: tuple[str, ...]) -> None:
        self._sequences = sequences
        self._held = ""
        self.hit: str | None = None

    def feed(self, piece: str) -> str:
        """The text that is safe to show. After a hit, `hit` is the sequence and no more text is taken."""
        if self.hit is not None:
            return ""
        text = self._held + piece
        found = [(text.find(stop) + len(stop), -len(stop), stop) for stop in self._sequences if stop in text]
        if found:
            end, _, self.hit = min(found)
            self._held = ""
            return text[: end - len(self.hit)]
        keep = max(_overlap(text, stop) for stop in self._sequences)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def finish(self) -> str:
        """What was held when the text ended."""
        held, self._held = self._held, ""
        return held


class TextEnd:
    """Where the visible text of an answer ends although the model goes on: before a stop sequence, or at a limit.

    `fenced`: JSON was asked for by words alone, and a fence around all of it is no part of the text.
    """

    def __init__(self, stop_sequences: tuple[str, ...], tokens: int | None, *, fenced: bool = False) -> None:
        self.stopped_by: Literal["stop_sequence", "limit"] | None = None
        """Once the end is reached."""
        self.stop_sequence: str | None = None
        self.watches = bool(stop_sequences) or tokens is not None or fenced
        """Whether anything of the text may have to stay away."""
        self._fence = Fence() if fenced else None
        self._matcher = StopMatcher(stop_sequences) if stop_sequences else None
        self._room = None if tokens is None else tokens * CHARACTERS_PER_TOKEN

    def before_stop(self, piece: str) -> str:
        """The text that no stop sequence can begin in any more. Show it, then `note_stop`."""
        if self._fence is not None:
            piece = self._fence.feed(piece)
        return piece if self._matcher is None else self._matcher.feed(piece)

    def note_stop(self) -> None:
        """A stop sequence that was found ends the text, unless it has ended before."""
        if self._matcher is not None and self._matcher.hit is not None and self.stopped_by is None:
            self.stop_at(self._matcher.hit)

    def stop_at(self, sequence: str) -> None:
        """The text ends here, whoever found the sequence."""
        self.stopped_by, self.stop_sequence = "stop_sequence", sequence

    def held_back(self) -> str:
        """What was taken for the beginning of a stop sequence or of a fence's end, and is none."""
        rest = "" if self._fence is None else self._fence.finish()
        return rest if self._matcher is None else self._matcher.feed(rest) + self._matcher.finish()

    def within_limit(self, piece: str) -> str:
        """As much of the text as there is room for; a cut is the end."""
        if self._room is None:
            return piece
        if len(piece) > self._room:
            piece = piece[: self._room]
            self.stopped_by = "limit"
        self._room -= len(piece)
        return piece

    @property
    def ending(self) -> tuple[str, str | None] | None:
        """Stop reason and stop sequence; None while the end is not reached."""
        if self.stopped_by == "limit":
            return "max_tokens", None
        return ("stop_sequence", self.stop_sequence) if self.stopped_by is not None else None


class SurrogateJoiner:
    """Joins the halves of a surrogate pair that a server cut over two chunks; a lone half becomes U+FFFD."""

    def __init__(self) -> None:
        self._high = ""

    @property
    def holding(self) -> bool:
        """Half a pair waits for the other."""
        return bool(self._high)

    def feed(self, piece: str) -> str:
        """The text without lone surrogates; a trailing high one is held."""
        text = self._high + piece
        self._high = ""
        try:
            text.encode()
        except UnicodeEncodeError:
            return self._joined(text)
        return text

    def _joined(self, text: str) -> str:
        if "\ud800" <= text[-1] <= "\udbff":
            text, self._high = text[:-1], text[-1]
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _overlap(text: str, marker: str) -> int:
    """How many characters at the end of `text` are a beginning of `marker`, all of it excluded."""
    for length in range(min(len(marker) - 1, len(text)), 0, -1):
        if text.endswith(marker[:length]):
            return length
    return 0
