"""What an answer may cite: the client's sources and their parts; from a marker to a citation of the API's, and back.

spec/anthropic-messages.md section 6.1: characters and blocks are counted from 0, ends are exclusive. A citation's text
is always taken from the source.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec

from dragoman.emulation.citations.markers import Marker
from dragoman.messages.envelope import CARRIED_TEXT

Citation = dict[str, Any]
Kind = Literal["char_location", "content_block_location", "search_result_location"]

_PAGE_NUMBER = re.compile(r"[0-9]{5}")

_FIRST_AND_END: dict[Kind, tuple[str, str]] = {
    "char_location": ("start_char_index", "end_char_index"),
    "content_block_location": ("start_block_index", "end_block_index"),
    "search_result_location": ("start_block_index", "end_block_index"),
}


class Part(msgspec.Struct, frozen=True, gc=False):
    """What can be cited: a sentence, or a block of text."""

    start: int
    """The first character of the sentence, or the index of the block."""
    end: int
    text: str


class Source(msgspec.Struct, frozen=True):
    """A document or a search result."""

    kind: Kind
    index: int
    """Among all documents, or among all search results, of the request, from 0."""
    title: str | None
    parts: tuple[Part, ...]
    text: str = ""
    """The whole document, where characters are counted."""
    url: str = ""
    """The `source` of a search result."""

    def citation(self, first: int, last: int) -> Citation | None:
        """Of the parts from `first` to `last`, counted from 1; None if they are not all there."""
        if not 1 <= first <= last <= len(self.parts):
            return None
        parts = self.parts[first - 1 : last]
        start, end = parts[0].start, parts[-1].end
        whole = self.kind == "char_location"
        cited = self.text[start:end] if whole else "".join(part.text for part in parts)
        names = _FIRST_AND_END[self.kind]
        place = {names[0]: start, names[1]: end}
        if self.kind == "search_result_location":
            owner: Citation = {"source": self.url, "title": self.title, "search_result_index": self.index}
        else:
            owner = {"document_index": self.index, "document_title": self.title, "file_id": None}
        return {"type": self.kind, "cited_text": cited, **owner, **place}

    def parts_at(self, start: int, end: int) -> tuple[int, int] | None:
        """First and last of the parts that cover a place of the source, counted from 1."""
        first = bisect_right(self.parts, start, key=_start_of)
        last = bisect_right(self.parts, end - 1, key=_start_of)
        return (first, last) if 1 <= first <= last and start < end <= self._end else None

    @property
    def _end(self) -> int:
        return len(self.text) if self.kind == "char_location" else self.parts[-1].end


class Sources:
    """Those of one request, in order; markers count them from 1."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._numbers = {(source.kind, source.index): number for number, source in enumerate(sources, 1)}

    def citation(self, marker: Marker) -> Citation | None:
        """What a marker stands for; None if it names nothing."""
        if not 1 <= marker.source <= len(self._sources):
            return None
        return self._sources[marker.source - 1].citation(marker.first, marker.last)

    def markers(self, citations: Iterable[Citation]) -> str:
        """The markers that stand for citations of an earlier answer; those of other sources say nothing."""
        return "".join(marker.text for citation in citations if (marker := self._marker(citation)))

    def _marker(self, citation: Citation) -> Marker | None:
        kind: Any = citation.get("type")
        if kind == "web_search_result_location":
            return _page_marker(citation)
        if type(kind) is not str or kind not in _FIRST_AND_END:
            return None
        owner = "search_result_index" if kind == "search_result_location" else "document_index"
        number = self._numbers.get((kind, _whole(citation.get(owner))))
        if number is None:
            return None
        start, end = (_whole(citation.get(name)) for name in _FIRST_AND_END[kind])
        parts = self._sources[number - 1].parts_at(start, end)
        return None if parts is None else Marker(number, *parts)


def _page_marker(citation: Citation) -> Marker | None:
    """Of a page that the gateway's own search found: its number is in the citation (citations/pages.py)."""
    number = str(citation.get("encrypted_index")).removeprefix(CARRIED_TEXT)
    return Marker(int(number), 1, 1) if _PAGE_NUMBER.fullmatch(number) else None


def _start_of(part: Part) -> int:
    return part.start


def _whole(value: Any) -> int:
    return value if type(value) is int else -1
