"""A copy of what the scripts at the root need, and a PATH with nothing but what they may use."""

import os
import pty
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from dragoman.config.sources import read_sources
from tests.support.gcloud_stub import GcloudStub

ROOT = Path(__file__).parents[2]
SCRIPTS = ("setup_vertex_claude.sh", "fill_env_from_gcloud.sh", "setup_env.sh")
TOOLS = (
    *("bash", "cat", "chmod", "cmp", "cp", "date", "dirname", "git"),
    *("grep", "mkdir", "mktemp", "mv", "readlink", "rm"),
)
FOLDER_NAME = "it's a $HOME folder"
"""Spaces, a quote and a dollar: what breaks scripts that quote badly."""


@dataclass(frozen=True)
class Run:
    """How a script ended."""

    exit_code: int
    stdout: str
    stderr: str


class ScriptHome:
    """The scripts in a folder of their own, under git as in a clone.

    `programs` is the whole PATH. `sleep` returns at once.
    """

    def __init__(self, folder: Path, name: str = FOLDER_NAME) -> None:
        self.root = folder / name
        self.programs = folder / "bin"
        self.programs.mkdir()
        self.root.mkdir()
        for name in (*SCRIPTS, ".env.example", ".gitignore"):
            shutil.copy(ROOT / name, self.root)
        shutil.copytree(ROOT / "scripts", self.root / "scripts")
        for tool in TOOLS:
            self.link(tool)
        self.program("sleep", "exit 0")
        self.git("init", "--quiet")

    @property
    def env_file(self) -> Path:
        return self.root / ".env"

    def link(self, tool: str) -> None:
        found = shutil.which(tool)
        assert found is not None, f"{tool} is needed to test the scripts"
        (self.programs / tool).symlink_to(found)

    def program(self, name: str, text: str) -> None:
        """Puts a shell script on the PATH, instead of what had its name."""
        file = self.programs / name
        file.unlink(missing_ok=True)
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)

    def environment(self, **more: str) -> dict[str, str]:
        return {"PATH": str(self.programs), "HOME": str(self.root.parent), "LANG": "C.UTF-8", **more}

    def run(
        self, script: str, *arguments: str, answers: str | None = None, cwd: Path | None = None, **env: str
    ) -> Run:
        """With `answers` there is a terminal at which they are typed."""
        terminal = None
        stdin = subprocess.DEVNULL
        if answers is not None:
            terminal, stdin = pty.openpty()
            os.write(terminal, answers.encode())
        try:
            done = subprocess.run(
                [self.root / script, *arguments],
                stdin=stdin,
                capture_output=True,
                text=True,
                cwd=cwd or self.root,
                env=self.environment(**env),
                timeout=120,
                check=False,
                # What is private must be so by the script's own doing.
                umask=0,
            )
        finally:
            if terminal is not None:
                os.close(terminal)
                os.close(stdin)
        return Run(done.returncode, done.stdout, done.stderr)

    def start(self, script: str, *arguments: str) -> subprocess.Popen[str]:
        """In a process group of its own, so that a signal can reach it all, as Ctrl-C does."""
        return subprocess.Popen(
            [self.root / script, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=self.root,
            env=self.environment(),
            start_new_session=True,
        )

    def git(self, *arguments: str) -> int:
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env=self.environment(PATH=os.environ["PATH"]),
            capture_output=True,
            check=False,
        )
        return done.returncode

    def is_ignored(self, file: Path) -> bool:
        return self.git("check-ignore", "-q", str(file)) == 0

    def settings(self, file: Path | None = None) -> dict[str, str]:
        """What Dragoman reads of the file; fails if it finds anything wrong with it."""
        found, problems = read_sources({}, file or self.env_file)
        assert problems == []
        return {name: value.text for name, value in found.items()}

    def backups(self) -> list[Path]:
        return sorted(self.root.glob(".env.bak-*"))

    def files(self) -> dict[str, bytes]:
        """Every file but git's, with what is in it."""
        return {
            file.relative_to(self.root).as_posix(): file.read_bytes()
            for file in self.root.rglob("*")
            if file.is_file() and ".git" not in file.relative_to(self.root).parts
        }


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


@pytest.fixture
def home(tmp_path: Path) -> ScriptHome:
    return ScriptHome(tmp_path)


@pytest.fixture
def gcloud(home: ScriptHome, tmp_path: Path) -> GcloudStub:
    """On the PATH of `home`."""
    return GcloudStub(home.programs, tmp_path / "gcloud")
