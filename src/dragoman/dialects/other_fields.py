"""Request fields that no backend but Anthropic's has (spec/anthropic-messages.md section 3.1)."""

from collections.abc import Iterable
from typing import Any, cast

from dragoman.dialects.losses import Losses
from dragoman.messages.errors import invalid_request
from dragoman.messages.request import Conversation, MessagesRequest
from dragoman.wire.jsonvalues import as_list, as_object

_SILENT = frozenset(
    {"cache_control", "diagnostics", "user_profile_id", "workspace_id", "anthropic_version", "anthropic_beta"}
    | {"betas", "output_config.task_budget"}
)
"""Fields that change no answer, or that are judged where they are read."""

_REASONS = {
    "inference_geo": "the upstream decides where it runs",
    "fallbacks": "fallback models are configured in Dragoman",
    "fallback_credit_token": "fallback models are configured in Dragoman",
    "billing_policy": "the upstream bills by its own rules",
    "safeguards": "the upstream judges no tool calls",
    "container": "the upstream has no containers",
    "mcp_servers": "the upstream connects to no MCP servers; connect them to the client",
}


PREFILL_REFUSED = (
    "This model does not support assistant message prefill. The conversation must end with a user message."
)
"""The real API's words."""


def judge_other_fields(fields: Iterable[str], raw: dict[str, Any], losses: Losses) -> None:
    """Name what is lost with `fields` of the request `raw`: top-level names, and paths to single values.

    Raises ApiError (400) for a field without which the answer would be wrong.
    """
    for field in fields:
        value = raw.get(field)
        if "." not in field and (value is None or value == [] or value == {}):
            continue
        _refuse(field, value)
        if field == "context_management":
            _judge_context_management(value, losses)
        elif field not in _SILENT:
            losses.dropped(field, _REASONS.get(field, "the upstream has no such field"))


def _refuse(field: str, value: Any) -> None:
    match field:
        case "thread":
            raise invalid_request(
                "thread: thread_unsupported_request: send the whole conversation in `messages`"
            )
        case "compaction":
            raise invalid_request(
                "compaction: this model cannot write compactions; ask for a summary instead"
            )
        case "container" if isinstance(value, dict) and cast("dict[str, Any]", value).get("skills"):
            raise invalid_request("container.skills: skills run on Anthropic's servers only")
        case _:
            pass


def _judge_context_management(value: Any, losses: Losses) -> None:
    for index, edit in enumerate(as_list(as_object(value).get("edits"))):
        if not _keeps_all_thinking(edit):
            losses.dropped(f"context_management.edits.{index}", "the conversation is sent as it is")


def _keeps_all_thinking(edit: Any) -> bool:
    if not isinstance(edit, dict):
        return False
    fields = cast("dict[str, Any]", edit)
    keep = fields.get("keep")
    return fields.get("type") == "clear_thinking_20251015" and keep in ("all", {"type": "all"}, None)


def refuse_prefill(request: MessagesRequest, conversation: Conversation) -> None:
    """Raises ApiError (400) for an answer that the client began itself."""
    if conversation.messages and conversation.messages[-1].role == "assistant" and not request.counting:
        raise invalid_request(PREFILL_REFUSED)
