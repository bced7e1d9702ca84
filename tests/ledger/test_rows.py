"""Nothing of the Messages API is without a row: not what the canonical model holds, not what the official SDK knows."""

import msgspec
import pytest

from dragoman.dialects.ledger import Row, all_rows
from dragoman.dialects.registry import DIALECTS
from dragoman.messages import blocks, events, request
from tests.support.ledger_columns import COLUMNS
from tests.support.ledger_rows import uncovered, unfounded
from tests.support.sdk_fields import answer_paths, request_paths

ROWS = list(all_rows())
NAMES = [row.name for row in ROWS]
SDK = request_paths() | answer_paths()

BEYOND_THE_SDK = {
    "temperature": "of the version 2023-06-01 only",
    "top_p": "of the version 2023-06-01 only",
    "top_k": "of the version 2023-06-01 only",
    "safeguards": "sent by Claude Code",
    "answer.safeguard_results": "read by Claude Code",
    "(another field)": "what comes next",
    "content.(another block)": "what comes next",
    "messages.assistant (last)": "a place, not a field",
    "content.tool_result (orphan)": "a place, not a field",
    "content.tool_use (unanswered)": "a place, not a field",
}
"""Rows of what the SDK does not have, and why."""

READ_AS: dict[type[msgspec.Struct], dict[str, str]] = {
    request.Conversation: {
        "system": "system",
        "messages": "messages.user",
        "tools": "tools.custom",
        "tool_choice": "tool_choice.auto",
        "thinking": "thinking.adaptive",
        "effort": "output_config.effort",
        "output_schema": "output_config.format",
        "stop_sequences": "stop_sequences",
        "temperature": "temperature",
        "top_p": "top_p",
        "top_k": "top_k",
        "user_id": "metadata.user_id",
        "service_tier": "service_tier",
        "speed": "speed",
        "others": "(another field)",
    },
    request.Tool: {
        "name": "tools.custom",
        "type": "tools.bash",
        "description": "tools.custom",
        "input_schema": "tools.custom",
        "strict": "tools.custom.strict",
        "defer_loading": "tools.custom.defer_loading",
        "raw": "tools.custom.input_examples",
    },
    request.ToolChoice: {
        "type": "tool_choice.any",
        "name": "tool_choice.tool",
        "disable_parallel_tool_use": "tool_choice.*.disable_parallel_tool_use",
    },
    request.Thinking: {
        "type": "thinking.disabled",
        "budget_tokens": "thinking.enabled",
        "display": "thinking.*.display",
    },
    request.Message: {
        "role": "messages.system",
        "content": "content.text",
        "effort": "messages.system.output_config",
        "clear_at": "messages.system.clear_at",
    },
    blocks.Text: {"text": "content.text", "cache_control": "content.*.cache_control"},
    blocks.Image: {"source": "content.image.source.base64", "whole": "content.image.transformations"},
    blocks.Document: {
        "source": "content.document.source.text",
        "title": "content.document.title",
        "context": "content.document.context",
        "citations": "content.document.citations",
    },
    blocks.SearchResult: {
        "source": "content.search_result",
        "title": "content.search_result",
        "text": "content.search_result",
        "citations": "content.search_result.citations",
    },
    blocks.Thought: {"thinking": "content.thinking", "signature": "content.thinking"},
    blocks.RedactedThought: {"data": "content.redacted_thinking"},
    blocks.ToolUse: {"id": "content.tool_use", "name": "content.tool_use", "input": "content.tool_use"},
    blocks.ToolReference: {"tool_name": "content.tool_result.content.tool_reference"},
    blocks.ToolResult: {
        "tool_use_id": "content.tool_result",
        "content": "content.tool_result.content.text",
        "is_error": "content.tool_result.is_error",
    },
    blocks.ServerToolUse: {
        "id": "content.server_tool_use",
        "name": "content.server_tool_use",
        "input": "content.server_tool_use",
    },
    blocks.ServerToolResult: {
        "type": "content.mcp_tool_result",
        "tool_use_id": "content.web_search_tool_result",
        "content": "content.web_fetch_tool_result",
    },
    blocks.Compaction: {
        "content": "content.compaction",
        "tool_changes": "content.compaction.tool_changes",
    },
    blocks.ToolChange: {
        "added": "content.tool_removal",
        "tool_name": "content.tool_addition.tool.tool_reference",
    },
    blocks.UnknownBlock: {"type": "content.(another block)", "raw": "content.(another block)"},
    events.Usage: {
        name: f"answer.usage.{name}"
        for name in (
            *("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"),
            *("output_tokens_details", "service_tier"),
        )
    }
    | {"server_tool_use": "answer.usage.server_tool_use.web_search_requests"},
    events.Ending: {name: f"answer.{name}" for name in ("stop_reason", "stop_sequence", "stop_details")},
}
"""Which row speaks for a field of the canonical model."""


def test_every_field_that_the_sdk_knows_has_a_row() -> None:
    missing = uncovered(SDK)
    assert missing == [], (
        "the installed anthropic SDK knows fields without a row in dialects/ledger.py; give each one, and every "
        f"dialect its fate in it: {', '.join(missing)}"
    )


def test_every_row_is_about_something_that_the_sdk_knows() -> None:
    assert sorted(unfounded(ROWS, SDK)) == sorted(BEYOND_THE_SDK)


@pytest.mark.parametrize("kind", READ_AS, ids=lambda kind: kind.__name__)
def test_every_field_of_the_canonical_model_has_a_row(kind: type[msgspec.Struct]) -> None:
    assert list(READ_AS[kind]) == list(kind.__struct_fields__)
    assert set(READ_AS[kind].values()) <= set(NAMES)


def test_every_kind_of_block_is_looked_at() -> None:
    assert set(blocks.Block.__args__) <= set(READ_AS)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_a_dialect_has_a_fate_for_every_row_and_for_nothing_else(column) -> None:
    assert sorted(column.fates) == sorted(NAMES)


def test_every_dialect_has_a_column() -> None:
    assert {column.dialect for column in COLUMNS} == set(DIALECTS)


def test_a_field_without_a_row_is_noticed() -> None:
    """The check itself: rows speak for what they include, and for nothing else."""
    rows = [Row("a", ("b",)), Row("c.*.d"), Row("e", ("*",))]
    assert uncovered(["a", "a.b", "a.b.c", "c", "c.x", "c.x.d", "e.f.g"], rows) == []
    assert uncovered(["a.z", "c.x.z", "f", "ab"], rows) == ["a.z", "ab", "c.x.z", "f"]
    assert unfounded([*rows, Row("z")], ["a", "c.x.d", "e"]) == ["z"]
