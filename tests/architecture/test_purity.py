"""What import-linter cannot see: the core neither waits, nor opens, nor prints, nor asks for the time (ADR 0012)."""

import ast
from pathlib import Path

import pytest

from tests.architecture.source_tree import SOURCE, shown, source_files, syntax_of

CORE = ("wire", "messages", "dialects", "access", "routing", "emulation")
CORE_FILES = [file for file in source_files() if file.relative_to(SOURCE).parts[0] in CORE]

ASYNC = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
BUILT_IN = frozenset({"open", "print", "input", "exec", "eval", "__import__"})
NOW = frozenset({"now", "utcnow", "today"})


def impurities(tree: ast.AST) -> list[str]:
    """`line N: what`, in any order."""
    found: list[str] = []
    for node in ast.walk(tree):
        what = None
        if isinstance(node, ASYNC) or (isinstance(node, ast.comprehension) and node.is_async):
            what = "async"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BUILT_IN:
            what = f"{node.func.id}()"
        elif (
            isinstance(node, ast.Attribute)
            and node.attr in NOW
            and ast.unparse(node.value)
            in (
                "datetime",
                "date",
                "datetime.datetime",
                "datetime.date",
            )
        ):
            what = ast.unparse(node)
        if what is not None:
            found.append(f"line {getattr(node, 'lineno', '?')}: {what}")
    return found


@pytest.mark.parametrize("file", CORE_FILES, ids=shown)
def test_the_core_does_no_io(file: Path) -> None:
    assert impurities(syntax_of(file)) == []


@pytest.mark.parametrize(
    "code",
    [
        "async def f(): ...",
        "open('x')",
        "print('x')",
        "from datetime import datetime\ndatetime.now()",
        "import datetime\ndatetime.datetime.utcnow()",
        "from datetime import date\ndate.today()",
    ],
)
def test_the_check_itself_finds_what_it_looks_for(code: str) -> None:
    assert impurities(ast.parse(code))


def test_every_core_package_is_looked_at() -> None:
    assert {file.relative_to(SOURCE).parts[0] for file in CORE_FILES} == set(CORE)
