"""What Claude on Vertex AI refuses beside what the Messages API refuses (spec/vertex.md sections 1 and 4).

Independent of the code under test: it reads headers and plain dicts.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.support.anthropic_rules import TOP_LEVEL, Refused, blocks_of, check_request

BETAS = frozenset(
    [
        "claude-code-20250219",
        "interleaved-thinking-2025-05-14",
        "context-management-2025-06-27",
        "thinking-token-count-2026-05-13",
        "effort-2025-11-24",
        "mid-conversation-system-2026-04-07",
        "context-1m-2025-08-07",
        "redact-thinking-2026-02-12",
        "tool-search-tool-2025-10-19",
        "structured-outputs-2025-12-15",
        "extended-cache-ttl-2025-04-11",
        "fine-grained-tool-streaming-2025-05-14",
        "web-search-2025-03-05",
    ]
)
"""Of the newest models; older ones know fewer."""
FIELDS = TOP_LEVEL - frozenset(
    [
        *("betas", "billing_policy", "compaction", "container", "diagnostics", "fallback_credit_token"),
        *("fallbacks", "inference_geo", "mcp_servers", "safeguards", "service_tier", "speed", "thread"),
        *("user_profile_id", "workspace_id"),
    ]
)
COUNTED = frozenset(
    ("model", "messages", "system", "tools", "thinking", "tool_choice", "anthropic_version", "output_config")
)
FIELD_BETAS = {"context_management": "context-management-2025-06-27"}
"""Fields that are known only beside a beta."""
NO_LONG_CONTEXT = re.compile(r"claude-sonnet-4(-5)?@")
HEADERS = frozenset(
    [
        *("accept", "accept-encoding", "anthropic-beta", "anthropic-user-profile-id", "authorization"),
        *("connection", "content-length", "content-type", "host", "user-agent", "x-goog-user-project"),
    ]
)
TOOLS = re.compile(
    r"custom|web_search_20250305|(bash|text_editor|computer|memory)_\d{8}"
    r"|tool_search_tool_(regex|bm25)(_20251119)?"
)
UNCHANGED = frozenset(("input", "input_schema"))
"""Values that are the user's own."""


def check_vertex_request(
    body: Any,
    headers: Iterable[tuple[str, str]],
    model: str,
    *,
    signatures: Mapping[str, str],
    betas: frozenset[str] = BETAS,
    fields: frozenset[str] = FIELDS,
    counting: bool = False,
) -> None:
    """Raises Refused with Vertex AI's wording. `model` is the one in the path, if it is not a count."""
    asked = _check_headers(headers, model, frozenset() if counting else betas)
    if not isinstance(body, dict):
        raise Refused("Input should be a valid dictionary")
    known = COUNTED if counting else (fields - {"model"}) | {"anthropic_version"}
    for field in body:
        if field not in known or FIELD_BETAS.get(field, "") not in ("", *asked):
            raise Refused(f"{field}: Extra inputs are not permitted")
    version = body.get("anthropic_version")
    if version is None:
        raise Refused("anthropic_version: Field required")
    if version not in ("vertex-2023-10-16", "2026-10-21"):
        raise Refused(f"anthropic_version: `{version}` is not a version of this API")
    if counting and ("@" in body.get("model", "") or not body.get("model")):
        raise Refused("model: Input should be the id of a model without its version")
    _check_tools(body)
    _check_blocks(body)
    messages_api = {key: value for key, value in body.items() if key != "anthropic_version"}
    check_request({"model": model} | messages_api, signatures, counting=counting)


def _check_headers(headers: Iterable[tuple[str, str]], model: str, betas: frozenset[str]) -> list[str]:
    """The betas that were asked for."""
    asked: list[str] = []
    for name, value in headers:
        lowered = name.lower()
        if lowered not in HEADERS and not lowered.startswith("x-stainless-"):
            raise Refused(f"{lowered}: this header must not reach Vertex AI")
        if lowered == "anthropic-beta":
            asked += value.split(",")
    unknown = [beta for beta in asked if beta not in betas]
    if NO_LONG_CONTEXT.match(model):
        unknown += [beta for beta in asked if beta.startswith("context-1m-")]
    if unknown:
        values = ", ".join(f"`{beta}`" for beta in unknown)
        raise Refused(
            f"Unexpected value(s) {values} for the `anthropic-beta` header. Please consult our documentation at"
            " platform.claude.com/docs or try again without the header."
        )
    return asked


def _check_tools(body: dict[str, Any]) -> None:
    for index, tool in enumerate(body.get("tools") or []):
        kind = tool.get("type", "custom")
        if not TOOLS.fullmatch(kind):
            raise Refused(f"tools.{index}: Input tag '{kind}' found using 'type' does not match any tag")
        if kind == "web_search_20250305" and "response_inclusion" in tool:
            raise Refused(f"tools.{index}.{kind}.response_inclusion: Extra inputs are not permitted")


def _check_blocks(body: dict[str, Any]) -> None:
    for mark in _marks({key: value for key, value in body.items() if key != "metadata"}):
        if "scope" in mark:
            raise Refused("cache_control.ephemeral.scope: Extra inputs are not permitted")
    for message in body.get("messages") or []:
        for block in blocks_of(message):
            source = block.get("source") or {}
            if block.get("type") == "container_upload" or source.get("type") == "file":
                raise Refused("messages: Input tag 'file' found using 'type' does not match any tag")


def _marks(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        mark = value.get("cache_control")
        if isinstance(mark, dict):
            yield mark
        for key, inner in value.items():
            if key not in UNCHANGED:
                yield from _marks(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _marks(inner)
