"""Blocks of a user message as parts of a foreign one: what every translating dialect does alike.

A dialect says what a text, an image and a file are in its language; what becomes of the rest is decided here.
"""

import weakref
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, cast

from dragoman.dialects.losses import Losses
from dragoman.dialects.plain_text import document_text, search_result_text
from dragoman.messages.blocks import (
    Block,
    Compaction,
    Document,
    Image,
    RedactedThought,
    SearchResult,
    Text,
    Thought,
    ToolReference,
    UnknownBlock,
)
from dragoman.messages.estimate import estimate_media_tokens
from dragoman.messages.request import Tool

Part = dict[str, Any]

FETCHING = "FETCH_URLS=true lets Dragoman fetch it"
"""For the loss of what a URL names."""

_SILENT = frozenset({"fallback", "mcp_tool_listing"})
"""Blocks that say nothing to a model."""


class Parts(Protocol):
    """A dialect's own parts."""

    def text_part(self, text: str) -> Part: ...

    def image_part(self, image: Image, path: str) -> Part:
        """An image, or the note that stands in its place."""
        ...

    def file_parts(self, document: Document, path: str) -> list[Part]:
        """A document that is a file, or the note that stands in its place; base64, or anything that is not text."""
        ...


class BlockParts:
    """The blocks of one request; adds up the base64 bytes and the tokens of the media among them."""

    def __init__(self, own: Parts, tools: Iterable[Tool], model: str, losses: Losses) -> None:
        self.media_bytes = 0
        self.media_tokens = 0
        # The writer owns this object. A circle of the two would keep every request's tools until the next collection.
        self._own: Parts = weakref.proxy(own)
        self._tools: Mapping[str, Tool] = {tool.name: tool for tool in tools}
        self._model = model
        self._losses = losses

    def of(self, block: Block, path: str) -> list[Part]:
        """The parts of a block; none for an empty text and for what says nothing to a model."""
        match block:
            case Text():
                return [self._own.text_part(block.text)] if block.text else []
            case Image():
                if block.whole:
                    self._losses.dropped(
                        f"{path}.transformations", "the server scales images by its own rules"
                    )
                return [self._own.image_part(block, path)]
            case Document():
                return self._document(block, path)
            case SearchResult():
                if block.citations:
                    self._losses.dropped(f"{path}.citations", "the server cannot cite documents")
                return [self._own.text_part(search_result_text(block))]
            case UnknownBlock() if block.type not in _SILENT:
                self._losses.dropped(path, f"blocks of type `{block.type}` have no place in this request")
                return [self._own.text_part(f"[{block.type} omitted: not supported by {self._model}]")]
            case Thought() | RedactedThought() | Compaction() | UnknownBlock():
                return []
            case _:
                self._losses.dropped(path, "the block does not belong into a user message")
                return []

    def referenced(self, block: ToolReference, path: str, texts: list[str]) -> list[Tool]:
        """The tool that a tool_reference names; if there is none, a text says so."""
        tool = self._tools.get(block.tool_name)
        if tool is not None:
            return [tool]
        self._losses.dropped(path, "the tool that a tool_reference names is not among `tools`")
        texts.append(f"[the tool {block.tool_name} is not available]")
        return []

    def text_part(self, text: str) -> Part:
        """A text in the dialect's language."""
        return self._own.text_part(text)

    def count_media(self, kind: str, source: dict[str, Any], data: str) -> None:
        """Base64 that is sent: `kind` is `image` or `document`."""
        self.media_bytes += len(data)
        self.media_tokens += estimate_media_tokens({"type": kind, "source": source})

    def _document(self, document: Document, path: str) -> list[Part]:
        if document.citations:
            self._losses.dropped(f"{path}.citations", "the server cannot cite documents")
        source = document.source
        data, content = source.get("data"), source.get("content")
        match source.get("type"):
            case "text" if isinstance(data, str):
                return [self._own.text_part(document_text(document, data))]
            case "content" if isinstance(content, str):
                return [self._own.text_part(document_text(document, content))]
            case "content" if isinstance(content, list):
                return self._document_of_blocks(document, cast("list[Any]", content), path)
            case _:
                return self._own.file_parts(document, path)

    def _document_of_blocks(self, document: Document, content: list[Any], path: str) -> list[Part]:
        objects = [cast("dict[str, Any]", entry) for entry in content if isinstance(entry, dict)]
        texts = [text for entry in objects if isinstance(text := entry.get("text"), str)]
        sources = [
            cast("dict[str, Any]", entry["source"]) for entry in objects if entry.get("type") == "image"
        ]
        told = self._own.text_part(document_text(document, "\n".join(texts)))
        return [told, *(self._own.image_part(Image(source), path) for source in sources)]
