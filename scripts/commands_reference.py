"""Writes docs/reference/commands.md from the command line itself; `--check` says whether it is current."""

import sys
from collections.abc import Iterator

import click
from scripts.generated import ROOT, write_or_check

from dragoman.cli.exit_codes import MEANINGS
from dragoman.cli.main import commands

PAGE = ROOT / "docs/reference/commands.md"

INTRODUCTION = """\
# Commands

<!-- Written by scripts/commands_reference.py from src/dragoman/cli: edit there. -->

In a clone, `uv run` stands before each. Data goes to stdout and talk to stderr; `--json` makes data of what a command
shows. `claude-code-proxy` is another name for `dragoman`, and without a command it serves.

| exit code | meaning |
|---|---|
"""


def page() -> str:
    """The whole page."""
    codes = [f"| {code} | {meaning} |\n" for code, meaning in MEANINGS.items()]
    codes.append("\n`dragoman claude` ends with Claude Code's own exit code.\n")
    sections = [section(name, command) for name, command in named(commands, "dragoman")]
    return "".join([INTRODUCTION, *codes, *sections])


def named(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with its words, those of groups too, by name."""
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from named(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def section(name: str, command: click.Command) -> str:
    """A command's heading, and its help as the terminal shows it."""
    width = {"terminal_width": 100, "max_content_width": 100}
    with click.Context(command, info_name=name, **commands.context_settings, **width) as context:
        shown = command.get_help(context)
    return f"\n## {name}\n\n```text\n{shown}\n```\n"


if __name__ == "__main__":
    sys.exit(write_or_check({PAGE: page()}, "commands_reference", sys.argv[1:]))
