"""How servers that call themselves OpenAI-compatible differ from OpenAI: what they refuse, and how they answer."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Flavor:
    """The defaults are OpenAI itself."""

    name: str = "openai"
    extra_fields: frozenset[str] = frozenset()
    """Top-level fields that are known here beside OpenAI's."""
    extra_message_fields: frozenset[str] = frozenset()
    extra_part_fields: frozenset[str] = frozenset()
    server_tools: bool = False
    """OpenRouter's tools, which it runs itself, may stand among `tools`."""

    model_rules: bool = True
    """OpenAI's rules by model name: reasoning models, efforts, output limits."""
    rejects_stream_options: bool = False
    only_max_tokens: bool = False
    """`max_completion_tokens` is unknown."""
    system_first: bool = False
    """A system message anywhere but at the start is refused, as chat templates do."""
    developer_role: bool = True
    alternates: bool = False
    """Two user or two assistant messages in a row are refused."""
    rejects_null_content: bool = False
    rejects_empty_content: bool = False
    needs_reasoning_content: bool = False
    """While thinking is on, an assistant message with tool calls must carry `reasoning_content` (DeepSeek)."""
    nine_char_ids: bool = False
    """Mistral: ids of exactly nine letters or digits, given and taken."""
    only_json_object: bool = False
    tool_choice_strings: bool = False
    """`tool_choice` as an object is refused (LM Studio)."""
    flat_errors: bool = False
    """Errors without the `error` envelope, as Mistral and older vLLM send them."""

    reasoning: Literal[
        "hidden",
        "reasoning_content",
        "reasoning",
        "both",
        "reasoning_details",
        "think_tags",
        "bare_think_end",
        "content_parts",
    ] = "hidden"
    """Where reasoning is said. `bare_think_end`: the template opened the tag, only `</think>` is in the text.
    `content_parts`: Mistral's list of typed parts in `content`."""
    repeats_tool_ids: bool = False
    """`call_0`, `call_1` in every answer again."""
    no_tool_ids: bool = False
    no_tool_index: bool = False
    """Calls come whole, without `index`."""
    names_every_chunk: bool = False
    """Id and name are repeated in each chunk of a call."""
    whole_calls: bool = False
    """A call comes in one chunk, whatever fragments were scripted."""
    finishes_calls_with_stop: bool = False
    arguments_as_object: bool = False
    interleaves_calls: bool = False
    """Fragments of the calls of one answer take turns."""
    usage: Literal["on_request", "never", "every_chunk", "with_finish", "always"] = "on_request"
    usage_fields: Literal["openai", "deepseek", "moonshot", "openrouter"] = "openai"
    comment: str = ""
    """An SSE comment before the first chunk."""
    says_done: bool = True
    ids_as_null: bool = False
    """Later chunks of a call say `"id": null` and `"name": null` instead of leaving them out."""


OPENAI = Flavor()
COMPATIBLE = Flavor(name="compatible", model_rules=False)
"""A strict stranger: OpenAI's shapes without OpenAI's models."""
DEEPSEEK = Flavor(
    name="deepseek",
    model_rules=False,
    extra_fields=frozenset(("thinking",)),
    extra_message_fields=frozenset(("reasoning_content", "prefix")),
    only_max_tokens=True,
    developer_role=False,
    needs_reasoning_content=True,
    only_json_object=True,
    reasoning="reasoning_content",
    usage_fields="deepseek",
    comment="keep-alive",
)
MISTRAL = Flavor(
    name="mistral",
    model_rules=False,
    only_max_tokens=True,
    rejects_stream_options=True,
    developer_role=False,
    system_first=True,
    rejects_empty_content=True,
    nine_char_ids=True,
    flat_errors=True,
    reasoning="content_parts",
    usage="with_finish",
    whole_calls=True,
)
OLLAMA = Flavor(
    name="ollama",
    model_rules=False,
    only_max_tokens=True,
    extra_fields=frozenset(("think", "options")),
    reasoning="reasoning",
    whole_calls=True,
    finishes_calls_with_stop=True,
)
VLLM = Flavor(
    name="vllm",
    model_rules=False,
    extra_fields=frozenset(("top_k", "chat_template_kwargs", "min_p")),
    extra_message_fields=frozenset(("reasoning", "reasoning_content")),
    system_first=True,
    flat_errors=True,
    reasoning="reasoning",
    usage="on_request",
    ids_as_null=True,
)
LLAMA_CPP = Flavor(
    name="llama.cpp",
    model_rules=False,
    extra_fields=frozenset(("top_k", "chat_template_kwargs", "cache_prompt", "reasoning_format")),
    extra_message_fields=frozenset(("reasoning_content",)),
    only_max_tokens=True,
    system_first=True,
    rejects_null_content=True,
    reasoning="reasoning_content",
)
OPENROUTER = Flavor(
    name="openrouter",
    model_rules=False,
    extra_fields=frozenset(("top_k", "reasoning", "provider", "plugins", "usage", "transforms")),
    extra_message_fields=frozenset(("reasoning", "reasoning_details")),
    extra_part_fields=frozenset(("cache_control",)),
    server_tools=True,
    reasoning="reasoning_details",
    usage="always",
    usage_fields="openrouter",
    comment="OPENROUTER PROCESSING",
)
GROQ = Flavor(
    name="groq",
    model_rules=False,
    extra_fields=frozenset(("reasoning_format", "include_reasoning")),
    reasoning="reasoning",
    whole_calls=True,
)
