"""Load from raw asyncio protocols: as cheap as Python allows, so that the driver does not starve what it measures."""

import asyncio
import re
import time
from collections.abc import Callable
from typing import NamedTuple, cast

from typing_extensions import override

STAMP = re.compile(rb"t=(\d+) ")
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
LAST_CHUNK = b"0\r\n\r\n"
RAMP = 6
"""Intervals in which a crowd of paced streams opens: all at once, the queue would last into the window."""


class LoadError(Exception):
    """The server under load did not answer as it must; the message shows what came."""


class Answers(NamedTuple):
    """What a closed loop saw."""

    seconds: list[float]
    """From the request's first byte to the reply's last, one number a request, in order of completion."""
    reads: int
    """Reads of the socket in all: fewer than events when events came together."""


class Paced(NamedTuple):
    """What a crowd of slow streams saw in the window in which all of them were open."""

    events: int
    delays: list[float]
    """Seconds from the upstream's write to our read, one number an event."""
    cpu: float
    """Seconds of CPU that the server used in the window."""


class Exchange(asyncio.Protocol):
    """One connection that sends one request at a time and knows when the reply is whole."""

    def __init__(self, request: bytes, failed: Callable[[LoadError], None]) -> None:
        self.request = request
        self.failed = failed
        self.busy = False
        self.reply = b""
        self.length: int | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def send(self) -> None:
        """Ask once; `data_received` must not be waiting for an earlier reply."""
        self.busy, self.reply, self.length = True, b"", None
        self.transport.write(self.request)

    @override
    def data_received(self, data: bytes) -> None:
        fresh = not self.reply
        self.reply += data
        if fresh and not self.begin():
            return
        whole = self.reply.endswith(LAST_CHUNK) if self.length is None else len(self.reply) >= self.length
        if whole:
            self.busy = False
            self.completed()

    def begin(self) -> bool:
        """Read the head; False when the reply is an error."""
        head, _, _ = self.reply.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            self.failed(LoadError(f"not a 200: {self.reply[:1000].decode(errors='replace')}"))
            return False
        found = CONTENT_LENGTH.search(head)
        self.length = len(head) + 4 + int(found[1]) if found else None
        return True

    def completed(self) -> None:
        """The reply is whole."""

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if self.busy:
            self.failed(
                LoadError(f"hung up in mid-reply, after: {self.reply[-500:].decode(errors='replace')}")
            )


class Repeater(Exchange):
    """Asks again as soon as it was answered, while its loop has requests left."""

    def __init__(self, clients: "Clients") -> None:
        super().__init__(clients.request, clients.fail)
        self.clients = clients

    def ask(self) -> None:
        if self.clients.left > 0:
            self.clients.left -= 1
            self.asked = time.perf_counter()
            self.send()

    @override
    def data_received(self, data: bytes) -> None:
        self.clients.reads += 1
        super().data_received(data)

    @override
    def completed(self) -> None:
        self.clients.count(time.perf_counter() - self.asked, self.reply)
        self.ask()


class Clients:
    """A closed loop: `concurrency` connections, each asking again when it is answered."""

    def __init__(self, port: int, request: bytes, concurrency: int, must_contain: bytes) -> None:
        self.port = port
        self.request = request
        self.concurrency = concurrency
        self.must_contain = must_contain
        self.repeaters: list[Repeater] = []
        self.seconds: list[float] = []
        self.left = self.total = self.reads = 0

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(self.concurrency):
            _, repeater = await loop.create_connection(lambda: Repeater(self), "127.0.0.1", self.port)
            self.repeaters.append(repeater)

    async def run(self, count: int, limit: float = 60) -> Answers:
        """Ask `count` times. Raises LoadError for an answer that is not a whole 200, TimeoutError after `limit` s."""
        self.left = self.total = count
        self.seconds, self.reads = [], 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        for repeater in self.repeaters:
            repeater.ask()
        async with asyncio.timeout(limit):
            await self.done
        return Answers(self.seconds, self.reads)

    def count(self, seconds: float, reply: bytes) -> None:
        if self.must_contain not in reply[-600:]:
            self.fail(
                LoadError(f"an answer without {self.must_contain}: {reply[-600:].decode(errors='replace')}")
            )
        self.seconds.append(seconds)
        if len(self.seconds) == self.total and not self.done.done():
            self.done.set_result(None)

    def fail(self, error: LoadError) -> None:
        if not self.done.done():
            self.done.set_exception(error)

    def close(self) -> None:
        for repeater in self.repeaters:
            repeater.busy = False
            repeater.transport.close()


class Listener(Exchange):
    """One slow stream: notes when each stamped event arrives."""

    def __init__(self, crowd: "Crowd") -> None:
        super().__init__(crowd.request, crowd.fail)
        self.crowd = crowd

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.send()

    @override
    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        if self.crowd.watching:
            self.crowd.delays += [(now - int(stamp)) / 1e9 for stamp in STAMP.findall(data)]
        super().data_received(data)

    @override
    def completed(self) -> None:
        self.crowd.whole += 1
        self.transport.close()


class Crowd:
    """What all the listeners saw."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.watching = False
        self.delays: list[float] = []
        self.whole = 0
        self.error: LoadError | None = None

    def fail(self, error: LoadError) -> None:
        self.error = self.error or error


def paced_events(watched: int) -> int:
    """Deltas that a stream needs so that a whole crowd is open for `watched` intervals and one to spare."""
    return RAMP + watched + 2


async def run_paced(
    port: int,
    request: bytes,
    *,
    streams: int,
    watched: int,
    interval: float,
    phase: float,
    read_cpu: Callable[[], float],
) -> Paced:
    """Open `streams` streams of `paced_events(watched)` events over RAMP intervals, and watch them to their end.

    `phase` (0 to 1) moves all of them by that part of a step, so that two crowds do not arrive at the same moments.
    The window begins half an interval after the last one opened and ends half an interval before the first one ends.
    Raises LoadError when a stream is not whole 10 s after it should be.
    """
    loop = asyncio.get_running_loop()
    # A little less than RAMP intervals, so that the streams of one interval fall between those of the one before.
    step = RAMP * interval / streams * (1 - 1 / streams)
    crowd = Crowd(request)
    listeners: list[Listener] = []
    begun = loop.time() + phase * interval / streams
    try:
        for number in range(streams):
            await asyncio.sleep(begun + number * step - loop.time())
            _, listener = await loop.create_connection(lambda: Listener(crowd), "127.0.0.1", port)
            listeners.append(listener)
        await asyncio.sleep(begun + (RAMP + 0.5) * interval - loop.time())
        crowd.watching, cpu = True, read_cpu()
        await asyncio.sleep(begun + (RAMP + 0.5 + watched) * interval - loop.time())
        crowd.watching, cpu = False, read_cpu() - cpu
        patience = loop.time() + RAMP * interval + 10
        while crowd.whole < streams and crowd.error is None and loop.time() < patience:
            await asyncio.sleep(0.1)
    finally:
        for listener in listeners:
            listener.busy = False
            listener.transport.close()
    if crowd.error is not None or crowd.whole < streams:
        raise crowd.error or LoadError(f"{streams - crowd.whole} of {streams} streams did not end")
    return Paced(len(crowd.delays), crowd.delays, cpu)
