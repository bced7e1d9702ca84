"""The reference has a heading for everything that it is about."""

import subprocess
import sys

from dragoman.config.sources import CHANNEL_FIELDS, NAMES
from dragoman.messages.errors import ERROR_TYPE_BY_STATUS
from tests.docs.pages import ROOT, headings

SETTINGS = ROOT / "docs/reference/settings.md"
ERRORS = ROOT / "docs/reference/errors.md"


def test_every_setting_has_a_heading() -> None:
    described = headings(SETTINGS)[1:]
    channels = ", ".join(f"CHANNEL_<NAME>_{field}" for field in CHANNEL_FIELDS)
    assert sorted(described) == sorted([*NAMES, channels])


def test_the_settings_page_is_the_one_that_the_code_gives() -> None:
    command = [sys.executable, "scripts/settings_reference.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_every_error_type_has_a_heading() -> None:
    described = [heading for heading in headings(ERRORS) if "_" in heading]
    assert sorted(described) == sorted(set(ERROR_TYPE_BY_STATUS.values()))
