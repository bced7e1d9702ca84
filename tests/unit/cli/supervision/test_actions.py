"""cli/supervision/actions.py, with programs that are none; test_commands.py has the whole way."""

from pathlib import Path

import pytest

from dragoman.cli.supervision.actions import hidden_settings, install, logs, print_install, status, uninstall
from dragoman.cli.supervision.launchd import Launchd
from dragoman.cli.supervision.programs import Programs
from dragoman.cli.supervision.systemd import Systemd
from dragoman.cli.supervision.unit_files import Start
from tests.support.dragoman_process import free_port
from tests.support.systemctl_stub import SystemctlStub
from tests.unit.cli.test_health import answering


@pytest.fixture
def stub(tmp_path: Path) -> SystemctlStub:
    (tmp_path / "bin").mkdir()
    return SystemctlStub(tmp_path / "bin", tmp_path / "state")


@pytest.fixture
def programs(stub: SystemctlStub, tmp_path: Path) -> Programs:
    return Programs(str(tmp_path / "bin"), pause=0)


@pytest.fixture
def start(tmp_path: Path) -> Start:
    return Start(python="/opt/python", directory=str(tmp_path))


@pytest.mark.parametrize(
    ("settings", "exit_code", "said"),
    [
        ("PORT=x", 3, "PORT: expected a whole number"),
        ("HOST=0.0.0.0", 2, "refused: `0.0.0.0` can be reached from other machines"),
        ("PORT=0", 2, "refused: PORT is 0"),
    ],
)
def test_what_would_not_start_is_not_installed(
    settings: str,
    exit_code: int,
    said: str,
    stub: SystemctlStub,
    programs: Programs,
    start: Start,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / ".env").write_text(settings)
    supervisor = Systemd(tmp_path / "conf", system=False)
    assert install(supervisor, programs, start, dry_run=False) == exit_code
    assert print_install(supervisor, start) == exit_code
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert stub.calls() == []
    assert not supervisor.file.exists()


def test_a_port_that_somebody_else_has_is_not_taken_for_the_service(
    programs: Programs, start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    supervisor = Systemd(tmp_path / "conf", system=False)
    with answering(200) as (url, _):
        (tmp_path / ".env").write_text(f"PORT={url.rpartition(':')[2]}")
        assert install(supervisor, programs, start, dry_run=False) == 4
    assert f"another program answers at {url}" in capsys.readouterr().err
    assert not supervisor.file.exists()


def test_launchds_agent_is_written_and_taken_up(
    stub: SystemctlStub, programs: Programs, start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing answers, as the launchctl of the test starts nothing: that is said, too."""
    (tmp_path / ".env").write_text(f"PORT={free_port()}")
    supervisor = Launchd(tmp_path, system=False, uid=501)
    assert install(supervisor, programs, start, dry_run=False, ready_within=0) == 1
    assert "is not ready: see `dragoman service logs`" in capsys.readouterr().err
    assert supervisor.file.read_bytes() == supervisor.content(start)
    assert [call.split()[1] for call in stub.calls()] == ["print", "bootout", "enable", "bootstrap"]
    assert (tmp_path / "Library/Logs/dragoman").is_dir()
    assert uninstall(supervisor, programs) == 0
    assert not supervisor.file.exists()


def test_a_supervisor_that_refuses_is_heard(
    stub: SystemctlStub, programs: Programs, start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text(f"PORT={free_port()}")
    stub.fail("enable")
    assert install(Systemd(tmp_path / "conf", system=False), programs, start, dry_run=False) == 1
    err = capsys.readouterr().err
    assert "failed: systemctl --user enable dragoman.service" in err
    assert "it does not work" in err


def test_a_launchd_that_has_not_let_go_yet_is_asked_again(
    stub: SystemctlStub, programs: Programs, start: Start, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(f"PORT={free_port()}")
    stub.fail("bootstrap", times=3)
    install(Launchd(tmp_path, system=False, uid=501), programs, start, dry_run=False, ready_within=0)
    assert sum("bootstrap" in call for call in stub.calls()) == 4


def test_a_file_of_somebody_elses_is_kept_as_a_backup(
    stub: SystemctlStub, programs: Programs, start: Start, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(f"PORT={free_port()}")
    supervisor = Launchd(tmp_path, system=False, uid=501)
    supervisor.file.parent.mkdir(parents=True)
    supervisor.file.write_text("mine")
    for _ in range(2):
        install(supervisor, programs, start, dry_run=False, ready_within=0)
    [backup] = supervisor.file.parent.glob("*.bak-*")
    assert backup.read_text() == "mine"


def test_without_the_program_nothing_is_changed(
    start: Start, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".env").write_text(f"PORT={free_port()}")
    supervisor = Systemd(tmp_path / "conf", system=False)
    nothing = Programs(str(tmp_path))
    assert install(supervisor, nothing, start, dry_run=False) == 1
    assert status(supervisor, nothing, as_json=False) == 1
    assert logs(supervisor, nothing, lines=1, follow=False) == 1
    assert capsys.readouterr().err.count("is not on the PATH") == 3
    assert not supervisor.file.exists()


def test_exported_settings_are_those_that_a_service_does_not_see(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("PORT=9000")
    environ = {"OPENAI_API_KEY": "test-key", "BIG_MODEL": "x", "PATH": "/bin", "EDITOR": "vi"}
    assert hidden_settings(environ, env_file) == ["BIG_MODEL", "OPENAI_API_KEY"]
