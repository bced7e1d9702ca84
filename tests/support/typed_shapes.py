"""Compares plain JSON values with the request types of an SDK, key by key, extra keys forbidden."""

import functools
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typing_extensions

WRAPPERS = (
    typing.Required,
    typing.NotRequired,
    typing_extensions.Required,
    typing_extensions.NotRequired,
    Annotated,
)


@dataclass(frozen=True)
class Mismatch:
    path: str
    """Such as `messages[0].content[1].cache_control`."""
    kind: Literal["unknown", "missing", "type", "value"]
    wanted: tuple[str, ...] = ()
    """The literals that were allowed, or the names of the types."""
    found: str = ""


def mismatches(value: Any, hint: Any, path: str = "") -> Iterator[Mismatch]:
    """Where `value` departs from the annotation `hint`."""
    origin = get_origin(hint)
    if origin in WRAPPERS:
        yield from mismatches(value, get_args(hint)[0], path)
    elif hint in (Any, object):
        return
    elif typing_extensions.is_typeddict(hint):
        yield from _of_object(value, hint, path)
    elif origin in (Union, types.UnionType):
        yield from _of_union(value, get_args(hint), path)
    elif origin is Literal:
        yield from _of_literal(value, get_args(hint), path)
    elif origin is not None and issubclass(origin, Mapping):
        yield from _of_mapping(value, get_args(hint)[1], path)
    elif origin is not None and issubclass(origin, Iterable):
        yield from _of_array(value, get_args(hint)[0], path)
    elif not _is_a(value, hint):
        yield Mismatch(path, "type", (_name(hint),), json_type(value))


def check_none(found: list[Mismatch]) -> None:
    """AssertionError that lists what was found."""
    assert not found, "\n".join(f"{one.path}: {one.kind} {one.found} (wants {one.wanted})" for one in found)


def _of_literal(value: Any, allowed: tuple[Any, ...], path: str) -> Iterator[Mismatch]:
    if isinstance(value, (dict, list)):
        yield Mismatch(path, "type", ("a string",), json_type(value))
    elif value not in allowed:
        yield Mismatch(path, "value", tuple(map(str, allowed)), str(value))


def _is_a(value: Any, hint: Any) -> bool:
    if hint in (None, type(None)):
        return value is None
    if isinstance(value, bool):
        return hint is bool
    return isinstance(value, (int, float) if hint is float else hint)


def _name(hint: Any) -> str:
    names = {str: "a string", int: "an integer", float: "a number", bool: "a boolean", type(None): "null"}
    return names.get(hint, "an object" if get_origin(hint) is None else "an array")


def json_type(value: Any) -> str:
    """What a server calls this value."""
    if isinstance(value, dict):
        return "an object"
    return "an array" if isinstance(value, list) else _name(type(value))


def _of_mapping(value: Any, inner: Any, path: str) -> Iterator[Mismatch]:
    if not isinstance(value, dict):
        yield Mismatch(path, "type", ("an object",), json_type(value))
        return
    for key, item in value.items():
        yield from mismatches(item, inner, f"{path}.{key}")


def _of_array(value: Any, inner: Any, path: str) -> Iterator[Mismatch]:
    if not isinstance(value, list):
        yield Mismatch(path, "type", ("an array",), json_type(value))
        return
    for index, item in enumerate(value):
        yield from mismatches(item, inner, f"{path}[{index}]")


def _of_object(value: Any, shape: Any, path: str) -> Iterator[Mismatch]:
    if not isinstance(value, dict):
        yield Mismatch(path, "type", ("an object",), json_type(value))
        return
    hints = _hints(shape)
    prefix = f"{path}." if path else ""
    tags = [key for key in ("type", "role") if key in value and key in hints]
    wrong = [one for key in tags for one in mismatches(value[key], hints[key], f"{prefix}{key}")]
    if wrong:
        # The rest is meant for another shape.
        yield from wrong
        return
    for key in value:
        if key not in hints:
            yield Mismatch(f"{prefix}{key}", "unknown")
    for key, hint in hints.items():
        if key in value:
            yield from mismatches(value[key], hint, f"{prefix}{key}")
        elif _required(key, hint, shape):
            yield Mismatch(f"{prefix}{key}", "missing")


@functools.cache
def _hints(shape: Any) -> dict[str, Any]:
    """Cached: a long conversation has one object many times."""
    return typing_extensions.get_type_hints(shape, include_extras=True)


def _required(key: str, hint: Any, shape: Any) -> bool:
    # Annotations are strings in the SDKs, so __required_keys__ alone does not know about Required[...].
    if get_origin(hint) in (typing.Required, typing_extensions.Required):
        return True
    optional = (typing.NotRequired, typing_extensions.NotRequired)
    return key in shape.__required_keys__ and get_origin(hint) not in optional


def _of_union(value: Any, members: tuple[Any, ...], path: str) -> Iterator[Mismatch]:
    """The complaints of the member that fits best: one that agrees on `type` and `role`, else the fewest."""
    complaints = [list(mismatches(value, member, path)) for member in members]
    if not all(complaints):
        return
    shaped = [
        found for found in complaints if not any(one.path == path and one.kind == "type" for one in found)
    ]
    tags = (f"{path}.type", f"{path}.role", "type", "role")
    tagged = [found for found in shaped if not any(one.path in tags for one in found)]
    if shaped and not tagged:
        # A role is judged by the shapes of the type, if there are any.
        typed = [found for found in shaped if not any(one.path in tags[::2] for one in found)]
        wrong = [one for found in typed or shaped for one in found if one.path in tags]
        wanted = tuple(dict.fromkeys(literal for one in wrong for literal in one.wanted))
        yield Mismatch(wrong[0].path, wrong[0].kind, wanted, wrong[0].found)
    elif tagged:
        yield from min(tagged, key=len)
    else:
        wanted = tuple(dict.fromkeys(name for found in complaints for name in found[0].wanted))
        yield Mismatch(path, "type", wanted, json_type(value))
