"""Decoded JSON that may be of any type: what it is where it is what was expected, and empty where it is not."""

from typing import Any, cast


def as_object(value: Any) -> dict[str, Any]:
    """The object itself; an empty one for anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def as_list(value: Any) -> list[Any]:
    """The array itself; an empty one for anything else."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def objects_in(value: Any) -> list[dict[str, Any]]:
    """The objects in an array; entries of other types are left out."""
    return [cast("dict[str, Any]", entry) for entry in as_list(value) if isinstance(entry, dict)]
