"""Claude Code's own settings files, read and never written: what in them beats the environment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dragoman.cli.claude_variables import OTHER_CREDENTIALS, OTHER_PROVIDERS, ClaudeVariables
from dragoman.wire.jsonbytes import JsonError, decode
from dragoman.wire.jsonvalues import as_object

LARGEST = 1024 * 1024
"""Bytes; settings files are small."""

_OFF = ("", "0", "false", "no", "off")


def is_on(value: object) -> bool:
    """Whether a variable's value switches something on, as Claude Code reads it; None where it is not set."""
    return value is not None and str(value).lower() not in _OFF


def settings_files(environ: Mapping[str, str], folder: Path) -> list[Path]:
    """The files that count in `folder`, the weakest first, whether they are there or not: the user's, the project's,
    the local one."""
    named = environ.get("CLAUDE_CONFIG_DIR")
    home = environ.get("HOME") or environ.get("USERPROFILE")
    user = Path(named) if named else Path(home) / ".claude" if home else None
    return [
        *([] if user is None else [user / "settings.json"]),
        folder / ".claude" / "settings.json",
        folder / ".claude" / "settings.local.json",
    ]


def overrides(files: list[Path], variables: ClaudeVariables) -> list[str]:
    """A sentence for each file that leads Claude Code elsewhere, and for each that has it show another credential
    as well; names variables and never their values."""
    told: list[str] = []
    for file in files:
        settings = read_settings(file)
        if names := _diversions(settings, variables):
            told.append(
                f"{file} sets {', '.join(names)}, which beats what Dragoman sets: Claude Code may not reach it"
            )
        if names := _credentials(settings, variables):
            told.append(
                f"{file} sets {', '.join(names)}: Claude Code shows that credential to Dragoman as well, which "
                "passes it on to nobody"
            )
    return told


def _diversions(settings: Mapping[str, Any], variables: ClaudeVariables) -> list[str]:
    written = as_object(settings.get("env"))
    names = [
        name for name, value in variables.route.items() if name in written and str(written[name]) != value
    ]
    return names + [name for name in OTHER_PROVIDERS if is_on(written.get(name))]


def _credentials(settings: Mapping[str, Any], variables: ClaudeVariables) -> list[str]:
    """Where the user's own login goes upstream, each is welcome."""
    written = as_object(settings.get("env"))
    names = [name for name in OTHER_CREDENTIALS if name in variables.removed and written.get(name)]
    if settings.get("apiKeyHelper") and "ANTHROPIC_AUTH_TOKEN" in variables.route:
        names.append("apiKeyHelper")
    return names


def read_settings(file: Path) -> Mapping[str, Any]:
    """The file's object; empty if there is none that Claude Code could read either."""
    try:
        with file.open("rb") as opened:
            return as_object(decode(opened.read(LARGEST)))
    except (OSError, JsonError):
        return {}
