"""OpenRouter's server tools: what it takes in `tools` and `tool_choice` beside functions.

Source: `OpenRouterWebSearchServerTool`, `WebSearchServerToolConfig` and `ChatServerToolChoice` of its OpenAPI description
(2026-08-22).
"""

from typing import Any, Literal

from typing_extensions import TypedDict

from tests.support.openai_refusal import Refused
from tests.support.typed_shapes import mismatches

PREFIX = "openrouter:"


class _Place(TypedDict, total=False):
    type: Literal["approximate"]
    city: str | None
    country: str | None
    region: str | None
    timezone: str | None


class _Parameters(TypedDict, total=False):
    engine: Literal["auto", "native", "exa", "firecrawl", "parallel", "perplexity"]
    mode: str
    max_results: int
    max_uses: int
    max_total_results: int
    max_characters: int
    search_context_size: Literal["low", "medium", "high"]
    user_location: _Place
    allowed_domains: list[str]
    excluded_domains: list[str]


def is_server_tool(value: Any) -> bool:
    """Whether a tool or a choice is one of the server's own."""
    return isinstance(value, dict) and str(value.get("type")).startswith(PREFIX)


def check_server_tool(tool: dict[str, Any], path: str) -> None:
    """Raises Refused for another tool than the web search, and for what it does not know."""
    if tool["type"] != "openrouter:web_search":
        raise Refused(f"Invalid value: '{tool['type']}'.", param=f"{path}.type", code="invalid_value")
    unknown = [name for name in tool if name not in ("type", "parameters")]
    if unknown:
        raise Refused(f"Unrecognized key: '{unknown[0]}'", param=path)
    parameters = tool.get("parameters", {})
    for found in mismatches(parameters, _Parameters, f"{path}.parameters"):
        raise Refused(f"Invalid input at '{found.path}': {found.kind} {found.found}", param=found.path)
    if parameters.get("allowed_domains") and parameters.get("excluded_domains"):
        # Only Exa takes both.
        raise Refused("allowed_domains cannot be used with excluded_domains", param=path)
    if parameters.get("max_uses", 1) < 1:
        raise Refused("max_uses must be at least 1", param=path)


def check_server_choice(choice: dict[str, Any], tools: list[Any]) -> None:
    """Raises Refused for a choice of a tool that is not there."""
    if list(choice) != ["type"] or not any(tool.get("type") == choice["type"] for tool in tools):
        raise Refused(f"tool_choice names '{choice['type']}', which is not in tools", param="tool_choice")
