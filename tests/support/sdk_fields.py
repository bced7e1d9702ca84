"""Every field of the Messages API, read from the official SDK's own types.

A path has no list indexes, and names the member of a union by its `type` without the date: `content.image.source.url`,
`tools.web_search.max_uses`. Answers begin with `answer.`, and what a system message has beside its content with
`messages.system.`.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

from anthropic.types.beta import BetaMessage, message_create_params
from pydantic import BaseModel

_DATE = re.compile(r"_\d{8}$")
_ROLES = ("user", "assistant", "system")

Shape = type[Any]


def request_paths() -> set[str]:
    """The fields of a request and of everything in it."""
    paths: set[str] = set()
    for variant in (
        message_create_params.MessageCreateParamsNonStreaming,
        message_create_params.MessageCreateParamsStreaming,
    ):
        for name, hint in _hints(variant).items():
            paths |= set(_below(name, hint, ()))
    return {_with_short_content(path) for path in paths}


def answer_paths() -> set[str]:
    """The fields of an answer and of everything in it."""
    fields = _hints(BetaMessage).items()
    return {
        path
        for name, hint in fields
        if name not in ("type", "role")
        for path in _below(f"answer.{name}", hint, ())
    }


def _below(path: str, hint: Any, above: tuple[Shape, ...]) -> Iterator[str]:
    """The path itself and the paths of the fields in it; a shape inside itself is only named."""
    yield path
    shapes = list(dict.fromkeys(_shapes(hint)))
    union = len(shapes) > 1
    for shape in shapes:
        tag = _tag(shape)
        here = f"{path}.{tag}" if tag and union else path
        yield here
        if shape in above:
            continue
        for name, inner in _hints(shape).items():
            if name not in ("type", "role"):
                yield from _below(f"{here}.{name}", inner, (*above, *shapes))


def _shapes(hint: Any) -> Iterator[Shape]:
    """The objects that a value may be."""
    if isinstance(hint, type) and (hasattr(hint, "__required_keys__") or issubclass(hint, BaseModel)):
        yield hint
        return
    for argument in get_args(hint):
        yield from _shapes(argument)


@cache
def _hints(shape: Shape) -> dict[str, Any]:
    if issubclass(shape, BaseModel):
        return {field.alias or name: field.annotation for name, field in shape.model_fields.items()}
    return get_type_hints(shape)


@cache
def _tag(shape: Shape) -> str:
    """What tells a member of a union from the others; empty if nothing does."""
    hints = _hints(shape)
    for name in ("type", "role"):
        values = [value for value in _literals(hints.get(name)) if isinstance(value, str)]
        if values:
            return _DATE.sub("", values[0])
    return ""


def _literals(hint: Any) -> Iterator[Any]:
    if get_origin(hint) is Literal:
        yield from get_args(hint)
    else:
        for argument in get_args(hint):
            yield from _literals(argument)


def _with_short_content(path: str) -> str:
    for role in _ROLES:
        path = re.sub(rf"^messages\.{role}\.content", "content", path)
    return path
