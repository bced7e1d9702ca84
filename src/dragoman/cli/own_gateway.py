"""A gateway in a process of its own, for as long as one Claude Code runs."""

import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from dragoman.cli.running_gateway import is_gateway
from dragoman.cli.serve import free_port
from dragoman.config.settings import Settings

HOST = "127.0.0.1"

READY_SECONDS = 20.0
DRAIN_SECONDS = 5.0
"""Whoever asked has left by then."""

_PAUSE = 0.03


class NotStarted(Exception):
    """The gateway ended, or did not answer, before it was of use."""


class NoLongerWanted(Exception):
    """Whoever asked for the gateway has changed their mind before it was ready."""


class OwnGateway(msgspec.Struct, frozen=True):
    """The process, and where it is."""

    url: str
    process: subprocess.Popen[bytes]

    @property
    def ended(self) -> bool:
        return self.process.poll() is not None


@contextmanager
def own_gateway(
    settings: Settings,
    environ: Mapping[str, str],
    env_file: Path,
    token: str,
    log: Path,
    wanted: Callable[[], bool] = lambda: True,
) -> Generator[OwnGateway]:
    """Ready when the block begins, ended after it; its log lines go to `log`. Raises NotStarted, NoLongerWanted,
    and OSError where no port can be had.

    It reads the same settings as its parent; `token` becomes its key where they have none. `wanted` is asked until it is
    ready: an exception out of a signal's handler could fall between the start of the process and this block.
    """
    port = free_port(HOST, 0)
    with log.open("wb") as lines:
        process = subprocess.Popen(
            _command(settings, env_file, port),
            env=dict(environ) | _key(settings, token),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=lines,
            # Ctrl-C in the terminal is for Claude Code, which still needs its gateway then.
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    gateway = OwnGateway(f"http://{HOST}:{port}", process)
    try:
        _wait_until_ready(gateway, token, wanted)
        yield gateway
    finally:
        _end(process)


def _command(settings: Settings, env_file: Path, port: int) -> list[str]:
    # -P: the folder that Claude Code works in is no place to import from.
    program = [sys.executable, "-P", "-m", "dragoman", "serve", "--host", HOST, "--port", str(port)]
    level = "debug" if settings.effective_log_level == "debug" else "info"
    named = ["--env-file", str(env_file)] if env_file.exists() else []
    return [*program, "--log-level", level, *named]


def _key(settings: Settings, token: str) -> dict[str, str]:
    if settings.dragoman_api_key or settings.anthropic_auth_mode == "passthrough":
        return {}
    return {"DRAGOMAN_API_KEY": token}


def _wait_until_ready(gateway: OwnGateway, token: str, wanted: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not is_gateway(gateway.url, token):
        if not wanted():
            raise NoLongerWanted
        if gateway.ended:
            raise NotStarted(f"the gateway ended with exit code {gateway.process.returncode}")
        if time.monotonic() > deadline:
            raise NotStarted(f"the gateway did not answer within {READY_SECONDS:g} seconds")
        time.sleep(_PAUSE)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(DRAIN_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
