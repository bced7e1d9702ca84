"""cli/environment.py"""

import json
import subprocess
import sys
from pathlib import Path

from tests.unit.cli.running import run_command


def test_stdout_is_lines_for_the_shell_and_nothing_else(tmp_path: Path) -> None:
    environ = {"PORT": "9000", "HOME": str(tmp_path), "ANTHROPIC_API_KEY": "test-key"}
    done = run_command("env", "--shell", "bash", environ=environ, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert all(line.startswith(("export ", "unset ")) for line in done.stdout.splitlines())
    show = f"{sys.executable} -c 'import json, os; print(json.dumps(dict(os.environ)))'"
    shell = subprocess.run(
        ["bash"],
        input=done.stdout + show,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    environment = json.loads(shell.stdout)
    assert environment["ANTHROPIC_BASE_URL"] == "http://127.0.0.1:9000"
    assert environment["ANTHROPIC_AUTH_TOKEN"] == "dragoman"
    assert environment["CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY"] == "1"
    assert "ANTHROPIC_API_KEY" not in environment


def test_the_key_of_the_settings_is_the_token(tmp_path: Path) -> None:
    (tmp_path / "my.env").write_text('DRAGOMAN_API_KEY="it\'s"\nHOST=0.0.0.0\n')
    done = run_command("env", "--shell", "powershell", "--env-file", "my.env", cwd=tmp_path)
    assert "$env:ANTHROPIC_AUTH_TOKEN = 'it''s'" in done.stdout
    assert "$env:ANTHROPIC_BASE_URL = 'http://localhost:8082'" in done.stdout


def test_the_shell_is_that_of_the_user(tmp_path: Path) -> None:
    done = run_command("env", environ={"SHELL": "/usr/bin/fish"}, cwd=tmp_path)
    assert "set -gx ANTHROPIC_AUTH_TOKEN 'dragoman'" in done.stdout


def test_settings_of_a_project_that_win_are_told_on_stderr(tmp_path: Path) -> None:
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude/settings.json").write_text('{"env": {"ANTHROPIC_BASE_URL": "http://canary"}}')
    done = run_command("env", "--shell", "bash", environ={"HOME": str(tmp_path / "home")}, cwd=tmp_path)
    assert "settings.json sets ANTHROPIC_BASE_URL" in done.stderr
    assert "canary" not in done.stdout + done.stderr


def test_a_port_that_changes_cannot_be_told(tmp_path: Path) -> None:
    done = run_command("env", environ={"PORT": "0"}, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert "PORT: " in done.stderr


def test_what_the_shell_cannot_quote_is_an_error_without_the_value(tmp_path: Path) -> None:
    done = run_command("env", "--shell", "cmd", environ={"DRAGOMAN_API_KEY": "canary%"}, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "ANTHROPIC_AUTH_TOKEN" in done.stderr
    assert "canary" not in done.stderr


def test_unusable_settings_are_named(tmp_path: Path) -> None:
    done = run_command("env", environ={"LOG_LEVEL": "loud"}, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "")
    assert "LOG_LEVEL: " in done.stderr
