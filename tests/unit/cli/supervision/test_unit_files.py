"""cli/supervision/unit_files.py"""

import plistlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dragoman.app import DRAIN_SECONDS
from dragoman.cli.exit_codes import BAD_SETTINGS, CANNOT_BIND, REFUSED
from dragoman.cli.supervision.unit_files import (
    STOP_SECONDS,
    Start,
    UnwritablePath,
    launchd_plist,
    systemd_unit,
)
from tests.support.systemctl_stub import read_unit

MINE = Start(python="/opt/dragoman/.venv/bin/python", directory="/opt/dragoman")
MACHINES = Start(python="/opt/dragoman/.venv/bin/python", directory="/opt/dragoman", user="me")

FOR_EVERYBODY = {"NoNewPrivileges", "LockPersonality", "RestrictRealtime", "RestrictSUIDSGID", "UMask"}
NEEDS_NAMESPACES = {"ProtectSystem", "PrivateTmp", "PrivateDevices", "ProtectControlGroups", "ProtectHome"}


def unit_of(start: Start) -> dict[str, dict[str, str]]:
    return read_unit(systemd_unit(start).decode())


@pytest.mark.parametrize("start", [MINE, MACHINES], ids=["user", "system"])
def test_a_unit_runs_the_gateway_in_its_folder_and_again_when_it_fails(start: Start) -> None:
    """D08, D11: a venv's interpreter, `.env` read by the gateway itself."""
    unit = unit_of(start)
    service = unit["Service"]
    assert service["ExecStart"] == "/opt/dragoman/.venv/bin/python -P -m dragoman serve"
    assert service["WorkingDirectory"] == "/opt/dragoman"
    assert "EnvironmentFile" not in service
    assert service["Restart"] == "on-failure"
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"
    assert service["StandardOutput"] == service["StandardError"] == "journal"
    assert service.keys() >= FOR_EVERYBODY


def test_what_trying_again_cannot_mend_is_not_tried_again() -> None:
    never = set(unit_of(MINE)["Service"]["RestartPreventExitStatus"].split())
    assert never == {str(REFUSED), str(BAD_SETTINGS)}
    assert str(CANNOT_BIND) not in never


def test_answers_may_end_before_it_is_killed() -> None:
    assert int(unit_of(MINE)["Service"]["TimeoutStopSec"]) == STOP_SECONDS > DRAIN_SECONDS
    assert (
        plistlib.loads(launchd_plist(MINE, label="x", stdout="/a", stderr="/b"))["ExitTimeOut"]
        == STOP_SECONDS
    )


def test_a_users_unit_starts_with_the_session_and_needs_no_namespaces() -> None:
    unit = unit_of(MINE)
    assert unit["Install"]["WantedBy"] == "default.target"
    assert "User" not in unit["Service"]
    assert not unit["Service"].keys() & NEEDS_NAMESPACES


def test_the_systems_unit_starts_with_the_machine_as_somebody() -> None:
    unit = unit_of(MACHINES)
    assert unit["Install"]["WantedBy"] == "multi-user.target"
    assert unit["Service"]["User"] == "me"
    assert unit["Unit"]["After"] == "network-online.target"
    assert unit["Service"]["ProtectSystem"] == "full"


@pytest.mark.parametrize(
    ("path", "written"),
    [
        ("/a b/python", '"/a b/python"'),
        ("/100%/python", "/100%%/python"),
        ("/it's/python", '"/it\'s/python"'),
        ('/a"b/python', '"/a\\"b/python"'),
        ("/a\\b/python", '"/a\\\\b/python"'),
        ("/ü/python", "/ü/python"),
        ("/a;b/python", '"/a;b/python"'),
    ],
)
def test_odd_paths_are_quoted(path: str, written: str) -> None:
    unit = unit_of(Start(python=path, directory="/a b/100%"))
    assert unit["Service"]["ExecStart"] == f"{written} -P -m dragoman serve"
    assert unit["Service"]["WorkingDirectory"] == "/a b/100%%"


@pytest.mark.parametrize("path", ["/a\nb", "/a\\", "/a ", "/a\x00"])
def test_a_path_that_a_unit_cannot_say_is_refused(path: str) -> None:
    with pytest.raises(UnwritablePath):
        systemd_unit(Start(python="/python", directory=path))
    with pytest.raises(UnwritablePath):
        systemd_unit(Start(python=f"{path}$HOME", directory="/"))


def test_a_property_list_is_read_as_it_was_meant() -> None:
    """D09, D11"""
    entries = plistlib.loads(launchd_plist(MINE, label="com.example", stdout="/logs/out", stderr="/logs/err"))
    assert entries["Label"] == "com.example"
    assert entries["ProgramArguments"] == ["/opt/dragoman/.venv/bin/python", "-P", "-m", "dragoman", "serve"]
    assert entries["WorkingDirectory"] == "/opt/dragoman"
    assert entries["RunAtLoad"] is True
    assert entries["KeepAlive"] == {"SuccessfulExit": False}
    assert (entries["StandardOutPath"], entries["StandardErrorPath"]) == ("/logs/out", "/logs/err")
    assert "UserName" not in entries


def test_a_daemon_has_a_user_and_no_path_of_two_lines() -> None:
    assert plistlib.loads(launchd_plist(MACHINES, label="x", stdout="/a", stderr="/b"))["UserName"] == "me"
    with pytest.raises(UnwritablePath):
        launchd_plist(Start(python="/p", directory="/a\nb"), label="x", stdout="/a", stderr="/b")


@pytest.mark.parametrize("user", [None, "root"], ids=["user", "system"])
@pytest.mark.parametrize("folder", ["plain", "with space and 100%"])
def test_systemd_finds_nothing_to_say_of_it(user: str | None, folder: str, tmp_path: Path) -> None:
    """D08: by its own `verify` where it is installed; everywhere the unit has no setting twice and no empty one."""
    home = tmp_path / folder
    home.mkdir()
    python = home / "python"
    python.symlink_to(sys.executable)
    content = systemd_unit(Start(python=str(python), directory=str(home), user=user))
    assert all(value for section in read_unit(content.decode()).values() for value in section.values())
    verify = shutil.which("systemd-analyze")
    if verify is not None:
        file = tmp_path / "dragoman.service"
        file.write_bytes(content)
        scope = "--system" if user else "--user"
        done = subprocess.run(
            [verify, scope, "verify", str(file)],
            env={"PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        ours = [line for line in done.stderr.splitlines() if "dragoman" in line]
        assert ours == []
