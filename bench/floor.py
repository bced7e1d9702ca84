"""The smallest possible relay on the libraries that Dragoman stands on: what any gateway of this kind costs.

uvicorn with httptools, one plain ASGI callable, one shared aiohttp session, msgspec; the process settings are
Dragoman's (one process, the event loop that uvicorn picks, no access log). It does what cannot be left out:

    openai/MODEL      decode the body, put the model in, encode, POST to /chat/completions; each read of the reply is
                      split into SSE frames, each chunk decoded into a typed struct, each delta encoded as a typed
                      `text_delta` event, and all events of one read go out in one send. A reply that is not streamed
                      is decoded and encoded again as a message.
    anthropic/MODEL   the same body to /v1/messages; each read goes out as it came, its frames are split and only
                      those that carry usage (`message_start`, `message_delta`) are decoded.

It does not: translate the request (tools, system, images), check anything (a key, a host, a size, a shape, the grammar
of what it says), notice an error, a cut stream or a client that hung up, ping a silent client, know tool calls or
thinking, make ids, choose a route, count, or log. It is no gateway, only the floor under one.
"""

import argparse
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import aiohttp
import msgspec
import uvicorn

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class ChatDelta(msgspec.Struct):
    content: str | None = None


class ChatChoice(msgspec.Struct):
    delta: ChatDelta | None = None
    message: ChatDelta | None = None
    finish_reason: str | None = None


class ChatUsage(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class ChatChunk(msgspec.Struct):
    choices: list[ChatChoice]
    usage: ChatUsage | None = None


class TextDelta(msgspec.Struct, tag="text_delta"):
    text: str


class ContentBlockDelta(msgspec.Struct, tag="content_block_delta"):
    index: int
    delta: TextDelta


class Usage(msgspec.Struct):
    input_tokens: int = 0
    output_tokens: int = 0


class Message(msgspec.Struct):
    usage: Usage


class UsageEvent(msgspec.Struct):
    """`message_start` or `message_delta`, as far as tokens go."""

    message: Message | None = None
    usage: Usage | None = None


encode = msgspec.json.Encoder().encode
decode_request = msgspec.json.Decoder(dict[str, Any]).decode
decode_chunk = msgspec.json.Decoder(ChatChunk).decode
decode_usage = msgspec.json.Decoder(UsageEvent).decode

OPENING = (
    b'event: message_start\ndata: {"type":"message_start","message":{"id":"msg_floor","type":"message",'
    b'"role":"assistant","model":"floor","content":[],"stop_reason":null,"stop_sequence":null,'
    b'"usage":{"input_tokens":0,"output_tokens":0}}}\n\n'
    b'event: content_block_start\ndata: {"type":"content_block_start","index":0,'
    b'"content_block":{"type":"text","text":""}}\n\n'
)
STREAM_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/event-stream")],
}


def closing(usage: ChatUsage) -> bytes:
    """The end of a message."""
    return (
        b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
        b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn",'
        b'"stop_sequence":null},"usage":{"input_tokens":%d,"output_tokens":%d}}\n\n'
        b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
    ) % (usage.prompt_tokens, usage.completion_tokens)


def as_message(body: bytes) -> bytes:
    """A chat completion as a message."""
    completion = decode_chunk(body)
    said, usage = completion.choices[0].message, completion.usage or ChatUsage()
    return encode(
        {
            "id": "msg_floor",
            "type": "message",
            "role": "assistant",
            "model": "floor",
            "content": [{"type": "text", "text": said.content if said else ""}],
            "stop_reason": "end_turn",
            "stop_sequence": None,
            "usage": {"input_tokens": usage.prompt_tokens, "output_tokens": usage.completion_tokens},
        }
    )


class Translation:
    """Chat chunks in, Messages events out."""

    def __init__(self) -> None:
        self.rest = b""
        self.usage = ChatUsage()
        self.opened = False

    def feed(self, data: bytes) -> bytes:
        """The events that one read completes."""
        *frames, self.rest = (self.rest + data).split(b"\n\n")
        return b"".join(self.events(frames))

    def events(self, frames: list[bytes]) -> Iterator[bytes]:
        if not self.opened:
            self.opened = True
            yield OPENING
        for frame in frames:
            if frame == b"data: [DONE]":
                yield closing(self.usage)
                continue
            chunk = decode_chunk(frame[6:])
            if chunk.usage is not None:
                self.usage = chunk.usage
            for choice in chunk.choices:
                if choice.delta is not None and choice.delta.content:
                    event = ContentBlockDelta(0, TextDelta(choice.delta.content))
                    yield b"event: content_block_delta\ndata: " + encode(event) + b"\n\n"


class Passage:
    """Messages events in, the same bytes out, usage read on the side."""

    def __init__(self) -> None:
        self.rest = b""
        self.usage: Usage | None = None

    def feed(self, data: bytes) -> bytes:
        """One read as it came."""
        *frames, self.rest = (self.rest + data).split(b"\n\n")
        for frame in frames:
            if frame.startswith((b"event: message_start", b"event: message_delta")):
                event = decode_usage(frame[frame.index(b"{") :])
                self.usage = event.usage or (event.message and event.message.usage)
        return data


class Floor:
    """The ASGI application."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.session: aiohttp.ClientSession | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.live(receive, send)
        elif scope["path"] == "/v1/messages":
            await self.relay(receive, send)
        else:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body"})

    async def live(self, receive: Receive, send: Send) -> None:
        """Hold the session for the life of the process."""
        await receive()
        connector = aiohttp.TCPConnector(limit=0)
        cookies, timeout = aiohttp.DummyCookieJar(), aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(
            connector=connector, cookie_jar=cookies, timeout=timeout
        ) as self.session:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def relay(self, receive: Receive, send: Send) -> None:
        assert self.session is not None
        part = await receive()
        body = part["body"]
        while part.get("more_body"):
            part = await receive()
            body += part["body"]
        request = decode_request(body)
        provider, _, request["model"] = request["model"].partition("/")
        translating = provider == "openai"
        async with self.session.post(
            self.upstream + ("/v1/chat/completions" if translating else "/v1/messages"),
            data=encode(request),
            headers={"content-type": "application/json", "authorization": "Bearer test-key"},
        ) as reply:
            if not request.get("stream"):
                answer = await reply.read()
                answer = as_message(answer) if translating else answer
                headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
                await send({"type": "http.response.start", "status": reply.status, "headers": headers})
                await send({"type": "http.response.body", "body": answer})
                return
            await send(STREAM_START)
            feed = (Translation() if translating else Passage()).feed
            async for data in reply.content.iter_any():
                await send({"type": "http.response.body", "body": feed(data), "more_body": True})
            await send({"type": "http.response.body"})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=9001)
    parser.add_argument("--upstream", default="http://127.0.0.1:9000")
    options = parser.parse_args()
    uvicorn.run(
        Floor(options.upstream),
        host="127.0.0.1",
        port=options.port,
        http="httptools",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=75,
    )
