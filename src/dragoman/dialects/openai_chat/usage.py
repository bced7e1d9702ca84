"""Usage of OpenAI-compatible servers to Anthropic's classes (spec/openai-chat.md section 7.3)."""

from typing import Any

from dragoman.messages.events import Usage
from dragoman.wire.jsonvalues import as_object

LARGEST_COUNT = 10_000_000
"""More tokens in one request than any model takes: a larger number is a lie or an overflow."""


def read_usage(value: dict[str, Any], service_tier: str | None = None) -> Usage:
    """`prompt_tokens` counts cached and written tokens too; Anthropic's `input_tokens` counts neither."""
    details = as_object(value.get("prompt_tokens_details"))
    prompt = _count(value.get("prompt_tokens"))
    cached = (
        _count(details.get("cached_tokens"))
        or _count(value.get("prompt_cache_hit_tokens"))
        or _count(value.get("cached_tokens"))
    )
    written = _count(details.get("cache_write_tokens"))
    cached = min(cached, prompt)
    written = min(written, prompt - cached)
    output = _count(value.get("completion_tokens"))
    total = _count(value.get("total_tokens"))
    if total > prompt + output:
        output = total - prompt  # xAI and Gemini's compatible endpoint leave reasoning out of the completion
    reasoning = _count(as_object(value.get("completion_tokens_details")).get("reasoning_tokens"))
    return Usage(
        input_tokens=prompt - cached - written,
        cache_read_input_tokens=cached,
        cache_creation_input_tokens=written,
        output_tokens=output,
        output_tokens_details={"thinking_tokens": min(reasoning, output)},
        service_tier=None
        if service_tier is None
        else ("priority" if service_tier == "priority" else "standard"),
    )


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return 0
    return int(min(max(value, 0), LARGEST_COUNT))
