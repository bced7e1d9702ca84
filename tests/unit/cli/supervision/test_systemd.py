"""cli/supervision/systemd.py"""

from pathlib import Path

from dragoman.cli.supervision.programs import Ended
from dragoman.cli.supervision.systemd import Systemd

MINE = Systemd(Path("/conf"), system=False)
MACHINES = Systemd(Path("/conf"), system=True)


def test_a_users_unit_is_told_to_the_users_manager() -> None:
    assert [
        " ".join(wanted.words) for wanted in (*MINE.start(), *MINE.stop(), *MINE.forget(), MINE.status())
    ] == [
        "systemctl --user daemon-reload",
        "systemctl --user enable dragoman.service",
        "systemctl --user restart dragoman.service",
        "systemctl --user disable --now dragoman.service",
        "systemctl --user daemon-reload",
        "systemctl --user status --no-pager dragoman.service",
    ]


def test_the_systems_is_told_to_the_systems() -> None:
    commands = [*MACHINES.start(), *MACHINES.stop(), MACHINES.status(), MACHINES.logs(5, True)]
    assert not any("--user" in wanted.words for wanted in commands)
    assert "linger" not in MACHINES.starts
    assert "linger" in MINE.starts


def test_logs_are_those_of_the_unit() -> None:
    assert MINE.logs(5, False).words == (
        *("journalctl", "--user", "--unit=dragoman.service"),
        *("--lines=5", "--no-pager"),
    )
    assert MACHINES.logs(5, True).words == ("journalctl", "--unit=dragoman.service", "--lines=5", "--follow")


def test_only_one_that_runs_is_active() -> None:
    assert MINE.is_active(Ended(0))
    assert not MINE.is_active(Ended(3))
