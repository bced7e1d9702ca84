"""Usage of OpenAI-compatible servers to Anthropic's classes (spec/openai-chat.md section 7.3)."""

from typing import Any

from dragoman.dialects.usage_numbers import count_of
from dragoman.messages.events import Usage
from dragoman.wire.jsonvalues import as_object


def read_usage(value: dict[str, Any], service_tier: str | None = None) -> Usage:
    """`prompt_tokens` counts cached and written tokens too; Anthropic's `input_tokens` counts neither."""
    details = as_object(value.get("prompt_tokens_details"))
    prompt = count_of(value.get("prompt_tokens"))
    cached = (
        count_of(details.get("cached_tokens"))
        or count_of(value.get("prompt_cache_hit_tokens"))
        or count_of(value.get("cached_tokens"))
    )
    written = count_of(details.get("cache_write_tokens"))
    cached = min(cached, prompt)
    written = min(written, prompt - cached)
    output = count_of(value.get("completion_tokens"))
    total = count_of(value.get("total_tokens"))
    if total > prompt + output:
        output = total - prompt  # xAI and Gemini's compatible endpoint leave reasoning out of the completion
    reasoning = count_of(as_object(value.get("completion_tokens_details")).get("reasoning_tokens"))
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


def told_searches(value: dict[str, Any]) -> int:
    """How many searches of the web OpenRouter made: its documents say `server_tool_use`, its answers and its API
    description `server_tool_use_details` (2026-08)."""
    details = (as_object(value.get(name)) for name in ("server_tool_use_details", "server_tool_use"))
    return max(count_of(one.get("web_search_requests")) for one in details)
