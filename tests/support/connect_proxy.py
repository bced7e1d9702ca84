"""A proxy of HTTP's CONNECT that leads every host to one server of this machine: a client's whole web."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class ConnectProxy:
    port: int = 0
    asked: list[str] = field(default_factory=list[str])
    """`host:port` of each connection."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def connect_proxy(target_port: int) -> AsyncGenerator[ConnectProxy]:
    """Runs until the end of the block; `target_port` of 127.0.0.1 is where all connections end."""
    proxy = ConnectProxy()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer):
            head = await reader.readuntil(b"\r\n\r\n")
            method, host, _ = head.split(b"\r\n")[0].decode().split()
            assert method == "CONNECT", method
            proxy.asked.append(host)
            there, back = await asyncio.open_connection("127.0.0.1", target_port)
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with contextlib.closing(back):
                await asyncio.gather(_pipe(reader, back), _pipe(there, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    async with server:
        yield proxy


async def _pipe(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()
