"""What .ci/run does beside the tests: promises that no test of this suite can prove rest on its lines."""

import shlex
from importlib import import_module

import pytest

from tests.docs.pages import ROOT

LINES = [
    shlex.split(line)
    for line in (ROOT / ".ci/run").read_text("utf-8").splitlines()
    if line.startswith("uv run ")
]


def modules_run() -> set[str]:
    return {words[words.index("-m") + 1] for words in LINES if "-m" in words}


@pytest.mark.parametrize("module", ["scripts.follow_readme", "scripts.try_wheel", "scripts.site_pages"])
def test_the_gate_runs_what_a_user_would(module: str) -> None:
    """R03, T94, T95, D07: the README line by line in an empty home, the wheel outside the repository, the site."""
    assert module in modules_run()
    assert callable(import_module(module).main)


def test_the_readme_is_followed_first() -> None:
    [followed] = [words for words in LINES if "scripts.follow_readme" in words]
    assert followed[followed.index("scripts.follow_readme") + 1] == "README.md"


def test_the_gate_runs_the_readmes_test_command() -> None:
    assert ["uv", "run", "pytest"] in LINES
