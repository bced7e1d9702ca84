"""A request whose sources are to be cited, for a model that knows only text: each part that can be cited has a label, and
the end of the system prompt says what to do with it.

It depends on the client's bytes alone, so that each turn begins with the bytes of the one before.
"""

from collections.abc import Callable
from typing import Any, cast

from dragoman.emulation.citations.markers import Marker
from dragoman.emulation.citations.sentences import sentences
from dragoman.emulation.citations.sources import Kind, Part, Source, Sources
from dragoman.emulation.server_tools import rewritten
from dragoman.messages.errors import invalid_request
from dragoman.messages.fields import Fields
from dragoman.messages.request import MessagesRequest
from dragoman.wire.jsonvalues import as_list, as_object, objects_in

INSTRUCTION = (
    "Parts of the documents and search results in this conversation begin with a label such as 【2-5】. When you state "
    "something that such a part supports, put its label directly behind the statement: 【2-5】 for one part, 【2-5:7】 for "
    "parts 5 to 7 of one source, one label after another for several. Use only labels that are there, put none where no "
    "part supports the statement, and never speak of the labels."
)

_SOURCES = ("document", "search_result")


def cite(request: MessagesRequest) -> tuple[MessagesRequest, Sources | None]:
    """The request with labels, and what they stand for; the request itself and None if nothing can be cited.

    Raises ApiError 400 where a schema is asked for, too: the API has no answer that is both.
    """
    messages = cast("list[Fields]", request.raw["messages"])
    if not any(message.get("role") == "user" and _is_cited(message.get("content")) for message in messages):
        return request, None
    _refuse_format(request.raw)
    labels = _Labels()
    labelled = [_with_user_blocks(message, labels.block) for message in messages]
    if not labels.sources:
        return request, None
    sources = Sources(labels.sources)
    written = [with_markers(message, sources) for message in labelled]
    changes = {"system": instructed(request.raw.get("system")), "messages": written}
    return rewritten(request, changes), sources


def citing_pages(request: MessagesRequest) -> MessagesRequest:
    """A request that brings nothing to cite, for a model that will find pages to cite (citations/pages.py)."""
    none = Sources(())
    messages = [with_markers(message, none) for message in cast("list[Fields]", request.raw["messages"])]
    return rewritten(request, {"system": instructed(request.raw.get("system")), "messages": messages})


class _Labels:
    """Counts the sources of a request and labels their parts."""

    def __init__(self) -> None:
        self.sources: list[Source] = []
        self._counted = dict.fromkeys(_SOURCES, 0)

    def block(self, block: Fields) -> Fields:
        """A block of a user message; itself where nothing in it is cited."""
        kind = block.get("type")
        if kind == "tool_result":
            content: Any = block.get("content")
            if not any(entry.get("type") in _SOURCES for entry in objects_in(content)):
                return block
            return block | {"content": _each(content, self.block)}
        if kind not in _SOURCES:
            return block
        index = self._counted[kind]
        self._counted[kind] += 1
        if not _cites(block):
            return block
        return self._search_result(block, index) if kind == "search_result" else self._document(block, index)

    def _search_result(self, block: Fields, index: int) -> Fields:
        content, parts = self._labelled_blocks(block.get("content"))
        url: Any = block.get("source")
        if not self._add(
            "search_result_location", index, block, parts, url=url if isinstance(url, str) else ""
        ):
            return block
        return _without_citations(block) | {"content": content}

    def _document(self, block: Fields, index: int) -> Fields:
        """Text only: the pages of a PDF are not known here, and its wish stays for the dialect to name."""
        source = as_object(block.get("source"))
        data: Any = source.get("data")
        if source.get("type") == "text" and isinstance(data, str):
            parts = tuple(Part(start, end, data[start:end]) for start, end in sentences(data))
            changed = {"data": self._labelled_text(data, parts)}
            added = self._add("char_location", index, block, parts, text=data)
        elif source.get("type") == "content":
            content, parts = self._labelled_blocks(source.get("content"))
            changed = {"content": content}
            added = self._add("content_block_location", index, block, parts)
        else:
            return block
        return _without_citations(block) | {"source": source | changed} if added else block

    def _add(
        self, kind: Kind, index: int, block: Fields, parts: tuple[Part, ...], *, text: str = "", url: str = ""
    ) -> bool:
        if parts:
            title: Any = block.get("title")
            known = title if isinstance(title, str) else None
            self.sources.append(Source(kind, index, known, parts, text, url))
        return bool(parts)

    def _labelled_text(self, text: str, parts: tuple[Part, ...]) -> str:
        pieces: list[str] = []
        at = 0
        for number, part in enumerate(parts, 1):
            pieces += (text[at : part.start], self._label(number), part.text)
            at = part.end
        return "".join((*pieces, text[at:]))

    def _labelled_blocks(self, content: Any) -> tuple[Any, tuple[Part, ...]]:
        """A string counts as one block."""
        if isinstance(content, str):
            part = Part(0, 1, content)
            return (self._label(1) + content, (part,)) if content.strip() else (content, ())
        parts: list[Part] = []
        labelled = as_list(content).copy()
        for index, entry in enumerate(labelled):
            text: Any = as_object(entry).get("text")
            if isinstance(text, str) and text.strip():
                parts.append(Part(index, index + 1, text))
                labelled[index] = entry | {"text": self._label(len(parts)) + text}
        return (labelled if parts else content), tuple(parts)

    def _label(self, part: int) -> str:
        return Marker(len(self.sources) + 1, part, part).text


