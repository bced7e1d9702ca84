"""Messages requests in few words, and what the Chat dialect makes of them."""

import json
from typing import Any

from dragoman.dialects.openai_chat.request import write_request
from dragoman.dialects.quirks import Quirks
from dragoman.messages.parse import parse_conversation, parse_request
from dragoman.messages.request import Conversation, MessagesRequest
from dragoman.wire.exchange import Headers

PLAIN = Quirks()
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
SESSION = "00000000-0000-4000-8000-000000000001"


def user(*blocks: Any, **fields: Any) -> dict[str, Any]:
    return {"role": "user", "content": _content(blocks), **fields}


def assistant(*blocks: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": _content(blocks)}


def system(*blocks: Any, **fields: Any) -> dict[str, Any]:
    return {"role": "system", "content": _content(blocks), **fields}


def text(words: str, **fields: Any) -> dict[str, Any]:
    return {"type": "text", "text": words, **fields}


def image(**source: Any) -> dict[str, Any]:
    return {"type": "image", "source": source or {"type": "base64", "media_type": "image/png", "data": PNG}}


def pdf(**fields: Any) -> dict[str, Any]:
    source = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0x"}
    return {"type": "document", "source": source, **fields}


def call(name: str = "Read", id: str = "toolu_1", **arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": id, "name": name, "input": arguments}


def result(*blocks: Any, id: str = "toolu_1", **fields: Any) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": id, "content": _content(blocks), **fields}


def tool(name: str = "Read", **fields: Any) -> dict[str, Any]:
    return {"name": name, "input_schema": {"type": "object", "properties": {}}, **fields}


def ask(*messages: dict[str, Any], headers: Headers = (), **fields: Any) -> MessagesRequest:
    """A request; one user message "hi" if none is given."""
    body = {"model": "claude-x", "max_tokens": 4000, "messages": list(messages) or [user("hi")], **fields}
    return parse_request(json.dumps(body).encode(), headers)


def main_loop(**mark: Any) -> MessagesRequest:
    """What Claude Code sends on every step; `mark` is what its cache marks say beside their type."""
    marked = {"cache_control": {"type": "ephemeral", **mark}}
    user_id = {"device_id": "d" * 64, "account_uuid": "", "session_id": SESSION}
    return ask(
        user(text("hi", **marked)),
        system("note"),
        system=[text("x-anthropic-billing-header: cc_version=2"), text("You are.", **marked)],
        tools=[tool("Read")],
        metadata={"user_id": json.dumps(user_id)},
        thinking={"type": "adaptive"},
        context_management={"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
        output_config={"effort": "high"},
        stream=True,
    )


def conversation(*messages: dict[str, Any], **fields: Any) -> Conversation:
    return parse_conversation(ask(*messages, **fields))


def written(request: MessagesRequest, quirks: Quirks = PLAIN, model: str = "some-model") -> dict[str, Any]:
    """The upstream's body."""
    return json.loads(write_request(request, model, quirks).body)


def losses(request: MessagesRequest, quirks: Quirks = PLAIN) -> dict[str, str]:
    """Field to `dropped` or `approximated`."""
    return {loss.field: loss.what for loss in write_request(request, "some-model", quirks).losses}


def _content(blocks: tuple[Any, ...]) -> Any:
    """A string alone is a string; among blocks it is a text block."""
    if len(blocks) == 1 and isinstance(blocks[0], str):
        return blocks[0]
    return [text(block) if isinstance(block, str) else block for block in blocks]
