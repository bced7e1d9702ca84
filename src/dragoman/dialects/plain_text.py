"""What blocks that only Anthropic's models know look like as text (spec/anthropic-messages.md section 5.2)."""

from collections.abc import Iterable, Iterator
from typing import Any, cast

from dragoman.dialects.tool_visibility import referenced_names
from dragoman.messages.blocks import (
    Document,
    SearchResult,
    ServerToolResult,
    ServerToolUse,
    ToolChange,
)
from dragoman.wire.jsonbytes import encode

_REMINDER = "system-reminder"


def reminder(text: str) -> str:
    """A system message for a server that allows none at this place; Claude Code's own tag for it."""
    if text.lstrip().startswith(f"<{_REMINDER}>"):
        return text
    return f"<{_REMINDER}>\n{text}\n</{_REMINDER}>"


def tool_change_note(change: ToolChange) -> str:
    """One line on a tool that came or went."""
    state = "now available" if change.added else "no longer available"
    return f"The tool {change.tool_name} is {state}."


def functions_text(definitions: Iterable[dict[str, Any]]) -> str:
    """Tool definitions (`description`, `name`, `parameters`) as ToolSearch promises them to the model."""
    lines = [f"<function>{encode(definition).decode()}</function>" for definition in definitions]
    return "\n".join(("<functions>", *lines, "</functions>"))


def document_text(document: Document, text: str) -> str:
    """A document's text under its title and context."""
    title = f' title="{_attribute(document.title)}"' if document.title else ""
    context = f"<context>{document.context}</context>\n" if document.context else ""
    return f"<document{title}>\n{context}{text}\n</document>"


def search_result_text(result: SearchResult) -> str:
    """A search result with its source and title."""
    source, title = _attribute(result.source), _attribute(result.title)
    return f'<search_result source="{source}" title="{title}">\n{result.text}\n</search_result>'


def server_tool_text(use: ServerToolUse | None, result: ServerToolResult | None) -> str:
    """A call of a tool that Anthropic ran, and what came of it, in one bracket."""
    name = use.name if use is not None else (result.type.removesuffix("_tool_result") if result else "tool")
    asked = _asked(use.input) if use is not None else ""
    told = " → " + ("\n".join(_lines(result.content)) or "nothing") if result is not None else ""
    return f"[{name.replace('_', ' ')}{asked}{told}]"


def _asked(value: Any) -> str:
    if not value:
        return ""
    if isinstance(value, dict):
        values = list(cast("dict[str, Any]", value).values())
        if len(values) == 1 and isinstance(values[0], str):
            return f' "{values[0]}"'
    return " " + encode(value).decode()


def _lines(content: Any) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, list):
        entries = [line for entry in cast("list[Any]", content) for line in _lines(entry)]
        yield from entries if len(entries) == 1 else (f"{n}. {line}" for n, line in enumerate(entries, 1))
    elif isinstance(content, dict):
        yield from _lines_of_object(cast("dict[str, Any]", content))


def _lines_of_object(content: dict[str, Any]) -> Iterator[str]:
    if isinstance(code := content.get("error_code"), str):
        yield f"error: {code}"
    names = referenced_names(content)
    if names:
        yield "tools found: " + ", ".join(names)
    where = [part for key in ("title", "url") if isinstance(part := content.get(key), str) and part]
    if where:
        yield " — ".join(where)
    for key in ("text", "data", "stdout", "stderr"):
        if isinstance(text := content.get(key), str) and text and content.get("type") != "base64":
            yield text
    if isinstance(code := content.get("return_code"), int) and code:
        yield f"exit code {code}"
    for key in ("source", "content"):
        yield from _lines(content.get(key))


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;")
