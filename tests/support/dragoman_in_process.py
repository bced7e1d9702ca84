"""Serves the real app on a real socket in the test's own loop; timing can be made short."""

import asyncio
import logging
import socket
import time
import warnings
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import structlog
import uvicorn
from typing_extensions import override

from dragoman.accounting.usage import LaunchUsage
from dragoman.app import create_app, new_id, new_request_id
from dragoman.config.build import build_model_map
from dragoman.config.load import load_settings
from dragoman.config.settings import Settings
from dragoman.config.today import utc_today
from dragoman.dialects.registry import DIALECTS
from dragoman.relay.gateway import Gateway
from dragoman.relay.ports import Fetcher
from dragoman.relay.relay import Relay
from dragoman.server.app import GatewayApp
from dragoman.server.guard import Guard, GuardRules
from dragoman.server.messages_api import MessagesApi
from dragoman.server.protocol import LimitedProtocol
from dragoman.server.routes import build_router
from dragoman.server.sse_response import Patience
from dragoman.stores.memory import MemoryKeptState
from dragoman.upstream.client import HttpUpstream
from dragoman.upstream.google_tokens import GoogleTokens
from tests.support.ports import RecordingObserver


class InProcess:
    """What a test knows of a running server."""

    def __init__(self, port: int, observer: RecordingObserver) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.observer = observer
        """Heard of every request, but only where timing or a fetcher was given."""


@asynccontextmanager
async def dragoman_in_process(
    env: Mapping[str, str],
    *,
    patience: Patience | None = None,
    idle_seconds: float | None = None,
    fetcher: Fetcher | None = None,
) -> AsyncGenerator[InProcess]:
    """The server for this environment, until the block is left; answers in progress are cut then.

    Without `patience`, `idle_seconds` and `fetcher` the app is the one that `dragoman serve` serves.
    """
    settings = load_settings(env, None)
    observer = RecordingObserver()
    with own_logging():
        if patience is None and idle_seconds is None and fetcher is None:
            app = create_app(settings)
        else:
            app = _own_app(settings, patience or Patience(), idle_seconds, observer, fetcher)
        server = _Server(_config(app))
        serving = asyncio.ensure_future(server.serve())
        await server.ready.wait()
        try:
            yield InProcess(server.servers[0].sockets[0].getsockname()[1], observer)
        finally:
            server.end()
            await serving


class _Server(uvicorn.Server):
    """Leaves the signals of the test process alone and ends as soon as it is told to."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self._told = asyncio.Event()

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    @override
    async def main_loop(self) -> None:
        await self.on_tick(0)
        self.ready.set()
        await self._told.wait()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cuts every connection. AssertionError for a request that goes on although its client is gone."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        tasks = set(self.server_state.tasks)
        if tasks:
            _, pending = await asyncio.wait(tasks, timeout=5)
            assert not pending, f"requests outlive their connections: {pending}"
        await self.lifespan.shutdown()

    def end(self) -> None:
        self._told.set()


def _config(app: Guard) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        http=LimitedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
    )


def _own_app(
    settings: Settings,
    patience: Patience,
    idle_seconds: float | None,
    observer: RecordingObserver,
    fetcher: Fetcher | None,
) -> Guard:
    keys = tuple(key.reveal() for key in settings.dragoman_api_key)
    upstream = HttpUpstream(
        settings.upstream_connect_seconds,
        settings.upstream_idle_seconds if idle_seconds is None else idle_seconds,
    )
    gateway = Gateway(
        model_map=build_model_map(settings, utc_today()),
        dialects=DIALECTS,
        upstream=upstream,
        clock=time.monotonic,
        new_id=new_id,
        observer=observer,
        tokens=GoogleTokens(upstream, None, {}),
        kept=MemoryKeptState(time.monotonic),
        fetcher=fetcher,
        strict=settings.dragoman_strict,
        shared=bool(keys),
    )
    app = GatewayApp(
        MessagesApi(Relay(gateway), keys, new_request_id, patience),
        others=lambda app: build_router(
            [], lambda launch: LaunchUsage(), lambda: app.ready, keys, new_request_id
        ),
        stop=upstream.close,
    )
    return Guard(app, GuardRules(), new_request_id)


@contextmanager
def own_logging() -> Iterator[None]:
    """The app configures the logging of the whole process; the tests' own comes back afterwards."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level, logging.raiseExceptions, warnings.showwarning)
    try:
        yield
    finally:
        root.handlers[:], level, logging.raiseExceptions, warnings.showwarning = before
        root.setLevel(level)
        structlog.reset_defaults()
