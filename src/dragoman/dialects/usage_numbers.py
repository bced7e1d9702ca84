"""Numbers of tokens that upstreams tell, and those that stand in where they tell none."""

from typing import Any

from msgspec.structs import replace

from dragoman.messages.events import Usage

LARGEST_COUNT = 10_000_000
"""More tokens in one request than any model takes: a larger number is a lie or an overflow."""


def count_of(value: Any) -> int:
    """A number of tokens; 0 for what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        return 0
    return int(min(max(value, 0), LARGEST_COUNT))


def with_estimates(usage: Usage, input_tokens: int, output_tokens: int) -> Usage:
    """What the server told; estimates in place of zeros, which would tell clients that there is room left."""
    if usage.prompt_tokens:
        return usage
    return replace(usage, input_tokens=input_tokens, output_tokens=usage.output_tokens or output_tokens)
