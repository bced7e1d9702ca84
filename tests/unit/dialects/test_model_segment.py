import pytest

from dragoman.dialects.model_segment import model_segment
from dragoman.messages.errors import ApiError


@pytest.mark.parametrize(
    ("model", "segment"),
    [
        ("gemini-3.8-flash", "gemini-3.8-flash"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5@20250929"),
        ("a:b", "a:b"),
        ("a;b", "a%3Bb"),
        ("a/b c%", "a%2Fb%20c%25"),
        ("a?b#c", "a%3Fb%23c"),
        ("ü", "%C3%BC"),
    ],
)
def test_id_is_one_segment(model, segment):
    assert model_segment(model) == segment


@pytest.mark.parametrize(
    "model",
    ["", " ", "/", ".", "..", ";x", ".;x", "..;x", "../x", "a/../b", "a..b", "a\nb", "a\x00", "\u2028"],
)
def test_id_that_would_change_the_path_is_refused(model):
    with pytest.raises(ApiError, match="model: expected the name of a model") as refused:
        model_segment(model)
    assert refused.value.status == 400
