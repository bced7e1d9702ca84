"""routing/names.py"""

import pytest

from dragoman.routing.names import name_fault, split_channel, split_prefix, split_vendor, without_bracket


@pytest.mark.parametrize(
    "name",
    ["", "  ", "gpt\x00", "gpt\n4", "gpt\x7f", "a/../b", "x" * 257, "gpt\ud83d", "gpt\u202e"],
)
def test_impossible_names_have_a_fault_that_does_not_quote_them(name: str) -> None:
    fault = name_fault(name)
    assert fault is not None
    assert fault.isprintable()
    assert not name.strip() or name not in fault


@pytest.mark.parametrize("name", ["gpt-4.1", "x" * 256, "ft:gpt-4o:org::x", "vendor/model@2025", "模型"])
def test_possible_names_have_no_fault(name: str) -> None:
    assert name_fault(name) is None


def test_trailing_bracket_is_taken_off_once_and_only_at_the_end() -> None:
    """T13"""
    assert without_bracket("claude-sonnet-4-5[1m]") == "claude-sonnet-4-5"
    assert without_bracket("a[1m]b") == "a[1m]b"
    assert without_bracket("[1m]") == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("gpt-4o:work", ("gpt-4o", "work"), id="H03"),
        pytest.param("gpt-4o:WORK", ("gpt-4o", "work"), id="H02"),
        pytest.param("llama3.1:8b", ("llama3.1:8b", None), id="C07-T25"),
        pytest.param("llama3.1:8b:work", ("llama3.1:8b", "work"), id="C07-last-colon"),
        pytest.param("work", ("work", None), id="no-colon"),
        pytest.param(":work", ("", "work"), id="no-model"),
    ],
)
def test_only_a_configured_suffix_is_a_channel(name: str, expected: tuple[str, str | None]) -> None:
    assert split_channel(name, {"work"}) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("openai/gpt-4o", ("openai", "gpt-4o")),
        ("OpenAI/gpt-4o", ("openai", "gpt-4o")),
        ("openai/openai/gpt-4o", ("openai", "openai/gpt-4o")),
        ("vertex_ai/x", ("vertex_ai", "x")),
        ("deepseek/x", (None, "deepseek/x")),
        ("openai/", ("openai", "")),
        ("openai", (None, "openai")),
    ],
)
def test_only_the_first_known_prefix_is_taken_off(name: str, expected: tuple[str | None, str]) -> None:
    assert split_prefix(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("deepseek/x", ("deepseek", "x")),
        ("DeepSeek/X", ("deepseek", "X")),
        ("deepseek/deepseek/x", ("deepseek", "deepseek/x")),
        ("groq/x", (None, "groq/x")),
        ("deepseek", (None, "deepseek")),
        ("openai/deepseek/x", (None, "openai/deepseek/x")),
    ],
)
def test_only_a_vendor_that_is_there_is_a_prefix(name: str, expected: tuple[str | None, str]) -> None:
    assert split_vendor(name, {"deepseek"}) == expected
