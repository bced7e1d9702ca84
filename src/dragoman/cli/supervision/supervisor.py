"""What runs services on this machine: where its files are, and what it is told."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from dragoman.cli.supervision.launchd import Launchd
from dragoman.cli.supervision.programs import Command, Ended
from dragoman.cli.supervision.systemd import Systemd
from dragoman.cli.supervision.unit_files import Start


class Supervisor(Protocol):
    """systemd or launchd, of a user or of the system. Only says what to do."""

    @property
    def file(self) -> Path:
        """Where the service is described."""
        ...

    @property
    def starts(self) -> str:
        """When it starts by itself, as half a sentence."""
        ...

    def folders(self) -> Sequence[Path]:
        """What must be there before it starts."""
        ...

    def content(self, start: Start) -> bytes:
        """What `file` says. Raises UnwritablePath."""
        ...

    def start(self) -> Sequence[Command]:
        """Takes the file up, now and at every start of the machine or session; again if it did already."""
        ...

    def stop(self) -> Sequence[Command]:
        """Ends the service, before the file goes."""
        ...

    def forget(self) -> Sequence[Command]:
        """After the file has gone."""
        ...

    def status(self) -> Command:
        """Shows how it is."""
        ...

    def is_active(self, shown: Ended) -> bool:
        """What the end of `status` says."""
        ...

    def logs(self, lines: int, follow: bool) -> Command:
        """Shows its last lines, and goes on if asked to."""
        ...


def find_supervisor(
    home: Path, environ: Mapping[str, str], *, system: bool, uid: int, platform: str = sys.platform
) -> Supervisor | None:
    """The supervisor of this platform, or None if there is none that we know."""
    if platform == "darwin":
        return Launchd(home, system=system, uid=uid)
    if platform == "linux":
        configured = environ.get("XDG_CONFIG_HOME", "")
        # The specification has relative values ignored.
        base = Path(configured) if configured.startswith("/") else home / ".config"
        return Systemd(base, system=system)
    return None
