"""A small HTTP/1.1 server on a raw socket, so that every way of going wrong on the wire can be scripted.

It knows HTTP and nothing of any vendor. Recorded are the exact requests and the life of each connection.
"""

import asyncio
import contextlib
import json
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self, assert_never

from typing_extensions import override

from tests.support.http_answer import (
    Answer,
    Cut,
    Fault,
    GarbageChunkSize,
    Hold,
    Pause,
    Reset,
    Stall,
    chunk_bytes,
    compressed,
    head_bytes,
    split_steps,
)


@dataclass
class Connection:
    """One TCP connection; times are the event loop's."""

    opened: float
    closed: float | None = None
    client_left: float | None = None
    """When the client closed or reset it; None when the server did."""
    requests: int = 0
    written: int = 0
    blocked: bool = False
    """The client does not read: the last write waits for the socket."""
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def client_hung_up(self, within: float = 1.0) -> float:
        """Waits until the client left; the loop time of it. AssertionError after `within` seconds."""
        try:
            await asyncio.wait_for(self.gone.wait(), within)
        except TimeoutError:
            raise AssertionError(f"the client kept the connection open for {within} s") from None
        assert self.client_left is not None, "the server closed this connection, not the client"
        return self.client_left


@dataclass
class WireRequest:
    """A request exactly as it came."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: Connection
    received: float
    """Loop time at which its last byte had arrived."""
    sent: bytes = b""
    """The body bytes of the answer so far: chunk framing left out, compressed if the answer is."""
    answered: bool = False
    """The answer went out to its end."""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def header(self, name: str) -> str | None:
        """The first value of the header `name`, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def json(self) -> Any:
        return json.loads(self.body)


Handler = Callable[[WireRequest], Awaitable[Answer]]


class _Gone(Exception):
    """The connection is over."""


class _Wire(asyncio.Protocol):
    """One connection: reads requests one after the other and lets the server answer them."""

    def __init__(self, server: "WireServer") -> None:
        self._server = server
        self._buffer = bytearray()
        self._news = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._ended_by_us = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.loop = asyncio.get_running_loop()
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connection = Connection(opened=self.loop.time())
        self._server.connections.append(self.connection)
        self.task = self.loop.create_task(self._converse())
        self.task.add_done_callback(self._conversed)
        self._server.open_wires.add(self)

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._news.set()

    @override
    def eof_received(self) -> None:
        # The clients of these servers never half-close: an EOF is a hang-up, also while output is pending.
        self._client_left()
        self.transport.abort()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._client_left()
        self.connection.closed = self.loop.time()
        self._server.open_wires.discard(self)
        self.task.cancel()

    def _client_left(self) -> None:
        if not self._ended_by_us and self.connection.client_left is None:
            self.connection.client_left = self.loop.time()
        self.connection.gone.set()

    @override
    def pause_writing(self) -> None:
        self.connection.blocked = True
        self._writable.clear()

    @override
    def resume_writing(self) -> None:
        self.connection.blocked = False
        self._writable.set()

    async def _converse(self) -> None:
        with contextlib.suppress(_Gone):
            while True:
                request = await self._read_request()
                self._server.requests.append(request)
                answer = await self._server.handler(request)
                await self._send(answer, request)
                request.answered = True
                if not answer.keep_alive or answer.framing in ("close", "raw"):
                    self.end()
                    return

    def _conversed(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._server.failures.append(error)
            self.end(abort=True)

    def end(self, *, abort: bool = False) -> None:
        """Closes from our side."""
        self._ended_by_us = True
        if abort:
            self.transport.abort()
        else:
            self.transport.close()

    async def _read_until(self, mark: bytes) -> bytes:
        while (at := self._buffer.find(mark)) < 0:
            await self._more()
        data = bytes(self._buffer[:at])
        del self._buffer[: at + len(mark)]
        return data

    async def _read_exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            await self._more()
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    async def _more(self) -> None:
        if self.transport.is_closing():
            raise _Gone
        self._news.clear()
        await self._news.wait()

    async def _read_request(self) -> WireRequest:
        lines = (await self._read_until(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ", 2)
        headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
        lower = {name.lower(): value for name, value in headers}
        if lower.get("expect", "").lower() == "100-continue":
            self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in lower.get("transfer-encoding", "").lower():
            body = await self._read_chunks()
        else:
            body = await self._read_exactly(int(lower.get("content-length", "0")))
        self.connection.requests += 1
        return WireRequest(method, target, headers, body, self.connection, self.loop.time())

    async def _read_chunks(self) -> bytes:
        body = b""
        while size := int((await self._read_until(b"\r\n")).split(b";")[0], 16):
            body += await self._read_exactly(size)
            await self._read_exactly(2)
        await self._read_until(b"\r\n")
        return body

    def _write(self, data: bytes) -> None:
        if self.transport.is_closing():
            raise _Gone
        self.transport.write(data)
        self.connection.written += len(data)

    async def _send(self, answer: Answer, request: WireRequest) -> None:
        for fault in answer.before_head:
            await self._suffer(fault)
        steps = [step for step in answer.body if step != b""]
        if answer.gzip:
            steps = list(compressed(steps))
        if answer.framing != "raw":
            self._write(head_bytes(answer, steps))
        if request.method == "HEAD":
            return
        for step in split_steps(steps, answer.split):
            if not isinstance(step, bytes):
                await self._suffer(step)
                continue
            request.sent += step
            self._write(chunk_bytes(step) if answer.framing == "chunked" else step)
            await self._writable.wait()
            await asyncio.sleep(0)
        if answer.framing == "chunked":
            self._write(b"0\r\n\r\n")

    async def _suffer(self, fault: Fault) -> None:
        match fault:
            case Pause(seconds):
                await asyncio.sleep(seconds)
            case Hold(event):
                await event.wait()
            case Stall():
                await self.connection.gone.wait()
                raise _Gone
            case Reset():
                linger = struct.pack("ii", 1, 0)
                self.transport.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, linger
                )
                self.end(abort=True)
                raise _Gone
            case Cut():
                self.end()
                raise _Gone
            case GarbageChunkSize():
                self._write(b"not-a-size\r\n")
                self.end()
                raise _Gone
            case _:
                assert_never(fault)


class WireServer:
    """Listens on `host` and lets `handler` answer; `async with` opens and closes it.

    A handler that raised fails the test when the server closes. `tls`: speaks HTTPS.
    """

    def __init__(
        self, handler: Handler, *, host: str = "127.0.0.1", port: int = 0, tls: ssl.SSLContext | None = None
    ) -> None:
        self.handler = handler
        self._address = (host, port)
        self._tls = tls
        self.requests: list[WireRequest] = []
        self.connections: list[Connection] = []
        self.failures: list[BaseException] = []
        self.open_wires: set[_Wire] = set()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Wire(self), *self._address, ssl=self._tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self._tls else 'http'}://{self._address[0]}:{self.port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        wires = list(self.open_wires)
        for wire in wires:
            wire.end(abort=True)
            wire.task.cancel()
        await asyncio.gather(*(wire.task for wire in wires), return_exceptions=True)
        await self._server.wait_closed()
        if self.failures and error is None:
            raise BaseExceptionGroup("the scripted upstream failed", self.failures)

    def stop_listening(self) -> None:
        """New connections are refused from now on; open ones go on."""
        self._server.close()
