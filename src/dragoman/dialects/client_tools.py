"""Tools that Anthropic defines and the client runs, as functions that any model can call (spec/anthropic-messages.md
section 4.2): bash, the text editor and memory.

Their schemas are in no request, because Anthropic's models know them. What is said of them here are the arguments that
clients expect; a version that nobody knows yet is taken for the newest.
"""

import re
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from dragoman.messages.errors import ApiError, invalid_request
from dragoman.messages.request import Conversation, Tool

Schema = dict[str, Any]

_VERSIONED = re.compile(r"(bash|text_editor|memory)_(\d{8})")
_FOR_CLAUDE_ONLY = ("computer_", "browser_")
_WITHOUT_UNDO = "20250429"
"""From this version on the editor has another name, cannot undo, and inserts `insert_text`."""


def with_client_tools(conversation: Conversation) -> Conversation:
    """The conversation with a name, a description and a schema for each of these tools; the places in `tools` stay.

    Raises ApiError (400) for computers and browsers: their toolsets are not in the request, and where to click takes a
    model that learned it.
    """
    tools = tuple(_as_function(tool, place) for place, tool in enumerate(conversation.tools))
    unchanged = all(new is old for new, old in zip(tools, conversation.tools, strict=True))
    return conversation if unchanged else replace(conversation, tools=tools)


def _as_function(tool: Tool, place: int) -> Tool:
    if tool.type == "custom" or tool.input_schema is not None:
        return tool
    if tool.type.startswith(_FOR_CLAUDE_ONLY):
        raise _refusal(tool, place)
    known = _VERSIONED.fullmatch(tool.type)
    return tool if known is None else _DEFINED[known[1]](tool, known[2])


def _refusal(tool: Tool, place: int) -> ApiError:
    return invalid_request(
        f"tools.{place}: `{tool.type}` is defined by Anthropic and works with its models only; "
        "route this model to Anthropic, or declare the tools as custom tools"
    )


def _made(tool: Tool, name: str, description: str, properties: Schema, required: tuple[str, ...]) -> Tool:
    schema: Schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = list(required)
    return replace(tool, name=tool.name or name, description=description, input_schema=schema)


def _text(description: str) -> Schema:
    return {"type": "string", "description": description}


def _bash(tool: Tool, _version: str) -> Tool:
    properties = {
        "command": _text("The command to run. Left out only with `restart`."),
        "restart": {
            "type": "boolean",
            "description": "true: start a new shell instead of running a command.",
        },
    }
    description = (
        "Runs a command in a bash shell and returns its output. The shell stays the same from call to call, with its "
        "working directory and variables."
    )
    return _made(tool, "bash", description, properties, ())


def _text_editor(tool: Tool, version: str) -> Tool:
    undoes = version < _WITHOUT_UNDO
    commands = ["view", "create", "str_replace", "insert", *(["undo_edit"] if undoes else [])]
    lines = [
        "Views, creates and edits text files. Commands:",
        "- view: shows a file with numbered lines, or what is in a directory" + _limit(tool) + ".",
        "- create: makes a new file that holds `file_text`.",
        _REPLACES,
        f"- insert: puts `{_inserted(undoes)}` behind line `insert_line`.",
    ]
    if undoes:
        lines.append("- undo_edit: takes back the last edit of the file.")
    properties: Schema = {
        "command": {"type": "string", "enum": commands, "description": "What to do."},
        "path": _text("The file, or the directory to view."),
        **_contents(undoes),
    }
    name = "str_replace_editor" if undoes else "str_replace_based_edit_tool"
    return _made(tool, name, "\n".join(lines), properties, ("command", "path"))


def _memory(tool: Tool, _version: str) -> Tool:
    commands = ["view", "create", "str_replace", "insert", "delete", "rename"]
    description = "\n".join(
        [
            "Keeps files in the directory /memories beyond this conversation. Look there for earlier progress before "
            "you begin, and note there what a later conversation needs. Commands:",
            "- view: shows a file with numbered lines, or what is in a directory.",
            "- create: writes a file that holds `file_text`.",
            _REPLACES,
            f"- insert: puts `{_inserted(False)}` behind line `insert_line`.",
            "- delete: removes a file or a directory.",
            "- rename: moves `old_path` to `new_path`.",
        ]
    )
    properties: Schema = {
        "command": {"type": "string", "enum": commands, "description": "What to do."},
        "path": _text("The file or directory, below /memories; for every command but rename."),
        **_contents(undoes=False),
        "old_path": _text("For rename: what to move."),
        "new_path": _text("For rename: where to."),
    }
    return _made(tool, "memory", description, properties, ("command",))


_REPLACES = (
    "- str_replace: puts `new_str` in the place of `old_str`, which must stand in the file exactly once, with all its "
    "white space."
)


def _inserted(undoes: bool) -> str:
    return "new_str" if undoes else "insert_text"


def _contents(undoes: bool) -> Schema:
    """The arguments about what stands in a file; `undoes`: of an editor that still inserts `new_str`."""
    inserts: Schema = {} if undoes else {"insert_text": _text("For insert: the text to add.")}
    also = "; for insert: the text to add" if undoes else ""
    return {
        "file_text": _text("For create: all that the file is to hold."),
        "old_str": _text("For str_replace: the text to replace."),
        "new_str": _text(f"For str_replace: the text in its place{also}."),
        "insert_line": {
            "type": "integer",
            "description": "For insert: the line behind which the text goes, 0 for the beginning of the file.",
        },
        **inserts,
        "view_range": {
            "type": "array",
            "items": {"type": "integer"},
            "description": "For view of a file: the first and the last line to show, as [first, last], counted from 1; "
            "-1 as the last shows all that follows. Left out: the whole file.",
        },
    }


def _limit(tool: Tool) -> str:
    """How much of a file the client shows, where the request says so."""
    most: Any = tool.raw.get("max_characters")
    return f"; at most {most} characters are shown" if type(most) is int else ""


_DEFINED: dict[str, Callable[[Tool, str], Tool]] = {
    "bash": _bash,
    "text_editor": _text_editor,
    "memory": _memory,
}
