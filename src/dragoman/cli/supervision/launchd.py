"""launchd: an agent of the user's session, or a daemon of the system."""

from collections.abc import Sequence
from pathlib import Path

from dragoman.cli.supervision.programs import Command, Ended, command
from dragoman.cli.supervision.unit_files import LABEL, Start, launchd_plist

SYSTEM_DAEMONS = Path("/Library/LaunchDaemons")


class Launchd:
    """`home`: the user's folder, where the logs are, too. `uid`: whose session an agent belongs to."""

    def __init__(self, home: Path, *, system: bool, uid: int) -> None:
        self.file = (SYSTEM_DAEMONS if system else home / "Library/LaunchAgents") / f"{LABEL}.plist"
        self.starts = "with the machine" if system else "when you log in"
        self._logs = home / "Library/Logs/dragoman"
        self._domain = "system" if system else f"gui/{uid}"

    def folders(self) -> Sequence[Path]:
        return (self._logs,)

    def content(self, start: Start) -> bytes:
        stdout, stderr = self._log_files()
        return launchd_plist(start, label=LABEL, stdout=stdout, stderr=stderr)

    def start(self) -> Sequence[Command]:
        return (
            command("launchctl", "bootout", self._service(), may_fail=True),
            command("launchctl", "enable", self._service()),
            command("launchctl", "bootstrap", self._domain, str(self.file), tries=10),
        )

    def stop(self) -> Sequence[Command]:
        return (command("launchctl", "bootout", self._service(), may_fail=True),)

    def forget(self) -> Sequence[Command]:
        return ()

    def status(self) -> Command:
        return command("launchctl", "print", self._service())

    def is_active(self, shown: Ended) -> bool:
        return shown.code == 0 and "state = running" in shown.said

    def logs(self, lines: int, follow: bool) -> Command:
        following = ("-F",) if follow else ()
        return command("tail", "-n", str(lines), *following, *self._log_files())

    def _service(self) -> str:
        return f"{self._domain}/{LABEL}"

    def _log_files(self) -> tuple[str, str]:
        return str(self._logs / "stdout.log"), str(self._logs / "stderr.log")
