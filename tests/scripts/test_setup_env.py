"""setup_env.sh: with uv, without it, and when something is missing."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.dragoman_process import DragomanProcess
from tests.support.script_home import ROOT, Run, ScriptHome, mode

SCRIPT = "setup_env.sh"
PROJECT_FILES = ("pyproject.toml", "uv.lock", "README.md", "LICENSE", "server.py")

STAND_IN = """
[project]
name = "dragoman"
version = "0"
requires-python = ">=3.11"
[project.optional-dependencies]
vertex = ["dragoman"]
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
"""A project that pip can install without the network; `[vertex]` asks for nothing that is not there."""

BACKEND = """
import zipfile

def get_requires_for_build_editable(config_settings=None):
    return []

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    name = "dragoman-0-py3-none-any.whl"
    info = {
        "METADATA": "Metadata-Version: 2.1\\nName: dragoman\\nVersion: 0\\nProvides-Extra: vertex\\n",
        "WHEEL": "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
        "entry_points.txt": "[console_scripts]\\ndragoman = dragoman_stand_in:main\\n",
        "RECORD": "",
    }
    with zipfile.ZipFile(f"{wheel_directory}/{name}", "w") as wheel:
        wheel.writestr("dragoman_stand_in.py", "def main():\\n    print('stand-in')\\n")
        for file, text in info.items():
            wheel.writestr(f"dragoman-0.dist-info/{file}", text)
    return name
"""

UV_STUB = """
echo "$* VIRTUAL_ENV=${VIRTUAL_ENV:-none}" >> "$HOME/uv-calls"
mkdir -p .venv/bin
[ -e .venv/bin/python ] || ln -s PYTHON .venv/bin/python
"""


def base_python() -> str:
    """The interpreter below the test's own environment."""
    return os.path.realpath(sys.executable)


def give_python(home: ScriptHome, name: str = "python3") -> None:
    home.program(name, f'exec "{base_python()}" "$@"')


def give_uv_stub(home: ScriptHome, after: str = "") -> None:
    home.link("ln")
    home.program("uv", UV_STUB.replace("PYTHON", base_python()) + after)


def uv_calls(home: ScriptHome) -> list[str]:
    return (home.root.parent / "uv-calls").read_text().splitlines()


def set_up(home: ScriptHome, *arguments: str, **env: str) -> Run:
    return home.run(SCRIPT, *arguments, cwd=home.root.parent, **env)


@pytest.fixture
def home(tmp_path: Path) -> ScriptHome:
    """In a folder with a space, but no dollar: programs that pip installs do not start there."""
    return ScriptHome(tmp_path, "a folder")


@pytest.fixture
def stand_in(home: ScriptHome) -> ScriptHome:
    """No uv, a Python, and a project that installs offline."""
    if subprocess.run([base_python(), "-c", "import ensurepip"], check=False).returncode != 0:
        pytest.skip("this Python has no ensurepip")
    (home.root / "pyproject.toml").write_text(STAND_IN)
    (home.root / "backend.py").write_text(BACKEND)
    give_python(home)
    return home


