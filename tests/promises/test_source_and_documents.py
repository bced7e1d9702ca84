"""Promises about the source and the documents themselves."""

import ast
import inspect
import re
from pathlib import Path

import pytest
from tests.docs.pages import ROOT, pages, shown, text_of

from dragoman.server import caller

README = text_of(ROOT / "README.md")
KEYS = {"key", "keys", "known", "shown", "digest", "token"}
"""What holds a key, or what was presented as one, in server/caller.py."""


def leaking_comparisons(tree: ast.AST) -> list[str]:
    """Comparisons of keys that end at the first difference."""
    return [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        and any(
            isinstance(operand, ast.Name) and operand.id in KEYS for operand in (node.left, *node.comparators)
        )
    ]


def test_keys_are_compared_in_constant_time() -> None:
    """T87: by `hmac.compare_digest` alone."""
    tree = ast.parse(inspect.getsource(caller))
    calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert calls.count("hmac.compare_digest") == 1
    assert leaking_comparisons(tree) == []


@pytest.mark.parametrize("code", ["shown == known", "token in keys", "len(x) and key != 'a'"])
def test_the_check_itself_sees_a_comparison_that_leaks(code: str) -> None:
    assert leaking_comparisons(ast.parse(code))


def test_how_it_works_tells_the_real_five_steps() -> None:
    """R17, C14: receive, translate, send, convert, return; no other product's name stands for our own work."""
    section = README.split("\n## How it works\n", 1)[1].split("\n## ", 1)[0]
    assert re.findall(r"^\d\. \*\*(\w+)\.\*\*", section, re.MULTILINE) == [
        "Receive",
        "Translate",
        "Send",
        "Convert",
        "Return",
    ]
    assert "litellm" not in section.lower()


@pytest.mark.parametrize("page", pages(), ids=shown)
def test_no_page_says_that_gemini_is_the_default(page: Path) -> None:
    """C09: the default provider is OpenAI everywhere."""
    assert not re.search(r"default\w* (?:to|is) (?:google|gemini)", text_of(page), re.IGNORECASE)
