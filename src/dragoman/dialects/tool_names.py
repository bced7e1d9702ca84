"""Names of tools that an upstream refuses, made acceptable and mapped back."""

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache

from dragoman.messages.request import Tool

WORD = re.compile(r"[A-Za-z0-9_-]+")
"""What OpenAI and most others take."""

_HASH_LENGTH = 8


LONGEST_KEPT = 256
"""Characters. Clients choose names, and what is remembered of them must stay small."""


def upstream_tool_name(name: str, limit: int = 64, valid: re.Pattern[str] = WORD) -> str:
    """A name of at most `limit` letters, digits, `_` and `-`; one that is already `valid` stays."""
    return _made(name, limit, valid) if len(name) <= LONGEST_KEPT else _make(name, limit, valid)


def _make(name: str, limit: int, valid: re.Pattern[str]) -> str:
    if len(name) <= limit and valid.fullmatch(name):
        return name
    digest = hashlib.sha1(name.encode("utf-8", "replace"), usedforsecurity=False).hexdigest()[:_HASH_LENGTH]
    kept = re.sub(r"[^A-Za-z0-9_-]", "_", name)
    if kept and not valid.fullmatch(kept[0]):
        kept = f"_{kept}"
    return f"{kept[: limit - _HASH_LENGTH - 1]}_{digest}"


_made = lru_cache(maxsize=4096)(_make)  # every call and result of a history asks again


def tool_name_table(tools: Iterable[Tool], limit: int = 64, valid: re.Pattern[str] = WORD) -> dict[str, str]:
    """Upstream name to the client's, for the tools whose names differ."""
    pairs = ((upstream_tool_name(tool.name, limit, valid), tool.name) for tool in tools)
    return {upstream: client for upstream, client in pairs if upstream != client}
