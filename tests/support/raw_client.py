"""A client on a raw socket: sends what it is told and keeps every byte of the answer with its time."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from tests.support.http_answer import json_bytes

PATIENCE = 10.0
"""Seconds after which a test that waits for bytes has failed."""

Headers = Mapping[str, str | None]


@dataclass
class Response:
    """An answer, or the part of it that was read."""

    status: int
    headers: list[tuple[str, str]]
    """Names in lower case."""
    body: bytes = b""
    pieces: list[tuple[float, bytes]] = field(default_factory=list[tuple[float, bytes]])
    """Loop time and bytes of each chunk of the body."""

    def header(self, name: str) -> str | None:
        """The first value of the header `name`."""
        return next((value for key, value in self.headers if key == name), None)

    def json(self) -> Any:
        return json.loads(self.body)


class Call:
    """One request on a connection of its own, answered as far as it is read."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, method: str) -> None:
        self._reader = reader
        self._writer = writer
        self._method = method
        self._left: int | None = None
        self.response = Response(0, [])

    async def head(self) -> Response:
        """Waits for the status and the headers."""
        async with asyncio.timeout(PATIENCE):
            lines = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
        self.response.status = int(lines[0].split()[1])
        pairs = (line.partition(":") for line in lines[1:])
        self.response.headers = [(name.lower(), value.strip()) for name, _, value in pairs]
        if "chunked" not in (self.response.header("transfer-encoding") or ""):
            self._left = int(self.response.header("content-length") or 0)
        if self._method == "HEAD" or self.response.status == 204:
            self._left = 0
        return self.response

    async def piece(self, patience: float = PATIENCE) -> bytes:
        """The next chunk, or b"" at the end. AssertionError when the connection ended before that."""
        if self.response.status == 0:
            await self.head()
        async with asyncio.timeout(patience):
            try:
                data = await self._next_chunk()
            except (asyncio.IncompleteReadError, ConnectionError) as broken:
                raise AssertionError(f"the answer broke off after {self.response.body[-300:]!r}") from broken
        self.response.body += data
        self.response.pieces.append((asyncio.get_running_loop().time(), data))
        return data

    async def _next_chunk(self) -> bytes:
        if self._left is not None:
            data = await self._reader.readexactly(self._left)
            self._left = 0
            return data
        size = int(await self._reader.readuntil(b"\r\n"), 16)
        return (await self._reader.readexactly(size + 2))[:-2]

    async def until(self, wanted: bytes) -> bytes:
        """The body up to the chunk in which `wanted` is complete. AssertionError when it never comes."""
        while wanted not in self.response.body:
            assert await self.piece(), f"the answer ended without {wanted!r}: {self.response.body[-300:]!r}"
        return self.response.body

    async def rest(self) -> Response:
        """The whole answer."""
        while await self.piece():
            pass
        return self.response

    def send(self, data: bytes) -> None:
        """More of the request."""
        self._writer.write(data)

    def stop_reading(self) -> None:
        """Takes no more bytes from the socket."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    def hang_up(self) -> None:
        """Closes the connection at once."""
        self._writer.transport.abort()


def request_bytes(
    url: str, target: str, body: bytes | Mapping[str, Any] | None, *, method: str, headers: Headers
) -> bytes:
    """The request as it goes out; a header of None is left out."""
    data = body if isinstance(body, bytes) else b"" if body is None else json_bytes(body)
    fields: dict[str, str | None] = {"host": urlsplit(url).netloc}
    if body is not None:
        fields |= {"content-type": "application/json", "content-length": str(len(data))}
    fields |= {name.lower(): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode("latin-1") + data


@asynccontextmanager
async def calling(
    url: str,
    body: bytes | Mapping[str, Any] | None = None,
    *,
    target: str = "/v1/messages",
    method: str = "POST",
    headers: Headers | None = None,
) -> AsyncGenerator[Call]:
    """Sends a request; the connection is closed when the block is left."""
    raw = request_bytes(url, target, body, method=method, headers=headers or {})
    async with sending(url, raw, method=method) as call:
        yield call


@asynccontextmanager
async def sending(url: str, raw: bytes, *, method: str = "POST") -> AsyncGenerator[Call]:
    """Sends these bytes; the connection is closed when the block is left."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, limit=2**24)
    try:
        writer.write(raw)
        yield Call(reader, writer, method)
    finally:
        writer.transport.abort()


async def ask(
    url: str,
    body: bytes | Mapping[str, Any] | None = None,
    *,
    target: str = "/v1/messages",
    method: str = "POST",
    headers: Headers | None = None,
) -> Response:
    """The whole answer to a request."""
    async with calling(url, body, target=target, method=method, headers=headers) as call:
        return await call.rest()
