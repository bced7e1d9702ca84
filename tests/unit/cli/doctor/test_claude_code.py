"""cli/doctor/claude_code.py"""

import json
import stat
from pathlib import Path

import pytest

from dragoman.cli.doctor.claude_code import (
    claude_version,
    leads_here,
    variable_findings,
    version_finding,
)
from dragoman.config.settings import Settings

SETTINGS = Settings()
HERE = "http://localhost:8082"


def program(folder: Path, script: str) -> dict[str, str]:
    """An environment in which `claude` is this script."""
    file = folder / "claude"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


@pytest.mark.parametrize(
    ("script", "version"),
    [
        ('echo "2.1.197 (Claude Code)"', "2.1.197"),
        ("echo nothing", ""),
        ("echo 2.1.197; exit 1", ""),
    ],
)
def test_claude_code_says_its_version(tmp_path: Path, script: str, version: str) -> None:
    assert claude_version(program(tmp_path, script)) == version


def test_without_claude_code_there_is_no_version(tmp_path: Path) -> None:
    assert claude_version({"PATH": str(tmp_path)}) is None


@pytest.mark.parametrize(
    ("version", "expected"),
    [("2.1.197", ("ok", "")), ("", ("warning", "D015")), (None, ("warning", "D015"))],
)
def test_the_version_is_told(version: str | None, expected: tuple[str, str]) -> None:
    found = version_finding(version)
    assert (found.state, found.code) == expected


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ("ok", "", "")),
        ({"ANTHROPIC_BASE_URL": HERE, "ANTHROPIC_AUTH_TOKEN": "t"}, ("ok", "", "")),
        ({"CLAUDE_CODE_USE_VERTEX": "0"}, ("ok", "", "")),
        ({"CLAUDE_CODE_USE_VERTEX": "1"}, ("failure", "D016", "unset CLAUDE_CODE_USE_VERTEX")),
        ({"CLAUDE_CODE_USE_BEDROCK": "true"}, ("failure", "D016", "unset CLAUDE_CODE_USE_BEDROCK")),
        (
            {"ANTHROPIC_BASE_URL": "https://llm.example.com"},
            ("warning", "D017", "unset ANTHROPIC_BASE_URL"),
        ),
        (
            {"ANTHROPIC_API_KEY": "canary", "ANTHROPIC_AUTH_TOKEN": "canary"},
            ("warning", "D017", "unset ANTHROPIC_API_KEY"),
        ),
    ],
)
def test_exported_variables_that_lead_claude_code_away(
    tmp_path: Path, environ: dict[str, str], expected: tuple[str, str, str]
) -> None:
    [found] = variable_findings(SETTINGS, {"HOME": str(tmp_path), **environ}, tmp_path)
    assert (found.state, found.code, found.mend) == expected
    assert "canary" not in found.cause


@pytest.mark.parametrize(
    "place", [".claude/settings.local.json", ".claude/settings.json", "home/.claude/settings.json"]
)
def test_claude_codes_own_settings_files_are_read(tmp_path: Path, place: str) -> None:
    file = tmp_path / place
    file.parent.mkdir(parents=True)
    text = json.dumps({"env": {"ANTHROPIC_BASE_URL": "https://llm.example.com", "OTHER": 1}})
    file.write_text(text)
    [found] = variable_findings(SETTINGS, {"HOME": str(tmp_path / "home")}, tmp_path)
    assert found.code == "D017"
    assert str(file) in found.cause
    assert str(file) in found.mend
    assert file.read_text() == text


@pytest.mark.parametrize("text", ["", "[]", '{"env": 1}', '{"env": {"ANTHROPIC_BASE_URL": 1}}'])
def test_a_settings_file_that_says_nothing_of_use_is_no_fault(tmp_path: Path, text: str) -> None:
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude/settings.json").write_text(text)
    [found] = variable_findings(SETTINGS, {"HOME": str(tmp_path)}, tmp_path)
    assert found.state == "ok"


@pytest.mark.parametrize(
    ("url", "here"),
    [
        (HERE, True),
        ("http://127.0.0.1:8082/", True),
        ("http://[::1]:8082", True),
        ("http://localhost:8083", False),
        ("http://localhost", False),
        ("https://api.anthropic.com", False),
        ("http://localhost:x", False),
        ("nothing", False),
    ],
)
def test_which_addresses_are_this_gateways(url: str, here: bool) -> None:
    assert leads_here(url, SETTINGS) is here