@pytest.fixture
def project(home: ScriptHome) -> Iterator[ScriptHome]:
    """The project itself."""
    for name in PROJECT_FILES:
        shutil.copy(ROOT / name, home.root)
    shutil.copytree(ROOT / "src", home.root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    yield home
    # Hundreds of files that nobody will look at.
    shutil.rmtree(home.root / ".venv", ignore_errors=True)


class Uvicorn(DragomanProcess):
    """The documented command, but for the port."""

    def __init__(self, home: ScriptHome, program: tuple[str, ...], env: dict[str, str]) -> None:
        super().__init__(env, home.root, ready_within=60)
        self._command = (*program, "server:app", "--host", "127.0.0.1", "--port", str(self.port))


class TestWithUv:
    async def test_the_next_command_starts_the_server(self, project: ScriptHome) -> None:
        """R08: and no warning of VIRTUAL_ENV. Offline: from what installing the tests has left in uv's cache."""
        if shutil.which("uv") is None:
            pytest.skip("uv is not installed")
        project.link("uv")
        env = {"UV_OFFLINE": "1", "UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR", "")}
        if not env["UV_CACHE_DIR"]:
            env["UV_CACHE_DIR"] = subprocess.check_output(["uv", "cache", "dir"], text=True).strip()
        done = set_up(project, "--vertex", UV_PYTHON=base_python(), **env)
        assert done.exit_code == 0, done.stderr
        assert "uv run dragoman serve" in done.stdout
        version = "import sys, google.auth; assert sys.version_info >= (3, 11)"
        subprocess.run([project.root / ".venv/bin/python", "-c", version], check=True)
        before = (project.root / ".venv").stat().st_ino
        async with Uvicorn(project, (str(project.programs / "uv"), "run", "uvicorn"), env) as server:
            pass
        assert "VIRTUAL_ENV" not in server.output
        # C18: not even where another Python is asked for.
        again = set_up(project, "--vertex", UV_PYTHON="3.99", **env)
        assert again.exit_code == 0, again.stderr
        assert (project.root / ".venv").stat().st_ino == before

    def test_uv_is_asked_to_add_and_never_to_remove(self, home: ScriptHome) -> None:
        """C18"""
        give_uv_stub(home)
        assert set_up(home).exit_code == 0
        assert set_up(home, "--vertex").exit_code == 0
        assert [call.partition(" VIRTUAL_ENV")[0] for call in uv_calls(home)] == [
            "sync --inexact",
            f"sync --inexact --python {home.root}/.venv/bin/python --extra vertex",
        ]

    def test_an_active_environment_is_not_handed_on_but_told_of(self, home: ScriptHome) -> None:
        """R08, R10"""
        give_uv_stub(home)
        done = set_up(home, VIRTUAL_ENV="/elsewhere/venv")
        assert done.exit_code == 0
        assert "VIRTUAL_ENV=none" in uv_calls(home)[0]
        assert "/elsewhere/venv" in done.stderr
        assert "deactivate" in done.stderr
        assert "deactivate" not in set_up(home, VIRTUAL_ENV=str(home.root / ".venv")).stderr

    def test_a_failure_of_uv_is_ours(self, home: ScriptHome) -> None:
        give_uv_stub(home, "echo 'no route to host' >&2; exit 2")
        done = set_up(home)
        assert done.exit_code == 1
        assert "no route to host" in done.stderr
        assert "uv could not make the environment" in done.stderr

    def test_an_environment_elsewhere_is_noticed(self, home: ScriptHome) -> None:
        home.program("uv", "exit 0")
        done = set_up(home)
        assert done.exit_code == 1
        assert "UV_PROJECT_ENVIRONMENT" in done.stderr


class TestWithoutUv:
    def test_an_environment_without_pip_gets_one_and_is_kept(self, stand_in: ScriptHome) -> None:
        """R09: such as uv's, or one whose making was interrupted."""
        subprocess.run([base_python(), "-m", "venv", "--without-pip", stand_in.root / ".venv"], check=True)
        done = set_up(stand_in)
        assert done.exit_code == 0, done.stderr
        assert "source .venv/bin/activate" in done.stdout
        assert subprocess.check_output([stand_in.root / ".venv/bin/dragoman"], text=True) == "stand-in\n"
        (stand_in.root / ".venv/mine").write_text("stays")
        again = set_up(stand_in, "--vertex")
        assert again.exit_code == 0, again.stderr
        assert (stand_in.root / ".venv/mine").exists()

    def test_a_failure_of_pip_is_ours(self, home: ScriptHome) -> None:
        home.program("python-of-env", 'case "$*" in *install*) echo broken >&2; exit 1 ;; esac')
        (home.root / ".venv/bin").mkdir(parents=True)
        (home.root / ".venv/bin/python").symlink_to(home.programs / "python-of-env")
        done = set_up(home)
        assert done.exit_code == 1
        assert "broken" in done.stderr
        assert "pip could not install Dragoman" in done.stderr

    def test_a_later_name_of_python_is_found(self, home: ScriptHome) -> None:
        home.program("python3", "exit 1")
        home.program("python3.12", 'case "$*" in "-m venv"*) echo asked >&2; exit 1 ;; esac')
        done = set_up(home)
        assert done.exit_code == 1
        assert "asked" in done.stderr
        assert "python3.12 could not make" in done.stderr


