"""What Gemini's built-in tools tell, as the blocks of the API's own tools (spec/gemini.md section 10).

A search: `server_tool_use`, `web_search_tool_result`, and citations on the text. Google's addresses are redirects that
it keeps for some weeks, and its titles are mostly the name of the site.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import msgspec

from dragoman.dialects.dialect import NewId
from dragoman.dialects.gemini.output import Output
from dragoman.dialects.gemini.server_tools import (
    NOT_ACCESSIBLE,
    say_fetched,
    say_found,
    say_server_tool,
    search_result,
    server_tool_id,
)
from dragoman.dialects.gemini.shapes import Domains, Part, Reading
from dragoman.messages.fields import Fields
from dragoman.wire.jsonvalues import as_list, as_object

REDIRECTS = "vertexaisearch.cloud.google.com"

NOT_RETURNED = "(content used by model; not returned)"


class Source(msgspec.Struct, frozen=True):
    url: str
    title: str
    domain: str


class Span(msgspec.Struct, frozen=True):
    """A piece of the text and the sources behind it."""

    start: int
    """Bytes of UTF-8 from the beginning of the text, as `end`; -1 where they are not known."""
    end: int
    text: str
    sources: tuple[Source, ...]


class Found(msgspec.Struct):
    """What one reply told."""

    queries: list[str] = []
    sources: list[Source | None] = []
    spans: list[Span] = []
    pages: list[Fields] = []


class Grounding:
    """The sources of one answer, as far as they were told."""

    def __init__(self, reading: Reading, new_id: NewId) -> None:
        self._domains = reading.domains
        self._new_id = new_id
        self._found = [Found()]
        """Of each reply that goes on with the one before; they count their sources and their text from zero."""
        self._beginning = 0
        """Bytes of the text before the running reply's."""
        self._raw: list[Fields] = []
        self.searches = 0
        """How many queries were made."""

    def note(self, metadata: Fields | None, pages: Fields | None) -> None:
        """`groundingMetadata` and `urlContextMetadata` of a candidate; the last of each counts in a reply."""
        found = self._found[-1]
        if metadata:
            found.queries = [
                query for query in as_list(metadata.get("webSearchQueries")) if isinstance(query, str)
            ]
            self.searches = max(self.searches, len(self._queries))
            found.sources = [_source(chunk) for chunk in as_list(metadata.get("groundingChunks"))]
            spans = [self._span(support, found) for support in as_list(metadata.get("groundingSupports"))]
            found.spans = sorted((span for span in spans if span.sources), key=lambda span: span.start)
        if pages:
            found.pages = [as_object(entry) for entry in as_list(pages.get("urlMetadata"))]

    def go_on(self, text_bytes: int) -> None:
        """A further reply goes on with the answer, behind so much text that waits."""
        self._found.append(Found())
        self._beginning = text_bytes

    def note_part(self, part: Part) -> None:
        """A `toolCall` or `toolResponse` part, which the next request has to bring back as it came."""
        fields = {name: getattr(part, name) for name in ("toolCall", "toolResponse", "thoughtSignature")}
        self._raw.append({name: value for name, value in fields.items() if value is not None})

    def say(self, output: Output) -> None:
        """The blocks of what was found, then the text that waited for them with its citations."""
        text = output.take_held()
        if not text:
            self.cite(output)
        self._say_search(output)
        self._say_pages(output)
        if text:
            self._say_cited(text, output)

    @property
    def unread(self) -> bool:
        """Pages were asked for, and none could be read."""
        pages = self._pages
        return bool(pages) and not any(map(_was_read, pages))

    def results(self) -> list[Fields]:
        """The sources that the client wants to see, as search results."""
        told = (source for found in self._found for source in found.sources)
        seen = dict.fromkeys(source for source in told if source is not None and self._wanted(source))
        return [search_result(source.url, source.title) for source in seen]

    def cite(self, output: Output) -> None:
        """The citations of text that was said already, on its last block."""
        for span in self._take_spans():
            for citation in _citations(span):
                output.writer.citation(citation)

    @property
    def _queries(self) -> list[str]:
        return list(dict.fromkeys(query for found in self._found for query in found.queries))

    @property
    def _pages(self) -> list[Fields]:
        """The last that was told of each."""
        return list(
            {str(page.get("retrievedUrl")): page for found in self._found for page in found.pages}.values()
        )

    def _take_spans(self) -> list[Span]:
        spans = [span for found in self._found for span in found.spans]
        for found in self._found:
            found.spans = []
        return spans

    def _say_search(self, output: Output) -> None:
        results = self.results()
        queries = self._queries
        if not (queries or results or self._raw):
            return
        tool_use_id = server_tool_id(self._new_id)
        envelope = output.seal_parts(tool_use_id, list(self._raw), []) if self._raw else ""
        say_server_tool(output, tool_use_id, "web_search", {"query": "; ".join(queries)})
        say_found(output, tool_use_id, results, envelope=envelope)
        self._raw = []
        for found in self._found:
            found.queries, found.sources = [], []

    def _say_pages(self, output: Output) -> None:
        for page in self._pages:
            _say_page(output, server_tool_id(self._new_id), page)
        for found in self._found:
            found.pages = []

    def _say_cited(self, text: str, output: Output) -> None:
        """Blocks of text, each with the citations that hold for all of it. None is blank: clients cannot send such a
        block back."""
        data = text.encode()
        at = 0
        placed = [(*place, span) for span in self._take_spans() if (place := _place(data, span)) is not None]
        for start, end, span in sorted(placed, key=lambda found: found[:2]):
            if start >= at:
                before = data[at:start].decode()
                if before.strip():
                    output.show_block(before)
                    before = ""
                output.show_block(before + data[start:end].decode())
                at = end
            # A span that overlaps the one before it shares its block.
            for citation in _citations(span):
                output.writer.citation(citation)
        rest = data[at:].decode()
        if rest.strip():
            output.show_block(rest)
        elif rest:
            output.writer.text(rest)

    def _span(self, support: Any, found: Found) -> Span:
        fields = as_object(support)
        segment = as_object(fields.get("segment"))
        places = [
            index
            for index in as_list(fields.get("groundingChunkIndices"))
            if isinstance(index, int) and index >= 0
        ]
        sources = [found.sources[index] for index in places if index < len(found.sources)]
        start, end, text = segment.get("startIndex", 0), segment.get("endIndex", -1), segment.get("text")
        known = isinstance(start, int) and isinstance(end, int) and 0 <= start < end
        return Span(
            self._beginning + start if known else -1,
            self._beginning + end if known else -1,
            text if isinstance(text, str) else "",
            tuple(source for source in sources if source is not None and self._wanted(source)),
        )

    def _wanted(self, source: Source) -> bool:
        return self._domains is None or is_wanted(source, self._domains)


