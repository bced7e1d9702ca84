"""A module that is called `utils` says that nobody knows what lives there."""

from pathlib import PurePosixPath

from tests.architecture.source_tree import modules, packages

EMPTY_WORDS = frozenset(
    {"util", "utils", "helper", "helpers", "common", "misc", "base", "core", "manager", "service"}
)


def test_no_module_or_package_has_a_name_that_says_nothing() -> None:
    names = {name: PurePosixPath(name).stem for name in (*modules(), *packages())}
    assert [name for name, stem in names.items() if EMPTY_WORDS & set(stem.split("_"))] == []
