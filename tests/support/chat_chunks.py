"""Chunks of a Chat Completions stream, as servers write them, and readings of them."""

import json
from typing import Any

from dragoman.dialects.openai_chat.reply import ChatReply
from dragoman.dialects.openai_chat.shapes import Reading
from tests.support.reading import Heard, calls_of, counting_ids, hear, hear_whole

DONE = b"data: [DONE]\n\n"

ESTIMATED_INPUT = 321
"""What the reader is told to expect; no chunk in the tests says this number."""


def data(value: Any) -> bytes:
    """A frame of one JSON value."""
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def chunk(delta: dict[str, Any] | None = None, finish: str | None = None, **fields: Any) -> bytes:
    """A frame with one choice. `fields` stand beside `choices`."""
    choice = {"index": 0, "delta": delta or {}, "finish_reason": finish}
    return data({"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": [choice], **fields})


def text(piece: str) -> bytes:
    return chunk({"content": piece})


def reasoning(piece: str, field: str = "reasoning_content") -> bytes:
    return chunk({field: piece})


def call(
    index: int | None = 0, id: str | None = None, name: str | None = None, arguments: Any = None
) -> bytes:
    """A fragment of a tool call with only the fields that are given."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    fields = {"index": index, "id": id, "function": function or None}
    return chunk({"tool_calls": [{key: value for key, value in fields.items() if value is not None}]})


def finish(reason: str = "stop", **fields: Any) -> bytes:
    return chunk(finish=reason, **fields)


def usage(prompt: int = 100, completion: int = 20, **fields: Any) -> bytes:
    """The last chunk of a server that was asked for usage."""
    counted = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return data({"choices": [], "usage": counted | fields})


def completion(message: dict[str, Any], finish: str | None = "stop", **fields: Any) -> bytes:
    """A whole answer that is not streamed."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return json.dumps(
        {"id": "chatcmpl-1", "object": "chat.completion", "choices": [choice], **fields}
    ).encode()


def open_reply(**reading: Any) -> ChatReply:
    """A reader; `reading` are the fields of Reading."""
    return ChatReply(
        Reading(**{"message_model": "claude-sonnet-5", **reading}), counting_ids(), ESTIMATED_INPUT
    )


def hear_chat(*frames: bytes, **reading: Any) -> Heard:
    """The frames read in three ways."""
    return hear(lambda: open_reply(**reading), b"".join(frames))


def hear_completion(body: bytes, **reading: Any) -> Heard:
    """A whole answer read."""
    return hear_whole(lambda: open_reply(**reading), body)


def content(heard: Heard) -> Any:
    """The blocks of the complete message."""
    return heard.message["content"]


def text_block(text: str) -> dict[str, str]:
    return {"type": "text", "text": text}


def tool_blocks(heard: Heard) -> list[tuple[str, Any]]:
    """Name and input of each tool call."""
    return calls_of(heard.message)
