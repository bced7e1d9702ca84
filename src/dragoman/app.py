"""The composition root: the one place that picks implementations."""

import gc
import os
import secrets
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import uvicorn

from dragoman.config.build import build_model_map
from dragoman.config.dialects import build_dialects
from dragoman.config.litellm import added_variables, foreign_secrets, hidden_variables, vendor_arguments
from dragoman.config.load import load_settings
from dragoman.config.seal_key import seal_key
from dragoman.config.settings import Settings
from dragoman.config.sources import ENV_FILE_VARIABLE
from dragoman.config.today import utc_today
from dragoman.config.vertex import credentials_file
from dragoman.relay.gateway import Gateway
from dragoman.relay.relay import Relay
from dragoman.routing.model_map import ModelMap
from dragoman.routing.vocabularies import vocabulary_of
from dragoman.schema_check.process import SchemaProcess
from dragoman.server.app import GatewayApp
from dragoman.server.guard import Guard, GuardRules
from dragoman.server.messages_api import MessagesApi
from dragoman.server.models_api import ModelEntry
from dragoman.server.protocol import LimitedProtocol
from dragoman.server.routes import build_router
from dragoman.stores.memory import MemoryKeptState
from dragoman.telemetry.launches import LaunchObserver
from dragoman.telemetry.logs import LogObserver, configure_logs, log_uncaught_exceptions
from dragoman.upstream.client import HttpUpstream
from dragoman.upstream.demo import WithDemo
from dragoman.upstream.google_outcome import CredentialsFile
from dragoman.upstream.google_tokens import GoogleTokens
from dragoman.upstream.guarded_fetcher import GuardedFetcher
from dragoman.upstream.litellm_library import Library, load_library
from dragoman.upstream.litellm_upstream import WithLiteLLM
from dragoman.vocabularies.toktok import ToktokTokenizer
from dragoman.web_search.provider import SearchProvider
from dragoman.wire.address import is_loopback

DRAIN_SECONDS = 30
"""How long answers may go on after the signal to stop."""

KEEP_ALIVE_SECONDS = 75
"""Longer than clients keep an idle connection, so that they close first."""

LARGEST_REUSED = 4 * 1024 * 1024
"""Bytes of a block that comes from memory which was freed before, and not anew from the kernel."""

NEW_OBJECTS = 10_000
"""Made and not yet freed, before the collector looks at them. A large request makes some thousands and frees all of them
by itself: with Python's own 700 they are looked at several times for nothing."""


def new_id() -> str:
    """24 letters and digits that nobody guesses."""
    return secrets.token_hex(12)


def new_request_id() -> str:
    return "req_" + new_id()


def create_app(settings: Settings, *, log_level: str | None = None, serve_anyone: bool = False) -> Guard:
    """The ASGI app for these settings. Raises ConfigError.

    `serve_anyone`: an address beyond this machine was asked for, by somebody who knows who can reach it.
    """
    configure_logs(log_level or settings.effective_log_level, settings.secrets())
    model_map = build_model_map(settings, utc_today())
    keys = tuple(key.reveal() for key in settings.dragoman_api_key)
    upstream = HttpUpstream(settings.upstream_connect_seconds, settings.upstream_idle_seconds)
    tokens = _google_tokens(settings, upstream)
    fetcher = GuardedFetcher() if settings.fetch_urls else None
    litellm = _litellm(upstream, settings)
    observer = LaunchObserver(LogObserver())
    schema_checker = None if find_spec("jsonschema_rs") is None else SchemaProcess(os.environ)

    async def stop() -> None:
        if fetcher is not None:
            fetcher.close()
        if schema_checker is not None:
            await schema_checker.close()
        await litellm.close()
        await tokens.close()
        await upstream.close()

    gateway = Gateway(
        model_map=model_map,
        dialects=build_dialects(settings),
        upstream=WithDemo(litellm),
        clock=time.monotonic,
        new_id=new_id,
        observer=observer,
        tokens=tokens,
        kept=MemoryKeptState(time.monotonic),
        seal_key=seal_key(settings),
        tokenizer=_tokenizer(model_map),
        web_search=_web_search(settings, upstream),
        fetcher=fetcher,
        schema_checker=schema_checker,
        strict=settings.dragoman_strict,
        shared=bool(keys),
    )
    messages = MessagesApi(Relay(gateway), keys, new_request_id)
    entries = _entries(model_map)
    app = GatewayApp(
        messages,
        others=lambda app: build_router(entries, observer.usage, lambda: app.ready, keys, new_request_id),
        stop=stop,
    )
    rules = GuardRules(
        public=not is_loopback(settings.host) and (serve_anyone or bool(keys)),
        keyed=bool(keys),
        allowed_hosts=frozenset(settings.dragoman_allowed_hosts),
    )
    return Guard(app, rules, new_request_id)


