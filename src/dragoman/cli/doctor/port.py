"""Whether the gateway's port is free, and if not, whether another Dragoman has it."""

import asyncio
import errno
from collections.abc import Callable

from dragoman.cli.doctor.findings import Finding, failure, fine
from dragoman.cli.serve import address_for_clients, free_port
from dragoman.config.settings import Settings
from dragoman.messages.errors import UpstreamFailure
from dragoman.relay.ports import Upstream
from dragoman.wire.exchange import HttpRequest
from dragoman.wire.jsonbytes import JsonError, decode
from dragoman.wire.jsonvalues import as_object

CHECK = "port"
LARGEST_ANSWER = 64 * 1024

Bind = Callable[[str, int], int]
"""Takes a host and a port, and gives the port if it can be bound. Raises OSError."""


async def port_finding(
    settings: Settings, upstream: Upstream, seconds: float, bind: Bind = free_port
) -> Finding:
    """A port that Dragoman itself has is no failure: it serves already."""
    where = f"{settings.host}:{settings.port}"
    try:
        bind(settings.host, settings.port)
    except OSError as fault:
        if fault.errno != errno.EADDRINUSE:
            command = "dragoman serve --host 127.0.0.1 --port 0"
            return failure("D004", CHECK, f"cannot listen on {where}: {fault.strerror}", command)
    else:
        return fine(CHECK, f"{where} is free")
    url = address_for_clients(settings)
    version = await _version_at(url, upstream, seconds)
    if version is None:
        return failure("D003", CHECK, f"another program listens on {where}", "dragoman serve --port 0")
    return fine(CHECK, f"Dragoman {version} serves at {url}")


async def _version_at(url: str, upstream: Upstream, seconds: float) -> str | None:
    """The version of the Dragoman at `url`, or None if it is none."""
    try:
        async with asyncio.timeout(seconds):
            reply = await upstream.open(HttpRequest("GET", f"{url}/health", (), b""))
            try:
                health = as_object(decode(await reply.read_all(LARGEST_ANSWER)))
            finally:
                reply.close()
    except (UpstreamFailure, JsonError, TimeoutError):
        return None
    version = health.get("version")
    return version if health.get("status") == "ok" and isinstance(version, str) else None
