"""`dragoman health`: asks a running gateway whether it takes requests, as a container's engine does."""

import http.client
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from dragoman.cli.say import say
from dragoman.cli.serve import address_for_clients
from dragoman.config.load import ConfigError, load_settings
from dragoman.wire.jsonbytes import encode

READY = 0
NOT_READY = 1
BAD_SETTINGS = 3

PATIENCE = 4.0
"""Seconds to wait for the answer; less than what the Dockerfile's HEALTHCHECK gives the command."""


def run_health(environ: Mapping[str, str], env_file: Path, url: str | None, *, as_json: bool) -> int:
    """Ask `url`, or the address of the settings HOST and PORT. Gives the exit code: 1 when it does not say 200."""
    if url is None:
        try:
            url = address_for_clients(load_settings(environ, env_file))
        except ConfigError as fault:
            for problem in fault.problems:
                say(problem, "red")
            return BAD_SETTINGS
    status = readiness(url)
    if as_json:
        sys.stdout.write(encode({"url": url, "status": status, "ready": status == 200}).decode() + "\n")
    elif status == 200:
        say(f"{url} is ready", "green")
    else:
        say(f"{url} is not ready: {_reason(status)}", "red")
    return READY if status == 200 else NOT_READY


def readiness(url: str, patience: float = PATIENCE) -> int | None:
    """The status of `/readyz`, or None if nothing there speaks HTTP within `patience` seconds.

    Straight to the address: a proxy of the environment would answer for somebody else.
    """
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=patience)
        try:
            connection.request("GET", f"{parts.path.rstrip('/')}/readyz")
            return connection.getresponse().status
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException):
        return None


def _reason(status: int | None) -> str:
    if status is None:
        return "nothing answers there; start it with `dragoman serve`"
    if status == 503:
        return "it starts or stops"
    return f"something else answers there, with status {status}"
