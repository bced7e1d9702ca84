"""`dragoman health`: asks a running gateway whether it takes requests, as a container's engine does."""

import sys
from collections.abc import Mapping
from pathlib import Path

from dragoman.cli.exit_codes import DONE, FAILED, bad_settings
from dragoman.cli.running_gateway import readiness
from dragoman.cli.say import say
from dragoman.cli.serve import address_for_clients
from dragoman.config.load import ConfigError, load_settings
from dragoman.wire.jsonbytes import encode

PATIENCE = 4.0
"""Seconds to wait for the answer; less than what the Dockerfile's HEALTHCHECK gives the command."""


def run_health(environ: Mapping[str, str], env_file: Path, url: str | None, *, as_json: bool) -> int:
    """Ask `url`, or the address of the settings HOST and PORT. Gives the exit code: 1 when it does not say 200."""
    if url is None:
        try:
            url = address_for_clients(load_settings(environ, env_file))
        except ConfigError as fault:
            return bad_settings(fault)
    status = readiness(url, PATIENCE)
    if as_json:
        sys.stdout.write(encode({"url": url, "status": status, "ready": status == 200}).decode() + "\n")
    elif status == 200:
        say(f"{url} is ready", "green")
    else:
        say(f"{url} is not ready: {_reason(status)}", "red")
    return DONE if status == 200 else FAILED


def _reason(status: int | None) -> str:
    if status is None:
        return "nothing answers there; start it with `dragoman serve`"
    if status == 503:
        return "it starts or stops"
    return f"something else answers there, with status {status}"
