"""systemd: a unit of the user's own manager, or of the system's."""

from collections.abc import Sequence
from pathlib import Path

from dragoman.cli.supervision.programs import Command, Ended, command
from dragoman.cli.supervision.unit_files import UNIT, Start, systemd_unit

SYSTEM_UNITS = Path("/etc/systemd/system")


class Systemd:
    """`config`: the user's folder of configuration, such as `~/.config`."""

    def __init__(self, config: Path, *, system: bool) -> None:
        self.file = (SYSTEM_UNITS if system else config / "systemd/user") / UNIT
        self.starts = (
            "with the machine"
            if system
            else "when you log in; `loginctl enable-linger` lets it start with the machine"
        )
        self._scope = () if system else ("--user",)

    def folders(self) -> Sequence[Path]:
        return ()

    def content(self, start: Start) -> bytes:
        return systemd_unit(start)

    def start(self) -> Sequence[Command]:
        return (
            self._systemctl("daemon-reload"),
            self._systemctl("enable", UNIT),
            self._systemctl("restart", UNIT),
        )

    def stop(self) -> Sequence[Command]:
        return (self._systemctl("disable", "--now", UNIT),)

    def forget(self) -> Sequence[Command]:
        return (self._systemctl("daemon-reload"),)

    def status(self) -> Command:
        return self._systemctl("status", "--no-pager", UNIT)

    def is_active(self, shown: Ended) -> bool:
        return shown.code == 0

    def logs(self, lines: int, follow: bool) -> Command:
        following = ("--follow",) if follow else ("--no-pager",)
        return command("journalctl", *self._scope, f"--unit={UNIT}", f"--lines={lines}", *following)

    def _systemctl(self, *words: str) -> Command:
        return command("systemctl", *self._scope, *words)
