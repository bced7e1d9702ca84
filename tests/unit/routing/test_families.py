"""routing/families.py"""

import pytest

from dragoman.routing.families import claude_version_of, family_of, generation_of


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("claude-opus-4-8", "claude"),
        ("Claude-3-Opus", "claude"),
        ("gemini-9-ultra", "gemini"),
        ("gpt-7", "openai"),
        ("o4-mini", "openai"),
        ("chatgpt-4o-latest", "openai"),
        ("ft:gpt-4o:org::x", "openai"),
        ("ft:llama:x", None),
        ("geminid", None),
        ("opus", None),
        ("olmo-2", None),
        ("llama3.1:8b", None),
    ],
)
def test_family_is_read_from_the_id(model: str, family: str | None) -> None:
    assert family_of(model) == family


@pytest.mark.parametrize(
    ("model", "generation"),
    [
        ("gpt-5.6-terra", ("gpt", 5, 6, "-terra")),
        ("gpt-5", ("gpt", 5, 0, "")),
        ("gpt-4o-mini", ("gpt", 4, 0, "o-mini")),
        ("chatgpt-4o-latest", ("gpt", 4, 0, "o-latest")),
        ("gpt-4.1-2025-04-14", ("gpt", 4, 1, "-2025-04-14")),
        ("gpt-35-turbo", ("gpt", 3, 5, "-turbo")),
        ("ft:gpt-4.1:org::x", ("gpt", 4, 1, ":org::x")),
        ("o3-pro", ("o", 3, 0, "-pro")),
        ("GPT-6.2-Astra", ("gpt", 6, 2, "-astra")),
        ("gpt-oss-120b", None),
        ("gpt-4.", None),
        ("claude-3", None),
    ],
)
def test_generation_is_parsed_from_the_id(model: str, generation: tuple[str, int, int, str] | None) -> None:
    assert generation_of(model) == generation


@pytest.mark.parametrize(
    ("model", "version"),
    [
        ("claude-opus-4-6@20260101", (4, 6, "opus")),
        ("claude-sonnet-4-20250514", (4, 0, "sonnet")),
        ("anthropic/Claude-Sonnet-5", (5, 0, "sonnet")),
        ("claude-3-5-haiku", (3, 5, "")),
        ("claude-haiku-4.5", (4, 5, "haiku")),
        ("claude-next", None),
        ("gemini-3-pro", None),
    ],
)
def test_the_version_of_a_claude_is_read_from_its_id(model, version):
    assert claude_version_of(model) == version
