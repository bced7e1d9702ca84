import ast
from pathlib import Path

import dragoman.dialects.quirks as module
from dragoman.dialects.quirks import Quirks


def test_the_defaults_fit_a_stranger():
    quirks = Quirks()
    assert quirks.max_tokens_field == "max_tokens"
    assert quirks.system_role == "system"
    assert not quirks.system_anywhere
    assert not quirks.reasons
    assert quirks.user_field == "none"
    assert quirks.reasoning_back == "never"


def test_every_quirk_is_read_by_some_dialect():
    """A deviation that nobody reads is dead data."""
    folder = Path(str(module.__file__)).parent
    read = {
        node.attr
        for path in [*folder.rglob("*.py"), *folder.parent.joinpath("routing").glob("*.py")]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }
    assert set(Quirks.__struct_fields__) - read == set()
