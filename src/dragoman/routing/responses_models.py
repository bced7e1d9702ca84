"""Which models are asked in the language of Responses, and how they and their hosts differ there.

Source: spec/openai-responses.md sections 1, 2, 3, 5, 9 and 13. Read from the parsed generation: a new one inherits what
the newest known one does.
"""

import re
from typing import Any

from dragoman.routing.families import Generation, generation_of

RESPONSES_HOSTS = frozenset({"openai", "azure"})
"""Vendors whose newer OpenAI models take tools only there."""

_ONLY_RESPONSES = re.compile(r"-(?:pro|codex|cyber|deep-research)\b|computer-use", re.IGNORECASE)
_REASONING_GROK = re.compile(r"grok-(?:[4-9]|\d\d|3-mini|code)", re.IGNORECASE)


def speaks_responses(vendor: str | None, model: str) -> bool:
    """Whether a model that `vendor` serves is asked through Responses, where nobody has said which language to use."""
    if vendor == "xai":
        return _REASONING_GROK.match(model) is not None
    if vendor not in RESPONSES_HOSTS:
        return False
    return _ONLY_RESPONSES.search(model) is not None or _is_from(generation_of(model), 5, 4)


def responses_quirks(vendor: str | None, model: str) -> dict[str, Any]:
    """The fields of `Quirks` that the language decides, for a model at a vendor's host or at one that nobody knows."""
    # Of `web_search`, a row of routing/vendors.py means the server's search in Chat Completions, which is another one.
    fields: dict[str, Any] = {
        "max_tool_id": 64,
        "min_output_tokens": 16,
        "think_tags": False,
        "web_search": False,
    }
    generation = generation_of(model)
    if vendor == "xai":
        return fields | {"encrypted_reasoning": True, "reasoning_back": "always", "reasoning_summaries": True}
    if generation is None:
        return fields
    fields |= {
        "system_role": "developer",
        "system_anywhere": True,
        "system_as_item": True,
        "media_in_results": True,
        "web_search": True,
        "phases": _is_from(generation, 5, 4) or (_is_from(generation, 5, 3) and "codex" in generation.rest),
    }
    if generation.line == "o" or generation.major >= 5:
        fields |= {"encrypted_reasoning": True, "reasoning_summaries": True, "reasoning_back": "always"}
    if vendor == "openai":
        fields |= {
            "service_tiers": True,
            "additional_tools": _is_from(generation, 5, 4),
            "cache_breakpoints": _is_from(generation, 5, 6),
        }
    return fields


def _is_from(generation: Generation | None, major: int, minor: int) -> bool:
    return (
        generation is not None
        and generation.line == "gpt"
        and (generation.major, generation.minor) >= (major, minor)
    )
