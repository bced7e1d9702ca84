"""What an OpenAI-compatible server sends: only the fields that are read, as loosely as servers write them.

Source: openai 3.54 `ChatCompletionChunk`; deviations in spec/openai-chat.md sections 8, 9.3 and 11.
"""

from typing import Any

import msgspec

from dragoman.dialects.web_search_tool import SearchTool
from dragoman.messages.envelope import Seal
from dragoman.messages.request import ThinkingDisplay


class FunctionPiece(msgspec.Struct, frozen=True, gc=False):
    name: str | None = None
    arguments: Any = None
    """A string; Ollama and some parsers send an object."""


class ToolCallPiece(msgspec.Struct, frozen=True, gc=False):
    index: int | None = None
    id: str | None = None
    function: FunctionPiece | None = None


class Piece(msgspec.Struct, frozen=True, gc=False):
    """A `delta`, or the `message` of a whole answer."""

    content: Any = None
    """A string; Mistral sends a list of parts."""
    reasoning_content: str | None = None
    reasoning: Any = None
    reasoning_details: list[dict[str, Any]] | None = None
    thinking: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCallPiece] | None = None
    function_call: FunctionPiece | None = None
    annotations: Any = None
    """OpenRouter's sources, as objects in a list."""


class Choice(msgspec.Struct, frozen=True, gc=False):
    index: int | None = 0
    delta: Piece | None = None
    message: Piece | None = None
    finish_reason: str | None = None
    stop_reason: Any = None
    """vLLM: the stop sequence that was hit."""
    matched_stop: Any = None
    """SGLang: the same."""


class Chunk(msgspec.Struct, frozen=True, gc=False):
    """One `data:` line, or the body of a whole answer."""

    choices: list[Choice] | None = None
    usage: dict[str, Any] | None = None
    x_groq: dict[str, Any] | None = None
    error: Any = None
    object: Any = None
    service_tier: str | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader must know of the request."""

    message_model: str
    """The model name that the client asked for, and sees again."""
    thinking: ThinkingDisplay = "hidden"
    stop_sequences: tuple[str, ...] = ()
    single_tool_call: bool = False
    """`disable_parallel_tool_use`: calls after the first are left out."""
    tool_names: dict[str, str] = {}
    """Upstream tool name to the client's, where they differ."""
    visible_tokens: int | None = None
    """Cut the visible text here: head-room was added to the output limit (section 9.2)."""
    fenced: bool = False
    """A fence around the whole text is left out: JSON was asked for, by words alone."""
    think_tags: bool = True
    """`<think>` at the start of the text is reasoning."""
    seal: Seal = Seal("openai_chat")
    """Whose reasoning it is."""
    search: SearchTool | None = None
    """The client's web search, where the server runs it; else annotations are not read."""
