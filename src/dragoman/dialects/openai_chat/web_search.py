"""OpenRouter's server tool for web searches, as the client's `web_search_*` tool asks for it.

Source: https://openrouter.ai/docs/guides/features/server-tools/web-search and `WebSearchServerToolConfig` and
`ChatServerToolChoice` of its OpenAPI description, 2026-08-22. The engine is left to OpenRouter: the provider's own search
where there is one, else Exa. Reading a page (`openrouter:web_fetch`) is not asked for: nothing of it is told in the answer.
"""

from typing import Any

import msgspec

from dragoman.dialects.losses import Losses
from dragoman.dialects.web_search_tool import SearchTool, domains_of, has_paths, most_uses, place_of
from dragoman.messages.request import Tool

TOOL_TYPE = "openrouter:web_search"

CHOICE = {"type": TOOL_TYPE}
"""The `tool_choice` that makes the model search."""


class WrittenSearch(msgspec.Struct, frozen=True):
    tool: dict[str, Any]
    reading: SearchTool


def write_web_search(tool: Tool, path: str, losses: Losses) -> WrittenSearch:
    """The search. `path` is the tool's. Losses: what only some of the engines heed."""
    parameters: dict[str, Any] = {}
    uses = most_uses(tool)
    if uses is not None:
        losses.approximated(f"{path}.max_uses", "of the providers' own searches only Anthropic's heeds it")
        parameters["max_uses"] = uses
    allowed, blocked = domains_of(tool, "allowed_domains"), domains_of(tool, "blocked_domains")
    if has_paths(tool, "allowed_domains"):
        losses.approximated(f"{path}.allowed_domains", "the whole sites: the server takes no paths")
    if allowed:
        parameters["allowed_domains"] = list(allowed)
    if blocked:
        parameters["excluded_domains"] = list(blocked)
        losses.approximated(
            f"{path}.blocked_domains", "their results are hidden, but some engines let the model read them"
        )
    place = place_of(tool)
    if place:
        losses.approximated(f"{path}.user_location", "only the providers' own searches heed it")
        parameters["user_location"] = {"type": "approximate", **place}
    if tool.raw.get("response_inclusion"):
        losses.dropped(f"{path}.response_inclusion", "the server's search has no such option")
    written: dict[str, Any] = {"type": TOOL_TYPE}
    return WrittenSearch(
        written | ({"parameters": parameters} if parameters else {}), SearchTool(tool.name, blocked)
    )
