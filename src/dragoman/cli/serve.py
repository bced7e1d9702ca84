"""`dragoman serve`: checks what can be checked before the server starts, shows one screen, starts it."""

import errno
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

import msgspec
from msgspec.structs import replace

import dragoman
from dragoman.cli.exit_codes import CANNOT_BIND, DONE, INTERRUPTED, REFUSED, bad_settings
from dragoman.cli.map_view import map_lines, provider_lines
from dragoman.cli.say import say
from dragoman.config.build import build_model_map, notices
from dragoman.config.load import ConfigError, load_settings
from dragoman.config.settings import Settings
from dragoman.config.today import utc_today
from dragoman.routing.model_map import ModelMap
from dragoman.wire.address import is_loopback


class Flags(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed; None where a setting decides."""

    host: str | None = None
    port: int | None = None
    log_level: str | None = None
    reload: bool = False
    insecure_no_auth: bool = False


def run_server(environ: Mapping[str, str], env_file: Path, flags: Flags) -> int:
    """Serve until stopped. Gives the exit code."""
    try:
        settings = load_settings(environ, env_file)
        settings = replace(
            settings,
            host=settings.host if flags.host is None else flags.host,
            port=settings.port if flags.port is None else flags.port,
        )
        model_map = build_model_map(settings, utc_today())
    except ConfigError as fault:
        return bad_settings(fault)
    if not is_loopback(settings.host) and not settings.dragoman_api_key and not flags.insecure_no_auth:
        say(
            f"refused: `{settings.host}` can be reached from other machines and DRAGOMAN_API_KEY is not set. "
            "Set it, or listen on 127.0.0.1; --insecure-no-auth serves anyone",
            "red",
        )
        return REFUSED
    try:
        settings = replace(settings, port=free_port(settings.host, settings.port))
    except OSError as failure:
        say(_bind_failure(settings, failure), "red")
        return CANNOT_BIND
    for line in start_screen(settings, model_map):
        say(line)
    for notice in [*_exposure(settings), *notices(settings, model_map, utc_today())]:
        say(f"! {notice}", "yellow")
    return _serve(settings, env_file, flags)


def _serve(settings: Settings, env_file: Path, flags: Flags) -> int:
    from dragoman.app import run

    if not flags.reload:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _end)
    try:
        run(settings, env_file if flags.reload else None, flags.log_level)
    except KeyboardInterrupt:
        return INTERRUPTED
    return DONE


def _end(number: int, frame: FrameType | None) -> None:
    """The server has ended by then: it raises the signal that stopped it once more, after the last answer."""
    sys.exit(DONE if number == signal.SIGTERM else INTERRUPTED)


def free_port(host: str, port: int) -> int:
    """The port that can be bound: `port`, or a free one for 0. Raises OSError."""
    addresses = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = addresses[0]
    with socket.socket(family, kind, protocol) as probe:
        if os.name != "nt":
            # As asyncio does: a port in TIME_WAIT is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        return int(probe.getsockname()[1])


def start_screen(settings: Settings, model_map: ModelMap) -> Sequence[str]:
    """Address, providers, model map and the line that runs Claude Code."""
    url = address_for_clients(settings)
    return [
        f"Dragoman {dragoman.__version__} at {url}",
        "",
        *provider_lines(settings),
        "",
        *map_lines(model_map),
        "",
        "Run Claude Code:",
        f"  {claude_code_line(settings, url)}",
        "",
    ]


def address_for_clients(settings: Settings) -> str:
    """The base URL that a client on this machine uses."""
    host = settings.host.strip("[]")
    if host in ("0.0.0.0", "::"):
        host = "localhost"
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def claude_code_line(settings: Settings, url: str) -> str:
    """What to type; says which credential variable Claude Code needs."""
    if settings.anthropic_auth_mode == "passthrough":
        return f"ANTHROPIC_BASE_URL={url} claude"
    token = '"$DRAGOMAN_API_KEY"' if settings.dragoman_api_key else "dragoman"
    return f'ANTHROPIC_BASE_URL={url} ANTHROPIC_AUTH_TOKEN={token} ANTHROPIC_API_KEY="" claude'


def _exposure(settings: Settings) -> list[str]:
    if is_loopback(settings.host) or settings.dragoman_api_key:
        return []
    return [
        f"anyone who reaches {settings.host}:{settings.port} can use your keys: DRAGOMAN_API_KEY is not set"
    ]


def _bind_failure(settings: Settings, failure: OSError) -> str:
    where = f"{settings.host}:{settings.port}"
    if failure.errno == errno.EADDRINUSE:
        return f"cannot listen on {where}: another program does; choose another with --port or PORT"
    return f"cannot listen on {where}: {failure.strerror}; see HOST and PORT"
