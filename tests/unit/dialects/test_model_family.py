import pytest

from dragoman.dialects.model_family import model_family


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("deepseek-v4", "deepseek"),
        ("deepseek-ai/DeepSeek-V4:free", "deepseek"),
        ("moonshotai/kimi-k2-thinking", "kimi"),
        ("qwen3-235b", "qwen"),
        ("42", ""),
    ],
)
def test_the_family_is_the_first_word_of_the_model(model, family):
    assert model_family(model) == family
