"""A module's unit tests are where one looks for them: tests/unit has the shape of src/dragoman."""

from pathlib import PurePosixPath

from tests.architecture.source_tree import ENTRY_POINTS, UNIT_TESTS, modules


def mirrored(module: str) -> str:
    """`relay/answer.py` to `relay/test_answer.py`."""
    path = PurePosixPath(module)
    return (path.parent / f"test_{path.name}").as_posix()


EXPECTED = {mirrored(module) for module in modules() if PurePosixPath(module).name not in ENTRY_POINTS}
WRITTEN = {
    file.relative_to(UNIT_TESTS).as_posix()
    for file in UNIT_TESTS.rglob("test_*.py")
    # The benchmark is no part of the package, but its arithmetic is tested too.
    if file.relative_to(UNIT_TESTS).parts[0] != "bench"
}


def test_every_module_has_its_unit_tests() -> None:
    assert sorted(EXPECTED - WRITTEN) == []


def test_every_unit_test_belongs_to_a_module() -> None:
    assert sorted(WRITTEN - EXPECTED) == []
