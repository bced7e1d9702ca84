"""How servers that speak OpenAI's Responses differ from OpenAI, and the habits of OpenAI's own that a test wants."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class ResponsesFlavor:
    """The defaults are OpenAI itself, for an organisation that is verified."""

    name: str = "openai"
    unknown_fields: frozenset[str] = frozenset()
    """Top-level fields of OpenAI's that are unknown here."""
    unknown_items: frozenset[str] = frozenset()
    """Types of input items that are unknown here."""
    model_rules: bool = True
    """OpenAI's rules by model name: reasoning models, efforts, output limits, breakpoints."""
    phases: bool = True
    """Messages carry `phase`, and `phase` is known in the input."""
    knows_no_include: bool = False
    no_count: Literal[404, 405] | None = None
    """The status for /responses/input_tokens where it is missing."""
    api_key_header: bool = False
    """The key comes in `api-key` (Azure)."""

    unverified_organisation: frozenset[Literal["summary", "stream"]] = frozenset()
    """What is refused until the organisation is verified (spec/openai-responses.md sections 2, 7.2)."""
    forgets_reasoning: bool = False
    """No encrypted content can be read, whoever issued it."""
    account: bool = False
    """Encrypted content belongs to the key that it was issued to; with another key it is refused."""
    strict_prefix: bool = False
    """A request that does not go on from what was said before in its conversation is a violation."""

    encrypts: Literal["on_request", "always", "never"] = "on_request"
    """When reasoning comes with encrypted content. OpenAI's newest models do it always; older ones and Azure wait
    for `include`."""
    plain_reasoning: bool = False
    """Reasoning is `reasoning_text` in `content`, as open-weight servers say it; accepted back too."""
    arguments: Literal["deltas", "done", "item"] = "deltas"
    """`done`: arguments come whole in function_call_arguments.done. `item`: only in output_item.done."""
    text_at_once: bool = False
    """Text comes whole in output_text.done, without deltas."""
    empty_output: bool = False
    """The `output` of the last event is empty."""
    errors: Literal["flat", "nested", "failed"] = "flat"
    """How an error within a stream is said: an `error` event in one of two shapes, or `response.failed`."""
    answers_json: bool = False
    """`stream: true` is answered with one JSON value."""
    says_done: bool = False
    """`data: [DONE]` at the end."""
    long_call_ids: bool = False
    """Calls have ids of 69 characters, which no request may have."""
    names_late: bool = False
    """Name and call id are empty in output_item.added."""
    usage: Literal["openai", "older", "never"] = "openai"
    """`older`: without `cache_write_tokens`."""


OPENAI_RESPONSES = ResponsesFlavor()
UNVERIFIED = ResponsesFlavor(unverified_organisation=frozenset(("summary", "stream")))
AZURE_RESPONSES = ResponsesFlavor(name="azure", no_count=404, api_key_header=True)
STRANGER_RESPONSES = ResponsesFlavor(
    name="compatible",
    model_rules=False,
    unknown_fields=frozenset(
        ("include", "prompt_cache_key", "prompt_cache_options", "safety_identifier", "stream_options")
    ),
    unknown_items=frozenset(("additional_tools", "configuration_update")),
    phases=False,
    no_count=404,
    encrypts="never",
    usage="older",
)
"""A strict stranger: the shapes that everybody knows."""
VLLM_RESPONSES = ResponsesFlavor(
    name="vllm",
    model_rules=False,
    unknown_items=frozenset(("additional_tools", "configuration_update")),
    phases=False,
    no_count=405,
    encrypts="never",
    plain_reasoning=True,
    usage="older",
)
