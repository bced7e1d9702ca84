"""scripts/clean_place.py: nothing of this machine's user or of this environment is in a new user's place."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from scripts.clean_place import KEPT, Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    made.furnish()
    return made


def test_the_repository_has_what_is_tracked_and_nothing_else(place: Place) -> None:
    listed = subprocess.run(
        ["git", "-C", place.origin, "ls-files"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout.splitlines()
    assert {"README.md", ".env.example", "uv.lock"} <= set(listed)
    assert os.access(place.origin / "setup_env.sh", os.X_OK)
    assert not [name for name in listed if name == ".env" or name.startswith(".venv/")]


def test_the_home_is_empty_and_our_own_programs_are_not_on_the_path(place: Place) -> None:
    environment = place.environment(PORT="1")
    assert list(place.home.iterdir()) == []
    assert environment["HOME"] == str(place.home)
    assert environment["PORT"] == "1"
    assert str(Path(sys.executable).parent) not in environment["PATH"].split(os.pathsep)
    assert "VIRTUAL_ENV" not in environment
    told = subprocess.run(
        ["python3", "-c", "import sys; print(sys.prefix == sys.base_prefix)"],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert told.stdout == "True\n"


@pytest.mark.parametrize(
    "name",
    ["OPENAI_API_KEY", "ANTHROPIC_BASE_URL", "PORT", "UV_LOCKED", "UV_PROJECT_ENVIRONMENT", "PYTHONPATH"],
)
def test_settings_of_this_machine_stay_behind(name: str) -> None:
    assert KEPT.fullmatch(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "UV_INDEX_URL",
        "UV_DEFAULT_INDEX",
        "PIP_INDEX_URL",
        "npm_config_registry",
        "SSL_CERT_FILE",
        "https_proxy",
    ],
)
def test_the_way_to_the_package_indexes_is_kept(name: str) -> None:
    assert KEPT.fullmatch(name) is not None
