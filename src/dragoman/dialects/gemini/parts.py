"""Content blocks as Gemini's parts, and tool results as function responses (spec/gemini.md sections 3.4, 6 and 7)."""

from collections.abc import Iterable
from typing import Any, cast

from dragoman.dialects.block_parts import FETCHING, BlockParts, Part
from dragoman.dialects.gemini.tools import tool_name
from dragoman.dialects.history import Call, Placed
from dragoman.dialects.losses import Losses
from dragoman.dialects.plain_text import functions_text
from dragoman.dialects.quirks import Quirks
from dragoman.messages.blocks import Document, Image, Text, ToolReference, ToolResult
from dragoman.messages.request import Tool

NO_OUTPUT = "(no output)"
MISSING_RESULT = "Tool result missing (interrupted)."

_IMAGES = frozenset({"image/png", "image/jpeg", "image/webp"})
_PDF = "application/pdf"
_MEDIA_BY_ENDING = {
    ".png": "image/png",
    ".webp": "image/webp",
    ".pdf": _PDF,
    ".gif": "image/gif",
}
_FETCHED = "https://"
"""Whatever else Google reads (`gs://`), it would read as the operator, whose private files are not the client's."""


class PartWriter:
    """Writes the blocks of one request. Implements `Parts`."""

    def __init__(self, tools: Iterable[Tool], model: str, quirks: Quirks, losses: Losses) -> None:
        self.blocks = BlockParts(self, tools, model, losses)
        self._quirks = quirks
        self._losses = losses

    def parts(self, blocks: Iterable[Placed]) -> list[Part]:
        """The parts of a user content; empty texts are left out."""
        return [part for placed in blocks for part in self.blocks.of(placed.block, placed.path)]

    def orphan(self, placed: Placed) -> list[Part]:
        """A result that answers no call, as text: a function response would be refused."""
        assert isinstance(placed.block, ToolResult)
        self._losses.approximated(placed.path, "the result answers no call; it is told as text")
        texts, media = self._texts_and_media(placed)
        return [_text(f"[result of an earlier tool call]\n{_joined(texts) or NO_OUTPUT}"), *media]

    def response(self, call: Call, named: Part) -> tuple[Part, list[Part]]:
        """The function response to a call, and the media that have to stand beside it. `named`: its name, and its id if
        calls have one."""
        if call.result is None:
            self._losses.approximated(call.place.path, "no result answers this call; the model is told so")
            return {"functionResponse": named | {"response": {"error": MISSING_RESULT}}}, []
        result = cast("ToolResult", call.result.block)
        texts, media = self._texts_and_media(call.result)
        text = _joined(texts)
        if not text:
            count = len(media)
            text = f"Binary content provided ({count} item{'s' * (count > 1)})." if media else NO_OUTPUT
        response = named | {"response": {"error" if result.is_error else "output": text}}
        inline = [part for part in media if "inlineData" in part]
        if inline and self._quirks.media_in_results:
            response["parts"] = inline
            media = [part for part in media if "inlineData" not in part]
        return {"functionResponse": response}, media

    def _texts_and_media(self, result: Placed) -> tuple[list[str], list[Part]]:
        texts: list[str] = []
        media: list[Part] = []
        references: list[Tool] = []
        for block in cast("ToolResult", result.block).content:
            if isinstance(block, Text):
                texts += [block.text] if block.text else []
                continue
            if isinstance(block, ToolReference):
                references += self.blocks.referenced(block, result.path, texts)
                continue
            for part in self.blocks.of(block, result.path):
                if "text" in part:
                    texts.append(part["text"])
                else:
                    media.append(part)
        if references:
            texts.append(functions_text(_definition(tool) for tool in references))
        return texts, media

    def text_part(self, text: str) -> Part:
        return _text(text)

    def image_part(self, image: Image, path: str) -> Part:
        source = image.source
        data, url = source.get("data"), source.get("url")
        if source.get("type") == "base64" and isinstance(data, str):
            media_type = str(source.get("media_type") or "image/png").replace("image/jpg", "image/jpeg")
            if media_type not in _IMAGES:
                self._losses.dropped(path, f"the model reads no `{media_type}`")
                return _text(f"[image omitted: the model reads no {media_type}]")
            return self._inline("image", source, media_type, data)
        if source.get("type") == "url" and isinstance(url, str):
            return self._by_url(url, "image/jpeg", "image", path)
        self._losses.dropped(path, "the image is not in the request itself")
        return _text("[image omitted: it is not in the request itself]")

    def file_parts(self, document: Document, path: str) -> list[Part]:
        source = document.source
        data, url = source.get("data"), source.get("url")
        if source.get("type") == "base64" and isinstance(data, str):
            return [*_titled(document), self._file(source, data, path)]
        if source.get("type") == "url" and isinstance(url, str):
            return [*_titled(document), self._by_url(url, _PDF, "document", path)]
        self._losses.dropped(path, "the document is not in the request itself")
        title = document.title or "document"
        return [_text(f"[document omitted, it is not in the request itself: {title}]")]

    def _file(self, source: dict[str, Any], data: str, path: str) -> Part:
        media_type = str(source.get("media_type") or _PDF)
        if media_type == _PDF:
            return self._inline("document", source, media_type, data)
        self._losses.dropped(path, f"the model reads no `{media_type}`")
        return _text(f"[document omitted: the model reads no {media_type}]")

    def _by_url(self, url: str, usual: str, kind: str, path: str) -> Part:
        ending = url.partition("?")[0].partition("#")[0].lower().rpartition(".")
        media_type = _MEDIA_BY_ENDING.get(f".{ending[2]}", usual)
        if not self._quirks.file_uris or not url.startswith(_FETCHED) or media_type == "image/gif":
            why = "the server fetches nothing from this URL"
            self._losses.dropped(path, why if self._quirks.file_uris else f"{why}; {FETCHING}")
            return _text(f"[{kind} omitted: the model cannot open {url}]")
        return {"fileData": {"mimeType": media_type, "fileUri": url}}

    def _inline(self, kind: str, source: dict[str, Any], media_type: str, data: str) -> Part:
        self.blocks.count_media(kind, source, data)
        return {"inlineData": {"mimeType": media_type, "data": data}}


def _text(text: str) -> Part:
    return {"text": text}


def _joined(texts: list[str]) -> str:
    return "\n".join(texts)


def _titled(document: Document) -> list[Part]:
    """What a file itself does not say."""
    said = [document.title or "", document.context or ""]
    return [_text("\n".join(filter(None, said)))] if any(said) else []


def _definition(tool: Tool) -> dict[str, Any]:
    definition: dict[str, Any] = {"description": tool.description} if tool.description else {}
    return definition | {"name": tool_name(tool.name), "parameters": tool.input_schema or {}}
