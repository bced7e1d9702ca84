"""`tool_search_tool_regex` and `tool_search_tool_bm25`: which deferred tools fit (spec/anthropic-messages.md section 4.6)."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from dragoman.messages.fields import Fields
from dragoman.wire.jsonvalues import as_object

USUAL_LIMIT = 5
LONGEST_PATTERN = 200
LONGEST_QUERY = 500
PATTERN_SECONDS = 0.2
"""For all tools together: some patterns take for ever on some texts."""

_SATURATION = 1.2
_LENGTH_SHARE = 0.75
"""The usual constants of BM25."""

_WORD = re.compile(r"[^\W_]+")
_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class SearchRefused(Exception):
    """The search cannot be made; the code and the reason are for the error block."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def find_tools(kind: str, asked: Fields, tools: Sequence[Fields]) -> list[str]:
    """Names of fitting tools, the best first. Raises SearchRefused."""
    limit: Any = asked.get("limit")
    most = limit if type(limit) is int and limit > 0 else USUAL_LIMIT
    by_pattern = kind == "tool_search_tool_regex"
    field, longest = ("pattern", LONGEST_PATTERN) if by_pattern else ("query", LONGEST_QUERY)
    words: Any = asked.get(field)
    if not isinstance(words, str) or not words.strip():
        raise SearchRefused("invalid_tool_input", f"`{field}` is missing")
    if len(words) > longest:
        raise SearchRefused("invalid_tool_input", f"`{field}` has more than {longest} characters")
    return (_by_pattern(words, tools) if by_pattern else _by_words(words, tools))[:most]


def _by_pattern(pattern: str, tools: Sequence[Fields]) -> list[str]:
    import regex  # few requests search, and it is larger than all that is loaded for the others

    try:
        compiled = regex.compile(pattern, regex.IGNORECASE)
        return [
            str(tool.get("name"))
            for tool in tools
            if compiled.search("\n".join(_texts(tool)), timeout=PATTERN_SECONDS / len(tools))
        ]
    except regex.error as error:
        raise SearchRefused("invalid_tool_input", f"`pattern` is no regular expression: {error}") from None
    except TimeoutError:
        raise SearchRefused("unavailable", "`pattern` takes too long; a simpler one will do") from None


def _by_words(query: str, tools: Sequence[Fields]) -> list[str]:
    """By BM25; tools that share no word with the query are left out."""
    counted = [Counter(_words(" ".join(_texts(tool)))) for tool in tools]
    lengths = [sum(words.values()) for words in counted]
    usual = sum(lengths) / len(lengths) if lengths else 0
    scores = [0.0] * len(tools)
    for word in dict.fromkeys(_words(query)):
        having = sum(word in words for words in counted)
        rarity = math.log(1 + (len(tools) - having + 0.5) / (having + 0.5))
        for place, words in enumerate(counted):
            often = words[word]
            damped = often + _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * lengths[place] / (usual or 1))
            scores[place] += rarity * often * (_SATURATION + 1) / damped
    best = sorted(range(len(tools)), key=lambda place: -scores[place])
    return [str(tools[place].get("name")) for place in best if scores[place] > 0]


def _texts(tool: Fields) -> Iterator[str]:
    """Name, description, and the names and descriptions of the arguments."""
    yield str(tool.get("name") or "")
    yield str(tool.get("description") or "")
    for name, argument in as_object(as_object(tool.get("input_schema")).get("properties")).items():
        yield name
        yield str(as_object(argument).get("description") or "")


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(_CASE.sub(" ", text))]
