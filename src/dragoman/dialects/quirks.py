"""How a vendor, a server or a model family deviates from its dialect, as data.

Rows live in routing/vendors.py and routing/local_servers.py; a dialect reads the fields and never asks for a vendor's
name. A field whose value was learned from a refusal at run time is replaced in a copy (`Dialect.mend`).
"""

from typing import Literal

import msgspec

EffortStyle = Literal[
    "reasoning_effort",
    "thinking_type",
    "enable_thinking",
    "chat_template",
    "openrouter",
    "thinking_level",
    "thinking_budget",
    "none",
]
"""How a server is told to think: OpenAI's field, DeepSeek's and GLM's `thinking`, Qwen's `enable_thinking`,
`chat_template_kwargs` of vLLM and llama.cpp, OpenRouter's `reasoning`, Gemini's level or budget, or not at all."""


class Quirks(msgspec.Struct, frozen=True, kw_only=True):
    """Deviations of one upstream model. The defaults fit an unknown OpenAI-compatible server."""

    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """Which field carries the output limit (spec/openai-chat.md section 1)."""
    max_output_tokens: int | None = None
    """The model's own output limit; a larger `max_tokens` is clamped to it."""
    min_output_tokens: int = 1
    """The least output limit the server accepts."""
    always_reasons: bool = False
    """Thinking cannot be turned off, so a small `max_tokens` needs head-room (section 9.2)."""
    reasons: bool = False
    """The model thinks by default: its output limit also covers hidden reasoning."""
    system_role: Literal["system", "developer"] = "system"
    system_anywhere: bool = False
    """Whether a system message may stand anywhere; else it becomes a `<system-reminder>` in a user message."""
    merge_roles: bool = False
    """Consecutive messages of one role are joined (templates that insist on alternation)."""
    sampling: bool = True
    """Whether `temperature` and `top_p` are accepted."""
    top_k: bool = False
    stream_options: bool = True
    include_obfuscation: bool = False
    """Whether the server knows `stream_options.include_obfuscation` (OpenAI only)."""
    native_stop: bool = False
    """Whether the server names the stop sequence that it hit; else stops are only emulated (section 6)."""
    parallel_tool_calls: bool = True
    tool_choice_required: bool = True
    tool_choice_function: bool = True
    tool_ids: Literal["any", "nine"] = "any"
    """`nine`: exactly nine letters or digits (Mistral)."""
    strict_tools: bool = False
    """Whether `function.strict` is understood."""
    plain_schemas: bool = False
    """Tool schemas are sent without `pattern`, `format` and `default` (weak grammar generators); to Gemini with its
    documented subset only."""
    structured_output: Literal["json_schema", "json_object", "none"] = "json_schema"
    images: bool = True
    files: bool = False
    """Whether `file` parts (PDF) are accepted."""
    image_urls: bool = True
    effort_style: EffortStyle = "none"
    efforts: tuple[str, ...] = ("low", "medium", "high")
    """What the effort field accepts, weakest first; others are moved to the nearest lower one."""
    reasoning_back: Literal["never", "tool_loop", "always"] = "never"
    """When the reasoning of earlier turns is sent back (section 9.3)."""
    reasoning_field: Literal["reasoning_content", "reasoning", "reasoning_details"] = "reasoning_content"
    reasoning_required: bool = False
    """A tool turn without reasoning is a 400: send an empty one when there is none (DeepSeek)."""
    think_tags: bool = True
    """Whether `<think>` at the start of the text is reasoning."""
    null_content: Literal["null", "omit", "empty"] = "null"
    """What an assistant message with only tool calls has for `content`."""
    filler_for_empty: str = ""
    """What an empty tool result says, for servers that reject empty strings."""
    prompt_cache_key: bool = False
    user_field: Literal["safety_identifier", "user", "none"] = "none"
    cache_control: bool = False
    """Whether `cache_control` on text parts is understood (OpenRouter)."""
    max_tool_name: int = 64
    max_tool_id: int = 40
    thinking_budgets: tuple[int, int] = (0, 0)
    """The least and the largest thinking budget in tokens (spec/gemini.md section 4.1)."""
    call_ids: bool = False
    """Whether Gemini's function calls and responses have ids; else they are told apart by their order."""
    thought_signatures: Literal["required", "optional", "never"] = "never"
    """Whether function calls go back with the signature that they came with (section 5)."""
    skip_signatures: bool = False
    """Function calls go back with the documented value that skips the check."""
    media_in_results: bool = False
    """Whether a function response takes images and PDF files; else they stand beside it."""
    structured_with_tools: bool = False
    """Whether a response schema may stand beside functions."""
    search_with_functions: bool = False
    """Whether a built-in tool may stand beside functions (section 10)."""
    file_uris: bool = False
    """Whether media may be public URLs that the server fetches (section 7)."""
    exclude_domains: bool = False
    """Whether the built-in search can leave out domains."""
    flat_count: bool = False
    """Whether the token count takes the fields of a request as they are (section 13)."""
    system_as_item: bool = False
    """Whether the system prompt is the first input item, where it is part of the cached prefix; else it goes into
    `instructions` (spec/openai-responses.md section 2)."""
    encrypted_reasoning: bool = False
    """Whether the model's reasoning is asked for in encrypted form, so that it can come back (section 4)."""
    reasoning_summaries: bool = False
    """Whether a summary of the reasoning may be asked for (section 7.2)."""
    phases: bool = False
    """Whether assistant messages say if they were the model's last word (section 3)."""
    additional_tools: bool = False
    """Whether tools may come later, in items of their own (section 5)."""
    cache_breakpoints: bool = False
    """Whether parts may carry `prompt_cache_breakpoint` (section 9)."""
    streaming: bool = True
    """Whether answers may be streamed (section 2)."""
    web_search: bool = False
    """Whether the server has a web search of its own that the API's `web_search_*` tools become (section 10); in Chat
    Completions it is OpenRouter's."""
    truncation: bool = True
    """Whether `truncation` is understood."""
    service_tiers: bool = False
    """Whether `service_tier` is understood."""
    claude_on_vertex: bool = False
    """Messages in Vertex AI's form: the version in the body, the model in the URL (spec/vertex.md section 4)."""
    refused_betas: tuple[str, ...] = ()
    """Values of `anthropic-beta` that the server does not take."""
    refused_fields: tuple[str, ...] = ()
    """Top-level fields of a Messages request that the server does not take."""
    context_window: int | None = None
    """Input and output tokens together, for `/v1/models` and errors."""
