"""Images and documents that a request names by URL: where they stand, and the same request with something in their place.

They stand in user messages, in tool results there, and in documents that are made of blocks.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, cast

import msgspec

from dragoman.messages.request import MessagesRequest
from dragoman.wire.jsonbytes import encode
from dragoman.wire.jsonvalues import as_list, as_object

Medium = Literal["image", "document"]


class UrlSource(msgspec.Struct, frozen=True):
    """A source `{type: url, url}` of a block."""

    path: str
    """The JSON path of the source, such as `messages.0.content.1.source`."""
    medium: Medium
    """The type of the block."""
    url: str


def url_sources(request: MessagesRequest) -> list[UrlSource]:
    """All of them, in their order."""
    found: list[UrlSource] = []
    for number, message in enumerate(as_list(request.raw.get("messages"))):
        if as_object(message).get("role") == "user":
            found += _in_content(as_object(message).get("content"), f"messages.{number}.content")
    return found


def with_sources(request: MessagesRequest, sources: Mapping[str, dict[str, Any]]) -> MessagesRequest:
    """The same request with other sources at some paths."""
    raw: Any = request.raw
    for path, source in sources.items():
        raw = _with(raw, path.split("."), source)
    return MessagesRequest(
        request.model,
        stream=request.stream,
        max_tokens=request.max_tokens,
        raw=raw,
        body=encode(raw),
        headers=request.headers,
        counting=request.counting,
    )


def _in_content(content: Any, path: str) -> Iterator[UrlSource]:
    for number, entry in enumerate(as_list(content)):
        block, place = as_object(entry), f"{path}.{number}"
        match block.get("type"):
            case "image" | "document" as medium:
                source = as_object(block.get("source"))
                url = source.get("url")
                if source.get("type") == "url" and isinstance(url, str):
                    yield UrlSource(f"{place}.source", medium, url)
                elif source.get("type") == "content":
                    yield from _in_content(source.get("content"), f"{place}.source.content")
            case "tool_result":
                yield from _in_content(block.get("content"), f"{place}.content")
            case _:
                pass


def _with(value: Any, steps: list[str], source: dict[str, Any]) -> Any:
    """A copy along the steps; all else is shared."""
    if not steps:
        return source
    step, *others = steps
    if isinstance(value, list):
        entries = cast("list[Any]", value)
        place = int(step)
        return [*entries[:place], _with(entries[place], others, source), *entries[place + 1 :]]
    fields = cast("dict[str, Any]", value)
    return fields | {step: _with(fields[step], others, source)}
