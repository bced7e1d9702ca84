"""Tools and tool choice: functions, the built-in web search, and tools that come later (spec/openai-responses.md 5, 10)."""

from collections.abc import Iterable
from typing import Any

import msgspec

from dragoman.dialects.function_tools import (
    function_definition,
    is_function,
    is_strict,
    judge_hints,
    one_at_a_time,
    required_choice,
    why_not_sent,
)
from dragoman.dialects.history import Turn
from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_responses.web_search import write_web_search
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.tool_names import upstream_tool_name
from dragoman.dialects.tool_visibility import referenced_names, visible_tools
from dragoman.dialects.web_search_tool import SearchTool, is_web_search
from dragoman.messages.blocks import Compaction, ServerToolResult, ToolChange
from dragoman.messages.request import Conversation, Tool

Item = dict[str, Any]


class ToolItems:
    """Tools that are not among `tools` but come in items of their own, where the conversation first names them: so
    `tools` stays the same, and with it the prefix (section 5)."""

    def __init__(self, late: dict[str, Item], chosen: str | None = None) -> None:
        self._late = late
        self._chosen = chosen
        self._sent: set[str] = set()

    def loaded(self, tools: Iterable[Tool]) -> list[Item]:
        """Behind the result that names them."""
        return self._items(tool.name for tool in tools)

    def called(self, turn: Turn) -> list[Item]:
        """Before an assistant turn that calls them, or in which the API's own search found them."""
        if not self._late:
            return []
        results = [placed.block for placed in turn.blocks if isinstance(placed.block, ServerToolResult)]
        found = [name for result in results for name in referenced_names(result.content)]
        return self._items((*found, *(call.use.name for call in turn.calls)))

    def added(self, turn: Turn) -> list[Item]:
        """Behind a system message that adds them."""
        changes = [placed.block for placed in turn.blocks if isinstance(placed.block, ToolChange)]
        return self._items(change.tool_name for change in changes if change.added)

    def chosen(self) -> list[Item]:
        """At the end, for the one that must be called."""
        return self._items([self._chosen] if self._chosen is not None else [])

    def unnamed(self) -> list[Item]:
        """Before the first turn, once everything else is written: those that only something names which is not sent,
        such as a note that has expired."""
        return self._items(self._late)

    def _items(self, names: Iterable[str]) -> list[Item]:
        new = [name for name in dict.fromkeys(names) if name in self._late and name not in self._sent]
        if not new:
            return []
        self._sent.update(new)
        tools = [self._late[name] for name in new]
        return [{"type": "additional_tools", "role": "developer", "tools": tools}]


class WrittenTools(msgspec.Struct, frozen=True):
    fields: dict[str, Any]
    """`tools`, `tool_choice`, `parallel_tool_calls` and `max_tool_calls`, as far as they are sent."""
    items: ToolItems
    search: SearchTool | None = None
    instructions: str | None = None
    """For the end of the system prompt."""
    note: str | None = None
    """What to tell the model at the end because the server cannot be told."""


def write_tools(conversation: Conversation, quirks: Quirks, losses: Losses) -> WrittenTools:
    """All about tools. Losses: server tools, hints, and choices that the server does not know."""
    sent: list[Item] = []
    late: dict[str, Item] = {}
    offered: set[str] = set()
    search: SearchTool | None = None
    limit: dict[str, Any] = {}
    # A compaction may stand for the place where a tool was named first: then there is none to send it at.
    in_items = quirks.additional_tools and not _is_compacted(conversation)
    positions = {id(tool): index for index, tool in enumerate(conversation.tools)}
    for tool in visible_tools(conversation):
        path = f"tools.{positions[id(tool)]}"
        if is_function(tool):
            function = _function(tool, path, quirks, losses)
            if tool.defer_loading and in_items:
                late[tool.name] = function
            else:
                sent.append(function)
        elif is_web_search(tool) and quirks.web_search and search is None:
            written = write_web_search(tool, path, losses)
            sent.append(written.tool)
            search, limit = written.reading, written.limit
        else:
            losses.dropped(path, why_not_sent(tool))
            continue
        offered.add(tool.name)
    fields: dict[str, Any] = {}
    choice, note = _choice(conversation, offered, search, quirks, losses)
    if sent or late:
        fields = {"tools": sent} if sent else {}
        fields |= limit
        if choice is not None:
            fields["tool_choice"] = choice
        if quirks.parallel_tool_calls:
            fields["parallel_tool_calls"] = not one_at_a_time(conversation)
    chosen = conversation.tool_choice.name if conversation.tool_choice is not None else None
    return WrittenTools(fields, ToolItems(late, chosen), search, _instructions(search), note)


def _is_compacted(conversation: Conversation) -> bool:
    return any(
        isinstance(block, Compaction) and block.content is not None
        for message in conversation.messages
        for block in message.content
    )


def _function(tool: Tool, path: str, quirks: Quirks, losses: Losses) -> Item:
    definition = function_definition(tool, quirks)
    strict = is_strict(tool, definition, path, quirks, losses)
    judge_hints(tool, path, losses)
    # Left out, `strict` makes every optional parameter required (section 5).
    return {"type": "function", **definition, "strict": strict}


def _instructions(search: SearchTool | None) -> str | None:
    if search is None or not search.blocked_domains:
        return None
    return "Do not use web search results from these sites: " + ", ".join(search.blocked_domains)


def _choice(
    conversation: Conversation,
    offered: set[str],
    search: SearchTool | None,
    quirks: Quirks,
    losses: Losses,
) -> tuple[Any, str | None]:
    choice = conversation.tool_choice
    if choice is None:
        return None, None
    if choice.type in ("any", "tool") and (
        not offered or (choice.type == "tool" and choice.name not in offered)
    ):
        losses.dropped("tool_choice", "the chosen tool does not reach the server")
        return None, None
    if choice.type == "any":
        return required_choice(quirks, losses, "Call one of the tools now.")
    if choice.type != "tool":
        return ("none" if choice.type == "none" else "auto"), None
    if search is not None and choice.name == search.name:
        if len(offered) == 1:
            return required_choice(quirks, losses, "Search the web now.")
        losses.approximated("tool_choice", "the server cannot be told to search; the model is asked to")
        return "auto", "Search the web now."
    name = upstream_tool_name(choice.name, quirks.max_tool_name)
    if quirks.tool_choice_function:
        return {"type": "function", "name": name}, None
    return required_choice(quirks, losses, f"Call the tool {name} now.")
