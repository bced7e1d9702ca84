"""Searches that did not run at Anthropic, in a history that goes there: the API takes no result and no citation whose
content it did not encrypt itself."""

from typing import Any

from dragoman.dialects.plain_text import server_tool_text
from dragoman.messages.blocks import ServerToolResult, ServerToolUse
from dragoman.messages.envelope import CARRIED_TEXT, is_sealed
from dragoman.wire.jsonbytes import encode
from dragoman.wire.jsonvalues import as_object, objects_in


def foreign_searches(blocks: list[Any]) -> dict[int, bytes]:
    """By block, what stands in its place: a text for a result, nothing for its call, a text without its citations."""
    changed: dict[int, bytes] = {}
    calls: dict[str, tuple[int, dict[str, Any]]] = {}
    for place, entry in enumerate(blocks):
        block = as_object(entry)
        kind: Any = block.get("type")
        if kind == "server_tool_use":
            calls[str(block.get("id"))] = place, block
        elif kind == "web_search_tool_result" and _is_foreign(block):
            call = calls.get(str(block.get("tool_use_id")))
            changed[place] = _as_text(call[1] if call is not None else None, block)
            if call is not None:
                changed[call[0]] = b""
        elif kind == "text" and any(
            one.get("type") == "web_search_result_location" and not _is_anthropics(one.get("encrypted_index"))
            for one in objects_in(block.get("citations"))
        ):
            changed[place] = encode({name: value for name, value in block.items() if name != "citations"})
    return changed


def _is_foreign(result: dict[str, Any]) -> bool:
    content: Any = result.get("content")
    return any(not _is_anthropics(page.get("encrypted_content")) for page in objects_in(content))


def _is_anthropics(value: Any) -> bool:
    return (
        isinstance(value, str) and bool(value) and not value.startswith(CARRIED_TEXT) and not is_sealed(value)
    )


def _as_text(call: dict[str, Any] | None, result: dict[str, Any]) -> bytes:
    use = None
    if call is not None:
        use = ServerToolUse(str(call.get("id")), str(call.get("name")), call.get("input"))
    told = ServerToolResult(result["type"], str(result.get("tool_use_id")), result.get("content"))
    return encode({"type": "text", "text": server_tool_text(use, told)})
