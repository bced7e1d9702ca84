"""What the scripted upstream says, rendered once, in each dialect: events of a stream, or one JSON value."""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from bench import responses_events

Api = Literal["chat", "responses", "messages", "gemini"]

ALWAYS_STREAMED: tuple[Api, ...] = ("responses", "gemini")
"""Dragoman wants no single JSON value of these, whatever its client wants."""

SMALL_DELTAS = ("Hello", " from", " the", " bench.")
WORDS = (
    " the",
    " value",
    " of",
    " `index`",
    " is",
    ' "read"',
    " before",
    "\n    ",
    " it",
    " changes",
    " naïvely",
    ",",
)
STREAM_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"
STAMP = "t=@"


class Shape(NamedTuple):
    """How to answer: `deltas` text deltas, `interval` seconds apart (0: a burst, None: all in one write)."""

    deltas: int
    interval: float | None


class Script(NamedTuple):
    """A streamed reply, ready to send: what precedes the deltas, one delta at a time, what follows."""

    opening: bytes
    deltas: tuple[bytes, ...]
    closing: bytes


def chunk(payload: bytes) -> bytes:
    """`payload` as one HTTP chunk."""
    return b"%x\r\n%b\r\n" % (len(payload), payload)


def chat_event(**fields: object) -> bytes:
    """One `chat.completion.chunk`, with the fields that OpenAI repeats in each."""
    head: dict[str, object] = {
        "id": "chatcmpl-bench0123456789abcdefghij",
        "object": "chat.completion.chunk",
        "created": 1763726400,
        "model": "bench",
        "service_tier": "default",
        "system_fingerprint": "fp_bench",
    }
    return b"data: " + msgspec.json.encode(head | fields) + b"\n\n"


def chat_choice(delta: dict[str, object], finish_reason: str | None = None) -> bytes:
    """A chunk with one choice."""
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
    return chat_event(choices=[choice], usage=None)


def chat_usage(deltas: int) -> dict[str, object]:
    """OpenAI's count of the tokens."""
    return {
        "prompt_tokens": 12,
        "completion_tokens": deltas,
        "total_tokens": 12 + deltas,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
    }


def messages_event(name: str, **fields: object) -> bytes:
    """One event of Anthropic's stream."""
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode({"type": name, **fields}))


def messages_usage(output_tokens: int) -> dict[str, object]:
    """Anthropic's count of the tokens."""
    return {
        "input_tokens": 12,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": output_tokens,
    }


def message(content: list[object], stop_reason: str | None, output_tokens: int) -> dict[str, object]:
    """Anthropic's message."""
    return {
        "id": "msg_bench0123456789abcdef",
        "type": "message",
        "role": "assistant",
        "model": "bench",
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": messages_usage(output_tokens),
    }


def gemini_event(text: str, tokens: int, finish_reason: str | None = None) -> bytes:
    """One chunk of streamGenerateContent as Google writes it: a space behind each colon, the usage in every chunk,
    and CRLF at the ends of lines."""
    content = {"parts": [{"text": text}], "role": "model"}
    candidate: dict[str, object] = {"content": content}
    if finish_reason:
        candidate["finishReason"] = finish_reason
    usage: dict[str, object] = {
        "promptTokenCount": 12,
        "candidatesTokenCount": tokens,
        "totalTokenCount": 12 + tokens,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 12}],
    }
    event = {
        "candidates": [candidate | {"index": 0}],
        "usageMetadata": usage,
        "modelVersion": "bench",
        "responseId": "bench0123456789abcdefgh",
    }
    return b"data: %b\r\n\r\n" % json.dumps(event, ensure_ascii=False, separators=(",", ": ")).encode()


def texts_of(shape: Shape) -> tuple[str, ...]:
    """What the deltas say; for a paced reply one text with a place for the time."""
    if shape.interval is None:
        return SMALL_DELTAS
    if shape.interval:
        return (STAMP + " ",)
    return tuple(WORDS[n % len(WORDS)] for n in range(shape.deltas))


@lru_cache(maxsize=64)
def script(api: Api, shape: Shape) -> Script:
    """The streamed reply; the deltas of a paced one are a single bare frame with `t=@` in it."""
    framed: Callable[[bytes], bytes] = bytes if shape.interval else chunk
    if api == "chat":
        return Script(
            chunk(chat_choice({"role": "assistant", "content": "", "refusal": None})),
            tuple(framed(chat_choice({"content": text})) for text in texts_of(shape)),
            chunk(chat_choice({}, "stop"))
            + chunk(chat_event(choices=[], usage=chat_usage(shape.deltas)))
            + chunk(b"data: [DONE]\n\n")
            + LAST_CHUNK,
        )
    if api == "responses":
        texts = texts_of(shape)
        return Script(
            b"".join(map(chunk, responses_events.opening())),
            tuple(map(framed, responses_events.deltas(texts))),
            b"".join(map(chunk, responses_events.closing("".join(texts), shape.deltas))) + LAST_CHUNK,
        )
    if api == "gemini":
        return Script(
            b"",
            tuple(framed(gemini_event(text, n)) for n, text in enumerate(texts_of(shape), 1)),
            chunk(gemini_event("", shape.deltas, "STOP")) + LAST_CHUNK,
        )
    block = {"type": "text", "text": ""}
    delta = {"stop_reason": "end_turn", "stop_sequence": None}
    return Script(
        chunk(messages_event("message_start", message=message([], None, 1)))
        + chunk(messages_event("content_block_start", index=0, content_block=block))
        + chunk(messages_event("ping")),
        tuple(
            framed(messages_event("content_block_delta", index=0, delta={"type": "text_delta", "text": text}))
            for text in texts_of(shape)
        ),
        chunk(messages_event("content_block_stop", index=0))
        + chunk(messages_event("message_delta", delta=delta, usage=messages_usage(shape.deltas)))
        + chunk(messages_event("message_stop"))
        + LAST_CHUNK,
    )


@lru_cache(maxsize=64)
def whole(api: Api, shape: Shape) -> bytes:
    """The reply as one JSON value, head included; not for what is always streamed."""
    text = "".join(texts_of(shape))
    answer = message([{"type": "text", "text": text}], "end_turn", shape.deltas)
    if api == "chat":
        said: dict[str, object] = {"role": "assistant", "content": text, "refusal": None, "annotations": []}
        choice: dict[str, object] = {"index": 0, "message": said, "logprobs": None, "finish_reason": "stop"}
        answer = {
            "id": "chatcmpl-bench0123456789abcdefghij",
            "object": "chat.completion",
            "created": 1763726400,
            "model": "bench",
            "choices": [choice],
            "usage": chat_usage(shape.deltas),
        }
    body = msgspec.json.encode(answer)
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (
        len(body),
        body,
    )


@lru_cache(maxsize=64)
def small_stream(api: Api, shape: Shape) -> bytes:
    """The streamed reply of one write, head included."""
    parts = script(api, shape)
    return b"".join((STREAM_HEAD, parts.opening, *parts.deltas, parts.closing))
