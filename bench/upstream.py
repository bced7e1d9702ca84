"""A scripted upstream that is never the bottleneck: bytes rendered once, one raw asyncio protocol, own process.

The model's name in the request says what comes back, in the dialect of the path (`.../chat/completions`,
`.../responses`, `.../messages` or `.../models/NAME:streamGenerateContent`), as SSE when the body says `"stream":true`
and in the two dialects in which nothing else is asked for, and as one JSON value otherwise:

    bench-small            one short text; streamed as 4 deltas, the whole reply in ONE write
    bench-burst-N          N deltas as fast as the socket takes them
    bench-paced-N-MS       N deltas, one every MS milliseconds, each with the time at which it was written

Every event is one HTTP chunk. In a burst each event is also its own write, hence its own TCP segment (asyncio sets
TCP_NODELAY): so do the servers of vendors. How many of them a relay finds in one read is then up to the relay: a busy
one finds more. A paced delta says `t=NANOSECONDS ` of CLOCK_MONOTONIC, which all processes of one machine share.

Requests are not parsed: the name is found by a search for it in the path, or in quotes, which JSON inside JSON strings
cannot match (its quotes are escaped). A name with anything beside it is not found: a proxy that did not understand the
name passed it on whole, and may ask in a dialect that is not the one to be measured.
"""

import argparse
import asyncio
import re
import signal
import sys
import time
from typing import cast

from typing_extensions import override

from bench.replies import (
    ALWAYS_STREAMED,
    SMALL_DELTAS,
    STAMP,
    STREAM_HEAD,
    Api,
    Script,
    Shape,
    chunk,
    script,
    small_stream,
    whole,
)

SHAPE = re.compile(
    rb'(?:"|/models/)bench-(?:(small)|burst-(\d+)|paced-(\d+)-(\d+))(?:"|:streamGenerateContent)'
)
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)


def shape_of(request: bytes | bytearray) -> Shape | None:
    """The shape that the request asks for by its model's name, or None."""
    match = SHAPE.search(request)
    if match is None:
        return None
    small, burst, paced, milliseconds = match.groups()
    if small:
        return Shape(len(SMALL_DELTAS), None)
    if burst:
        return Shape(int(burst), 0.0)
    return Shape(int(paced), int(milliseconds) / 1000)


def api_of(line: bytes) -> Api:
    """The dialect that the request line asks for."""
    if b":streamGenerateContent" in line:
        return "gemini"
    if b"/responses " in line:
        return "responses"
    return "chat" if b"/chat/completions" in line else "messages"


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
        api = api_of(line)
        if not (api in ALWAYS_STREAMED or b'"stream":true' in request or b'"stream": true' in request):
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
