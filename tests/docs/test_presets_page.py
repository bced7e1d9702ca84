"""docs/reference/presets.md is what the rows say."""

from pathlib import Path

import pytest

from dragoman.config.sources import VENDOR_KEYS, VENDOR_URLS
from dragoman.routing.preset import Preset
from dragoman.routing.presets import COMPATIBLE
from tests.support.python_process import run_python

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/reference/presets.md").read_text("utf-8")


def test_the_page_is_current() -> None:
    assert run_python("-m", "scripts.presets_page", "--check", cwd=ROOT).stderr == ""


@pytest.mark.parametrize("preset", COMPATIBLE, ids=lambda preset: preset.name)
def test_every_preset_has_a_heading_under_which_its_row_is_told(preset: Preset) -> None:
    section = PAGE.partition(f"\n## {preset.title}\n")[2].partition("\n## ")[0]
    for said in (*preset.prefixes, *preset.key_variables, *preset.base_url_variables, preset.base_url or ""):
        assert said in section
    assert preset.evidence in section
    assert preset.source in section


@pytest.mark.parametrize("variable", sorted(VENDOR_KEYS | VENDOR_URLS))
def test_every_variable_is_on_the_page(variable: str) -> None:
    assert f"`{variable}`" in PAGE