class TestMissing:
    def test_nothing_that_could_make_it(self, home: ScriptHome) -> None:
        """C18: it says what is missing and how to get it."""
        done = set_up(home)
        assert done.exit_code == 1
        assert "Neither uv nor Python 3.11" in done.stderr
        assert "https://astral.sh/uv/install.sh" in done.stderr
        assert "https://www.python.org/downloads/" in done.stderr
        assert not (home.root / ".venv").exists()

    def test_an_old_python_is_none(self, home: ScriptHome) -> None:
        home.program("python3", 'case "$*" in *version_info*) exit 1 ;; esac; echo used >&2')
        done = set_up(home)
        assert done.exit_code == 1
        assert "Neither uv nor Python 3.11" in done.stderr

    def test_a_python_without_ensurepip(self, home: ScriptHome) -> None:
        home.program("python3", 'case "$*" in *version_info*) exit 0 ;; esac; exit 1')
        done = set_up(home)
        assert done.exit_code == 1
        assert "python3-venv" in done.stderr
        assert not (home.root / ".venv").exists()

    @pytest.mark.parametrize("python", [None, "exit 1"], ids=["broken", "old"])
    @pytest.mark.parametrize("uv", [True, False], ids=["uv", "no uv"])
    def test_an_environment_that_does_not_fit_is_not_deleted(
        self, home: ScriptHome, python: str | None, uv: bool
    ) -> None:
        """C18: uv alone would replace it."""
        if uv:
            give_uv_stub(home)
        (home.root / ".venv/bin").mkdir(parents=True)
        (home.root / ".venv/mine").write_text("stays")
        if python is not None:
            home.program("old-python", python)
            (home.root / ".venv/bin/python").symlink_to(home.programs / "old-python")
        before = home.files()
        done = set_up(home)
        assert done.exit_code == 1
        assert "It is not deleted for you" in done.stderr
        assert home.files() == before
        assert not (home.root.parent / "uv-calls").exists()


def test_wrong_options_are_refused(home: ScriptHome) -> None:
    done = set_up(home, "--all")
    assert done.exit_code == 2
    assert "Unknown option: --all" in done.stderr


def test_help_needs_nothing(home: ScriptHome) -> None:
    done = set_up(home, "--help")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "--vertex" in done.stdout


async def test_without_uv_the_project_itself_is_installed_and_starts(project: ScriptHome) -> None:
    """R09, R11: the whole way once, from the package index."""
    if subprocess.run([base_python(), "-c", "import ensurepip"], check=False).returncode != 0:
        pytest.skip("this Python has no ensurepip")
    give_python(project)
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    # Compiled is only what the server then imports: all of it takes as long as everything else.
    quick = {"PIP_RETRIES": "0", "PIP_DEFAULT_TIMEOUT": "30", "PIP_NO_COMPILE": "1"}
    done = set_up(project, "--vertex", **{**pip, **quick})
    unreachable = "Could not find a version that satisfies" in done.stderr or "Connection" in done.stderr
    if done.exit_code != 0 and unreachable and os.environ.get("DRAGOMAN_NO_SKIP") != "1":
        pytest.skip("no package index can be reached")
    assert done.exit_code == 0, done.stderr
    assert mode(project.root / ".venv") & 0o700 == 0o700
    scripts = project.root / ".venv/bin"
    subprocess.run([scripts / "python", "-c", "import google.auth"], check=True)
    async with Uvicorn(project, (str(scripts / "uvicorn"),), {}):
        pass
