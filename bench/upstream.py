"""A scripted upstream that is never the bottleneck: bytes rendered once, one raw asyncio protocol, own process.

The model's name in the request says what comes back, in the dialect of the path (`.../chat/completions` or
`.../messages`), as SSE when the body says `"stream":true` and as one JSON value otherwise:

    bench-small            one short text; streamed as 4 deltas, the whole reply in ONE write
    bench-burst-N          N deltas as fast as the socket takes them
    bench-paced-N-MS       N deltas, one every MS milliseconds, each with the time at which it was written

Every event is one HTTP chunk. In a burst each event is also its own write, hence its own TCP segment (asyncio sets
TCP_NODELAY): so do the servers of vendors. How many of them a relay finds in one read is then up to the relay: a busy
one finds more. A paced delta says `t=NANOSECONDS ` of CLOCK_MONOTONIC, which all processes of one machine share.

Requests are not parsed: the name is found by a search for it in quotes, which JSON inside JSON strings cannot match
(its quotes are escaped).
"""

import argparse
import asyncio
import re
import signal
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple, cast

import msgspec
from typing_extensions import override

Api = Literal["chat", "messages"]

SHAPE = re.compile(rb'"bench-(?:(small)|burst-(\d+)|paced-(\d+)-(\d+))"')
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
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


def shape_of(body: bytes | bytearray) -> Shape | None:
    """The shape that the request asks for by its model's name, or None."""
    match = SHAPE.search(body)
    if match is None:
        return None
    small, burst, paced, milliseconds = match.groups()
    if small:
        return Shape(len(SMALL_DELTAS), None)
    if burst:
        return Shape(int(burst), 0.0)
    return Shape(int(paced), int(milliseconds) / 1000)


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
    """The reply as one JSON value, head included."""
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


class Connection(asyncio.Protocol):
    """One keep-alive connection; a request is answered as soon as its last byte is here."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.received = bytearray()
        self.needed = 0
        self.timer: asyncio.TimerHandle | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self.timer is not None:
            self.timer.cancel()

    @override
    def data_received(self, data: bytes) -> None:
        self.received += data
        if not self.needed:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return
            length = CONTENT_LENGTH.search(self.received, 0, end)
            self.needed = end + 4 + (int(length[1]) if length else 0)
        if len(self.received) >= self.needed:
            request, self.received, self.needed = self.received, bytearray(), 0
            self.answer(request)

    def answer(self, request: bytearray) -> None:
        line = bytes(request[: request.find(b"\r\n")])
        if line.startswith(b"GET /readyz "):
            self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            return
        shape = shape_of(request)
        if shape is None or not line.startswith(b"POST "):
            self.transport.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
            return
        api: Api = "chat" if b"/chat/completions" in line else "messages"
        if not (b'"stream":true' in request or b'"stream": true' in request):
            self.transport.write(whole(api, shape))
        elif shape.interval is None:
            self.transport.write(small_stream(api, shape))
        elif shape.interval:
            self.transport.write(STREAM_HEAD + script(api, shape).opening)
            self.pace(script(api, shape), shape.deltas, shape.interval, self.loop.time())
        else:
            self.burst(script(api, shape))

    def burst(self, parts: Script) -> None:
        write = self.transport.write
        write(STREAM_HEAD + parts.opening)
        for delta in parts.deltas:
            write(delta)
        write(parts.closing)

    def pace(self, parts: Script, left: int, interval: float, due: float) -> None:
        """Write one stamped delta now and the next at its time: `due` does not drift with late timers."""
        stamp = b"t=%d" % time.monotonic_ns()
        self.transport.write(chunk(parts.deltas[0].replace(STAMP.encode(), stamp)))
        if left > 1:
            due += interval
            self.timer = self.loop.call_at(due, self.pace, parts, left - 1, interval, due)
        else:
            self.timer = None
            self.transport.write(parts.closing)


async def serve(port: int) -> None:
    """Serve on loopback until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    server = await loop.create_server(Connection, "127.0.0.1", port, backlog=2048)
    print(f"scripted upstream on 127.0.0.1:{server.sockets[0].getsockname()[1]}", file=sys.stderr)
    await stopped.wait()
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=9000, help="0 picks a free one (default 9000)")
    asyncio.run(serve(parser.parse_args().port))
