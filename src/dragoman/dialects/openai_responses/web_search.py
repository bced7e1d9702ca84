"""The built-in web search, as the client's `web_search_*` tool asks for it (spec/openai-responses.md section 10.1)."""

from typing import Any

import msgspec

from dragoman.dialects.losses import Losses
from dragoman.dialects.web_search_tool import SearchTool, domains_of, most_uses, place_of
from dragoman.messages.request import Tool

SOURCES = "web_search_call.action.sources"
"""What `include` asks for, so that results can be shown."""

MOST_DOMAINS = 20
PAGES_BESIDE = 2
LEAST_CALLS = 3
"""The server's limit counts opened pages too, so that it is wider than the client's limit of searches."""


class WrittenSearch(msgspec.Struct, frozen=True):
    tool: dict[str, Any]
    limit: dict[str, Any]
    """Fields of the request beside `tools`."""
    reading: SearchTool


def write_web_search(tool: Tool, path: str, losses: Losses) -> WrittenSearch:
    """The search. `path` is the tool's. Losses: what the server's search knows only roughly."""
    written: dict[str, Any] = {"type": "web_search", "search_context_size": "medium"}
    allowed = domains_of(tool, "allowed_domains")
    if len(allowed) > MOST_DOMAINS:
        losses.approximated(f"{path}.allowed_domains", f"the server takes {MOST_DOMAINS}")
        allowed = allowed[:MOST_DOMAINS]
    if allowed:
        written["filters"] = {"allowed_domains": list(allowed)}
    blocked = domains_of(tool, "blocked_domains")
    if blocked:
        losses.approximated(
            f"{path}.blocked_domains", "their results are hidden, but the model may have read them"
        )
    # Without a place of its own the server takes the user for an American.
    written["user_location"] = {"type": "approximate", **place_of(tool)}
    if tool.raw.get("response_inclusion"):
        losses.dropped(f"{path}.response_inclusion", "the server's search has no such option")
    limit: dict[str, Any] = {}
    uses = most_uses(tool)
    if uses is not None:
        losses.approximated(f"{path}.max_uses", "the server counts opened pages too")
        limit["max_tool_calls"] = max(uses + PAGES_BESIDE, LEAST_CALLS)
    return WrittenSearch(written, limit, SearchTool(tool.name, blocked))
