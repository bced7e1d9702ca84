"""OpenRouter's `reasoning_details`, which have to come back as they were (spec/openai-chat.md section 9)."""

from collections.abc import Iterable
from typing import Any

_SAID_IN = {"reasoning.text": "text", "reasoning.summary": "summary"}
"""The field that grows while an object of a type is streamed."""


def join_details(details: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Streamed pieces of one reasoning object put together again; encrypted ones are whole already."""
    joined: list[dict[str, Any]] = []
    said: list[list[str]] = []
    """What each of `joined` says, in pieces: a text that grows by adding to it is copied each time."""
    for piece in details:
        field = _field_of(piece)
        text = piece.get(field) if field is not None else None
        words = [text] if isinstance(text, str) else []
        if field is not None and joined and _goes_on(joined[-1], piece):
            joined[-1] |= {name: value for name, value in piece.items() if value is not None}
            said[-1] += words
        else:
            joined.append(dict(piece))
            said.append(words)
    for entry, words in zip(joined, said, strict=True):
        field = _field_of(entry)
        if field is not None and words:
            entry[field] = "".join(words)
    return joined


def _field_of(piece: dict[str, Any]) -> str | None:
    kind = piece.get("type")
    return _SAID_IN.get(kind) if isinstance(kind, str) else None


def _goes_on(last: dict[str, Any], piece: dict[str, Any]) -> bool:
    return all(last.get(name) == piece.get(name) for name in ("type", "index"))
