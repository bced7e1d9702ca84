"""Content blocks as parts of a user message (spec/openai-chat.md sections 2.2, 4)."""

from collections.abc import Iterable

from dragoman.dialects.block_parts import FETCHING, BlockParts, Part
from dragoman.dialects.history import Placed
from dragoman.dialects.image_urls import image_part
from dragoman.dialects.losses import Losses
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.tool_outputs import ToolOutputs
from dragoman.messages.blocks import Document, Image, Text
from dragoman.messages.request import Tool


class ContentWriter:
    """Writes the blocks of one request. Implements `Parts`."""

    def __init__(self, tools: Iterable[Tool], model: str, quirks: Quirks, losses: Losses) -> None:
        self.blocks = BlockParts(self, tools, model, losses)
        self.results = ToolOutputs(self.blocks, quirks, losses)
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

    def text_part(self, text: str) -> Part:
        return _text(text)

    def image_part(self, image: Image, path: str) -> Part:
        return image_part(image, path, self.blocks, self._quirks, self._losses, _image_url)

    def file_parts(self, document: Document, path: str) -> list[Part]:
        source = document.source
        data = source.get("data")
        if source.get("type") == "base64" and isinstance(data, str):
            context = [_text(document.context)] if document.context else []
            return [*context, self._pdf(document, data, path)]
        why = "the document is not in the request itself"
        self._losses.dropped(path, f"{why}; {FETCHING}" if source.get("type") == "url" else why)
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
