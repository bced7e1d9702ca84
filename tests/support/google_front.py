"""Google's own token endpoint, as a program of its own reaches it: by HTTPS, through a proxy of this machine.

A person's login is always refreshed there, whatever its file says.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.certificates import write_certificate
from tests.support.google_identity import ScriptedIdentity

HOST = "oauth2.googleapis.com"


class GoogleFront:
    """`async with GoogleFront(identity, folder) as front`: `front.environment` leads a program to `identity`.

    The certificate and its key are written into `folder`; nothing but the one host is let through.
    """

    def __init__(self, identity: ScriptedIdentity, folder: Path) -> None:
        self._identity = identity
        self._certificate = folder / "google.pem"
        self.tunnels: list[str] = []
        """The targets that were asked for."""

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "HTTPS_PROXY": f"http://127.0.0.1:{self._proxy.sockets[0].getsockname()[1]}",
            "SSL_CERT_FILE": str(self._certificate),
        }

    async def __aenter__(self) -> Self:
        write_certificate(self._certificate, HOST)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._certificate)
        self._google = await asyncio.start_server(self._pass_on, "127.0.0.1", 0, ssl=context)
        self._proxy = await asyncio.start_server(self._open_tunnel, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._proxy.close()
        self._google.close()

    async def _open_tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, target, _ = (await reader.readuntil(b"\r\n\r\n")).decode().split(" ", 2)
        self.tunnels.append(target)
        if (method, target) != ("CONNECT", f"{HOST}:443"):
            writer.write(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            writer.close()
            return
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await _connect(reader, writer, self._google.sockets[0].getsockname()[1])

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _connect(reader, writer, int(self._identity.host.rpartition(":")[2]))


async def _connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(_pipe(reader, inner_writer), _pipe(inner_reader, writer))


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
