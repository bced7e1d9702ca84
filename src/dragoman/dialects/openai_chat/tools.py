"""Tools and tool choice as functions (spec/openai-chat.md section 3)."""

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
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.tool_names import upstream_tool_name
from dragoman.dialects.tool_visibility import visible_tools
from dragoman.messages.blocks import ToolUse
from dragoman.messages.request import Conversation, Tool


class ToolFields(msgspec.Struct, frozen=True):
    """What a request says about tools."""

    fields: dict[str, Any]
    """`tools`, `tool_choice` and `parallel_tool_calls`, as far as they are sent."""
    note: str | None = None
    """What to tell the model at the end because the server cannot be told."""


def write_tools(conversation: Conversation, quirks: Quirks, losses: Losses) -> ToolFields:
    """All about tools. Losses: server tools, hints, and choices that the server does not know."""
    tools: list[dict[str, Any]] = []
    offered: set[str] = set()
    positions = {id(tool): index for index, tool in enumerate(conversation.tools)}
    for tool in visible_tools(conversation):
        path = f"tools.{positions[id(tool)]}"
        if not is_function(tool):
            losses.dropped(path, why_not_sent(tool))
            continue
        tools.append({"type": "function", "function": _function(tool, path, quirks, losses)})
        offered.add(tool.name)
    if not tools:
        return _without_tools(conversation, quirks, losses)
    fields: dict[str, Any] = {"tools": tools}
    choice, note = _choice(conversation, offered, quirks, losses)
    if choice is not None:
        fields["tool_choice"] = choice
    if one_at_a_time(conversation) and quirks.parallel_tool_calls:
        fields["parallel_tool_calls"] = False
    return ToolFields(fields, note)


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
    conversation: Conversation, offered: set[str], quirks: Quirks, losses: Losses
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
    name = upstream_tool_name(choice.name, quirks.max_tool_name)
    if quirks.tool_choice_function:
        return {"type": "function", "function": {"name": name}}, None
    losses.approximated("tool_choice", "the server cannot be told to call one tool; the model is asked to")
    return ("required" if quirks.tool_choice_required else "auto"), f"Call the tool {name} now."
