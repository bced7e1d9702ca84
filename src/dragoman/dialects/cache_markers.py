"""The client's cache breakpoints by their place, for servers that have them (spec/anthropic-messages.md section 4)."""

from typing import Any, cast

from dragoman.messages.request import MessagesRequest
from dragoman.wire.jsonvalues import as_list

CacheMarkers = dict[tuple[int, int], dict[str, Any]]
"""`cache_control` of blocks by message index and position."""


def cache_markers(request: MessagesRequest) -> CacheMarkers:
    """Every breakpoint in `messages`."""
    markers: CacheMarkers = {}
    for index, message in enumerate(cast("list[dict[str, Any]]", request.raw["messages"])):
        content: Any = message.get("content")
        for position, block in enumerate(as_list(content)):
            marker: Any = cast("dict[str, Any]", block).get("cache_control")
            if isinstance(marker, dict):
                markers[index, position] = cast("dict[str, Any]", marker)
    return markers


def settled_markers(request: MessagesRequest) -> CacheMarkers:
    """Those that stay where they are: the one at the end of the last user message moves on with every turn, and changes
    what was sent of that message before."""
    markers = cache_markers(request)
    messages = cast("list[dict[str, Any]]", request.raw["messages"])
    last = max((index for index, one in enumerate(messages) if one.get("role") == "user"), default=-1)
    if last >= 0:
        content: Any = messages[last].get("content")
        markers.pop((last, len(as_list(content)) - 1), None)
    return markers