def _say_page(output: Output, tool_use_id: str, page: Fields) -> None:
    """A page that the model has read, without its text, which Google keeps to itself."""
    url = str(page.get("retrievedUrl") or "")
    say_server_tool(output, tool_use_id, "web_fetch", {"url": url})
    error = "" if _was_read(page) else NOT_ACCESSIBLE
    say_fetched(output, tool_use_id, url, NOT_RETURNED, error=error)


def _was_read(page: Fields) -> bool:
    return str(page.get("urlRetrievalStatus")).endswith("SUCCESS")


def is_wanted(source: Source, domains: Domains) -> bool:
    """Whether the client's filter lets a source through."""
    site = source.domain.lower()
    if any(_below(site, blocked) for blocked in domains.blocked):
        return False
    return not domains.allowed or any(_below(site, allowed) for allowed in domains.allowed)


def _below(site: str, domain: str) -> bool:
    name = domain.partition("/")[0].removeprefix("www.")
    return site.removeprefix("www.") == name or site.endswith("." + name)


def _place(data: bytes, span: Span) -> tuple[int, int] | None:
    """Where the span's text stands: where it was said to, else wherever it is found; never within a character."""
    wanted = span.text.encode("utf-8", "replace")
    there = data[span.start : span.end] if span.start >= 0 else b""
    if there.strip() and (there == wanted or (not wanted and _is_text(data, span.start, span.end))):
        return span.start, span.start + len(there)
    at = data.find(wanted) if wanted.strip() else -1
    return (at, at + len(wanted)) if at >= 0 else None


def _is_text(data: bytes, start: int, end: int) -> bool:
    """Whether a cut at both places leaves whole characters."""
    return all(data[at] & 0xC0 != 0x80 for at in (start, end) if at < len(data))


def _citations(span: Span) -> Iterable[Fields]:
    for source in span.sources:
        yield {
            "type": "web_search_result_location",
            "url": source.url,
            "title": source.title,
            "encrypted_index": "",
            "cited_text": span.text,
        }


def _source(chunk: Any) -> Source | None:
    web = as_object(as_object(chunk).get("web"))
    url, title, domain = web.get("uri"), web.get("title"), web.get("domain")
    if not isinstance(url, str):
        return None
    title = title if isinstance(title, str) else url
    return Source(url, title, domain if isinstance(domain, str) and domain else _site(url) or title)


def _site(url: str) -> str:
    """The host of an address; empty for a redirect of Google's, whose title is the name of the site."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return "" if host == REDIRECTS else host
