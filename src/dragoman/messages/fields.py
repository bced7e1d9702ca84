"""Typed fields of decoded JSON: the value, or a Malformed that knows where it stands.

null counts as absent, as it does for the real API's optional fields.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

Fields = dict[str, Any]
"""A JSON object."""


class Malformed(Exception):
    """A field is missing or has a wrong type; `path` is relative until `under` makes it longer."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message

    def under(self, parent: str) -> "Malformed":
        """The same, seen from the object that holds `parent`."""
        return Malformed(f"{parent}.{self.path}" if self.path else parent, self.message)


def required_text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    if type(value) is str:
        return value
    raise Malformed(name, "Input should be a valid string" if name in fields else "Field required")


def optional_text(fields: Fields, name: str) -> str | None:
    value = fields.get(name)
    if value is None or type(value) is str:
        return value
    raise Malformed(name, "Input should be a valid string")


def required_object(fields: Fields, name: str) -> Fields:
    value = optional_object(fields, name)
    if value is None:
        raise Malformed(name, "Input should be an object" if name in fields else "Field required")
    return value


def optional_object(fields: Fields, name: str) -> Fields | None:
    value = fields.get(name)
    if value is None:
        return None
    if type(value) is dict:
        return cast("Fields", value)
    raise Malformed(name, "Input should be an object")


def optional_list(fields: Fields, name: str) -> list[Any] | None:
    value = fields.get(name)
    if value is None:
        return None
    if type(value) is list:
        return cast("list[Any]", value)
    raise Malformed(name, "Input should be a valid list")


def optional_flag(fields: Fields, name: str) -> bool | None:
    value = fields.get(name)
    if value is None or type(value) is bool:
        return value
    raise Malformed(name, "Input should be a valid boolean")


def optional_integer(fields: Fields, name: str) -> int | None:
    """A whole number; `8.0` is one, `true` is not."""
    value = fields.get(name)
    if value is None or type(value) is int:
        return value
    if type(value) is float and value.is_integer():
        return int(value)
    raise Malformed(name, "Input should be a valid integer")


def optional_number(fields: Fields, name: str) -> float | None:
    """A number, an int if it came as one."""
    value = fields.get(name)
    if value is None or type(value) is float or type(value) is int:
        return value
    raise Malformed(name, "Input should be a valid number")


def as_object(value: Any) -> Fields:
    """An item of a list that must be an object; the Malformed has an empty path."""
    if type(value) is dict:
        return cast("Fields", value)
    raise Malformed("", "Input should be an object")


@contextmanager
def inside(parent: str) -> Generator[None]:
    """Puts `parent` before the path of a Malformed that is raised within."""
    try:
        yield
    except Malformed as malformed:
        raise malformed.under(parent) from None
