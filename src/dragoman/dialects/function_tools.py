"""A client's tools as functions: what every dialect of OpenAI's does alike (spec/openai-chat.md section 3)."""

from typing import Any

from dragoman.dialects.json_schema import clean, strict_ready
from dragoman.dialects.losses import Losses
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.tool_names import upstream_tool_name
from dragoman.messages.request import Conversation, Tool


def function_definition(tool: Tool, quirks: Quirks) -> dict[str, Any]:
    """`{description, name, parameters}`; no description if the tool has none."""
    definition: dict[str, Any] = {"description": tool.description} if tool.description else {}
    definition["name"] = upstream_tool_name(tool.name, quirks.max_tool_name)
    definition["parameters"] = clean(tool.input_schema, quirks)
    return definition


def is_function(tool: Tool) -> bool:
    """Whether the client runs the tool: it is the client's own, or client_tools.py gave it a schema."""
    return tool.type == "custom" or tool.input_schema is not None


def is_strict(tool: Tool, definition: dict[str, Any], path: str, quirks: Quirks, losses: Losses) -> bool:
    """Whether the server is to hold the model to the schema. `path` is the tool's. Losses: a strictness that the server
    or the schema has not."""
    if not tool.strict:
        return False
    if quirks.strict_tools and strict_ready(definition["parameters"]):
        return True
    losses.dropped(f"{path}.strict", "the server has no strict mode for this schema")
    return False


def judge_hints(tool: Tool, path: str, losses: Losses) -> None:
    """Losses: what a function has no place for."""
    if tool.raw.get("input_examples"):
        losses.dropped(f"{path}.input_examples", "functions carry no examples")
    callers = tool.raw.get("allowed_callers")
    if isinstance(callers, list) and callers and "direct" not in callers:
        losses.approximated(f"{path}.allowed_callers", "the model calls the tool directly")


def required_choice(quirks: Quirks, losses: Losses, note: str) -> tuple[str, str | None]:
    """The `tool_choice` that makes the model call a tool, or the nearest one and `note`, which asks it to. Losses: that
    the server cannot be told."""
    if quirks.tool_choice_required:
        return "required", None
    losses.approximated("tool_choice", "the server cannot be told to call a tool; the model is asked to")
    return "auto", note


def why_not_sent(tool: Tool) -> str:
    """The reason of the loss of a tool that is no function."""
    return f"`{tool.type}` runs on Anthropic's servers only"


def one_at_a_time(conversation: Conversation) -> bool:
    """Whether the model may call only one tool in a turn."""
    return conversation.tool_choice is not None and conversation.tool_choice.disable_parallel_tool_use
