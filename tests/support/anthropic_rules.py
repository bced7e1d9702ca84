"""What the Messages API refuses, and in which words (spec/anthropic-messages.md sections 3 to 5 and 8).

Independent of the code under test: it reads plain dicts.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

TOP_LEVEL = frozenset(
    [
        "model",
        "messages",
        "system",
        "max_tokens",
        "stream",
        "stop_sequences",
        "temperature",
        "top_p",
        "top_k",
        "thinking",
        "tools",
        "tool_choice",
        "metadata",
        "service_tier",
        "speed",
        "output_config",
        "output_format",
        "context_management",
        "container",
        "mcp_servers",
        "cache_control",
        "safeguards",
        "inference_geo",
        "diagnostics",
        "compaction",
        "fallbacks",
        "fallback_credit_token",
        "billing_policy",
        "thread",
        "user_profile_id",
        "workspace_id",
        "betas",
    ]
)
NOT_COUNTED = frozenset(("max_tokens", "stream", "stop_sequences", "metadata", "service_tier"))
TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}\Z")
ID = re.compile(r"[a-zA-Z0-9_-]+\Z")
ASSISTANT_ONLY = frozenset(("thinking", "redacted_thinking", "tool_use", "server_tool_use"))
USER_ONLY = frozenset(("image", "document", "tool_result", "search_result"))


class Refused(Exception):
    """The request is answered with a 400 of this message."""


def check_request(body: Any, signatures: Mapping[str, str], *, counting: bool = False) -> None:
    """Raises Refused with the API's wording. `signatures` maps each issued one to the text that it signs."""
    if not isinstance(body, dict):
        raise Refused("Input should be a valid dictionary")
    for field in body:
        if field not in TOP_LEVEL or (counting and field in NOT_COUNTED):
            raise Refused(f"{field}: Extra inputs are not permitted")
    for field in ("model", "messages") if counting else ("model", "max_tokens", "messages"):
        if field not in body:
            raise Refused(f"{field}: Field required")
    _check_scalars(body)
    names = _check_tools(body)
    _check_messages(body["messages"], names, signatures)
    _check_cache_control(body)


def _check_scalars(body: dict[str, Any]) -> None:
    if not isinstance(body["model"], str):
        raise Refused("model: Input should be a valid string")
    limit = body.get("max_tokens", 1)
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
        raise Refused("max_tokens: Input should be greater than or equal to 0")
    thinking = body.get("thinking")
    if thinking is None:
        return
    if thinking.get("type") not in ("adaptive", "enabled", "disabled", "between_tools"):
        raise Refused(
            f"thinking: Input tag '{thinking.get('type')}' found using 'type' does not match any tag"
        )
    if thinking["type"] == "enabled" and thinking.get("budget_tokens", 0) < 1024:
        raise Refused("thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")


def _check_tools(body: dict[str, Any]) -> set[str]:
    tools = body.get("tools") or []
    names: set[str] = set()
    for index, tool in enumerate(tools):
        name = tool.get("name", "")
        if tool.get("type", "custom") == "custom":
            if not TOOL_NAME.match(name):
                raise Refused(
                    f"tools.{index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"
                )
            if "input_schema" not in tool:
                raise Refused(f"tools.{index}.custom.input_schema: Field required")
            if tool["input_schema"].get("type") != "object":
                raise Refused(f"tools.{index}.custom.input_schema.type: Field required")
        if name in names:
            raise Refused("tools: Tool names must be unique.")
        names.add(name)
    if tools and all(tool.get("defer_loading") for tool in tools):
        raise Refused("At least one tool must have defer_loading=false.")
    choice = body.get("tool_choice") or {}
    if choice.get("type") == "tool" and choice.get("name") not in names:
        raise Refused(f"Tool '{choice.get('name')}' not found in provided tools")
    if choice and not tools and choice.get("type") != "none":
        raise Refused("tool_choice: tool_choice may only be specified while providing tools")
    return names


