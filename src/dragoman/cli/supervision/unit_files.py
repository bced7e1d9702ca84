"""What systemd and launchd read to run the gateway: a unit and a property list, as text.

Sources: systemd.unit(5), systemd.service(5), systemd.exec(5), launchd.plist(5).
"""

import plistlib
import re
from typing import Any

import msgspec

UNIT = "dragoman.service"
LABEL = "com.dragoman.proxy"

STOP_SECONDS = 40
"""Longer than answers may go on after the signal to stop (30 s), so that none is cut."""

_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f]|^\s|[\s\\]$")
"""What would end a line of a unit, be stripped from it or continue it."""


class UnwritablePath(ValueError):
    """A path that the file has no way to write; the message names it."""


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """What is started, where, and as whom."""

    python: str
    """Absolute path of the interpreter, a virtual environment's too."""
    directory: str
    """Absolute path of the folder whose `.env` is read."""
    user: str | None = None
    """Whom the system runs it as; None for a service of the user's own."""

    def command(self) -> list[str]:
        """`-P`: a file of the folder must not take a module's place."""
        return [self.python, "-P", "-m", "dragoman", "serve"]


def systemd_unit(start: Start) -> bytes:
    """A unit; one with `user` is for the system's manager. Raises UnwritablePath.

    No EnvironmentFile: Dragoman reads `.env` by its own rules (ADR 0036). A user's unit gets no file system of its own,
    as that takes user namespaces, which some distributions refuse.
    """
    python, *arguments = start.command()
    unit = ["Description=Dragoman, a gateway for clients of the Messages API", "StartLimitIntervalSec=0"]
    service = [
        "Type=exec",
        f"WorkingDirectory={_path(start.directory)}",
        f"ExecStart={_program(python)} {' '.join(arguments)}",
        "Restart=on-failure",
        "RestartSec=5",
        # Wrong settings stay wrong: 2 is a refused address, 3 a faulty `.env`.
        "RestartPreventExitStatus=2 3",
        f"TimeoutStopSec={STOP_SECONDS}",
        "StandardOutput=journal",
        "StandardError=journal",
        "UMask=0077",
        "NoNewPrivileges=yes",
        "LockPersonality=yes",
        "RestrictRealtime=yes",
        "RestrictSUIDSGID=yes",
    ]
    wanted_by = "default.target"
    if start.user is not None:
        unit += ["Wants=network-online.target", "After=network-online.target"]
        service[1:1] = [f"User={start.user}"]
        service += ["ProtectSystem=full", "PrivateTmp=yes", "PrivateDevices=yes", "ProtectControlGroups=yes"]
        wanted_by = "multi-user.target"
    sections = {"Unit": unit, "Service": service, "Install": [f"WantedBy={wanted_by}"]}
    texts = ["\n".join([f"[{name}]", *settings]) + "\n" for name, settings in sections.items()]
    return "\n".join(texts).encode()


def launchd_plist(start: Start, *, label: str, stdout: str, stderr: str) -> bytes:
    """A property list of an agent, or of a daemon if it names a user. Raises UnwritablePath for control characters."""
    for path in (start.python, start.directory, stdout):
        if not path.isprintable():
            raise UnwritablePath(f"{path!r} cannot be written into a property list")
    entries: dict[str, Any] = {
        "Label": label,
        "ProgramArguments": start.command(),
        "WorkingDirectory": start.directory,
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": 5,
        "ExitTimeOut": STOP_SECONDS,
        "Umask": 0o077,
        "StandardOutPath": stdout,
        "StandardErrorPath": stderr,
    }
    if start.user is not None:
        entries["UserName"] = start.user
    return plistlib.dumps(entries, sort_keys=False)


def _path(path: str) -> str:
    """A path as the whole value of a setting, where nothing but `%` has a meaning."""
    if _UNWRITABLE.search(path):
        raise UnwritablePath(f"{path!r} cannot be written into a unit of systemd")
    return path.replace("%", "%%")


def _program(path: str) -> str:
    """A path as the first word of a command. A `$` has no way to be written there."""
    if "$" in path:
        raise UnwritablePath(f"{path!r} cannot be written into a unit of systemd")
    text = _path(path)
    if re.fullmatch(r"[\w./+@%:=-]+", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
