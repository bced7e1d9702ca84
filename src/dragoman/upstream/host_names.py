"""The addresses of a host's name, as the system's resolver tells them, in threads of their own.

Names come from whoever writes a request, and a name whose servers are slow holds its thread: the threads in which the
names of upstreams are resolved must not be among them.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

Resolve = Callable[[str], Awaitable[Sequence[str]]]
"""All addresses of a name, as text, with the zone if there is one. Raises OSError where there are none."""

MOST_AT_ONCE = 4


class SystemNames:
    """Implements `Resolve`."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="host-names")

    async def __call__(self, host: str) -> Sequence[str]:
        return await asyncio.get_running_loop().run_in_executor(self._threads, _addresses, host)

    def close(self) -> None:
        """Wait for no one; what is under way ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str) -> Sequence[str]:
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError("no name") from error
    return list(dict.fromkeys([_written(address) for *_, address in found]))


def _written(address: Sequence[str | int | bytes]) -> str:
    host, zone = str(address[0]), address[3] if len(address) > 3 else 0
    return f"{host}%{zone}" if zone and "%" not in host else host
