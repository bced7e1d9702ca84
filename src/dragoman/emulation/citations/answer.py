"""An answer with markers in its text, as the API says it: without them, and each text with its citations in a block of its
own. Blocks are numbered anew."""

from collections.abc import Iterable

from msgspec.structs import replace

from dragoman.emulation.citations.markers import Marker, MarkerScanner
from dragoman.emulation.citations.pages import Pages
from dragoman.emulation.citations.sentences import CONTEXT, LEAST_SENTENCE, beginnings
from dragoman.emulation.citations.sources import Citation, Sources
from dragoman.messages.events import (
    CitationsDelta,
    ContentBlockDelta,
    ContentBlockStart,
    ContentBlockStop,
    Said,
    TextBlock,
    TextDelta,
    WholeBlockStart,
)

LONGEST_BEHIND = 8
"""Characters of punctuation that wait for what follows a citation."""


class CitedAnswer:
    """A machine: events in, events out. Text waits only while it may be the beginning of a marker, or is punctuation
    behind one."""

    def __init__(self, sources: Sources | Pages) -> None:
        self._sources = sources
        self._scanner = MarkerScanner()
        self._said: list[Said] = []
        self._index = -1
        self._hears_text = False
        """A text block of the upstream's is open. A block for it is opened once there is something to say."""
        self._open = False
        """A text block of the client's is open."""
        self._length = 0
        """Characters of the client's block from the first that is no blank."""
        self._cited = False
        """The client's block has a citation, so that the next sentence needs another."""
        self._behind = ""
        """What stands behind a citation and is no word yet: of the next text, unless another citation follows."""
        self._before = ""
        """The end of the text that was said."""
        self._waiting: list[Citation] = []
        """Citations that were told before any text: they belong to what follows."""
        self.unfounded = 0
        """Markers that name nothing, or stand where there is no text."""

    def hear(self, events: Iterable[Said]) -> list[Said]:
        """What the client hears of it."""
        for event in events:
            self._hear(event)
        said, self._said = self._said, []
        return said

    def _hear(self, event: Said) -> None:
        match event:
            case ContentBlockDelta(_, TextDelta(text)):
                self._hear_text(text)
            case ContentBlockDelta(_, CitationsDelta(citation)):
                self._cite(citation)
            case ContentBlockStart(_, TextBlock(text)):
                self._hears_text = True
                if text:
                    self._hear_text(text)
            case ContentBlockStart() | WholeBlockStart():
                self._index += 1
                self._said.append(replace(event, index=self._index))
            case ContentBlockStop() if self._hears_text:
                self._end_text()
            case ContentBlockDelta() | ContentBlockStop():
                self._said.append(replace(event, index=self._index))
            case _:
                self._said.append(event)

    def _hear_text(self, text: str) -> None:
        if not text:
            # A sign of life.
            self._open_block()
            self._said.append(ContentBlockDelta(self._index, TextDelta(text)))
        for piece in self._scanner.feed(text):
            if isinstance(piece, str):
                self._say(piece)
            else:
                self._mark(piece)

    def _end_text(self) -> None:
        held = self._scanner.finish()
        if held:
            self._say(held)
        if self._behind:
            behind, self._behind = self._behind, ""
            self._close()
            self._add(behind)
        self._close()
        self._hears_text = False
        self.unfounded += len(self._waiting)
        self._waiting = []

    def _mark(self, markers: tuple[Marker, ...]) -> None:
        for marker in markers:
            citation = self._sources.citation(marker)
            if citation is None:
                self.unfounded += 1
            else:
                self._cite(citation)

    def _cite(self, citation: Citation) -> None:
        behind, self._behind = self._behind, ""
        self._add(behind)
        if self._length:
            self._cited = True
            self._said.append(ContentBlockDelta(self._index, CitationsDelta(citation)))
        else:
            self._waiting.append(citation)

    def _say(self, text: str) -> None:
        """Text without markers."""
        if self._cited:
            text, self._behind = self._behind + text, ""
            blanks = len(text) - len(text.lstrip())
            self._add(text[:blanks])
            text = text[blanks:]
            if len(text) < LONGEST_BEHIND and not any(map(str.isalnum, text)):
                self._behind = text
                return
            self._close()
        self._say_sentences(text)

    def _say_sentences(self, text: str) -> None:
        """Cut where a sentence begins, so that what a citation behind one stands for is that sentence."""
        known = self._before + text
        offset = len(self._before)
        start = 0
        for place in beginnings(known):
            end = place - offset
            if end >= start and self._length_with(text[start:end]) >= LEAST_SENTENCE:
                self._add(text[start:end])
                self._close()
                start = end
        self._add(text[start:])

    def _add(self, text: str) -> None:
        if not text:
            return
        self._open_block()
        self._before = (self._before + text)[-CONTEXT:]
        self._length = self._length_with(text)
        self._said.append(ContentBlockDelta(self._index, TextDelta(text)))
        if self._length and self._waiting:
            waiting, self._waiting = self._waiting, []
            self._said += [ContentBlockDelta(self._index, CitationsDelta(one)) for one in waiting]

    def _length_with(self, text: str) -> int:
        return self._length + len(text) if self._length else len(text.lstrip())

    def _open_block(self) -> None:
        if not self._open:
            self._open = True
            self._index += 1
            self._said.append(ContentBlockStart(self._index, TextBlock()))

    def _close(self) -> None:
        if self._open:
            self._said.append(ContentBlockStop(self._index))
        self._open, self._cited, self._length = False, False, 0
