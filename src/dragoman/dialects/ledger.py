"""The loss ledger: every field and block of the Messages API has a row, and every dialect says there what becomes of it.

Names are paths without list indexes, in which the member of a union goes by its `type` without the date:
`content.image.source.url`, `tools.web_search.max_uses`; `*` stands for any one step. Nothing of this is read while
requests are answered: the pages in docs/dialects are made from it, and tests hold the dialects to it.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

Kind = Literal["carried", "emulated", "approximated", "lost", "refused"]


class Fate(msgspec.Struct, frozen=True):
    """What becomes of a field.

    carried: it reaches the upstream, or the client, in a field of its own. emulated: Dragoman does what the field asks
    for. approximated: something similar arrives. lost: nothing does. refused: a 400. The kind is that of a server and
    a model that can do most; `how` tells what another changes.
    """

    kind: Kind
    how: str = ""
    named: bool = True
    """Whether `dragoman-losses` names what a request loses; False where it changes no answer that one could expect."""


Fates = Mapping[str, Fate]
"""By the names of rows."""


class Row(msgspec.Struct, frozen=True):
    """A line of the ledger."""

    name: str
    fields: tuple[str, ...] = ()
    """What below it shares its fate, each with all that is below; `*` is everything."""
    note: str = ""
    """What the row means, where the name does not say it."""


class Section(msgspec.Struct, frozen=True):
    title: str
    rows: tuple[Row, ...]


def carried(how: str = "") -> Fate:
    return Fate("carried", how)


def emulated(how: str) -> Fate:
    return Fate("emulated", how)


def approximated(how: str) -> Fate:
    return Fate("approximated", how)


def similar(how: str) -> Fate:
    """Approximated as well as anybody could, so that nobody is told."""
    return Fate("approximated", how, named=False)


def lost(how: str) -> Fate:
    return Fate("lost", how)


def needless(how: str) -> Fate:
    """Lost without a word, because nothing is missed."""
    return Fate("lost", how, named=False)


def refused(how: str) -> Fate:
    return Fate("refused", how)


def all_rows() -> Iterator[Row]:
    """The rows of all sections."""
    for section in SECTIONS:
        yield from section.rows


_ALL = ("*",)

_TOP = Section(
    "Fields of a request",
    (
        Row("model"),
        Row("max_tokens"),
        Row("stream"),
        Row("stop_sequences"),
        Row("temperature"),
        Row("top_p"),
        Row("top_k"),
        Row("system", ("text",), "the system prompt: a string, or text blocks"),
        Row("system.cache_control", _ALL),
        Row("system.citations", _ALL),
        Row("thinking.adaptive", note="the model decides how much, guided by the effort"),
        Row("thinking.enabled", ("budget_tokens",)),
        Row("thinking.disabled"),
        Row("thinking.between_tools"),
        Row("thinking.*.display"),
        Row("thinking.*.block_binding", _ALL),
        Row("output_config.effort"),
        Row("output_config.format", _ALL, "structured output, also as the older `output_format`"),
        Row("output_config.task_budget", _ALL),
        Row("tool_choice.auto"),
        Row("tool_choice.any"),
        Row("tool_choice.tool", ("name",)),
        Row("tool_choice.none"),
        Row("tool_choice.*.disable_parallel_tool_use"),
        Row("metadata.user_id"),
        Row("cache_control", _ALL, "the mark at the top of the request"),
        Row("context_management.edits.clear_tool_uses", _ALL),
        Row("context_management.edits.clear_thinking", _ALL),
        Row("context_management.edits.compact", _ALL),
        Row("compaction", _ALL, "the request for a summary"),
        Row("service_tier"),
        Row("speed"),
        Row("inference_geo"),
        Row("container.id", note="also `container` as a string"),
        Row("container.skills", _ALL),
        Row("mcp_servers", _ALL),
        Row("thread", _ALL),
        Row("fallbacks", _ALL),
        Row("fallback_credit_token", _ALL),
        Row("billing_policy", _ALL),
        Row("diagnostics", _ALL),
        Row("safeguards", note="what Claude Code's auto mode asks for"),
        Row("betas", note="the header `anthropic-beta`"),
        Row("user_profile_id"),
        Row("workspace_id"),
        Row("(another field)", note="a field that this version does not know"),
    ),
)
_TOOLS = Section(
    "Tools",
    (
        Row("tools.custom", ("name", "description", "input_schema")),
        Row("tools.custom.strict"),
        Row("tools.custom.input_examples"),
        Row("tools.custom.defer_loading", note="hidden until something in the history names it"),
        Row("tools.custom.allowed_callers"),
        Row("tools.custom.eager_input_streaming"),
        Row("tools.*.cache_control", _ALL),
        Row("tools.bash", _ALL, "defined by Anthropic, run by the client"),
        Row("tools.text_editor", _ALL),
        Row("tools.memory", _ALL),
        Row("tools.computer", _ALL),
        Row("tools.computer_toolset", _ALL),
        Row("tools.browser_toolset", _ALL),
        Row("tools.web_search", ("name", "strict", "defer_loading", "allowed_callers")),
        Row("tools.web_search.max_uses"),
        Row("tools.web_search.allowed_domains"),
        Row("tools.web_search.blocked_domains"),
        Row("tools.web_search.user_location", _ALL),
        Row("tools.web_search.response_inclusion"),
        Row("tools.web_fetch", ("name", "strict", "defer_loading", "allowed_callers")),
        Row("tools.web_fetch.max_uses"),
        Row("tools.web_fetch.allowed_domains"),
        Row("tools.web_fetch.blocked_domains"),
        Row("tools.web_fetch.citations", _ALL),
        Row("tools.web_fetch.max_content_tokens"),
        Row("tools.web_fetch.url_sources", _ALL),
        Row("tools.web_fetch.use_cache"),
        Row("tools.web_fetch.response_inclusion"),
        Row("tools.code_execution", _ALL),
        Row("tools.tool_search_tool_regex", _ALL),
        Row("tools.tool_search_tool_bm25", _ALL),
        Row("tools.advisor", _ALL),
        Row("tools.mcp_toolset", _ALL),
    ),
)
_MESSAGES = Section(
    "Messages",
    (
        Row("messages.user"),
        Row("messages.assistant"),
        Row("messages.assistant (last)", note="a prefilled answer"),
        Row("messages.system", note="a system message within the conversation"),
        Row("messages.system.clear_at"),
        Row("messages.system.output_config", ("effort",)),
    ),
)
_BLOCKS = Section(
    "Content blocks",
    (
        Row("content.text", ("text",)),
        Row("content.text.citations", _ALL),
        Row("content.*.cache_control", _ALL),
        Row("content.image.source.base64", _ALL),
        Row("content.image.source.url", _ALL),
        Row("content.image.source.file", _ALL),
        Row("content.image.transformations", _ALL),
        Row("content.document.source.base64", _ALL, "a PDF file"),
        Row("content.document.source.text", _ALL),
        Row("content.document.source.content", _ALL),
        Row("content.document.source.url", _ALL),
        Row("content.document.source.file", _ALL),
        Row("content.document.title"),
        Row("content.document.context"),
        Row("content.document.citations", _ALL),
        Row("content.search_result", ("source", "title", "content")),
        Row("content.search_result.citations", _ALL),
        Row("content.thinking", ("thinking", "signature")),
        Row("content.redacted_thinking", ("data",)),
        Row("content.tool_use", ("id", "name", "input")),
        Row("content.tool_use.caller", _ALL),
        Row("content.tool_use.toolset_name"),
        Row("content.tool_result", ("tool_use_id",)),
        Row("content.tool_result.is_error"),
        Row("content.tool_result.toolset_name"),
        Row("content.tool_result.content.text"),
        Row("content.tool_result.content.image"),
        Row("content.tool_result.content.document"),
        Row("content.tool_result.content.search_result"),
        Row("content.tool_result.content.tool_reference", _ALL),
        Row("content.tool_result.content.browser_state", _ALL),
        Row("content.tool_result (orphan)", note="a result that answers no call"),
        Row("content.tool_use (unanswered)", note="a call without a result"),
        Row("content.server_tool_use", ("id", "name", "input", "caller")),
        Row("content.web_search_tool_result", _ALL),
        Row("content.web_fetch_tool_result", _ALL),
        Row("content.code_execution_tool_result", _ALL),
        Row("content.bash_code_execution_tool_result", _ALL),
        Row("content.text_editor_code_execution_tool_result", _ALL),
        Row("content.tool_search_tool_result", _ALL),
        Row("content.advisor_tool_result", _ALL),
        Row("content.mcp_tool_use", ("id", "name", "server_name", "input")),
        Row("content.mcp_tool_result", _ALL),
        Row("content.mcp_tool_listing", _ALL),
        Row("content.container_upload", _ALL),
        Row("content.compaction", ("content",)),
        Row("content.compaction.encrypted_content"),
        Row("content.compaction.signature"),
        Row("content.compaction.tool_changes", _ALL),
        Row("content.fallback", _ALL),
        Row("content.tool_addition.tool.tool_reference", _ALL),
        Row("content.tool_addition.tool.tool_definition", _ALL),
        Row("content.tool_addition.tool.mcp_tool_reference", _ALL),
        Row("content.tool_addition.tool.mcp_toolset_reference", _ALL),
        Row("content.tool_removal", _ALL),
        Row("content.(another block)", note="a block type that this version does not know"),
    ),
)
_ANSWERS = Section(
    "Answers",
    (
        Row("answer.id"),
        Row("answer.model"),
        Row("answer.content.text", ("text",)),
        Row("answer.content.text.citations", _ALL),
        Row("answer.content.thinking", ("thinking",)),
        Row("answer.content.thinking.signature"),
        Row("answer.content.redacted_thinking", _ALL),
        Row("answer.content.tool_use", ("id", "name", "input")),
        Row("answer.content.tool_use.caller", _ALL),
        Row("answer.content.tool_use.toolset_name"),
        Row("answer.content.server_tool_use", _ALL),
        Row("answer.content.web_search_tool_result", _ALL),
        Row("answer.content.web_fetch_tool_result", _ALL),
        Row("answer.content.code_execution_tool_result", _ALL),
        Row("answer.content.bash_code_execution_tool_result", _ALL),
        Row("answer.content.text_editor_code_execution_tool_result", _ALL),
        Row("answer.content.tool_search_tool_result", _ALL),
        Row("answer.content.advisor_tool_result", _ALL),
        Row("answer.content.mcp_tool_use", _ALL),
        Row("answer.content.mcp_tool_result", _ALL),
        Row("answer.content.mcp_tool_listing", _ALL),
        Row("answer.content.container_upload", _ALL),
        Row("answer.content.compaction", _ALL),
        Row("answer.content.fallback", _ALL),
        Row("answer.stop_reason"),
        Row("answer.stop_sequence"),
        Row("answer.stop_details", ("explanation",)),
        Row("answer.stop_details.category"),
        Row("answer.stop_details.recommended_model"),
        Row("answer.stop_details.fallback_credit_token"),
        Row("answer.stop_details.fallback_has_prefill_claim"),
        Row("answer.container", _ALL),
        Row("answer.context_management", _ALL),
        Row("answer.diagnostics", _ALL),
        Row("answer.input_transformations", _ALL),
        Row("answer.safeguard_results"),
        Row("answer.usage.input_tokens"),
        Row("answer.usage.output_tokens"),
        Row("answer.usage.output_tokens_details", ("thinking_tokens",)),
        Row("answer.usage.cache_read_input_tokens"),
        Row("answer.usage.cache_creation_input_tokens"),
        Row("answer.usage.cache_creation", _ALL, "how long each part of it is kept"),
        Row("answer.usage.server_tool_use.web_search_requests"),
        Row("answer.usage.server_tool_use.web_fetch_requests"),
        Row("answer.usage.service_tier"),
        Row("answer.usage.speed"),
        Row("answer.usage.inference_geo"),
        Row("answer.usage.iterations", _ALL),
        Row("answer.usage.fallback_credit", _ALL),
    ),
)
SECTIONS = (_TOP, _TOOLS, _MESSAGES, _BLOCKS, _ANSWERS)
