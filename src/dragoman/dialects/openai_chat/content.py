"""Content blocks as parts of a user message, and tool results as text (spec/openai-chat.md sections 2.2, 4)."""

from collections.abc import Iterable
from typing import Any, cast

import msgspec

from dragoman.dialects.block_parts import BlockParts, Part
from dragoman.dialects.function_tools import function_definition
from dragoman.dialects.history import Call, Placed
from dragoman.dialects.losses import Losses
from dragoman.dialects.plain_text import functions_text
from dragoman.dialects.quirks import Quirks
from dragoman.messages.blocks import Block, Document, Image, Text, ToolReference
from dragoman.messages.request import Tool

NO_VISION = "[image omitted: model has no vision]"


class ToolOutput(msgspec.Struct, frozen=True):
    """A tool result for a message that takes text only."""

    text: str
    attachments: tuple[Part, ...] = ()
    """Images and files that go into the user message below, each kind under its label."""


class ContentWriter:
    """Writes the blocks of one request. Implements `Parts`."""

    def __init__(self, tools: Iterable[Tool], model: str, quirks: Quirks, losses: Losses) -> None:
        self.blocks = BlockParts(self, tools, model, losses)
        self._model = model
        self._quirks = quirks
        self._losses = losses

    def parts(self, blocks: Iterable[Placed]) -> list[Part]:
        """The parts of a user message; empty texts are left out."""
        parts: list[Part] = []
        for placed in blocks:
            for part in self.blocks.of(placed.block, placed.path):
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
                references += self.blocks.referenced(block, call.result.path, texts)
                continue
            for part in self.blocks.of(block, call.result.path):
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

    def text_part(self, text: str) -> Part:
        return _text(text)

    def image_part(self, image: Image, path: str) -> Part:
        if not self._quirks.images:
            self._losses.dropped(path, "the model has no vision")
            return _text(NO_VISION)
        source = image.source
        data, url = source.get("data"), source.get("url")
        if source.get("type") == "base64" and isinstance(data, str):
            self.blocks.count_media("image", source, data)
            media_type = source.get("media_type") or "image/png"
            return _image_url(f"data:{media_type};base64,{data}")
        if source.get("type") == "url" and isinstance(url, str):
            if self._quirks.image_urls:
                return _image_url(url)
            self._losses.dropped(path, "the server does not fetch images from URLs")
            return _text(f"[image omitted: the model cannot open {url}]")
        self._losses.dropped(path, "the image is not in the request itself")
        return _text("[image omitted: it is not in the request itself]")

    def file_parts(self, document: Document, path: str) -> list[Part]:
        source = document.source
        data = source.get("data")
        if source.get("type") == "base64" and isinstance(data, str):
            return [self._pdf(document, data, path)]
        self._losses.dropped(path, "the document is not in the request itself")
        where = source.get("url") or document.title or "document"
        return [_text(f"[document omitted, it is not in the request itself: {where}]")]

    def _pdf(self, document: Document, data: str, path: str) -> Part:
        media_type = document.source.get("media_type") or "application/pdf"
        title = document.title or "doc.pdf"
        if not self._quirks.files:
            self._losses.dropped(path, "the model cannot read PDF files")
            return _text(f"[document omitted: {self._model} cannot read PDF files: {title}]")
        self.blocks.count_media("document", document.source, data)
        return {
            "type": "file",
            "file": {"filename": title, "file_data": f"data:{media_type};base64,{data}"},
        }


def _text(text: str) -> Part:
    return {"type": "text", "text": text}


def _image_url(url: str) -> Part:
    return {"type": "image_url", "image_url": {"url": url, "detail": "auto"}}
