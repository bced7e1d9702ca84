"""Content blocks as parts of a user message, and tool results as outputs (spec/openai-responses.md sections 3 and 6)."""

from collections.abc import Iterable
from typing import Any, cast

from dragoman.dialects.block_parts import BlockParts, Part
from dragoman.dialects.cache_markers import CacheMarkers
from dragoman.dialects.function_tools import function_definition
from dragoman.dialects.history import Call, Placed
from dragoman.dialects.image_urls import image_part
from dragoman.dialects.losses import Losses
from dragoman.dialects.plain_text import functions_text
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.tool_outputs import ERROR, ToolOutputs
from dragoman.messages.blocks import Block, Document, Image, Text, ToolReference
from dragoman.messages.request import Tool

BREAKPOINT = {"prompt_cache_breakpoint": {"mode": "explicit"}}


class ContentWriter:
    """Writes the blocks of one request. Implements `Parts`."""

    def __init__(
        self, tools: Iterable[Tool], model: str, quirks: Quirks, losses: Losses, markers: CacheMarkers
    ) -> None:
        self.blocks = BlockParts(self, tools, model, losses)
        self.results = ToolOutputs(self.blocks, quirks, losses)
        self._model = model
        self._quirks = quirks
        self._losses = losses
        self._markers = markers

    def parts(self, blocks: Iterable[Placed]) -> list[Part]:
        """The parts of a user message; empty texts are left out."""
        parts: list[Part] = []
        for placed in blocks:
            own = self.blocks.of(placed.block, placed.path)
            if own and (placed.message, placed.position) in self._markers:
                own[-1] = own[-1] | BREAKPOINT
            parts += own
        return parts

    def output(self, call: Call) -> tuple[Any, list[Tool]]:
        """What answers a call, a string or a list of parts; and the tools that it names for the first time, where those
        are sent in an item of their own."""
        if call.result is None:
            return self.results.missing(call), []
        result: Any = call.result.block
        parts: list[Part] = []
        references: list[Tool] = []
        for block in cast("tuple[Block, ...]", result.content):
            if isinstance(block, Text):
                parts += [_text(block.text)] if block.text else []
            elif isinstance(block, ToolReference):
                texts: list[str] = []
                references += self.blocks.referenced(block, call.result.path, texts)
                parts += map(_text, texts)
            else:
                parts += self.blocks.of(block, call.result.path)
        loaded: list[Tool] = []
        if references and self._quirks.additional_tools:
            loaded = references
            parts.append(_text("Tools loaded: " + ", ".join(tool.name for tool in references)))
        elif references:
            definitions = (function_definition(tool, self._quirks) for tool in references)
            parts.append(_text(functions_text(definitions)))
        if all("text" in part for part in parts):
            return self.results.told([part["text"] for part in parts], result.is_error), loaded
        if result.is_error:
            parts = _marked_as_error(parts)
        return parts, loaded

    def text_part(self, text: str) -> Part:
        return _text(text)

    def image_part(self, image: Image, path: str) -> Part:
        return image_part(image, path, self.blocks, self._quirks, self._losses, _image)

    def file_parts(self, document: Document, path: str) -> list[Part]:
        source = document.source
        data, url = source.get("data"), source.get("url")
        inside = source.get("type") == "base64" and isinstance(data, str)
        outside = source.get("type") == "url" and isinstance(url, str)
        title = document.title or "document.pdf"
        if not self._quirks.files and (inside or outside):
            self._losses.dropped(path, "the model cannot read PDF files")
            return [_text(f"[document omitted: {self._model} cannot read PDF files: {title}]")]
        context = [_text(f"<context>{document.context}</context>")] if document.context else []
        if inside:
            self.blocks.count_media("document", source, str(data))
            media_type = source.get("media_type") or "application/pdf"
            held = {"filename": title, "file_data": f"data:{media_type};base64,{data}"}
            return [*context, {"type": "input_file", **held}]
        if outside:
            return [*context, {"type": "input_file", "file_url": url}]
        self._losses.dropped(path, "the document is not in the request itself")
        return [_text(f"[document omitted, it is not in the request itself: {title}]")]


def _text(text: str) -> Part:
    return {"type": "input_text", "text": text}


def _image(url: str) -> Part:
    return {"type": "input_image", "image_url": url, "detail": "auto"}


def _marked_as_error(parts: list[Part]) -> list[Part]:
    for number, part in enumerate(parts):
        if "text" in part:
            told = part | {"text": f"{ERROR} {part['text']}"}
            return [*parts[:number], told, *parts[number + 1 :]]
    return [_text(ERROR), *parts]
