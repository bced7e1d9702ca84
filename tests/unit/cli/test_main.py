"""cli/main.py"""

import json
from pathlib import Path

import pytest

from dragoman import __version__
from dragoman.cli.main import arguments, commands
from tests.unit.cli.running import run_command, run_python


@pytest.mark.parametrize(
    "given",
    [
        ["--help"],
        ["--version"],
        ["serve", "--help"],
        ["check", "-h"],
        ["claude", "--help"],
        ["env", "-h"],
        ["models", "-h"],
        ["explain", "--help"],
        ["doctor", "--help"],
        ["init", "--help"],
        ["health", "-h"],
        ["service", "install", "-h"],
    ],
)
def test_help_and_version_load_no_server_and_no_http_client(given: list[str], tmp_path: Path) -> None:
    script = (
        "import json, sys\n"
        "from dragoman.cli.main import commands\n"
        f"commands.main(args={given!r}, standalone_mode=False)\n"
        "print('\\n' + json.dumps(sorted(sys.modules)))\n"
    )
    done = run_python("-c", script, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert not loaded & {
        "uvicorn",
        "starlette",
        "aiohttp",
        "msgspec",
        "dragoman.app",
        "dragoman.config.settings",
    }


def test_version_is_the_packages(tmp_path: Path) -> None:
    done = run_command("--version", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"dragoman {__version__}\n")


def test_help_names_the_commands(tmp_path: Path) -> None:
    done = run_command("--help", cwd=tmp_path)
    assert "serve" in done.stdout
    for command in ("check", "claude", "env", "models", "explain", "doctor", "init"):
        assert command in done.stdout


@pytest.mark.parametrize(
    "given",
    [
        ["serve", "--port", "70000"],
        ["serve", "--env-file", "nowhere.env"],
        ["serve", "--log-level", "loud"],
        ["bake"],
    ],
)
def test_a_wrong_flag_is_a_usage_error(given: list[str], tmp_path: Path) -> None:
    done = run_command(*given, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Error: " in done.stderr


@pytest.mark.parametrize(
    ("program", "given", "meant"),
    [
        pytest.param("/bin/claude-code-proxy", [], ["serve"], id="D07"),
        pytest.param(
            "claude-code-proxy.exe", ["--port", "9000"], ["serve", "--port", "9000"], id="D07-flags"
        ),
        ("claude-code-proxy", ["check"], ["check"]),
        ("claude-code-proxy", ["--help"], ["--help"]),
        ("/bin/dragoman", [], []),
        ("dragoman", ["serve"], ["serve"]),
    ],
)
def test_the_old_name_of_the_command_serves(program: str, given: list[str], meant: list[str]) -> None:
    assert arguments(program, given) == meant


@pytest.mark.parametrize(
    ("given", "env_file", "theirs"),
    [
        ([], None, ()),
        (["-p", "hello", "--env-file", "x"], None, ("-p", "hello", "--env-file", "x")),
        (["--continue", "--help"], None, ("--continue", "--help")),
        (["-ch", "--", "-x"], None, ("-ch", "--", "-x")),
        (["--env-file", "my.env", "-p"], "my.env", ("-p",)),
        (["--env-file=my.env", "mcp", "list"], "my.env", ("mcp", "list")),
        (["--env-file", "my.env", "--", "--env-file", "theirs"], "my.env", ("--env-file", "theirs")),
        (["--", "--help"], None, ("--help",)),
    ],
)
def test_what_is_claude_codes_reaches_it_as_it_was_typed(
    given: list[str], env_file: str | None, theirs: tuple[str, ...], tmp_path: Path
) -> None:
    file = tmp_path / "my.env"
    file.touch()
    typed = [word.replace("my.env", str(file)) for word in given]
    context = commands.commands["claude"].make_context("claude", typed)
    assert context.params["arguments"] == theirs
    assert context.params["env_file"] == (None if env_file is None else file)


@pytest.mark.parametrize("given", [["--env-file"], ["--env-file", "nowhere.env", "-p"]])
def test_a_missing_settings_file_is_a_usage_error_of_ours(given: list[str], tmp_path: Path) -> None:
    done = run_command("claude", *given, cwd=tmp_path)
    assert done.returncode == 2
    assert "Error: " in done.stderr
