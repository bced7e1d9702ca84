"""Usage of a Responses server to Anthropic's classes (spec/openai-responses.md section 9)."""

from typing import Any

from msgspec.structs import replace

from dragoman.dialects.usage_numbers import count_of
from dragoman.messages.events import Usage
from dragoman.wire.jsonvalues import as_object

_PRIORITY = frozenset({"priority", "fast", "ultrafast"})


def read_usage(value: dict[str, Any], service_tier: str | None = None, searches: int = 0) -> Usage:
    """`input_tokens` counts what was read from and written to the cache too; Anthropic's counts neither. `searches` are
    those that were shown."""
    details = as_object(value.get("input_tokens_details"))
    prompt = count_of(value.get("input_tokens"))
    cached = min(count_of(details.get("cached_tokens")), prompt)
    written = min(count_of(details.get("cache_write_tokens")), prompt - cached)
    output = count_of(value.get("output_tokens"))
    reasoning = count_of(as_object(value.get("output_tokens_details")).get("reasoning_tokens"))
    usage = Usage(
        input_tokens=prompt - cached - written,
        cache_read_input_tokens=cached,
        cache_creation_input_tokens=written,
        output_tokens=output,
        output_tokens_details={"thinking_tokens": min(reasoning, output)},
        service_tier=_tier(service_tier),
    )
    return replace(usage, server_tool_use={"web_search_requests": searches}) if searches else usage


def _tier(told: str | None) -> str | None:
    if told is None:
        return None
    return "priority" if told in _PRIORITY else "standard"
