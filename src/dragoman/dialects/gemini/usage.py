"""Gemini's usage to Anthropic's classes, summed over the requests of one answer (spec/gemini.md sections 8.3, 9)."""

from dragoman.dialects.gemini.shapes import UsageMetadata
from dragoman.messages.events import Usage

LARGEST_COUNT = 10_000_000
"""More tokens in one request than any model takes: a larger number is a lie or an overflow."""


class UsageSum:
    """Input counts once, as the first request told it: each further one of the same answer repeats the prompt."""

    def __init__(self) -> None:
        self._first: UsageMetadata | None = None
        self._current: UsageMetadata | None = None
        self._output = 0
        self._thoughts = 0
        self.searches = 0

    def note(self, metadata: UsageMetadata) -> None:
        """The newest numbers of the running request; they are cumulative."""
        self._current = metadata

    def end_request(self) -> None:
        """A further request is to follow."""
        if self._current is not None:
            self._first = self._first or self._current
            output, thoughts = _output_of(self._current)
            self._output += output
            self._thoughts += thoughts
            self._current = None

    @property
    def known(self) -> Usage | None:
        """What was told by now; None before anything was."""
        first = self._first or self._current
        if first is None:
            return None
        prompt = _count(first.promptTokenCount)
        cached = min(_count(first.cachedContentTokenCount), prompt)
        output, thoughts = _output_of(self._current) if self._current is not None else (0, 0)
        usage = Usage(
            input_tokens=prompt - cached + _count(first.toolUsePromptTokenCount),
            cache_read_input_tokens=cached,
            output_tokens=self._output + output,
            output_tokens_details={"thinking_tokens": self._thoughts + thoughts},
        )
        return with_searches(usage, self.searches)


def with_searches(usage: Usage, searches: int) -> Usage:
    """The usage with the number of searches, if there were any."""
    if not searches:
        return usage
    return Usage(
        input_tokens=usage.input_tokens,
        cache_read_input_tokens=usage.cache_read_input_tokens,
        output_tokens=usage.output_tokens,
        output_tokens_details=usage.output_tokens_details,
        server_tool_use={"web_search_requests": searches},
    )


def _output_of(told: UsageMetadata) -> tuple[int, int]:
    """Output with thoughts, and the thoughts of it. The total fills in what was left out."""
    thoughts = _count(told.thoughtsTokenCount)
    output = _count(told.candidatesTokenCount) + thoughts
    before = _count(told.promptTokenCount) + _count(told.toolUsePromptTokenCount)
    rest = _count(told.totalTokenCount) - before
    if told.candidatesTokenCount is None and rest > output:
        output = rest
    return output, min(thoughts, output)


def _count(value: int | None) -> int:
    return 0 if value is None else min(max(value, 0), LARGEST_COUNT)
