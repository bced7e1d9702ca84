import pytest

from dragoman.routing.vocabularies import CL100K, O200K, vocabulary_of


@pytest.mark.parametrize(
    "model", ["gpt-4o", "gpt-4.1-mini", "o3", "gpt-5.6-terra", "openai/gpt-5.1", "gpt-oss:20b"]
)
def test_openais_models_since_4o_have_o200k(model):
    assert vocabulary_of(model) == (O200K, 1.0, True)


@pytest.mark.parametrize(
    "model", ["gpt-4", "gpt-4-turbo", "gpt-3.5-turbo", "gpt-35-turbo", "ft:gpt-4-0613:org"]
)
def test_openais_models_before_4o_have_cl100k(model):
    assert vocabulary_of(model) == (CL100K, 1.0, True)


@pytest.mark.parametrize("model", ["qwen3-coder", "deepseek-v4", "llama"])
def test_what_nobody_knows_is_counted_with_o200k_and_not_called_exact(model):
    assert vocabulary_of(model).name == O200K
    assert not vocabulary_of(model).exact


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("claude-sonnet-4-6", "claude-opus-4-7"),
        ("claude-3-5-sonnet-20241022", "claude-sonnet-5"),
        ("anthropic/claude-sonnet-4.5", "anthropic/claude-opus-4.8"),
        ("claude-sonnet-4-20250514", "claude-fable-5-1"),
        ("claude-haiku-4-5@20251001", "claude-opus-next"),
    ],
)
def test_claudes_tokens_are_smaller_since_4_7(older, newer):
    assert 1.0 < vocabulary_of(older).factor < vocabulary_of(newer).factor


@pytest.mark.parametrize("model", ["gemini-2.5-pro", "models/gemini-3.8-flash", "google/gemma-4"])
def test_gemini_has_a_factor_of_its_own(model):
    assert vocabulary_of(model).factor > 1.0
