"""A folder with the scripts, and a gcloud that is none."""

from pathlib import Path

import pytest

from tests.support.gcloud_stub import GcloudStub
from tests.support.script_home import ScriptHome


@pytest.fixture
def home(tmp_path: Path) -> ScriptHome:
    return ScriptHome(tmp_path)


@pytest.fixture
def gcloud(home: ScriptHome, tmp_path: Path) -> GcloudStub:
    return GcloudStub(home.programs, tmp_path / "gcloud")
