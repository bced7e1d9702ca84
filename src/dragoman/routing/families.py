"""Which vendor's model an id names, read from the id alone and never from a list of known models."""

import re
from typing import Literal, NamedTuple

Family = Literal["claude", "gemini", "openai"]

_OPENAI = re.compile(r"(?:ft:)?(?:gpt-|chatgpt-|o\d)", re.IGNORECASE)
_GENERATION = re.compile(
    r"(?:ft:)?(?:chat)?(?:gpt-(\d+)(?:\.(\d+))?|o(\d+))(?![\d.])(.*)", re.IGNORECASE | re.DOTALL
)
_CLAUDE = re.compile(
    r"claude-(?:(?P<line>[a-z]+)-)?(?P<major>\d+)(?:[-.](?P<minor>\d{1,2})(?!\d))?", re.IGNORECASE
)


class Generation(NamedTuple):
    """An OpenAI model's place in its line: `gpt-5.6-terra` is gpt, 5, 6, `-terra`."""

    line: Literal["gpt", "o"]
    major: int
    minor: int
    rest: str
    """What follows the number, in lower case."""


def family_of(model: str) -> Family | None:
    """The family of a bare id, or None if the id says nothing."""
    lowered = model.lower()
    if lowered.startswith("claude"):
        return "claude"
    if lowered.startswith("gemini-"):
        return "gemini"
    return "openai" if _OPENAI.match(model) else None


def generation_of(model: str) -> Generation | None:
    """The generation of an OpenAI id, or None for any other id, `gpt-oss` included."""
    found = _GENERATION.match(model)
    if found is None:
        return None
    major, minor, reasoning, rest = found.groups()
    if major == "35":
        # Azure's ids have no dot: `gpt-35-turbo`.
        return Generation("gpt", 3, 5, rest.lower())
    if reasoning is not None:
        return Generation("o", int(reasoning), 0, rest.lower())
    return Generation("gpt", int(major), int(minor or 0), rest.lower())


class ClaudeVersion(NamedTuple):
    """`claude-opus-4-6@20260101` is opus, 4, 6; `claude-3-5-haiku` has its number first."""

    major: int
    minor: int
    line: str
    """Empty where it does not stand before the number."""


def claude_version_of(model: str) -> ClaudeVersion | None:
    """The version of a Claude id, with or without a vendor before it; None for other ids and those without a number."""
    found = _CLAUDE.match(model.rpartition("/")[2])
    if found is None:
        return None
    return ClaudeVersion(int(found["major"]), int(found["minor"] or 0), (found["line"] or "").lower())
