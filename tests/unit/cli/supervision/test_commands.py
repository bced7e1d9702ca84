"""cli/supervision/commands.py: the real command with a systemctl that runs what the unit says."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dragoman.cli.health import readiness
from tests.support.dragoman_process import free_port
from tests.support.systemctl_stub import SystemctlStub
from tests.unit.cli.running import run_command

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the stub stands for systemd")


class Machine:
    """A user's home with a folder of settings, and the stub on the PATH."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.settings = folder / "my proxy, 100%"
        self.settings.mkdir()
        self.set(PORT=f'"{self.port}"  # quoted')
        (folder / "bin").mkdir()
        self.stub = SystemctlStub(folder / "bin", folder / "state")
        self.unit = folder / ".config/systemd/user/dragoman.service"
        self._environ = {"PATH": f"{folder / 'bin'}:/usr/bin:/bin", "HOME": str(folder)}

    def set(self, **settings: str) -> None:
        (self.settings / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    def run(self, *arguments: str, **exported: str) -> subprocess.CompletedProcess[str]:
        return run_command("service", *arguments, environ=self._environ | exported, cwd=self.settings)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.stub.stop()


def test_a_service_is_installed_shown_changed_and_removed(machine: Machine) -> None:
    """D08, D10, D11: the unit's own command starts the gateway, from a venv, in a folder with an odd name."""
    first = machine.run("install")
    assert first.returncode == 0, first.stderr
    assert f"running at {machine.url}" in first.stderr
    assert readiness(machine.url) == 200
    assert sys.executable in machine.unit.read_text()

    shown = machine.run("status", "--json")
    assert shown.returncode == 0
    assert json.loads(shown.stdout) == {"installed": True, "active": True, "file": str(machine.unit)}
    assert "active (running)" in machine.run("status").stdout
    assert machine.run("logs", "-n", "3").stdout == "a line of the log\n"

    machine.port = free_port()
    machine.set(PORT=str(machine.port))
    assert machine.run("install").returncode == 0
    assert readiness(machine.url) is None
    assert readiness(f"http://127.0.0.1:{machine.port}") == 200

    for said in ("stopped and removed", "there is no service"):
        gone = machine.run("uninstall")
        assert gone.returncode == 0
        assert said in gone.stderr
    assert not machine.unit.exists()
    assert readiness(f"http://127.0.0.1:{machine.port}") is None
    assert machine.run("status").returncode == 1
    assert (machine.settings / ".env").exists()


def test_a_dry_run_changes_nothing(machine: Machine) -> None:
    done = machine.run("install", "--dry-run")
    assert done.returncode == 0
    assert done.stdout.startswith(f"# {machine.unit}\n[Unit]\n")
    assert "# systemctl --user restart dragoman.service" in done.stdout
    assert machine.stub.calls() == []
    assert not machine.unit.exists()


@pytest.mark.parametrize("action", ["install", "uninstall"])
def test_what_needs_root_is_printed_and_not_run(action: str, machine: Machine) -> None:
    done = machine.run(action, "--system", SUDO_USER="somebody")
    assert done.returncode == 0
    assert "/etc/systemd/system/dragoman.service" in done.stdout
    assert "as root" in done.stderr
    assert ("User=somebody" in done.stdout) == (action == "install")
    assert machine.stub.calls() == []


def test_exported_settings_and_a_missing_file_are_told(machine: Machine) -> None:
    (machine.settings / ".env").unlink()
    done = machine.run("install", "--dry-run", OPENAI_API_KEY="test-key-canary")
    assert "exported here and not seen there: OPENAI_API_KEY" in done.stderr
    assert "does not exist, so the built-in demo answers" in done.stderr
    assert "test-key-canary" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "arguments", [["fly"], ["install", "--directory", "nowhere"], ["logs", "--lines", "-1"]]
)
def test_what_was_not_meant_is_a_usage_error(arguments: list[str], machine: Machine) -> None:
    done = machine.run(*arguments)
    assert done.returncode == 2
    assert machine.stub.calls() == []
