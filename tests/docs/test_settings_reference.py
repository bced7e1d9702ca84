"""docs/reference/settings.md is what the settings' own docstrings say."""

from pathlib import Path

import pytest

from dragoman.config.sources import NAMES
from tests.support.python_process import run_python

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/reference/settings.md").read_text("utf-8")


def test_the_page_is_current() -> None:
    assert run_python("-m", "scripts.settings_reference", "--check", cwd=ROOT).stderr == ""


@pytest.mark.parametrize(
    "name",
    [
        *NAMES,
        "`CHANNEL_<NAME>_BASE_URL`, `CHANNEL_<NAME>_API_KEY`, `CHANNEL_<NAME>_DIALECT`",
        "`<VENDOR>_API_KEY`, `<VENDOR>_BASE_URL`",
    ],
)
def test_every_setting_has_a_heading(name: str) -> None:
    assert f"\n## {name}\n" in PAGE


@pytest.mark.parametrize(
    ("name", "default"),
    [
        pytest.param("HOST", "127.0.0.1", id="E27-host"),
        pytest.param("PORT", "8082", id="E27-port"),
        pytest.param("PREFERRED_PROVIDER", "openai", id="E01"),
        ("UPSTREAM_IDLE_SECONDS", "300"),
        ("DRAGOMAN_STRICT", "false"),
    ],
)
def test_the_page_tells_the_defaults(name: str, default: str) -> None:
    section = PAGE.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    assert f"Default: `{default}`." in section


def test_the_precedence_of_googles_credentials_is_told() -> None:
    """E16"""
    assert "Beats `GOOGLE_APPLICATION_CREDENTIALS`, which beats the identity of" in PAGE
