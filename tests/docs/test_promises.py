"""docs/promises.md names every promise once, and for each one a test that is there or the milestone that brings it."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from tests.docs.pages import ROOT, text_of

PAGE = ROOT / "docs/promises.md"
TESTS = ROOT / "tests"


def numbered(letter: str, last: int) -> list[str]:
    return [f"{letter}{number:02}" for number in range(1, last + 1)]


PROMISES = [
    *numbered("R", 17),
    *numbered("E", 27),
    *numbered("M", 32),
    *numbered("H", 16),
    *numbered("V", 10),
    *numbered("D", 11),
    *numbered("X", 5),
    *numbered("C", 18),
    *numbered("T", 96),
    *(str(case) for case in range(1, 41)),
]
WAITING = {"21"}
"""Nothing of it is there before its milestone."""
OPEN: set[str] = set()
"""Their only test is expected to fail."""
MILESTONES = {
    "several keys and channels for a model",
}

FAILING = "fails today: "
NAMED = re.compile(r"`(?P<path>[\w/]+\.py)::(?P<function>(?:Test\w+::)?test_\w+)(?:\[(?P<row>.+)\])?`")


@dataclass(frozen=True)
class Proof:
    """A test that a promise names."""

    path: str
    function: str
    row: str | None
    failing: bool


@dataclass(frozen=True)
class Promise:
    id: str
    words: str
    proofs: tuple[Proof, ...]
    milestones: tuple[str, ...]


def read(line: str) -> Promise:
    """A line of a table. AssertionError for anything that does not belong there."""
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert len(cells) == 3, line
    proofs: list[Proof] = []
    milestones: list[str] = []
    for item in cells[2].split("<br>"):
        failing = item.startswith(FAILING)
        named = NAMED.fullmatch(item.removeprefix(FAILING))
        if named is not None:
            proofs.append(Proof(named["path"], named["function"], named["row"], failing))
        else:
            assert item in MILESTONES, f"{cells[0]}: {item!r} is neither a test nor a milestone"
            milestones.append(item)
    return Promise(cells[0], cells[1], tuple(proofs), tuple(milestones))


def rows(text: str) -> Iterator[Promise]:
    for line in text.splitlines():
        if line.startswith("|") and line != "|---|---|---|" and not line.startswith("| id | promise |"):
            yield read(line)


TABLE = list(rows(text_of(PAGE)))
every_promise = pytest.mark.parametrize("promise", TABLE, ids=lambda promise: promise.id)


@cache
def functions(path: str) -> dict[str, bool]:
    """The tests of a file, those of a class with its name, and whether each is expected to fail."""
    tree = ast.parse((TESTS / path).read_text("utf-8"))
    groups = {f"{node.name}::": node.body for node in tree.body if isinstance(node, ast.ClassDef)}
    return {
        group + node.name: any(
            ast.unparse(mark).startswith("pytest.mark.xfail") for mark in node.decorator_list
        )
        for group, body in {"": tree.body, **groups}.items()
        for node in body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }


def test_every_promise_is_there_once_and_nothing_else() -> None:
    assert [promise.id for promise in TABLE] == PROMISES


@every_promise
def test_promise_is_kept_by_a_test_or_waits_for_its_milestone(promise: Promise) -> None:
    assert promise.words
    kept = any(not proof.failing for proof in promise.proofs)
    if promise.id in WAITING:
        assert promise.milestones
    else:
        assert kept == (promise.id not in OPEN)
        assert promise.proofs


@every_promise
def test_named_tests_exist_and_fail_only_where_the_page_says_so(promise: Promise) -> None:
    for proof in promise.proofs:
        assert (TESTS / proof.path).is_file(), proof.path
        assert proof.function in functions(proof.path), f"{proof.path} has no {proof.function}"
        assert functions(proof.path)[proof.function] == proof.failing, proof.function
        if proof.row is not None:
            # Whether it is a row's id would take pytest's own collection to say.
            assert proof.row in (TESTS / proof.path).read_text("utf-8"), f"{proof.path} has no {proof.row!r}"


def test_every_open_promise_is_on_the_page() -> None:
    named = {(proof.path, proof.function) for promise in TABLE for proof in promise.proofs if proof.failing}
    paths = [file.relative_to(TESTS).as_posix() for file in (TESTS / "promises").glob("test_*.py")]
    assert named == {(path, name) for path in paths for name, failing in functions(path).items() if failing}


@pytest.mark.parametrize(
    "line",
    [
        "| R01 | words |",
        "| R01 | words | a note |",
        "| R01 | words | `unit/test_app.py` |",
        "| R01 | words | unit/test_app.py::test_ids_do_not_repeat |",
        "| R01 | words | `unit/test_app.py::test_ids_do_not_repeat`, several keys and channels for a model |",
    ],
)
def test_a_line_that_says_something_else_is_noticed(line: str) -> None:
    with pytest.raises(AssertionError):
        read(line)
