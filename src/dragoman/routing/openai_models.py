"""How OpenAI's model families deviate, derived from the parsed generation.

New generations inherit what the newest known one does. Source: spec/openai-chat.md sections 0, 1 and 9, and
spec/openai-responses.md section 7.1.
"""

from typing import Any

from dragoman.routing.families import Generation, generation_of

_ALL_OPENAI: dict[str, Any] = {
    "max_tokens_field": "max_completion_tokens",
    "system_anywhere": True,
    "strict_tools": True,
    "files": True,
    "think_tags": False,
}
_REASONING: dict[str, Any] = {
    "system_role": "developer",
    "sampling": False,
    "effort_style": "reasoning_effort",
}


def openai_model_quirks(model: str) -> dict[str, Any]:
    """The fields of `Quirks` that an OpenAI id decides wherever it is served; empty for other ids."""
    generation = generation_of(model)
    if generation is None:
        return {}
    if generation.line == "o":
        return _ALL_OPENAI | _REASONING | _O_SERIES
    if generation.major < 5:
        return _ALL_OPENAI | _limits_before_five(generation)
    return _ALL_OPENAI | _REASONING | _gpt_five_and_later(generation)


_O_SERIES: dict[str, Any] = {
    "efforts": ("low", "medium", "high"),
    "reasons": True,
    "always_reasons": True,
    "max_output_tokens": 100_000,
    "context_window": 200_000,
}


def _limits_before_five(generation: Generation) -> dict[str, Any]:
    if generation.minor == 1:
        return {"max_output_tokens": 32_768, "context_window": 1_047_576}
    if generation.rest.startswith("o"):
        return {"max_output_tokens": 16_384, "context_window": 128_000}
    return {}


def _gpt_five_and_later(generation: Generation) -> dict[str, Any]:
    efforts = _efforts(generation)
    return {
        "efforts": efforts,
        # 5.1 to 5.4 do not think unless asked; what 5.5 does is not known.
        "reasons": not (5, 1) <= (generation.major, generation.minor) <= (5, 4),
        "always_reasons": "none" not in efforts,
        "max_output_tokens": 128_000,
        "context_window": 400_000,
    }


def _efforts(generation: Generation) -> tuple[str, ...]:
    number = (generation.major, generation.minor)
    if number == (5, 0):
        return ("high",) if generation.rest.startswith("-pro") else ("minimal", "low", "medium", "high")
    if number == (5, 1):
        return ("none", "low", "medium", "high")
    if number < (5, 6):
        return ("none", "low", "medium", "high", "xhigh")
    if generation.rest.startswith("-astra"):
        # The one tier whose `none` and `minimal` are a 400.
        return ("low", "medium", "high", "xhigh", "max")
    return ("none", "low", "medium", "high", "xhigh", "max")
