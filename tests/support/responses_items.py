"""Items of the Responses API reduced to what they say, so that what was answered and what comes back can be compared."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

Plain = dict[str, Any]


def plain_items(items: Any) -> list[Plain]:
    """An input or an output as what the model reads: without ids of messages and calls, statuses, phases, breakpoints.

    A message of the assistant is one entry for each of its texts. Reasoning that cannot come back is left out.
    """
    if isinstance(items, str):
        return [_plain_message("user", items)]
    return [plain for item in items for plain in _plain(item)]


def _plain(item: dict[str, Any]) -> Iterable[Plain]:
    match item.get("type", "message"):
        case "message" if item["role"] == "assistant":
            content = item["content"]
            texts = [content] if isinstance(content, str) else map(_said, content)
            yield from ({"type": "said", "text": text} for text in texts if text)
        case "message":
            yield _plain_message(item["role"], item["content"])
        case "function_call":
            yield {key: item[key] for key in ("type", "call_id", "name", "arguments")}
        case "function_call_output":
            yield {"type": "output", "call_id": item["call_id"], "output": _plain_parts(item["output"])}
        case "reasoning":
            if item.get("encrypted_content") or item.get("content"):
                fields = ("type", "id", "summary", "content", "encrypted_content")
                yield {key: item[key] for key in fields if item.get(key) is not None}
        case _:
            yield {key: value for key, value in item.items() if key != "status"}


def _said(part: dict[str, Any]) -> str:
    return part["refusal"] if part["type"] == "refusal" else part["text"]


def _plain_message(role: str, content: Any) -> Plain:
    return {"type": "message", "role": role, "content": _plain_parts(content)}


def _plain_parts(content: Any) -> list[Plain]:
    if isinstance(content, str):
        return [{"type": "input_text", "text": content}]
    return [
        {key: value for key, value in part.items() if key != "prompt_cache_breakpoint"} for part in content
    ]


def departure(found: Sequence[Plain], wanted: Sequence[Plain]) -> int | None:
    """The first index at which `found` does not go along `wanted`; None if it begins with all of it."""
    for index, one in enumerate(wanted):
        if index >= len(found) or not same_item(one, found[index]):
            return index
    return None


def same_item(answered: Plain, echoed: Plain) -> bool:
    """Whether the client brought this item back. It may add defaults to the arguments of a call."""
    if answered == echoed:
        return True
    if answered["type"] != echoed["type"]:
        return False
    if answered["type"] == "said":
        return answered["text"].strip() == echoed["text"].strip()
    if answered["type"] != "function_call":
        return False
    if any(answered[key] != echoed[key] for key in ("call_id", "name")):
        return False
    before, after = _arguments(answered), _arguments(echoed)
    # What is no JSON object comes back in whatever way the client wraps it.
    return before is None or (after is not None and before.items() <= after.items())


def _arguments(call: Plain) -> dict[str, Any] | None:
    try:
        value = json.loads(call["arguments"] or "{}")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
