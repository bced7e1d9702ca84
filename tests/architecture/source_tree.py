"""The files of src/dragoman and what is in them, for the tests of this folder."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/dragoman"
UNIT_TESTS = ROOT / "tests/unit"
ENTRY_POINTS = frozenset({"__init__.py", "__main__.py"})
"""Files without logic of their own."""


def source_files() -> list[Path]:
    """Every Python file, in a stable order."""
    return sorted(SOURCE.rglob("*.py"))


def modules() -> list[str]:
    """`relay/answer.py` and the like, without the `__init__.py` of packages."""
    return [shown(file) for file in source_files() if file.name != "__init__.py"]


def packages() -> list[str]:
    """`relay` and the like, `dialects/anthropic` included."""
    return [
        shown(file.parent) for file in source_files() if file.name == "__init__.py" and file.parent != SOURCE
    ]


def shown(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def syntax_of(file: Path) -> ast.Module:
    return ast.parse(file.read_text("utf-8"), str(file))
