"""What is asked often answers at once: 0.3 s where a Python that does nothing takes 0.02 s.

Both are measured in turns on this machine, as CPU time: a clock would tell what its other users do.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

FLOORS = 15
"""0.3 s / 0.02 s. Measured on 2026-11-25: `--help` 5.7, `--version` 7.8, `check` 9.5, `env` 10.3."""

ROUNDS = 5

COMMANDS = [["--help"], ["--version"], ["check", "--env-file"], ["env", "--shell", "bash", "--env-file"]]
"""The last word of some is the path of a settings file."""


def cpu_seconds(arguments: Sequence[str], home: Path) -> float:
    """Of one run of Python, itself and the system for it. Raises AssertionError if it fails."""
    nothing = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}
    pid = os.posix_spawn(sys.executable, [sys.executable, *arguments], environment, file_actions=nothing)
    _, status, used = os.wait4(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, arguments
    return used.ru_utime + used.ru_stime


def floors(arguments: Sequence[str], home: Path) -> float:
    """How many times as much as a Python that does nothing, at the best of a few runs."""
    floor = mine = float("inf")
    for _ in range(ROUNDS):
        floor = min(floor, cpu_seconds(["-c", "pass"], home))
        mine = min(mine, cpu_seconds(arguments, home))
    return mine / floor


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_it_answers_at_once(command: list[str], tmp_path: Path) -> None:
    settings = tmp_path / ".env"
    settings.touch()
    file = [str(settings)] if command[-1] == "--env-file" else []
    program = Path(sys.executable).with_name("dragoman")
    assert floors([str(program), *command, *file], tmp_path) < FLOORS


def test_what_takes_its_time_is_noticed(tmp_path: Path) -> None:
    """Loading the HTTP client and the server is what must not happen."""
    assert floors(["-c", "import aiohttp, uvicorn, dragoman.app"], tmp_path) > FLOORS
