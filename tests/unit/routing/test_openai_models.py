"""routing/openai_models.py"""

import pytest

from dragoman.dialects.quirks import Quirks
from dragoman.routing.openai_models import openai_model_quirks


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("o3", ("low", "medium", "high")),
        ("gpt-5", ("minimal", "low", "medium", "high")),
        ("gpt-5-mini-2025-08-07", ("minimal", "low", "medium", "high")),
        ("gpt-5-pro", ("high",)),
        ("gpt-5.1", ("none", "low", "medium", "high")),
        ("gpt-5.2", ("none", "low", "medium", "high", "xhigh")),
        ("gpt-5.5", ("none", "low", "medium", "high", "xhigh")),
        ("gpt-5.6-terra", ("none", "low", "medium", "high", "xhigh", "max")),
        ("gpt-6-sol", ("none", "low", "medium", "high", "xhigh", "max")),
        ("gpt-6-astra", ("low", "medium", "high", "xhigh", "max")),
        ("gpt-9", ("none", "low", "medium", "high", "xhigh", "max")),
    ],
)
def test_reasoning_models_take_the_efforts_of_their_generation(model: str, efforts: tuple[str, ...]) -> None:
    fields = openai_model_quirks(model)
    assert fields["efforts"] == efforts
    assert fields["effort_style"] == "reasoning_effort"
    assert fields["always_reasons"] == ("none" not in efforts)
    assert fields["system_role"] == "developer"
    assert fields["max_tokens_field"] == "max_completion_tokens"
    assert fields["sampling"] is False


@pytest.mark.parametrize(
    ("model", "unasked"),
    [
        ("o3", True),
        ("gpt-5", True),
        ("gpt-5.1", False),
        ("gpt-5.4", False),
        ("gpt-5.5", True),
        ("gpt-6-sol", True),
    ],
)
def test_generations_that_think_unasked_say_so(model: str, unasked: bool) -> None:
    assert openai_model_quirks(model)["reasons"] is unasked


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini", "chatgpt-4o-latest"])
def test_models_before_five_sample_and_do_not_reason(model: str) -> None:
    quirks = Quirks(**openai_model_quirks(model))
    assert quirks.sampling
    assert not quirks.reasons
    assert not quirks.always_reasons
    assert quirks.effort_style == "none"
    assert quirks.max_tokens_field == "max_completion_tokens"
    assert quirks.system_role == "system"


@pytest.mark.parametrize(
    ("model", "output", "window"),
    [
        ("gpt-4.1-nano", 32_768, 1_047_576),
        ("gpt-4o-2024-11-20", 16_384, 128_000),
        ("gpt-5.4-mini", 128_000, 400_000),
        ("o1", 100_000, 200_000),
        ("gpt-4-turbo", None, None),
    ],
)
def test_limits_follow_the_family(model: str, output: int | None, window: int | None) -> None:
    """T38"""
    quirks = Quirks(**openai_model_quirks(model))
    assert (quirks.max_output_tokens, quirks.context_window) == (output, window)


@pytest.mark.parametrize("model", ["gpt-oss-120b", "claude-opus-4-8", "gemini-2.5-pro", "llama3.1:8b"])
def test_other_ids_say_nothing(model: str) -> None:
    assert openai_model_quirks(model) == {}
