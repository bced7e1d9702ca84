"""The smallest possible relay on the libraries that Dragoman stands on: what any gateway of this kind costs.

uvicorn with httptools, one plain ASGI callable, one shared aiohttp session, msgspec; the process settings are
Dragoman's (one process, the event loop that uvicorn picks, no access log). It does what cannot be left out:

    openai/MODEL      decode the body, put the model in, encode, POST to /chat/completions; each read of the reply is
                      split into SSE frames, each chunk decoded into a typed struct, each delta encoded as a typed
                      `text_delta` event, and all events of one read go out in one send. A reply that is not streamed
                      is decoded and encoded again as a message.
    MODEL:responses   the same with /responses and its events, of which only `response.output_text.delta` and
                      `response.completed` are decoded. It is streamed always; for a client that wants no stream the last
                      event becomes the message.
    gemini/MODEL      the same with :streamGenerateContent, which is streamed always, and its chunks; for a client that
                      wants no stream the texts of all chunks become one message.
    anthropic/MODEL   the same body to /v1/messages; each read goes out as it came, its frames are split and only
                      those that carry usage (`message_start`, `message_delta`) are decoded.

It does not: translate the request (tools, system, images), check anything (a key, a host, a size, a shape, the grammar
of what it says), notice an error, a cut stream or a client that hung up, ping a silent client, know tool calls or
thinking, make ids, choose a route, count, or log. It is no gateway, only the floor under one.
"""

import argparse
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import msgspec
import uvicorn

from bench.floor_replies import READERS, encode

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

decode_request = msgspec.json.Decoder(dict[str, Any]).decode

STREAM_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"text/event-stream")],
}


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
        provider, slash, model = request["model"].partition("/")
        if not slash:
            model, _, provider = request["model"].rpartition(":")
        request["model"] = model
        reader = READERS[provider]()
        async with self.session.post(
            self.upstream + reader.path.format(model=request["model"]),
            data=encode(request),
            headers={"content-type": "application/json", "authorization": "Bearer test-key"},
        ) as reply:
            if not request.get("stream"):
                answer = reader.whole(await reply.read())
                headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(answer))]
                await send({"type": "http.response.start", "status": reply.status, "headers": headers})
                await send({"type": "http.response.body", "body": answer})
                return
            await send(STREAM_START)
            async for data in reply.content.iter_any():
                await send({"type": "http.response.body", "body": reader.feed(data), "more_body": True})
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
