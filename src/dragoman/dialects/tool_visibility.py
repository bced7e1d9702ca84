"""Which tools the model may know of (spec/anthropic-messages.md sections 4.6 and 4.7).

A deferred tool is hidden until something in the history names it. The order depends on nothing that changes while a
conversation grows, so that the upstream's prefix cache holds: clients sort `tools` anew when they add one, and some in
every turn.
"""

from collections.abc import Iterator
from typing import Any

from dragoman.messages.blocks import (
    Block,
    Compaction,
    ServerToolResult,
    ToolChange,
    ToolReference,
    ToolResult,
    ToolUse,
)
from dragoman.messages.request import Conversation, Tool
from dragoman.wire.jsonvalues import as_object, objects_in

_CHANGES = frozenset({ToolChange, Compaction})
"""Blocks that can take a tool away."""


def visible_tools(conversation: Conversation) -> tuple[Tool, ...]:
    """The tools that are not deferred by name, then deferred ones in the order of first mention.

    Less those that a later `tool_removal` took away. A tool that the history called, or that `tool_choice`
    names, counts as mentioned.
    """
    eager = sorted((tool for tool in conversation.tools if not tool.defer_loading), key=_place)
    if len(eager) == len(conversation.tools) and _CHANGES.isdisjoint(conversation.block_types):
        return tuple(eager)
    by_name = {tool.name: tool for tool in conversation.tools}
    found: dict[str, None] = {}
    removed: set[str] = set()
    for name, change in _mentions(conversation):
        if change is False:
            removed.add(name)
            continue
        found.setdefault(name)
        if change:
            removed.discard(name)
    late = [by_name[name] for name in found if name in by_name and by_name[name].defer_loading]
    return tuple(tool for tool in (*eager, *late) if tool.name not in removed)


def _place(tool: Tool) -> tuple[str, str]:
    """Toolsets have no name."""
    return tool.name, tool.type


def _mentions(conversation: Conversation) -> Iterator[tuple[str, bool | None]]:
    """Names with True (made available), False (removed) or None (called)."""
    deferred = any(tool.defer_loading for tool in conversation.tools)
    for message in conversation.messages:
        if not deferred and message.role == "user":
            continue  # the longest messages, and their references load nothing
        for block in message.content:
            if isinstance(block, ToolUse):
                yield block.name, None
            else:
                yield from _mentions_of(block)
    if conversation.tool_choice is not None and conversation.tool_choice.type == "tool":
        yield conversation.tool_choice.name, None


def _mentions_of(block: Block) -> Iterator[tuple[str, bool]]:
    if isinstance(block, ToolResult):
        for inner in block.content:
            if isinstance(inner, ToolReference):
                yield inner.tool_name, True
    elif isinstance(block, ToolChange):
        yield block.tool_name, block.added
    elif isinstance(block, Compaction):
        for change in block.tool_changes:
            yield change.tool_name, change.added
    elif isinstance(block, ServerToolResult):
        for name in referenced_names(block.content):
            yield name, True


def referenced_names(content: Any) -> list[str]:
    """The tool names in the content of a `tool_search_tool_result`; none in any other content."""
    references = objects_in(as_object(content).get("tool_references"))
    return [name for entry in references if isinstance(name := entry.get("tool_name"), str)]
