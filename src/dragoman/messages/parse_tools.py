"""`tools` and `tool_choice`: decoded JSON to Tool and ToolChoice, and the few combinations that make no sense."""

from collections.abc import Iterator
from typing import Any, cast

from dragoman.messages.fields import (
    Fields,
    Malformed,
    as_object,
    inside,
    optional_flag,
    optional_list,
    optional_object,
    optional_text,
    required_text,
)
from dragoman.messages.parse_blocks import inline_definition
from dragoman.messages.request import Tool, ToolChoice

_CHOICES = frozenset({"auto", "any", "tool", "none"})


def parse_tools(raw: Fields) -> tuple[Tool, ...]:
    """The entries of `tools`, then the tools that system messages define inline, which are deferred.

    Raises Malformed.
    """
    tools: list[Tool] = []
    names: set[str] = set()
    for index, entry in enumerate(optional_list(raw, "tools") or ()):
        try:
            tool = _tool(as_object(entry))
        except Malformed as malformed:
            raise malformed.under(f"tools.{index}") from None
        if tool.name and tool.name in names:
            raise Malformed("tools", "Tool names must be unique.")
        names.add(tool.name)
        tools.append(tool)
    for where, definition in _inline_definitions(raw):
        with inside(where):
            tool = _tool({**definition, "defer_loading": True})
        if tool.name not in names:
            names.add(tool.name)
            tools.append(tool)
    return tuple(tools)


def parse_tool_choice(raw: Fields, tools: tuple[Tool, ...]) -> ToolChoice | None:
    """`tool_choice`, which may only name one of `tools`. Raises Malformed."""
    fields = optional_object(raw, "tool_choice")
    if fields is None:
        return None
    with inside("tool_choice"):
        kind = required_text(fields, "type")
        if kind not in _CHOICES:
            raise Malformed("type", "Input should be 'auto', 'any', 'tool' or 'none'")
        name = required_text(fields, "name") if kind == "tool" else ""
        single = optional_flag(fields, "disable_parallel_tool_use") or False
    # A toolset has no name in the request; its members may be chosen by theirs.
    if name and all(tool.name and tool.name != name for tool in tools):
        raise Malformed("tool_choice", f"Tool '{name}' not found in provided tools")
    return ToolChoice(kind, name, single)


def _tool(fields: Fields) -> Tool:
    kind = optional_text(fields, "type") or "custom"
    name = required_text(fields, "name") if kind == "custom" else optional_text(fields, "name") or ""
    if fields.get("allowed_domains") and fields.get("blocked_domains"):
        raise Malformed("", "Only one of `allowed_domains` and `blocked_domains` may be given")
    return Tool(
        name=name,
        type=kind,
        description=optional_text(fields, "description") or "",
        input_schema=optional_object(fields, "input_schema"),
        strict=optional_flag(fields, "strict"),
        defer_loading=optional_flag(fields, "defer_loading") or False,
        raw=fields,
    )


def _inline_definitions(raw: Fields) -> Iterator[tuple[str, Fields]]:
    for position, message in enumerate(cast("list[Fields]", raw["messages"])):
        content: Any = message.get("content")
        if message["role"] != "system" or type(content) is not list:
            continue
        for index, block in enumerate(cast("list[Any]", content)):
            definition = inline_definition(block)
            if definition is not None:
                yield f"messages.{position}.content.{index}.tool.definition", definition
