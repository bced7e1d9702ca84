"""Tools and tool choice as functions (spec/openai-chat.md section 3), and OpenRouter's web search."""

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
from dragoman.dialects.json_schema import clean
from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_chat.web_search import CHOICE, write_web_search
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.tool_names import upstream_tool_name
from dragoman.dialects.tool_visibility import visible_tools
from dragoman.dialects.web_search_tool import SearchTool, is_web_search
from dragoman.messages.blocks import ToolUse
from dragoman.messages.request import Conversation, Tool


class ToolFields(msgspec.Struct, frozen=True):
    """What a request says about tools."""

    fields: dict[str, Any]
    """`tools`, `tool_choice` and `parallel_tool_calls`, as far as they are sent."""
    note: str | None = None
    """What to tell the model at the end because the server cannot be told."""
    search: SearchTool | None = None
    """The web search that the server runs."""


def write_tools(conversation: Conversation, quirks: Quirks, losses: Losses) -> ToolFields:
    """All about tools. Losses: server tools, hints, and choices that the server does not know."""
    tools: list[dict[str, Any]] = []
    offered: set[str] = set()
    search: SearchTool | None = None
    positions = {id(tool): index for index, tool in enumerate(conversation.tools)}
    for tool in visible_tools(conversation):
        path = f"tools.{positions[id(tool)]}"
        if is_function(tool):
            tools.append({"type": "function", "function": _function(tool, path, quirks, losses)})
        elif is_web_search(tool) and quirks.web_search and search is None:
            written = write_web_search(tool, path, losses)
            tools.append(written.tool)
            search = written.reading
        else:
            losses.dropped(path, why_not_sent(tool))
            continue
        offered.add(tool.name)
    if not tools:
        return _without_tools(conversation, quirks, losses)
    fields: dict[str, Any] = {"tools": tools}
    choice, note = _choice(conversation, offered, search, quirks, losses)
    if choice is not None:
        fields["tool_choice"] = choice
    if one_at_a_time(conversation) and quirks.parallel_tool_calls:
        fields["parallel_tool_calls"] = False
    return ToolFields(fields, note, search)


def _function(tool: Tool, path: str, quirks: Quirks, losses: Losses) -> dict[str, Any]:
    function = function_definition(tool, quirks)
    if is_strict(tool, function, path, quirks, losses):
        function["strict"] = True
    judge_hints(tool, path, losses)
    return function


def _without_tools(conversation: Conversation, quirks: Quirks, losses: Losses) -> ToolFields:
    choice = conversation.tool_choice
    if choice is not None and choice.type in ("any", "tool"):
        losses.dropped("tool_choice", "no tool is left that the server could call")
    # Several servers refuse tool messages in the history when the request declares no tools.
    called = {
        upstream_tool_name(block.name, quirks.max_tool_name): None
        for message in conversation.messages
        for block in message.content
        if isinstance(block, ToolUse)
    }
    if not called:
        return ToolFields({})
    stand_ins = [
        {"type": "function", "function": {"name": name, "parameters": clean(None, quirks)}} for name in called
    ]
    return ToolFields({"tools": stand_ins, "tool_choice": "none"})


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
    if choice.type == "any":
        return required_choice(quirks, losses, "Call one of the tools now.")
    if choice.type != "tool":
        return ("none" if choice.type == "none" else "auto"), None
    if choice.name not in offered:
        losses.dropped("tool_choice", "the chosen tool does not reach the server")
        return None, None
    if search is not None and choice.name == search.name:
        return CHOICE, None
    name = upstream_tool_name(choice.name, quirks.max_tool_name)
    if quirks.tool_choice_function:
        return {"type": "function", "function": {"name": name}}, None
    losses.approximated("tool_choice", "the server cannot be told to call one tool; the model is asked to")
    return ("required" if quirks.tool_choice_required else "auto"), f"Call the tool {name} now."
