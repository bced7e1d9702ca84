"""Content blocks as parts of a user message, and tool results as text (spec/openai-chat.md sections 2.2, 4)."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec

from dragoman.dialects.history import Call, Placed
from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_chat.tools import function_definition
from dragoman.dialects.plain_text import document_text, functions_text, search_result_text
from dragoman.dialects.quirks import Quirks
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

NO_VISION = "[image omitted: model has no vision]"

_SILENT = frozenset({"fallback", "mcp_tool_listing"})
"""Blocks that say nothing to a model."""


class ToolOutput(msgspec.Struct, frozen=True):
    """A tool result for a message that takes text only."""

    text: str
    attachments: tuple[Part, ...] = ()
    """Images and files that go into the user message below, each kind under its label."""


class ContentWriter:
    """Writes the blocks of one request; adds up the base64 bytes and the tokens of the media that it writes."""

    def __init__(self, tools: Iterable[Tool], model: str, quirks: Quirks, losses: Losses) -> None:
        self.media_bytes = 0
        self.media_tokens = 0
        self._tools: Mapping[str, Tool] = {tool.name: tool for tool in tools}
        self._model = model
        self._quirks = quirks
        self._losses = losses

    def parts(self, blocks: Iterable[Placed]) -> list[Part]:
        """The parts of a user message; empty texts are left out."""
        parts: list[Part] = []
        for placed in blocks:
            for part in self._parts_of(placed.block, placed.path):
                if part["type"] == "text" and self._quirks.cache_control:
                    marker = placed.block.cache_control if isinstance(placed.block, Text) else None
                    part = part | {"cache_control": marker} if marker else part
                parts.append(part)
        return parts

    def tool_output(self, call: Call, name: str, first_attachment: int) -> ToolOutput:
        """The answer to a call. Attachments are numbered from `first_attachment` over all answers of a turn."""
        if call.result is None:
            self._losses.approximated(call.place.path, "no result answers this call; the model is told so")
            return ToolOutput("[no result]")
        result: Any = call.result.block
        texts: list[str] = []
        attachments: list[Part] = []
        references: list[Tool] = []
        number = first_attachment
        for block in cast("tuple[Block, ...]", result.content):
            if isinstance(block, ToolReference):
                self._collect_reference(block, call.result.path, references, texts)
                continue
            for part in self._parts_of(block, call.result.path):
                if part["type"] == "text":
                    texts.append(part["text"])
                    continue
                kind = "image" if part["type"] == "image_url" else "document"
                texts.append(f"[{kind} attached below: {number}]")
                label = f"{kind.capitalize()} output of tool call {name} ({number}):"
                attachments += ({"type": "text", "text": label}, part)
                number += 1
        if references:
            texts.append(functions_text(function_definition(tool, self._quirks) for tool in references))
        return ToolOutput(self._told(texts, result.is_error), tuple(attachments))

    def _told(self, texts: list[str], is_error: bool) -> str:
        text = "\n".join(texts)
        if is_error:
            return f"[tool error] {text}" if text else "[tool error]"
        return text or self._quirks.filler_for_empty

    def _collect_reference(
        self, block: ToolReference, path: str, references: list[Tool], texts: list[str]
    ) -> None:
        tool = self._tools.get(block.tool_name)
        if tool is not None:
            references.append(tool)
            return
        self._losses.dropped(path, "the tool that a tool_reference names is not among `tools`")
        texts.append(f"[the tool {block.tool_name} is not available]")

    def _parts_of(self, block: Block, path: str) -> list[Part]:
        match block:
            case Text():
                return [_text(block.text)] if block.text else []
            case Image():
                return [self._image(block, path)]
            case Document():
                return self._document(block, path)
            case SearchResult():
                if block.citations:
                    self._losses.dropped(f"{path}.citations", "the server cannot cite documents")
                return [_text(search_result_text(block))]
            case UnknownBlock() if block.type not in _SILENT:
                self._losses.dropped(path, f"blocks of type `{block.type}` have no place in this request")
                return [_text(f"[{block.type} omitted: not supported by {self._model}]")]
            case Thought() | RedactedThought() | Compaction() | UnknownBlock():
                return []
            case _:
                self._losses.dropped(path, "the block does not belong into a user message")
                return []

    def _image(self, image: Image, path: str) -> Part:
        if not self._quirks.images:
            self._losses.dropped(path, "the model has no vision")
            return _text(NO_VISION)
        source = image.source
        data, url = source.get("data"), source.get("url")
        if source.get("type") == "base64" and isinstance(data, str):
            self._count("image", source, data)
            media_type = source.get("media_type") or "image/png"
            return _image_url(f"data:{media_type};base64,{data}")
        if source.get("type") == "url" and isinstance(url, str):
            if self._quirks.image_urls:
                return _image_url(url)
            self._losses.dropped(path, "the server does not fetch images from URLs")
            return _text(f"[image omitted: the model cannot open {url}]")
        self._losses.dropped(path, "the image is not in the request itself")
        return _text("[image omitted: it is not in the request itself]")

    def _document(self, document: Document, path: str) -> list[Part]:
        if document.citations:
            self._losses.dropped(f"{path}.citations", "the server cannot cite documents")
        source = document.source
        data, content = source.get("data"), source.get("content")
        match source.get("type"):
            case "text" if isinstance(data, str):
                return [_text(document_text(document, data))]
            case "content" if isinstance(content, str):
                return [_text(document_text(document, content))]
            case "content" if isinstance(content, list):
                return self._document_of_blocks(document, cast("list[Any]", content), path)
            case "base64" if isinstance(data, str):
                return [self._pdf(document, data, path)]
            case _:
                self._losses.dropped(path, "the document is not in the request itself")
                where = source.get("url") or document.title or "document"
                return [_text(f"[document omitted, it is not in the request itself: {where}]")]

    def _document_of_blocks(self, document: Document, content: list[Any], path: str) -> list[Part]:
        objects = [cast("dict[str, Any]", entry) for entry in content if isinstance(entry, dict)]
        texts = [text for entry in objects if isinstance(text := entry.get("text"), str)]
        sources = [
            cast("dict[str, Any]", entry["source"]) for entry in objects if entry.get("type") == "image"
        ]
        parts = [_text(document_text(document, "\n".join(texts)))]
        return parts + [self._image(Image(source), path) for source in sources]

    def _pdf(self, document: Document, data: str, path: str) -> Part:
        media_type = document.source.get("media_type") or "application/pdf"
        title = document.title or "doc.pdf"
        if not self._quirks.files:
            self._losses.dropped(path, "the model cannot read PDF files")
            return _text(f"[document omitted: {self._model} cannot read PDF files: {title}]")
        self._count("document", document.source, data)
        return {
            "type": "file",
            "file": {"filename": title, "file_data": f"data:{media_type};base64,{data}"},
        }

    def _count(self, kind: str, source: dict[str, Any], data: str) -> None:
        self.media_bytes += len(data)
        self.media_tokens += estimate_media_tokens({"type": kind, "source": source})


def _text(text: str) -> Part:
    return {"type": "text", "text": text}


def _image_url(url: str) -> Part:
    return {"type": "image_url", "image_url": {"url": url, "detail": "auto"}}
