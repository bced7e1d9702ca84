import pytest

from dragoman.routing.claude_models import claude_model_quirks


@pytest.mark.parametrize(
    ("model", "window"),
    [
        ("claude-opus-4-8", 1_000_000),
        ("claude-sonnet-4-6", 1_000_000),
        ("claude-sonnet-5", 1_000_000),
        ("claude-opus-4-5", 200_000),
        ("claude-opus-4-5@20251101", 200_000),
        ("claude-sonnet-4-20250514", 200_000),
        ("claude-haiku-4-5-20251001", 200_000),
        ("claude-3-5-sonnet-20241022", 200_000),
        ("publishers/anthropic/models/claude-sonnet-4.5", 200_000),
        ("claude-fable-5", None),
        ("claude-haiku-5-5", None),
        ("claude-next", None),
        ("gpt-4.1", None),
    ],
)
def test_the_window_is_read_from_line_and_version(model: str, window: int | None) -> None:
    assert claude_model_quirks(model).get("context_window") == window
