"""A part of the web on this machine: one server that is all hosts, and a guarded fetcher that takes it for public."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dragoman.upstream.guarded_fetcher import GuardedFetcher
from tests.support.certificates import serving_as
from tests.support.http_answer import Answer
from tests.support.http_wire import WireRequest, WireServer

HOSTS = ("example.com", "*.example.com", "example.org")
HERE = "127.0.0.1"


class Names:
    """Implements `Resolve`: each name has its addresses, or one list after the other; every other is HERE."""

    def __init__(self, known: Mapping[str, list[list[str]]] | None = None) -> None:
        self._known = {name: list(addresses) for name, addresses in (known or {}).items()}
        self.asked: list[str] = []

    async def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        told = self._known.get(host, [[HERE]])
        addresses = told.pop(0) if len(told) > 1 else told[0]
        if not addresses:
            raise OSError("no such name")
        return addresses


@dataclass
class Web:
    """`server` has what was asked, `names` what was resolved."""

    server: WireServer
    names: Names
    fetcher: GuardedFetcher


@asynccontextmanager
async def web(
    folder: Path, pages: Mapping[str, Answer], names: Names | None = None, **fetching: Any
) -> AsyncGenerator[Web]:
    """`pages` by their paths, whatever the host; every other is a 404."""

    async def answer(request: WireRequest) -> Answer:
        assert request.method == "GET", request.method
        return pages.get(request.target, Answer(status=404))

    serving, trusting = serving_as(folder / "web.pem", *HOSTS)
    names = names or Names()
    async with WireServer(answer, host=HERE, tls=serving) as server:
        guard: dict[str, Any] = {"is_public": lambda address: address == HERE, "tls": trusting, **fetching}
        fetcher = GuardedFetcher(names, port=server.port, **guard)
        yield Web(server, names, fetcher)
        fetcher.close()


def page(body: bytes, kind: str = "text/plain", **fields: Any) -> Answer:
    """A body that the server calls `kind`."""
    return Answer(headers=(("content-type", kind),) if kind else (), body=(body,) if body else (), **fields)


def leading_to(url: str, status: int = 302) -> Answer:
    """A redirect."""
    return Answer(status=status, headers=(("location", url), ("set-cookie", "seen=1")))
