"""cli/shell_lines.py"""

import json
import os
import shutil
import subprocess
import sys

import pytest

from dragoman.cli.shell_lines import SHELLS, Shell, Unquotable, shell_lines, usual_shell

NASTY = "a b'c\"d$HOME`id`\\e\\\\;&|#~*\n!é\u2019 %PATH%"
SHOW = "import json, os; print(json.dumps(dict(os.environ)))"


@pytest.mark.parametrize("shell", ["bash", *filter(shutil.which, ("sh", "zsh", "fish"))])
def test_the_shell_understands_what_was_meant(shell: str) -> None:
    syntax: Shell = "fish" if shell == "fish" else "bash"
    lines = shell_lines(
        syntax, {"NASTY": NASTY, "EMPTY": "", "PLAIN": "http://127.0.0.1:8082"}, ["GONE", "NEVER"]
    )
    script = "\n".join([*lines, f"{sys.executable} -c '{SHOW}'"])
    done = subprocess.run(
        [shell],
        input=script,
        env={"GONE": "here", "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    environment = json.loads(done.stdout)
    assert environment["NASTY"] == NASTY
    assert environment["EMPTY"] == ""
    assert environment["PLAIN"] == "http://127.0.0.1:8082"
    assert "GONE" not in environment
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("shell", "value", "line"),
    [
        ("bash", "it's", "export NAME='it'\"'\"'s'"),
        ("fish", "it's \\ $x", r"set -gx NAME 'it\'s \\ $x'"),
        ("powershell", "it's $x \u2019", "$env:NAME = 'it''s $x \u2019\u2019'"),
        ("cmd", "a & b ^ c", 'set "NAME=a & b ^ c"'),
    ],
)
def test_each_shell_has_its_own_quotes(shell: Shell, value: str, line: str) -> None:
    assert shell_lines(shell, {"NAME": value}, []) == [line]


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("bash", "unset NAME"),
        ("fish", "set -e NAME"),
        ("powershell", "Remove-Item Env:NAME -ErrorAction SilentlyContinue"),
        ("cmd", 'set "NAME="'),
    ],
)
def test_each_shell_can_remove(shell: Shell, line: str) -> None:
    assert shell_lines(shell, {}, ["NAME"]) == [line]


@pytest.mark.parametrize("value", ['a"b', "%PATH%", "a!b", "a\nb"])
def test_what_cmd_cannot_quote_is_refused_without_being_shown(value: str) -> None:
    with pytest.raises(Unquotable) as refused:
        shell_lines("cmd", {"NAME": value}, [])
    assert "NAME" in str(refused.value)
    assert value not in str(refused.value)


def test_the_usual_shell() -> None:
    assert usual_shell({"SHELL": "/usr/bin/fish"}, windows=False) == "fish"
    assert usual_shell({"SHELL": "/bin/zsh"}, windows=False) == "bash"
    assert usual_shell({}, windows=False) == "bash"
    assert usual_shell({}, windows=True) == "powershell"
    assert usual_shell({"SHELL": "/bin/bash"}, windows=True) == "bash"
    assert set(SHELLS) == {"bash", "fish", "powershell", "cmd"}