def blocks_of(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The content as blocks; a string is one text block."""
    content = message.get("content")
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return list(content or [])


def _check_messages(messages: Any, tool_names: set[str], signatures: Mapping[str, str]) -> None:
    if not messages:
        raise Refused("messages: at least one message is required")
    for index, message in enumerate(messages):
        if message.get("role") not in ("user", "assistant", "system"):
            raise Refused(f"messages.{index}.role: Input should be 'user', 'assistant' or 'system'")
        extra = set(message) - {"role", "content", "output_config", "clear_at"}
        if extra:
            raise Refused(f"messages.{index}.{min(extra)}: Extra inputs are not permitted")
        for place, block in enumerate(blocks_of(message)):
            _check_block(block, message["role"], f"messages.{index}.content.{place}", tool_names, signatures)
    if messages[0]["role"] != "user":
        raise Refused('messages: first message must use the "user" role')
    if messages[-1]["role"] == "assistant":
        raise Refused(
            "This model does not support assistant message prefill. The conversation must end with a user message."
        )
    _check_pairs(messages)


def _check_block(
    block: dict[str, Any], role: str, path: str, tool_names: set[str], signatures: Mapping[str, str]
) -> None:
    kind = block.get("type")
    if (kind in ASSISTANT_ONLY and role != "assistant") or (kind in USER_ONLY and role != "user"):
        raise Refused(f"{path}: `{kind}` blocks are not allowed in `{role}` messages")
    if kind == "text" and not block.get("text"):
        raise Refused("messages: text content blocks must be non-empty")
    if kind == "thinking" and signatures.get(block.get("signature", ""), ...) != block.get("thinking"):
        raise Refused(f"{path}: Invalid `signature` in `thinking` block")
    if kind == "tool_use":
        if not ID.match(block.get("id", "")):
            raise Refused(f"{path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
        if not isinstance(block.get("input"), dict):
            raise Refused(f"{path}.tool_use.input: Input should be a valid dictionary")
    if kind == "tool_result" and isinstance(block.get("content"), list):
        _check_result_content(block["content"], tool_names)


def _check_result_content(content: list[dict[str, Any]], tool_names: set[str]) -> None:
    for nested in content:
        if nested.get("type") == "text" and not nested.get("text"):
            raise Refused("messages: text content blocks must be non-empty")
        if nested.get("type") == "tool_reference" and nested.get("tool_name") not in tool_names:
            raise Refused(f"Tool reference '{nested.get('tool_name')}' not found in available tools")


def _turns(messages: list[dict[str, Any]]) -> list[tuple[str, int, list[dict[str, Any]]]]:
    """Messages with those of one role in a row merged, as the API does; the index is that of the first."""
    turns: list[tuple[str, int, list[dict[str, Any]]]] = []
    for index, message in enumerate(messages):
        if turns and turns[-1][0] == message["role"]:
            turns[-1][2].extend(blocks_of(message))
        else:
            turns.append((message["role"], index, blocks_of(message)))
    return turns


def _check_pairs(messages: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    waiting: list[str] = []
    asked_at = 0
    for _, index, blocks in [*_turns(messages), ("user", len(messages), [])]:
        results = [block["tool_use_id"] for block in blocks if block.get("type") == "tool_result"]
        missing = [call for call in waiting if call not in results]
        if missing:
            raise Refused(
                f"messages.{asked_at}: `tool_use` ids were found without `tool_result` blocks immediately after:"
                f" {', '.join(missing)}. Each `tool_use` block must have a corresponding `tool_result` block in"
                " the next message."
            )
        strangers = [call for call in results if call not in waiting]
        if strangers:
            raise Refused(
                f"messages.{index}.content.0: unexpected `tool_use_id` found in `tool_result` blocks:"
                f" {strangers[0]}. Each `tool_result` block must have a corresponding `tool_use` block in the"
                " previous message."
            )
        if len(results) != len(set(results)):
            raise Refused(
                f"messages.{index}.content: each tool_use must have a single result. Found multiple"
                f" `tool_result` blocks with id: {next(c for c in results if results.count(c) > 1)}"
            )
        kinds = [block.get("type") for block in blocks]
        if "tool_result" in kinds[len(results) :]:
            raise Refused(f"messages.{index}.content: `tool_result` blocks must come first")
        waiting = [block["id"] for block in blocks if block.get("type") == "tool_use"]
        asked_at = index
        if len(waiting) != len(set(waiting)) or seen.intersection(waiting):
            raise Refused(f"messages.{index}: `tool_use` ids must be unique")
        seen.update(waiting)


def _check_cache_control(body: dict[str, Any]) -> None:
    marks = sum(1 for _ in _cache_marks({key: value for key, value in body.items() if key != "metadata"}))
    if marks > 4:
        raise Refused(f"A maximum of 4 blocks with cache_control may be provided. Found {marks}.")


def _cache_marks(value: Any) -> Iterator[None]:
    if isinstance(value, dict):
        if isinstance(value.get("cache_control"), dict):
            yield
        for key, inner in value.items():
            if key not in ("input", "input_schema", "cache_control"):
                yield from _cache_marks(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _cache_marks(inner)
