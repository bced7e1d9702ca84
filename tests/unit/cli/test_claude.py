"""cli/claude.py: with a program of the test's own in place of Claude Code."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from dragoman.cli.running_gateway import is_gateway
from tests.support.dragoman_process import DragomanProcess, free_port
from tests.unit.cli.running import run_command

SCRIPT = """#!{python}
import json, os, signal, sys, urllib.request
{body}
"""
SHOWS = "print(json.dumps([sys.argv[1:], dict(os.environ)])); sys.exit(7)"
ASKS = """
question = {"model": "claude-opus-4-8", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
request = urllib.request.Request(
    os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages",
    json.dumps(question).encode(),
    {"content-type": "application/json", "authorization": "Bearer " + os.environ["ANTHROPIC_AUTH_TOKEN"]}
    | dict(line.split(": ") for line in os.environ["ANTHROPIC_CUSTOM_HEADERS"].splitlines()),
)
print(urllib.request.urlopen(request).status)
"""
WAITS = """
import time
def interrupted(*_):
    os.write(1, b"interrupted\\n")
    os._exit(9)
signal.signal(int(sys.argv[1]), interrupted)
print(os.environ["ANTHROPIC_BASE_URL"], os.environ["ANTHROPIC_AUTH_TOKEN"], flush=True)
time.sleep(30)
"""


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Where `claude` is, and where it works."""
    programs, work = tmp_path / "programs", tmp_path / "work"
    programs.mkdir()
    work.mkdir()
    return programs, work


def environment(folders: tuple[Path, Path], body: str, **settings: str) -> dict[str, str]:
    """In which `claude` does what `body` says; nothing listens on the settings' port."""
    programs, work = folders
    program = programs / "claude"
    program.write_text(SCRIPT.format(python=sys.executable, body=body))
    program.chmod(0o755)
    temporary = work.parent / "temporary"
    temporary.mkdir(exist_ok=True)
    fixed = {"HOME": str(work.parent), "TMPDIR": str(temporary), "PORT": str(free_port())}
    return fixed | settings | {"PATH": f"{programs}:{os.environ['PATH']}"}


def left_over(folders: tuple[Path, Path]) -> list[Path]:
    """The logs that were kept."""
    return list((folders[1].parent / "temporary").rglob("gateway.log"))


def still_running(folders: tuple[Path, Path]) -> bool:
    """Whether a process works in the folder of `claude`; only where Linux tells."""
    places = (link for link in Path("/proc").glob("[0-9]*/cwd") if os.access(link, os.R_OK))
    return any(os.path.realpath(link) == str(folders[1]) for link in places)


def shown(done: subprocess.CompletedProcess[str]) -> tuple[list[str], Mapping[str, Any]]:
    """What the child was given: its arguments and its environment."""
    arguments, environ = json.loads(done.stdout)
    return arguments, environ


def test_arguments_environment_and_exit_code_are_the_childs(folders: tuple[Path, Path]) -> None:
    environ = environment(folders, SHOWS, ANTHROPIC_API_KEY="test-key", CLAUDE_CODE_USE_VERTEX="1")
    done = run_command("claude", "-p", "a b", "--help", environ=environ, cwd=folders[1])
    assert done.returncode == 7, done.stderr
    arguments, child = shown(done)
    assert arguments == ["-p", "a b", "--help"]
    assert child["ANTHROPIC_BASE_URL"].startswith("http://127.0.0.1:")
    assert not {"ANTHROPIC_API_KEY", "CLAUDE_CODE_USE_VERTEX", "DRAGOMAN_API_KEY"} & child.keys()
    assert len(child["ANTHROPIC_AUTH_TOKEN"]) > 30
    assert child["ANTHROPIC_AUTH_TOKEN"] not in done.stderr
    assert "This session asked no model." in done.stderr
    assert not is_gateway(child["ANTHROPIC_BASE_URL"], child["ANTHROPIC_AUTH_TOKEN"])
    assert left_over(folders) == []


def test_each_run_has_a_token_of_its_own(folders: tuple[Path, Path]) -> None:
    environ = environment(folders, SHOWS)
    tokens = {
        shown(run_command("claude", environ=environ, cwd=folders[1]))[1]["ANTHROPIC_AUTH_TOKEN"]
        for _ in range(2)
    }
    assert len(tokens) == 2


def test_the_key_of_the_settings_is_the_token(folders: tuple[Path, Path]) -> None:
    (folders[1] / ".env").write_text("DRAGOMAN_API_KEY=test-own\nLOG_LEVEL=error\n")
    done = run_command("claude", environ=environment(folders, ASKS), cwd=folders[1])
    assert (done.returncode, done.stdout) == (0, "200\n"), done.stderr
    assert "claude-opus-4-8 -> dragoman/demo  1 " in done.stderr


def test_a_failed_request_leaves_the_log_and_tells_where(folders: tuple[Path, Path]) -> None:
    environ = environment(folders, ASKS, OPENAI_API_KEY="test-key", OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    done = run_command("claude", environ=environ, cwd=folders[1])
    assert done.returncode == 1
    [log] = left_over(folders)
    assert f"Why requests failed: {log}" in done.stderr
    assert "test-key" not in log.read_text()


async def test_a_gateway_that_runs_is_used(folders: tuple[Path, Path], tmp_path: Path) -> None:
    async with DragomanProcess({"DRAGOMAN_API_KEY": "test-own"}, tmp_path) as dragoman:
        shared = {"PORT": str(dragoman.port), "DRAGOMAN_API_KEY": "test-own"}
        environ = environment(folders, SHOWS) | shared
        done = run_command("claude", environ=environ, cwd=folders[1])
        _, child = shown(done)
        assert child["ANTHROPIC_BASE_URL"] == dragoman.url
        assert child["ANTHROPIC_AUTH_TOKEN"] == "test-own"
        assert done.returncode == 7
        assert "This session asked no model." in done.stderr
        # With the wrong key it is somebody else's.
        other = run_command("claude", environ=environ | {"DRAGOMAN_API_KEY": "test-two"}, cwd=folders[1])
        assert shown(other)[1]["ANTHROPIC_BASE_URL"] != dragoman.url
        asked = run_command("claude", environ=environment(folders, ASKS) | shared, cwd=folders[1])
        assert "claude-opus-4-8 -> dragoman/demo  1 " in asked.stderr, asked.stderr


def test_without_claude_code_it_says_how_to_install_it(tmp_path: Path) -> None:
    done = run_command("claude", environ={"PATH": str(tmp_path)}, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "npm install -g @anthropic-ai/claude-code" in done.stderr


def test_unusable_settings_are_named_before_anything_starts(folders: tuple[Path, Path]) -> None:
    done = run_command("claude", environ=environment(folders, SHOWS, LOG_LEVEL="loud"), cwd=folders[1])
    assert (done.returncode, done.stdout) == (3, "")
    assert "LOG_LEVEL: " in done.stderr


def test_settings_of_the_project_that_win_are_told(folders: tuple[Path, Path]) -> None:
    settings = folders[1] / ".claude/settings.local.json"
    settings.parent.mkdir()
    settings.write_text('{"env": {"ANTHROPIC_AUTH_TOKEN": "canary"}}')
    done = run_command("claude", environ=environment(folders, SHOWS), cwd=folders[1])
    assert "settings.local.json sets ANTHROPIC_AUTH_TOKEN" in done.stderr
    assert "canary" not in done.stderr
    assert settings.read_text() == '{"env": {"ANTHROPIC_AUTH_TOKEN": "canary"}}'


@pytest.mark.parametrize("whole_group", [True, False], ids=["Ctrl-C", "SIGTERM to us alone"])
def test_a_signal_is_the_childs_and_the_gateway_outlives_it(
    folders: tuple[Path, Path], whole_group: bool
) -> None:
    number = signal.SIGINT if whole_group else signal.SIGTERM
    process = subprocess.Popen(
        [sys.executable, "-m", "dragoman", "claude", str(int(number))],
        env=environment(folders, WAITS),
        cwd=folders[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    url, token = process.stdout.readline().split()
    if whole_group:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (9, "interrupted\n"), err
    assert "This session asked no model." in err
    assert "ended before" not in err
    assert not is_gateway(url, token)


def test_a_child_that_a_signal_killed_is_told_as_shells_tell_it(folders: tuple[Path, Path]) -> None:
    done = run_command(
        "claude", environ=environment(folders, "os.kill(os.getpid(), signal.SIGKILL)"), cwd=folders[1]
    )
    assert done.returncode == 137


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_while_the_gateway_starts_ends_all(
    folders: tuple[Path, Path], number: signal.Signals, code: int
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "dragoman", "claude"],
        env=environment(folders, SHOWS),
        cwd=folders[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not left_over(folders):
        assert process.poll() is None
        time.sleep(0.005)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (code, ""), err
    assert "Traceback" not in err
    assert left_over(folders) == []
    assert not still_running(folders)
