"""Every command and every variable in the documents names something that exists."""

import os
import re
import shlex
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest

from dragoman.cli.main import commands
from dragoman.config.sources import is_setting
from tests.docs.pages import READ_BY_LITELLM, ROOT, environment_files, pages, shell_commands, shown

ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
SCRIPTS: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
RECIPES = set(
    re.findall(r"^([a-z][\w-]*)[^:\n]*:(?!=)", (ROOT / "justfile").read_text("utf-8"), re.MULTILINE)
)
PYTHON = {"python", "python3"}
ELSEWHERE = {
    *("uv", "git", "cd", "npm", "claude", "curl", "gcloud", "docker"),
    *("pip", "sed", "tail", "sudo", "journalctl", "launchctl"),
}
"""Programs that are not ours."""

CLAUDE_CODE = {
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_DEFAULT_HAIKU_MODEL",
    "CLAUDE_CODE_AUTO_COMPACT_WINDOW",
    "CLAUDE_CODE_AUTO_MODE_SERVER",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
    "CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY",
    "ENABLE_TOOL_SEARCH",
}
"""Its variables that the documents name (spec/claude-code.md section 6)."""

COMMANDS = [(page, command) for page in pages() for command in shell_commands(page)]


def name_of(entry: object) -> str:
    return shown(entry) if isinstance(entry, Path) else str(entry)


def problem(command: str) -> str | None:
    """What is wrong with a command line, or None."""
    # `<this repository>` is a blank to fill in, not a redirection.
    words = shlex.split(re.sub(r"<[^>]*>", "PLACEHOLDER", command), comments=True)
    if words[0] == "export":
        del words[0]
    while words and (given := ASSIGNMENT.fullmatch(words[0])):
        if not is_setting(given[1]) and given[1] not in CLAUDE_CODE:
            return f"{given[1]} is nobody's variable"
        del words[0]
    if words[:1] == ["eval"]:
        return problem(words[1].removeprefix("$(").removesuffix(")"))
    if words[:2] == ["uv", "run"]:
        return program_problem(words[2], words[3:])
    if words and words[0] in SCRIPTS:
        # What comes after a pipe is another program's.
        return subcommand_problem(words[1 : words.index("|")] if "|" in words else words[1:])
    if words and words[0] in {"bash", "cp"}:
        return None if (ROOT / words[1]).exists() else f"{words[1]} does not exist"
    if words and words[0].startswith("./"):
        return script_problem(ROOT / words[0], words[1:])
    if words and words[0] not in ELSEWHERE:
        return f"{words[0]} is unknown"
    return None


def script_problem(script: Path, arguments: list[str]) -> str | None:
    """A script at the root must be there, be a program, and know its flags."""
    if not script.is_file() or not os.access(script, os.X_OK):
        return f"{script.name} is no program here"
    known = script.read_text("utf-8")
    unknown = [word for word in arguments if word.startswith("-") and word not in known]
    return f"{script.name} does not know {unknown[0]}" if unknown else None


def program_problem(program: str, arguments: list[str]) -> str | None:
    if program in SCRIPTS:
        return subcommand_problem(arguments)
    if program in PYTHON:
        return None
    if program == "just":
        wanted = [word for word in arguments[:1] if not word.startswith("-")]
        return next((f"just {word} is no recipe" for word in wanted if word not in RECIPES), None)
    if program == "uvicorn":
        module, _, attribute = arguments[0].partition(":")
        written = (ROOT / f"{module}.py").read_text("utf-8")
        return (
            None
            if re.search(rf"^\s*{attribute} = ", written, re.MULTILINE)
            else f"{arguments[0]} is not there"
        )
    installed = {entry.name for entry in entry_points(group="console_scripts")}
    return None if program in installed else f"{program} is not installed by `uv sync`"


def subcommand_problem(arguments: list[str]) -> str | None:
    name, *rest = arguments
    command = commands.commands.get(name)
    if command is None:
        return f"dragoman {name} is no command"
    if isinstance(command, click.Group):
        inner = command.commands.get(rest[0]) if rest else None
        if inner is None:
            return f"dragoman {name} has no such command"
        command, rest = inner, rest[1:]
    try:
        with command.make_context(name, rest, resilient_parsing=False):
            return None
    except click.ClickException as fault:
        return fault.format_message()


@pytest.mark.parametrize(("page", "command"), COMMANDS, ids=name_of)
def test_a_documented_command_can_be_typed(page: Path, command: str) -> None:
    assert problem(command) is None


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_env_files_in_documents_hold_settings_only(page: Path) -> None:
    names = [line.partition("=")[0] for line in environment_files(page)]
    assert [name for name in names if not is_setting(name) and name not in READ_BY_LITELLM] == []


@pytest.mark.parametrize(
    "command",
    [
        "uv run dragoman fly",
        "uv run dragoman serve --hots 0.0.0.0",
        "dragoman fly",
        "dragoman service fly | sudo sh",
        "dragoman service install --fly",
        "uv run just dance",
        "uv run uvicorn server:nothing",
        "cp .env.sample .env",
        "DRAGOMAN_KEY=x claude",
        "uv run nose",
        "./no_such_script.sh",
        "./setup_vertex_claude.sh --fly",
        "frobnicate",
        'eval "$(uv run dragoman fly)"',
    ],
)
def test_a_command_that_cannot_be_typed_is_noticed(command: str) -> None:
    assert problem(command) is not None


def test_the_readme_has_the_promised_commands() -> None:
    readme = shell_commands(ROOT / "README.md")
    for promised in (
        "cp .env.example .env",
        "./setup_env.sh",
        "gcloud services enable aiplatform.googleapis.com --project YOUR_PROJECT_ID",
        "gcloud auth application-default login",
        "gcloud config set project YOUR_PROJECT_ID",
        "./fill_env_from_gcloud.sh",
        "./setup_vertex_claude.sh -p YOUR_PROJECT_ID --create-sa -y",
        "uv sync --extra vertex",
        "uv run dragoman serve",
        "uv run uvicorn server:app --host 127.0.0.1 --port 8082 --reload",
        "npm install -g @anthropic-ai/claude-code",
        "uv run pytest",
    ):
        assert promised in readme
    assert any(
        line.startswith("ANTHROPIC_BASE_URL=http://localhost:8082 ") and line.endswith(" claude")
        for line in readme
    )
    assert any("server:app --host 0.0.0.0" in line for line in readme)
