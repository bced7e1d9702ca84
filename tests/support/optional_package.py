"""Tests of packages that uv does not install by default."""

import os
from importlib.util import find_spec

import pytest


def needs_package(name: str) -> None:
    """Skip the test, or the module, that calls this where the package is missing; with DRAGOMAN_NO_SKIP=1, fail."""
    if find_spec(name) is not None:
        return
    reason = f"needs {name}: uv sync --group {name}"
    if os.environ.get("DRAGOMAN_NO_SKIP") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason, allow_module_level=True)