def _refuse_format(raw: Fields) -> None:
    """spec/anthropic-messages.md section 3.4."""
    for path, wanted in (
        ("output_config.format", as_object(raw.get("output_config")).get("format")),
        ("output_format", raw.get("output_format")),
    ):
        if as_object(wanted).get("type") == "json_schema":
            raise invalid_request(
                f"{path}: Structured outputs are incompatible with citations; disable `citations` on every document "
                "and search result, or leave the format out"
            )


def _user_blocks(message: Fields) -> list[Any]:
    return as_list(message.get("content")) if message.get("role") == "user" else []


def _is_cited(content: Any) -> bool:
    """Whether anything in the content wants to be cited. Every request is looked through."""
    if type(content) is not list:
        return False
    for block in cast("list[Fields]", content):
        kind = block.get("type") if type(block) is dict else None
        if kind == "tool_result":
            if _is_cited(block.get("content")):
                return True
        elif kind in _SOURCES and _cites(block):
            return True
    return False


def _cites(block: Fields) -> bool:
    return as_object(block.get("citations")).get("enabled") is True


def _without_citations(block: Fields) -> Fields:
    return {name: value for name, value in block.items() if name != "citations"}


def _with_user_blocks(message: Fields, change: Callable[[Fields], Fields]) -> Fields:
    blocks = _user_blocks(message)
    return message | {"content": _each(blocks, change)} if blocks else message


def _each(content: Any, change: Callable[[Fields], Fields]) -> list[Any]:
    return [change(cast("Fields", entry)) if isinstance(entry, dict) else entry for entry in as_list(content)]


def instructed(system: Any) -> Any:
    """`system` with the instruction behind it; whatever is no system prompt stays for the parser to refuse."""
    told = {"type": "text", "text": INSTRUCTION}
    if isinstance(system, list):
        return [*as_list(system), told]
    if isinstance(system, str) and system:
        return [{"type": "text", "text": system}, told]
    return [told] if system is None or system == "" else system


def with_markers(message: Fields, sources: Sources) -> Fields:
    """An earlier answer as the model said it: with markers, and in one text what was told in several blocks. The blocks
    behind the first are left empty, so that every block keeps its place."""
    content = as_list(message.get("content"))
    if message.get("role") != "assistant" or not content:
        return message
    written: list[Any] = []
    first: int | None = None
    for block in content:
        text = _marked_text(block, sources)
        if text is None:
            first = None
            written.append(block)
        elif first is None:
            first = len(written)
            written.append(_without_citations(block) | {"text": text})
        else:
            written[first]["text"] += text
            written.append(_without_citations(block) | {"text": ""})
    return message | {"content": written}


def _marked_text(block: Any, sources: Sources) -> str | None:
    """The text of a text block; None for any other."""
    fields = as_object(block)
    text: Any = fields.get("text")
    if fields.get("type") != "text" or not isinstance(text, str):
        return None
    said = text.rstrip()
    return said + sources.markers(objects_in(fields.get("citations"))) + text[len(said) :]
