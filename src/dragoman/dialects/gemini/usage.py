"""Gemini's usage to Anthropic's classes, summed over the requests of one answer (spec/gemini.md sections 8.3, 9)."""

from msgspec.structs import replace

from dragoman.dialects.gemini.shapes import UsageMetadata
from dragoman.dialects.usage_numbers import count_of
from dragoman.messages.events import Usage

_NOTHING = UsageMetadata()
"""What Vertex AI says in most chunks."""


class UsageSum:
    """Input counts once, as the first request told it: each further one of the same answer repeats the prompt."""

    def __init__(self) -> None:
        self._first: UsageMetadata | None = None
        self._current: UsageMetadata | None = None
        self._output = 0
        self._thoughts = 0
        self._least_output = 0
        self.searches = 0

    def note(self, metadata: UsageMetadata) -> None:
        """The newest numbers of the running request; they are cumulative."""
        if metadata.promptTokenCount is None and self._current is not None:
            metadata = self._current if metadata == _NOTHING else _merged(self._current, metadata)
        self._current = metadata

    def leave(self, estimated_output: int, *, counted: bool) -> None:
        """The running request is left where it is. `counted`: it has told its last numbers."""
        told = self._current is not None and _output_of(self._current)[0]
        if not (counted and told):
            self._least_output = estimated_output

    def end_request(self) -> None:
        """A further request is to follow."""
        if self._current is not None:
            if self._first is None or not _prompt_of(self._first):
                self._first = self._current
            output, thoughts = _output_of(self._current)
            self._output += output
            self._thoughts += thoughts
            self._current = None

    @property
    def known(self) -> Usage | None:
        """What was told by now; None before anything was."""
        first = self._first
        if first is None or (not _prompt_of(first) and self._current is not None):
            first = self._current
        if first is None:
            return Usage(output_tokens=self._least_output) if self._least_output else None
        prompt = _prompt_of(first)
        cached = min(count_of(first.cachedContentTokenCount), prompt)
        output, thoughts = _output_of(self._current) if self._current is not None else (0, 0)
        usage = Usage(
            input_tokens=prompt - cached + count_of(first.toolUsePromptTokenCount),
            cache_read_input_tokens=cached,
            output_tokens=self._output + max(output, self._least_output),
            output_tokens_details={"thinking_tokens": self._thoughts + thoughts},
        )
        return self._with_searches(usage)

    @property
    def at_start(self) -> Usage | None:
        """The input alone; None while the prompt's size is not known."""
        known = self.known
        if known is None or not known.prompt_tokens:
            return None
        return Usage(input_tokens=known.input_tokens, cache_read_input_tokens=known.cache_read_input_tokens)

    def at_end(self, estimated_input_tokens: int) -> Usage:
        """All that was told; the estimate in place of an input that was not."""
        usage = self.known or self._with_searches(Usage())
        return usage if usage.prompt_tokens else replace(usage, input_tokens=estimated_input_tokens)

    def _with_searches(self, usage: Usage) -> Usage:
        if not self.searches:
            return usage
        return replace(usage, server_tool_use={"web_search_requests": self.searches})


def _prompt_of(told: UsageMetadata) -> int:
    """The prompt with what was cached. The total fills it in where it was left out."""
    if told.promptTokenCount is not None:
        return count_of(told.promptTokenCount)
    others = (told.candidatesTokenCount, told.thoughtsTokenCount, told.toolUsePromptTokenCount)
    return max(count_of(told.totalTokenCount) - sum(map(count_of, others)), 0)


def _output_of(told: UsageMetadata) -> tuple[int, int]:
    """Output with thoughts, and the thoughts of it. The total fills in what was left out."""
    visible, thoughts = count_of(told.candidatesTokenCount), count_of(told.thoughtsTokenCount)
    before = _prompt_of(told) + count_of(told.toolUsePromptTokenCount)
    missing = max(count_of(told.totalTokenCount) - before - visible - thoughts, 0)
    if told.candidatesTokenCount is None:
        visible += missing
    elif told.thoughtsTokenCount is None:
        thoughts += missing
    return visible + thoughts, thoughts


def _merged(before: UsageMetadata, newest: UsageMetadata) -> UsageMetadata:
    """What a chunk left out (on Vertex AI many name no number at all) stays as it was."""
    told = {name: getattr(newest, name) for name in UsageMetadata.__struct_fields__}
    return replace(before, **{name: value for name, value in told.items() if value is not None})
