"""What the Responses API asks of `tools` and `tool_choice` (spec/openai-responses.md sections 5, 10.1)."""

from typing import Any

from tests.support.openai_refusal import Refused, array_too_long, empty_array, only_with
from tests.support.openai_rules import check_distinct, check_function

MOST_DOMAINS = 100


def check_tools(body: dict[str, Any]) -> None:
    """Raises Refused for the first tool or choice that does not fit."""
    tools = body.get("tools")
    later = _later_tools(body)
    if not tools:
        if tools == []:
            raise empty_array("tools")
        for field in ("tool_choice", "parallel_tool_calls"):
            if body.get(field) is not None and not later:
                raise only_with(field, "tools")
    if len(tools or ()) > 128:
        raise array_too_long("tools", 128, len(tools or ()))
    for index, tool in enumerate(tools or ()):
        _check_tool(tool, f"tools[{index}]")
    for path, tool in later:
        _check_tool(tool, path)
    offered = [*(tools or ()), *(tool for _, tool in later)]
    names = [tool["name"] for tool in offered if tool["type"] == "function"]
    check_distinct(names)
    _check_choice(body.get("tool_choice"), offered)


def _later_tools(body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The tools that come in the middle of the conversation, each with its path."""
    items = body["input"] if isinstance(body.get("input"), list) else ()
    return [
        (f"input[{index}].tools[{place}]", tool)
        for index, item in enumerate(items)
        if item.get("type") == "additional_tools"
        for place, tool in enumerate(item["tools"])
    ]


def _check_tool(tool: dict[str, Any], path: str) -> None:
    if tool["type"] == "function":
        check_function(tool, path)
    if tool["type"].startswith("web_search"):
        _check_domains((tool.get("filters") or {}).get("allowed_domains"), f"{path}.filters.allowed_domains")


def _check_domains(domains: list[str] | None, path: str) -> None:
    if domains is None:
        return
    if len(domains) > MOST_DOMAINS:
        raise array_too_long(path, MOST_DOMAINS, len(domains))
    for index, domain in enumerate(domains):
        if "/" in domain or ":" in domain or not domain:
            message = f"Invalid '{path}[{index}]': '{domain}'. Expected a domain without scheme and path."
            raise Refused(message, param=f"{path}[{index}]", code="invalid_value")


def _check_choice(choice: Any, offered: list[dict[str, Any]]) -> None:
    if not isinstance(choice, dict):
        return
    wanted = choice["tools"] if choice["type"] == "allowed_tools" else [choice]
    if not wanted:
        raise empty_array("tool_choice.tools")
    for one in wanted:
        if not any(_chosen(one, tool) for tool in offered):
            name = one.get("name") or one.get("type")
            raise Refused(f"Tool choice '{name}' not found in 'tools' parameter.", param="tool_choice")


def _chosen(wanted: dict[str, Any], tool: dict[str, Any]) -> bool:
    return tool["type"] == wanted.get("type") and tool.get("name") == wanted.get("name")
