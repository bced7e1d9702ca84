"""Few packages, each declared, none that starts by itself, and a command line that loads no server (ADR 0016)."""

import ast
import re
import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

import pytest
from packaging.markers import Marker

from tests.architecture.source_tree import ROOT, source_files, syntax_of
from tests.support.python_process import run_python

MOST_PACKAGES = 25
OURS = "dragoman"
MODULE_NAMES = {
    "PIL": "pillow",
    "dotenv": "python-dotenv",
    "google": "google-auth",
    "toktok": "toktok-rs",
    "yaml": "pyyaml",
}
"""Where a module is not called like its distribution."""

LOCK = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
DECLARED = [
    *PROJECT["dependencies"],
    *EXTRAS["vertex"],
    *EXTRAS["tokens"],
    *EXTRAS["litellm"],
    *EXTRAS["schema"],
]


def resolved(python: str, *groups: str) -> set[str]:
    """What `uv sync --no-dev` installs on Linux, and these groups, without ourselves, as the lock file says."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    locked: dict[str, dict[str, Any]] = {package["name"]: package for package in LOCK["package"]}
    found: set[str] = set()
    waiting = [
        OURS,
        *(wanted["name"] for group in groups for wanted in locked[OURS]["dev-dependencies"][group]),
    ]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        waiting += [
            wanted["name"]
            for wanted in locked[name].get("dependencies", [])
            if "marker" not in wanted or Marker(wanted["marker"]).evaluate(environment)
        ]
    return found - {OURS}


@pytest.mark.parametrize("python", ["3.11", "3.14"])
def test_the_core_stays_small(python: str) -> None:
    packages = resolved(python)
    assert "msgspec" in packages
    assert len(packages) <= MOST_PACKAGES


def test_a_clone_is_not_made_to_install_litellm() -> None:
    """Users run a clone with `uv run`, which installs the group `dev` as well."""
    packages = resolved("3.14", "dev")
    assert "pytest" in packages
    assert "litellm" not in packages
    assert "litellm" in resolved("3.14", "dev", "litellm")


def test_no_package_of_the_core_runs_code_when_python_starts() -> None:
    """A `.pth` file is executed by every interpreter; only an editable install needs one."""
    for name in sorted(resolved(f"{sys.version_info.major}.{sys.version_info.minor}")):
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            # Another platform than Linux has no use for it.
            continue
        assert pth_files(installed) == [], name


def pth_files(installed: Distribution) -> list[str]:
    return [str(file) for file in installed.files or () if file.suffix == ".pth"]


def test_only_an_editable_install_of_ourselves_brings_a_pth_file() -> None:
    ours = distribution(OURS)
    editable = '"editable":true' in (ours.read_text("direct_url.json") or "").replace(" ", "")
    assert bool(pth_files(ours)) == editable


def test_every_module_that_we_import_is_declared() -> None:
    declared = {re.split(r"[^A-Za-z0-9._-]", written)[0] for written in DECLARED}
    imported = {name for file in source_files() for name in imported_modules(syntax_of(file))}
    foreign = imported - sys.stdlib_module_names - {OURS}
    undeclared = {MODULE_NAMES.get(name, name.replace("_", "-")) for name in foreign} - declared
    assert sorted(undeclared) == []


@pytest.mark.parametrize(
    ("folder", "groups"), [("tests", ("dev",)), ("bench", ("dev",)), ("scripts", ("dev", "site"))]
)
def test_what_is_imported_beside_the_source_comes_with_its_groups(
    folder: str, groups: tuple[str, ...]
) -> None:
    """`uv run pytest` installs the group `dev` and no other."""
    trees = [syntax_of(file) for file in (ROOT / folder).rglob("*.py")]
    here = {OURS, "tests", "scripts", "bench", "server"}
    foreign = {name for tree in trees for name in imported_modules(tree)} - sys.stdlib_module_names - here
    needed = {MODULE_NAMES.get(name, name.replace("_", "-")) for name in foreign}
    assert sorted(needed - resolved("3.11", *groups)) == []


def imported_modules(tree: ast.AST) -> set[str]:
    """The top-level names of everything that a module imports, wherever it does."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--help"], ["check", "--help"], ["--version"]])
def test_help_loads_neither_the_server_nor_the_http_client(arguments: list[str]) -> None:
    code = (
        "import sys\n"
        f"sys.argv = ['dragoman', *{arguments!r}]\n"
        "from dragoman.cli.main import main\n"
        "try:\n    main()\n"
        "except SystemExit as ended:\n    assert not ended.code, ended.code\n"
        "heavy = {'uvicorn', 'starlette', 'aiohttp', 'msgspec', 'dragoman.app'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    assert run_python("-c", code).stdout
