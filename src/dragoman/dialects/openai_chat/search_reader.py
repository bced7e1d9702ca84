"""Reads what a search of the server's told, and says it as the API shows its own (docs/decisions/0030).

`annotations` of a message or of its pieces: `{"type": "url_citation", "url_citation": {url, title, content, start_index,
end_index}}`. A search that OpenRouter makes is told before the text, its pages without a place in it (both indexes 0); one of
a provider's own is told behind the text that cites it, or only by its count. Source:
https://openrouter.ai/docs/guides/features/plugins/web-search and answers recorded in August 2026.
"""

from typing import Any

from dragoman.dialects.dialect import NewId
from dragoman.dialects.found_pages import (
    PREFIX,
    cited_span,
    found_block,
    found_page,
    is_wanted,
    url_citation,
)
from dragoman.dialects.openai_chat.output import Output
from dragoman.dialects.web_search_tool import SearchTool
from dragoman.wire.jsonbytes import encode
from dragoman.wire.jsonvalues import as_object, objects_in


class SearchReader:
    """The searches of one answer. What was searched for is told nowhere."""

    def __init__(self, output: Output, search: SearchTool, new_id: NewId) -> None:
        self._output = output
        self._search = search
        self._new_id = new_id
        self._pages: dict[str, dict[str, Any]] = {}
        """By URL, those that are not said yet."""
        self._shown: set[str] = set()
        self._uncited: list[dict[str, Any]] = []
        self._cited: set[bytes] = set()
        self._pieces: list[str] = []
        """The text as the server counts it."""
        self._length = 0
        self._text_begun = False

    def note(self, annotations: Any) -> None:
        """Take what came with a piece of the answer, before its text is said."""
        for annotation in objects_in(annotations):
            found = as_object(annotation.get("url_citation"))
            url = found.get("url")
            if annotation.get("type") != "url_citation" or not isinstance(url, str):
                continue
            if not is_wanted(url, self._search):
                continue
            if url not in self._shown and url not in self._pages:
                self._pages[url] = found_page(url, found.get("title"), found.get("content"))
            span = cited_span(found)
            key = encode([url, span])
            if span is not None and key not in self._cited:
                self._cited.add(key)
                self._uncited.append(found)

    def before_text(self, content: Any) -> None:
        """The model says `content` next."""
        # Later, between two pieces of text, blocks would tear what is held as a tag or as a stop sequence.
        if not self._text_begun and self._output.writer.open_block != "tool_use":
            self._say_pages()
        self._text_begun = True
        if isinstance(content, str):
            self._pieces.append(content)
            self._length += len(content)

    def before_call(self) -> None:
        """A call of the client's begins, behind which a client expects nothing more."""
        if self._pages and self._output.writer.open_block != "tool_use":
            self._output.begin_tool_calls()
            self.cite()
            self._say_pages()

    def cite(self) -> None:
        """Say the citations of the text that was said, while its block is open: clients take none later."""
        if not self._uncited or self._output.writer.open_block != "text":
            return
        due = [one for one in self._uncited if not self._is_later(one)]
        self._uncited = [one for one in self._uncited if self._is_later(one)]
        if self._output.text_end.stopped_by is not None:
            return  # they may be of text that was left out
        text = "".join(self._pieces)
        for one in due:
            citation = url_citation(one, text, self._search)
            if citation is not None:
                self._output.writer.citation(citation)

    def finish(self, told: int) -> int:
        """Say the rest, behind everything else, and return how many searches there were. `told`: by the server's
        count."""
        self.cite()
        self._say_pages(even_empty=told > 0 and not self._shown)
        return max(told, 1) if self._shown or told else 0

    def _say_pages(self, *, even_empty: bool = False) -> None:
        if not self._pages and not even_empty:
            return
        self._output.end_thoughts()
        tool_use_id = PREFIX + self._new_id()
        self._output.writer.server_tool(tool_use_id, self._search.name, "{}")
        self._output.writer.whole_block(found_block(tool_use_id, self._pages.values()))
        self._shown.update(self._pages)
        self._pages = {}

    def _is_later(self, found: dict[str, Any]) -> bool:
        span = cited_span(found)
        return span is not None and span[1] > self._length
