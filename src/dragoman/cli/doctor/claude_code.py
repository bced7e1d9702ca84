"""Whether Claude Code is there, and what in the environment would lead it away (spec/claude-code.md sections 1 and 6)."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from dragoman.cli.claude_settings import is_on, read_settings, settings_files
from dragoman.cli.claude_variables import OTHER_PROVIDERS
from dragoman.cli.doctor.findings import Finding, edit, failure, fine, warning
from dragoman.cli.serve import address_for_clients
from dragoman.config.settings import Settings
from dragoman.wire.address import is_loopback
from dragoman.wire.jsonvalues import as_object

CHECK = "Claude Code"
INSTALL = "npm install -g @anthropic-ai/claude-code"
MOST_SECONDS = 5.0
"""For `claude --version`."""

_VERSION = re.compile(r"\d+(?:\.\d+)+[\w.+-]*")


def claude_version(environ: Mapping[str, str]) -> str | None:
    """The version of the `claude` on the path; empty if it does not say one, None if there is none."""
    program = shutil.which("claude", path=environ.get("PATH", os.defpath))
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, "--version"],
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=MOST_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    said = _VERSION.search(done.stdout.decode(errors="replace"))
    return "" if said is None or done.returncode else said[0]


def version_finding(version: str | None) -> Finding:
    """`version`: as `claude_version` gives it."""
    if version is None:
        return warning("D015", CHECK, "there is no `claude` on the path", INSTALL)
    if not version:
        return warning("D015", CHECK, "`claude --version` did not say a version", INSTALL)
    return fine(CHECK, f"version {version}")


def variable_findings(settings: Settings, environ: Mapping[str, str], directory: Path) -> Iterator[Finding]:
    """What is exported, and what Claude Code's own settings files in `directory` and at home say instead."""
    found = [
        *_clashes(settings, environ, lambda name: f"{name} is exported", lambda name: f"unset {name}"),
    ]
    for file in reversed(settings_files(environ, directory)):
        variables = variables_of(file)
        found += _clashes(
            settings,
            variables,
            lambda name, file=file: f"{file} sets {name}, which beats the environment",
            lambda name, file=file: edit(file),
        )
    yield from found
    if not found:
        yield fine(CHECK, "no variable leads it away from Dragoman")


def variables_of(file: Path) -> dict[str, str]:
    """The environment that a settings file of Claude Code's makes; nothing if it cannot be read."""
    variables = as_object(read_settings(file).get("env"))
    return {name: value for name, value in variables.items() if isinstance(value, str)}


def _clashes(
    settings: Settings,
    variables: Mapping[str, str],
    where: Callable[[str], str],
    mend: Callable[[str], str],
) -> Iterator[Finding]:
    for name in OTHER_PROVIDERS:
        if is_on(variables.get(name)):
            yield failure("D016", CHECK, f"{where(name)}: Claude Code then asks another service", mend(name))
    url = variables.get("ANTHROPIC_BASE_URL", "")
    if url and not leads_here(url, settings):
        cause = f"{where('ANTHROPIC_BASE_URL')}: it leads elsewhere than to {address_for_clients(settings)}"
        yield warning("D017", CHECK, cause, mend("ANTHROPIC_BASE_URL"))
    if variables.get("ANTHROPIC_API_KEY") and variables.get("ANTHROPIC_AUTH_TOKEN"):
        cause = f"{where('ANTHROPIC_API_KEY')} beside ANTHROPIC_AUTH_TOKEN: Claude Code sends both"
        yield warning("D017", CHECK, cause, mend("ANTHROPIC_API_KEY"))


def leads_here(url: str, settings: Settings) -> bool:
    """Whether a base URL is that of this gateway."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    own = settings.host.strip("[]")
    return (port or 80) == settings.port and (host == own or is_loopback(host))
