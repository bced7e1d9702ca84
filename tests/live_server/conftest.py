"""Fixtures for the checks of the test support."""

from tests.support.claude_code import claude_code

__all__ = ["claude_code"]
