"""Reads the JSON of a finished tool call, also where a weak model wrote it wrongly (spec/openai-chat.md 7.1)."""

import re
import warnings
from ast import literal_eval
from typing import Any, cast

import msgspec

from dragoman.wire.jsonbytes import JsonError, decode, encode

_FENCE = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)
_STRING_OR_TRAILING_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(\s*[}\]])', re.DOTALL)


class ToolInput(msgspec.Struct, frozen=True):
    value: dict[str, Any]
    """The arguments; or `{"__unparsedToolInput": {"raw", "len"}}`, which clients refuse visibly."""
    cut: bool = False
    """The text was not complete JSON."""


def read_tool_input(text: str) -> ToolInput:
    """The arguments of a call. Nothing is guessed: what is not an object after repair is marked as unparsed."""
    if not text.strip():
        return ToolInput({})
    unfenced = _FENCE.sub(r"\1", text)
    for form in (text, unfenced, _STRING_OR_TRAILING_COMMA.sub(r"\1\2", unfenced)):
        value = _read_json(form)
        if isinstance(value, str):
            value = _read_json(value)
        if isinstance(value, dict):
            return ToolInput(cast("dict[str, Any]", value))
    value = _read_python(unfenced.strip())
    if isinstance(value, dict):
        return ToolInput(cast("dict[str, Any]", value))
    return ToolInput({"__unparsedToolInput": {"raw": text, "len": len(text)}}, cut=_is_cut(text))


def as_tool_input(value: Any) -> dict[str, Any]:
    """The input of a call in a history: always an object, whatever a client echoes of what a model once wrote."""
    if isinstance(value, dict):
        return cast("dict[str, Any]", value)
    return read_tool_input(value if isinstance(value, str) else encode(value).decode()).value


def _read_json(text: str) -> Any:
    try:
        return decode(text.encode("utf-8", "replace"))
    except JsonError:
        return None


def _read_python(text: str) -> Any:
    """A dict literal with single quotes, True and None, as small models write it."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return decode(encode(literal_eval(text)))
    except (JsonError, TypeError, ValueError, SyntaxError, MemoryError, RecursionError, OverflowError):
        return None


def _is_cut(text: str) -> bool:
    """Whether the text ends inside a string, an array or an object that it opened."""
    depth = 0
    in_string = escaped = False
    for char in text:
        if escaped:
            escaped = False
        elif in_string and char == "\\":
            escaped = True
        elif char == '"':
            in_string = not in_string
        elif not in_string and char in "{[":
            depth += 1
        elif not in_string and char in "}]":
            depth -= 1
    return in_string or depth > 0
