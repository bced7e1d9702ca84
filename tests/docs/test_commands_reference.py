"""docs/reference/commands.md is what the command line says of itself."""

import pytest
from scripts.commands_reference import named

from dragoman.cli.exit_codes import MEANINGS
from dragoman.cli.main import commands
from tests.docs.pages import ROOT, headings, text_of
from tests.support.python_process import run_python

PAGE = ROOT / "docs/reference/commands.md"


def test_the_page_is_current() -> None:
    assert run_python("-m", "scripts.commands_reference", "--check", cwd=ROOT).stderr == ""


@pytest.mark.parametrize("name", ["dragoman serve", "dragoman claude", "dragoman service install"])
def test_a_command_has_a_heading(name: str) -> None:
    assert name in headings(PAGE)


def test_every_command_is_on_the_page_with_its_purpose() -> None:
    for name, command in named(commands, "dragoman"):
        section = text_of(PAGE).partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert command.help
        assert command.help.split()[-1] in section


def test_the_exit_codes_are_told() -> None:
    for code, meaning in MEANINGS.items():
        assert f"| {code} | {meaning} |" in text_of(PAGE)
