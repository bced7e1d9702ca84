"""cli/claude_settings.py"""

import json
from pathlib import Path
from typing import Any

import pytest

from dragoman.cli.claude_settings import overrides, settings_files
from dragoman.cli.claude_variables import ClaudeVariables

VARIABLES = ClaudeVariables(
    route={"ANTHROPIC_BASE_URL": "http://127.0.0.1:9000", "ANTHROPIC_AUTH_TOKEN": "test-token"},
    preferences={"API_TIMEOUT_MS": "600000"},
    removed=("ANTHROPIC_API_KEY", "CLAUDE_CODE_USE_BEDROCK"),
)


def named(tmp_path: Path, settings: Any) -> list[str]:
    """The warnings about one file with these settings."""
    file = tmp_path / "settings.json"
    file.write_text(settings if isinstance(settings, str) else json.dumps(settings))
    return overrides([file], VARIABLES)


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"env": {"ANTHROPIC_BASE_URL": "http://canary"}}, "ANTHROPIC_BASE_URL"),
        ({"env": {"ANTHROPIC_AUTH_TOKEN": "canary"}}, "ANTHROPIC_AUTH_TOKEN"),
        (
            {"env": {"ANTHROPIC_AUTH_TOKEN": "canary", "CLAUDE_CODE_USE_BEDROCK": "1"}},
            "ANTHROPIC_AUTH_TOKEN, CLAUDE_CODE_USE_BEDROCK",
        ),
    ],
)
def test_a_file_that_leads_elsewhere_is_named_without_its_values(
    tmp_path: Path, settings: dict[str, Any], names: str
) -> None:
    [warning] = named(tmp_path, settings)
    assert f"settings.json sets {names}, which beats" in warning
    assert "canary" not in warning


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"env": {"ANTHROPIC_API_KEY": "canary"}}, "ANTHROPIC_API_KEY"),
        ({"apiKeyHelper": "canary --key"}, "apiKeyHelper"),
        (
            {"env": {"ANTHROPIC_API_KEY": "canary"}, "apiKeyHelper": "canary"},
            "ANTHROPIC_API_KEY, apiKeyHelper",
        ),
    ],
)
def test_a_further_credential_is_named_without_its_value(
    tmp_path: Path, settings: dict[str, Any], names: str
) -> None:
    [warning] = named(tmp_path, settings)
    assert f"settings.json sets {names}: Claude Code shows that credential" in warning
    assert "canary" not in warning


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"permissions": {"allow": ["Bash"]}},
        {"env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9000"}},
        {"env": {"ANTHROPIC_API_KEY": "", "CLAUDE_CODE_USE_BEDROCK": "0"}},
        {"env": {"API_TIMEOUT_MS": "1000", "MY_OWN": "x"}},
        {"env": "ANTHROPIC_BASE_URL"},
        {"apiKeyHelper": ""},
        [1],
        "{ not json",
        "",
    ],
)
def test_other_files_are_not_mentioned(tmp_path: Path, settings: Any) -> None:
    assert named(tmp_path, settings) == []


def test_a_login_that_goes_upstream_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "settings.json"
    file.write_text('{"apiKeyHelper": "helper", "env": {"ANTHROPIC_API_KEY": "test-key"}}')
    own_login = ClaudeVariables(
        route={"ANTHROPIC_BASE_URL": "http://127.0.0.1:9000"}, preferences={}, removed=()
    )
    assert overrides([file], own_login) == []


def test_a_file_that_is_not_there_or_is_a_folder_holds_nothing(tmp_path: Path) -> None:
    assert overrides([tmp_path / "none.json", tmp_path], VARIABLES) == []


def test_the_users_and_the_projects_files_are_looked_at(tmp_path: Path) -> None:
    project = [tmp_path / ".claude/settings.json", tmp_path / ".claude/settings.local.json"]
    assert settings_files({"HOME": "/home/x"}, tmp_path) == [Path("/home/x/.claude/settings.json"), *project]
    assert settings_files({"HOME": "/home/x", "CLAUDE_CONFIG_DIR": "/conf"}, tmp_path) == [
        Path("/conf/settings.json"),
        *project,
    ]
    assert settings_files({}, tmp_path) == project
