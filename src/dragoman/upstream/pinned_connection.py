"""Connections that cannot go anywhere but to addresses that were checked (docs/decisions/0031).

Between a check and a connection a name may change what it stands for. Here a name is resolved once; its addresses are
handed to aiohttp as they were checked, and the socket itself refuses every other.
"""

import errno
import socket
from collections.abc import Sequence
from ssl import SSLContext

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override


class PinnedNames(AbstractResolver):
    """Knows one name."""

    def __init__(self, host: str, addresses: Sequence[str], port: int) -> None:
        self._host = host
        self._addresses = addresses
        self._port = port

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host != self._host:
            raise OSError("another name than the one that was checked")
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=self._port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in self._addresses
        ]

    @override
    async def close(self) -> None:
        return


def pinned_connector(
    host: str, addresses: Sequence[str], port: int, tls: SSLContext | bool
) -> aiohttp.TCPConnector:
    """For one exchange with `host` at one of `addresses`; `port` is where its port 443 is."""

    def open_socket(
        info: tuple[
            int | socket.AddressFamily,
            int | socket.SocketKind,
            int,
            str,
            tuple[str | int, ...] | tuple[int, bytes],
        ],
    ) -> socket.socket:
        family, kind, protocol, _, target = info
        if target[0] not in addresses or target[1] != port:
            raise OSError(errno.EACCES, "another address than the one that was checked")
        return socket.socket(family, kind, protocol)

    return aiohttp.TCPConnector(
        resolver=PinnedNames(host, addresses, port),
        socket_factory=open_socket,
        use_dns_cache=False,
        force_close=True,
        limit=1,
        ssl=tls,
    )