@asynccontextmanager
async def open_upstreams(
    settings: Settings, seconds: float
) -> AsyncGenerator[tuple[HttpUpstream, GoogleTokens]]:
    """What asks upstreams, and Google's tokens, without a server; no wait is longer than `seconds`."""
    async with HttpUpstream(seconds, seconds) as upstream:
        tokens = _google_tokens(settings, upstream)
        try:
            yield upstream, tokens
        finally:
            await tokens.close()


def create_app_from_environment() -> Guard:
    """For `--reload`, where uvicorn makes the app in a process of its own. Raises ConfigError."""
    return create_app(load_settings(os.environ, Path(os.environ[ENV_FILE_VARIABLE])))


def keep_freed_memory() -> None:
    """Have the C library keep freed blocks of up to LARGEST_REUSED bytes for the next request.

    glibc asks the kernel for each block that is larger than any it has freed yet, and gives twice that size back at
    once: the pages of a body of 300 KB, several times a request, cost more than its JSON. Elsewhere without effect.
    """
    bytearray(LARGEST_REUSED)


def run(settings: Settings, reload_from: Path | None = None, log_level: str | None = None) -> None:
    """Serve until SIGINT or SIGTERM; answers in progress may end, for DRAIN_SECONDS.

    `reload_from`: the `.env` to read anew each time that a source file changes. The address was checked by the
    caller: whoever can reach it is served.
    """
    if reload_from is not None:
        level = {} if log_level is None else {"LOG_LEVEL": log_level}
        os.environ.update({ENV_FILE_VARIABLE: str(reload_from), "HOST": settings.host, **level})
    log_uncaught_exceptions()
    # What is loaded by now lives as long as the process: the collector need not look at it again.
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)
    keep_freed_memory()
    uvicorn.run(
        "dragoman.app:create_app_from_environment"
        if reload_from is not None
        else create_app(settings, log_level=log_level, serve_anyone=True),
        factory=reload_from is not None,
        reload=reload_from is not None,
        host=settings.host.strip("[]"),
        port=settings.port,
        http=LimitedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )


def _tokenizer(model_map: ModelMap) -> ToktokTokenizer:
    """With the vocabularies of the models that Claude Code will ask; the demo counts nothing."""
    tokenizer = ToktokTokenizer()
    if not model_map.demo_only:
        tokenizer.load(sorted({vocabulary_of(target.model).name for target in model_map.used()}))
    return tokenizer


def _web_search(settings: Settings, upstream: HttpUpstream) -> SearchProvider | None:
    if settings.search_provider is None:
        return None
    return SearchProvider(
        settings.search_provider, upstream, settings.search_api_key.reveal(), settings.search_base_url
    )


def _litellm(upstream: HttpUpstream, settings: Settings) -> WithLiteLLM:
    """LiteLLM for its own models; what it may see of this process's environment is looked up when it is loaded."""

    def load() -> Library:
        return load_library(os.environ, hidden_variables(os.environ), added_variables(settings, os.environ))

    return WithLiteLLM(
        upstream,
        load,
        vendor_arguments(settings),
        lambda: (*settings.secrets(), *foreign_secrets(os.environ)),
        settings.upstream_idle_seconds,
    )


def _google_tokens(settings: Settings, upstream: HttpUpstream) -> GoogleTokens:
    return GoogleTokens(
        upstream, _google_credentials(settings), os.environ, quota_project=settings.vertex_quota_project
    )


def _google_credentials(settings: Settings) -> CredentialsFile | None:
    """The file that a setting names, if one does."""
    named = credentials_file(settings)
    return None if named is None else CredentialsFile(named[1], named[0])


def _entries(model_map: ModelMap) -> list[ModelEntry]:
    return [
        ModelEntry(
            id=model.id,
            display_name=model.display_name,
            max_input_tokens=model.max_input_tokens,
            max_tokens=model.max_tokens,
        )
        for model in model_map.listing()
    ]
