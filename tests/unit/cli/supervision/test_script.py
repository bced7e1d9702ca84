"""cli/supervision/script.py: what root runs does what it says, tried in a folder that stands for the system's."""

import subprocess
from pathlib import Path

import pytest

from dragoman.cli.supervision.launchd import Launchd
from dragoman.cli.supervision.script import install_script, uninstall_script
from dragoman.cli.supervision.systemd import Systemd
from dragoman.cli.supervision.unit_files import Start
from tests.support.systemctl_stub import SystemctlStub

START = Start(python="/opt/it's $HOME`x`/python", directory="/opt/it's $HOME", user="me")


class Elsewhere(Launchd):
    """Its file and its logs are in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "a home", system=True, uid=0)
        self.file = folder / "it's a file.plist"


@pytest.fixture
def stub(tmp_path: Path) -> SystemctlStub:
    (tmp_path / "bin").mkdir()
    return SystemctlStub(tmp_path / "bin", tmp_path / "state")


def run(script: str, tmp_path: Path) -> None:
    environ = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    done = subprocess.run(
        ["sh"], input=script, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_file_arrives_as_it_is_and_the_supervisor_is_told(stub: SystemctlStub, tmp_path: Path) -> None:
    supervisor = Elsewhere(tmp_path)
    start = Start(python=START.python, directory=START.directory, user="root")
    run(install_script(supervisor, start), tmp_path)
    assert supervisor.file.read_bytes().strip() == supervisor.content(start).strip()
    assert all(folder.is_dir() for folder in supervisor.folders())
    assert [call.split()[1] for call in stub.calls()] == ["bootout", "enable", "bootstrap"]
    run(uninstall_script(supervisor), tmp_path)
    assert not supervisor.file.exists()
    run(uninstall_script(supervisor), tmp_path)


def test_systemds_is_a_unit_with_a_user_and_its_commands() -> None:
    start = Start(python="/opt/it's/python", directory="/opt/it's $HOME", user="me")
    script = install_script(Systemd(Path("/conf"), system=True), start)
    assert script.startswith("set -e\ncat > /etc/systemd/system/dragoman.service <<'END_OF_FILE'\n[Unit]\n")
    assert "\nUser=me\n" in script
    assert script.endswith(
        "systemctl daemon-reload\nsystemctl enable dragoman.service\nsystemctl restart dragoman.service\n"
    )
    assert "sudo" not in script
