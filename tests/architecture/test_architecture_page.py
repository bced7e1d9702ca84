"""ARCHITECTURE.md names every package and module, and nothing that is not there."""

import re
from collections.abc import Iterator

from tests.architecture.source_tree import ROOT, modules, packages

PAGE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
ROOT_LINE = "src/dragoman/"
LINE = re.compile(r"(?P<indent>(?:  )+)(?P<name>[\w.]+?)(?P<folder>/?)  +(?P<meaning>\S.*)")


def tree_lines() -> list[str]:
    """The block of the page that shows the tree, without its first line."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    [tree] = [block for block in blocks if block.startswith(ROOT_LINE)]
    return tree.splitlines()[1:]


def named() -> Iterator[str]:
    """`relay` and `relay/answer.py`, from the indentation; every line must say what the file knows."""
    folders: list[str] = []
    for line in tree_lines():
        parts = LINE.fullmatch(line)
        assert parts is not None, f"not `  name  meaning`: {line!r}"
        depth = len(parts["indent"]) // 2 - 1
        del folders[depth:]
        yield "/".join([*folders, parts["name"]])
        if parts["folder"]:
            folders.append(parts["name"])


def test_every_module_and_package_has_one_line() -> None:
    shown = list(named())
    assert len(shown) == len(set(shown))
    assert sorted({*modules(), *packages()} - set(shown)) == []


def test_nothing_is_named_that_does_not_exist() -> None:
    assert sorted(set(named()) - {*modules(), *packages()}) == []


def test_the_layers_on_the_page_are_those_that_are_checked() -> None:
    contract = (ROOT / "pyproject.toml").read_text("utf-8").split("layers = [", 1)[1].split("]", 1)[0]
    checked = [re.sub(r"\((\w+)\)", "", line.strip().strip('",')) for line in contract.strip().splitlines()]
    layers = [" | ".join(name for name in re.split(r"[|\s]+", line) if name) for line in checked]
    # A layer whose only member does not exist yet has no place on the page.
    assert " > ".join(layer for layer in layers if layer) in re.sub(r"\s+", " ", PAGE)
