"""scripts/terminal.py: a bash that keeps its state, sees Ctrl-C, and leaves nothing behind."""

import asyncio
import contextlib
import os
import time
from pathlib import Path

import pytest
from scripts.terminal import Lost, Terminal

ENVIRONMENT = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "LANG": "C.UTF-8"}


async def until_typed(terminal: Terminal, file: Path) -> None:
    for _ in range(200):
        if file.exists():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the command never began")


async def test_folder_and_variables_stay_and_each_line_has_its_end(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    async with Terminal(tmp_path, ENVIRONMENT) as terminal:
        assert (await terminal.run("cd inner && export COLOUR=green # a comment", 20)).code == 0
        done = await terminal.run('printf "$COLOUR $(basename "$PWD")"; echo oh >&2; (exit 7)', 20)
        assert (done.code, done.stdout, done.stderr) == (7, "green inner", "oh\n")
        assert (await terminal.run("echo a \\\n  b", 20)).stdout == "a b\n"


async def test_commands_see_no_keyboard(tmp_path: Path) -> None:
    async with Terminal(tmp_path, ENVIRONMENT) as terminal:
        assert (await terminal.run("cat", 20)).stdout == ""
        assert (await terminal.run("echo next", 20)).stdout == "next\n"


async def test_ctrl_c_ends_the_command_and_not_the_shell(tmp_path: Path) -> None:
    async with Terminal(tmp_path, ENVIRONMENT) as terminal:
        terminal.type("touch began; sleep 60")
        await until_typed(terminal, tmp_path / "began")
        assert terminal.busy
        terminal.interrupt()
        assert (await terminal.ended(20)).code == 130
        assert not terminal.busy
        assert (await terminal.run("echo there", 20)).stdout == "there\n"


def runs(pid: int) -> bool:
    """A process that has ended may be there until its new parent asks for its exit code."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    told = Path(f"/proc/{pid}/stat")
    with contextlib.suppress(FileNotFoundError):
        return told.read_text().rpartition(")")[2].split()[0] != "Z"
    return not Path("/proc/self").exists()


async def test_what_does_not_end_is_lost_and_gone_afterwards(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(Lost, match="still running after"):
        async with Terminal(tmp_path, ENVIRONMENT) as terminal:
            await terminal.run("bash -c 'echo $$ > pid; sleep 60; true'", 1)
    pid = int((tmp_path / "pid").read_text())
    assert not runs(pid)
    assert time.monotonic() - began < 30


async def test_a_shell_that_ends_is_lost(tmp_path: Path) -> None:
    with pytest.raises(Lost, match="the shell has ended"):
        async with Terminal(tmp_path, ENVIRONMENT) as terminal:
            await terminal.run("exit 3", 20)
    with pytest.raises(Lost, match="the shell has ended"):
        async with Terminal(tmp_path, ENVIRONMENT) as terminal:
            with pytest.raises(Lost):
                await terminal.run("exit 3", 20)
            await terminal.run("echo there", 20)
