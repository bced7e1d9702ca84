"""The parts of a requested model's name: `prefix/model:channel[1m]`. Knows spelling, not what is configured."""

import re
from collections.abc import Container
from typing import Literal

Way = Literal["openai", "gemini", "anthropic", "vertex_ai", "litellm"]
"""One of the built-in ways to an upstream, named by the prefix that chooses it."""

WAYS: tuple[Way, ...] = ("openai", "gemini", "anthropic", "vertex_ai", "litellm")
DEMO_MODEL = "dragoman/demo"
RESERVED_CHANNEL_NAMES = frozenset({*WAYS, "dragoman", "default"})
"""Names that `:channel` cannot have, because a prefix or a built-in channel has them."""

LONGEST_NAME = 256

_BRACKET = re.compile(r"\[[^\[\]]*\]\Z")


def name_fault(name: str) -> str | None:
    """What is wrong with a model name, as a sentence without the name itself, or None."""
    if not name.strip():
        return "expected the name of a model, got nothing"
    if len(name) > LONGEST_NAME:
        return f"expected at most {LONGEST_NAME} characters, got {len(name)}"
    if not name.isprintable():
        return "expected a name without control characters"
    if ".." in name:
        return "expected a name without `..`"
    return None


def without_bracket(name: str) -> str:
    """`claude-sonnet-5[1m]` without what Claude Code adds for the long context window."""
    return _BRACKET.sub("", name)


def split_channel(name: str, channels: Container[str]) -> tuple[str, str | None]:
    """The model and its channel, if the text after the last colon is one of `channels` (any case).

    Real ids have colons too (`llama3.1:8b`), so any other suffix is part of the id.
    """
    model, colon, suffix = name.rpartition(":")
    if colon and suffix.lower() in channels:
        return model, suffix.lower()
    return name, None


def split_prefix(name: str) -> tuple[Way | None, str]:
    """The way that an explicit prefix names (any case) and the rest; only the first is taken off."""
    prefix, slash, rest = name.partition("/")
    for way in WAYS:
        if slash and prefix.lower() == way:
            return way, rest
    return None, name


def split_vendor(name: str, vendors: Container[str]) -> tuple[str | None, str]:
    """The prefix, if it is one of `vendors` (any case), and the rest; only the first is taken off."""
    prefix, slash, rest = name.partition("/")
    if slash and prefix.lower() in vendors:
        return prefix.lower(), rest
    return None, name
