"""`dragoman service install|status|logs|uninstall`: says what is wrong before it changes anything."""

import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from dragoman.cli.exit_codes import CANNOT_BIND, DONE, FAILED, INTERRUPTED, REFUSED, bad_settings
from dragoman.cli.running_gateway import readiness
from dragoman.cli.say import say
from dragoman.cli.serve import address_for_clients
from dragoman.cli.supervision.programs import Command, ProgramMissing, Programs
from dragoman.cli.supervision.script import install_script, uninstall_script
from dragoman.cli.supervision.supervisor import Supervisor
from dragoman.cli.supervision.unit_files import Start, UnwritablePath
from dragoman.config.load import ConfigError, load_settings
from dragoman.config.sources import read_sources
from dragoman.wire.address import is_loopback
from dragoman.wire.jsonbytes import encode

READY_WITHIN = 15.0
"""Seconds from the start to the first answer of `/readyz`, on a slow machine."""


def install(
    supervisor: Supervisor,
    programs: Programs,
    start: Start,
    *,
    dry_run: bool,
    ready_within: float = READY_WITHIN,
) -> int:
    """Write the file, start the service and wait for it to answer. May be run again: what changed is taken up."""
    url = _checked_address(Path(start.directory) / ".env")
    if isinstance(url, int):
        return url
    try:
        content = supervisor.content(start)
    except UnwritablePath as fault:
        say(str(fault), "red")
        return FAILED
    if dry_run:
        sys.stdout.write(f"# {supervisor.file}\n{content.decode()}")
        for wanted in supervisor.start():
            sys.stdout.write(f"# {' '.join(wanted.words)}\n")
        return DONE
    try:
        running = supervisor.is_active(programs.run(supervisor.status()))
    except ProgramMissing as missing:
        return _say_missing(missing)
    if not running and readiness(url, patience=1) is not None:
        say(f"refused: another program answers at {url}; stop it, or set another PORT in .env", "red")
        return CANNOT_BIND
    _write(supervisor.file, content)
    for folder in supervisor.folders():
        folder.mkdir(parents=True, exist_ok=True)
    if (code := _run(programs, supervisor.start())) != DONE:
        return code
    return _await(url, supervisor, ready_within)


def _await(url: str, supervisor: Supervisor, ready_within: float) -> int:
    deadline = time.monotonic() + ready_within
    while readiness(url, patience=1) != 200:
        if time.monotonic() >= deadline:
            say(f"started, but {url} is not ready: see `dragoman service logs`", "red")
            return FAILED
        time.sleep(0.1)
    say(f"running at {url}; it starts {supervisor.starts}", "green")
    return DONE


def uninstall(supervisor: Supervisor, programs: Programs) -> int:
    """Stop the service and remove its file; nothing to do is no failure."""
    if not supervisor.file.exists():
        say(f"there is no service: {supervisor.file} does not exist")
        return DONE
    if (code := _run(programs, supervisor.stop())) != DONE:
        return code
    supervisor.file.unlink()
    if (code := _run(programs, supervisor.forget())) != DONE:
        return code
    say(f"stopped and removed: {supervisor.file}", "green")
    return DONE


def print_install(supervisor: Supervisor, start: Start) -> int:
    """The script for root, on stdout."""
    url = _checked_address(Path(start.directory) / ".env")
    if isinstance(url, int):
        return url
    try:
        script = install_script(supervisor, start)
    except UnwritablePath as fault:
        say(str(fault), "red")
        return FAILED
    say("Nothing was changed. Run this as root: dragoman service install --system | sudo sh")
    if start.user == "root":
        say("! it would run as root: type this as the user that it should run as", "yellow")
    sys.stdout.write(script)
    return DONE


def print_uninstall(supervisor: Supervisor) -> int:
    """The script for root, on stdout."""
    say("Nothing was changed. Run this as root: dragoman service uninstall --system | sudo sh")
    sys.stdout.write(uninstall_script(supervisor))
    return DONE


def status(supervisor: Supervisor, programs: Programs, *, as_json: bool) -> int:
    """What the supervisor says of the service; exit code 0 if it runs."""
    installed = supervisor.file.exists()
    try:
        ended = programs.run(supervisor.status())
    except ProgramMissing as missing:
        return _say_missing(missing)
    active = supervisor.is_active(ended)
    if as_json:
        report = {"installed": installed, "active": active, "file": str(supervisor.file)}
        sys.stdout.write(encode(report).decode() + "\n")
    elif installed:
        sys.stdout.write(ended.said + "\n")
    else:
        say("there is no service: `dragoman service install` makes one")
    return DONE if active else FAILED


def logs(supervisor: Supervisor, programs: Programs, *, lines: int, follow: bool) -> int:
    """The last lines of the service's log."""
    try:
        ended = programs.show(supervisor.logs(lines, follow))
    except ProgramMissing as missing:
        return _say_missing(missing)
    except KeyboardInterrupt:
        return INTERRUPTED
    return DONE if ended.code == 0 else FAILED


def hidden_settings(environ: Mapping[str, str], env_file: Path) -> list[str]:
    """The exported settings, which a service never sees."""
    found, _ = read_sources(environ, env_file)
    return sorted(name for name, value in found.items() if value.origin == "environment")


def _checked_address(env_file: Path) -> str | int:
    """Where the service will answer, by its `.env` alone; an exit code if it would not start."""
    try:
        settings = load_settings({}, env_file)
    except ConfigError as fault:
        return bad_settings(fault)
    if not is_loopback(settings.host) and not settings.dragoman_api_key:
        say(
            f"refused: `{settings.host}` can be reached from other machines and DRAGOMAN_API_KEY is not set",
            "red",
        )
        return REFUSED
    if settings.port == 0:
        say("refused: PORT is 0, so clients would not know where the service is", "red")
        return REFUSED
    if not env_file.exists():
        say(f"! {env_file} does not exist, so the built-in demo answers until it does", "yellow")
    return address_for_clients(settings)


def _write(file: Path, content: bytes) -> None:
    """The file, with what it said before in a backup beside it."""
    if file.exists() and file.read_bytes() != content:
        backup = file.with_name(f"{file.name}.bak-{time.strftime('%Y%m%d-%H%M%S')}")
        shutil.copy2(file, backup)
        say(f"kept what was there: {backup}")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


def _run(programs: Programs, commands: Sequence[Command]) -> int:
    for wanted in commands:
        try:
            ended = programs.run(wanted)
        except ProgramMissing as missing:
            return _say_missing(missing)
        if ended.code != 0 and not wanted.may_fail:
            say(f"failed: {' '.join(wanted.words)}", "red")
            if ended.said:
                say(ended.said)
            return FAILED
    return DONE


def _say_missing(missing: ProgramMissing) -> int:
    say(f"`{missing}` is not on the PATH, so services cannot be managed from here; see SERVICE.md", "red")
    return FAILED
