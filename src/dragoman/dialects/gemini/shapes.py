"""What Gemini sends, only the fields that are read; and what the reader must know of the request.

Source: google-genai 3.6 `GenerateContentResponse`, in the camelCase of REST (spec/gemini.md sections 8 to 10).
"""

from typing import Any, Literal

import msgspec

from dragoman.dialects import chunk_json
from dragoman.messages.envelope import Seal
from dragoman.messages.request import ThinkingDisplay


class FunctionCall(msgspec.Struct, frozen=True, gc=False):
    name: str | None = None
    args: Any = None
    id: str | None = None
    partialArgs: list[dict[str, Any]] | None = None
    """Vertex AI only, and only where it was asked for."""
    willContinue: bool | None = None


class Part(msgspec.Struct, frozen=True, gc=False):
    """Holds one of its fields, and maybe a signature beside it."""

    text: str | None = None
    thought: bool | None = None
    thoughtSignature: str | None = None
    functionCall: FunctionCall | None = None
    inlineData: dict[str, Any] | None = None
    executableCode: dict[str, Any] | None = None
    codeExecutionResult: dict[str, Any] | None = None
    toolCall: dict[str, Any] | None = None
    toolResponse: dict[str, Any] | None = None

    @property
    def says_something(self) -> bool:
        """Whether there is more than a signature."""
        if self.text:
            return True
        of_tools = self.executableCode or self.codeExecutionResult or self.toolCall or self.toolResponse
        return bool(self.functionCall or self.inlineData or of_tools)


class Content(msgspec.Struct, frozen=True, gc=False):
    parts: list[Part] | None = None


class Candidate(msgspec.Struct, frozen=True, gc=False):
    content: Content | None = None
    finishReason: str | None = None
    finishMessage: str | None = None
    continuationToken: str | None = None
    groundingMetadata: dict[str, Any] | None = None
    urlContextMetadata: dict[str, Any] | None = None


class PromptFeedback(msgspec.Struct, frozen=True, gc=False):
    blockReason: str | None = None
    blockReasonMessage: str | None = None


class UsageMetadata(msgspec.Struct, frozen=True, gc=False):
    """Tokens so far; `promptTokenCount` holds cached ones, `candidatesTokenCount` holds no thoughts."""

    promptTokenCount: int | None = None
    cachedContentTokenCount: int | None = None
    candidatesTokenCount: int | None = None
    thoughtsTokenCount: int | None = None
    toolUsePromptTokenCount: int | None = None
    totalTokenCount: int | None = None


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """One `data:` line, or the body of a whole answer."""

    candidates: list[Candidate] | None = None
    promptFeedback: PromptFeedback | None = None
    usageMetadata: UsageMetadata | None = None
    error: Any = None


_CHUNK = msgspec.json.Decoder(Chunk)


def decode_chunk(data: bytes) -> Chunk:
    """Raises UpstreamNonsense."""
    return chunk_json.decode_chunk(data, _CHUNK, in_array=True)


SideTool = Literal["web_search", "web_fetch"]
"""A tool of the API's that runs in a request of its own, because it cannot stand beside functions (section 10)."""


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader must know of the request."""

    message_model: str
    """The model name that the client asked for, and sees again."""
    path: str
    fields: dict[str, msgspec.Raw]
    """The request's body by top-level field, for requests that follow it."""
    seal: Seal = Seal("gemini")
    """Whose signatures these are."""
    signs: bool = True
    """Whether signatures are worth keeping."""
    thinking: ThinkingDisplay = "hidden"
    stop_sequences: tuple[str, ...] = ()
    """Those that the server was not told of."""
    single_tool_call: bool = False
    """`disable_parallel_tool_use`: calls after the first are left out."""
    tool_names: dict[str, str] = {}
    """Upstream tool name to the client's, where they differ."""
    max_tokens: int = 0
    """The client's limit for all requests of one answer together."""
    visible_tokens: int | None = None
    """Cut the visible text here: head-room was added to the output limit (section 4.4)."""
    fenced: bool = False
    """A fence around the whole text is left out: JSON was asked for, by words alone."""
    context_window: int | None = None
    searches: bool = False
    """A built-in tool runs in this very request."""
    holds_text: bool = False
    """The text waits until its sources are known, and follows them as the API's own answer does."""
    domains: "Domains | None" = None
    side_tools: dict[str, SideTool] = {}
    """By the name of the function that stands for it."""
    most_side_calls: int = 0
    excludes_domains: bool = False
    """Whether the search itself leaves out blocked domains."""


class Domains(msgspec.Struct, frozen=True):
    """Which sources of a search the client wants to see."""

    allowed: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
