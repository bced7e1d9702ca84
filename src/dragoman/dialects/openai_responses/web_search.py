"""The built-in web search, as the client's `web_search_*` tool asks for it (spec/openai-responses.md section 10.1)."""

from typing import Any

import msgspec

from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_responses.shapes import SearchTool
from dragoman.messages.request import Tool
from dragoman.wire.jsonvalues import as_list, as_object

SOURCES = "web_search_call.action.sources"
"""What `include` asks for, so that results can be shown."""

MOST_DOMAINS = 20
PAGES_BESIDE = 2
LEAST_CALLS = 3
"""The server's limit counts opened pages too, so that it is wider than the client's limit of searches."""

_PLACE = ("city", "country", "region", "timezone")


class WrittenSearch(msgspec.Struct, frozen=True):
    tool: dict[str, Any]
    limit: dict[str, Any]
    """Fields of the request beside `tools`."""
    reading: SearchTool


def is_web_search(tool: Tool) -> bool:
    """Whether the tool is the API's own web search, of any date."""
    return tool.type.startswith("web_search_") and tool.input_schema is None


def write_web_search(tool: Tool, path: str, losses: Losses) -> WrittenSearch:
    """The search. `path` is the tool's. Losses: what the server's search knows only roughly."""
    written: dict[str, Any] = {"type": "web_search", "search_context_size": "medium"}
    allowed = _domains(tool, "allowed_domains")
    if len(allowed) > MOST_DOMAINS:
        losses.approximated(f"{path}.allowed_domains", f"the server takes {MOST_DOMAINS}")
        allowed = allowed[:MOST_DOMAINS]
    if allowed:
        written["filters"] = {"allowed_domains": list(allowed)}
    blocked = _domains(tool, "blocked_domains")
    if blocked:
        losses.approximated(
            f"{path}.blocked_domains", "their results are hidden, but the model may have read them"
        )
    place = as_object(tool.raw.get("user_location"))
    known = {name: value for name in _PLACE if isinstance(value := place.get(name), str) and value}
    # Without a place of its own the server takes the user for an American.
    written["user_location"] = {"type": "approximate", **known}
    if tool.raw.get("response_inclusion"):
        losses.dropped(f"{path}.response_inclusion", "the server's search has no such option")
    limit: dict[str, Any] = {}
    uses = tool.raw.get("max_uses")
    if isinstance(uses, int) and not isinstance(uses, bool) and uses > 0:
        losses.approximated(f"{path}.max_uses", "the server counts opened pages too")
        limit["max_tool_calls"] = max(uses + PAGES_BESIDE, LEAST_CALLS)
    return WrittenSearch(written, limit, SearchTool(tool.name, blocked))


def _domains(tool: Tool, field: str) -> tuple[str, ...]:
    """Hosts as the server wants them: without scheme and path."""
    named = [one for one in as_list(tool.raw.get(field)) if isinstance(one, str)]
    hosts = (one.lower().partition("://")[2] or one.lower() for one in named)
    return tuple(dict.fromkeys(host.partition("/")[0] for host in hosts if host))
