import pytest

from dragoman.routing.vertex_models import CLAUDE_DATES, vertex_model_id


@pytest.mark.parametrize(
    ("model", "id"),
    [
        ("claude-opus-4", "claude-opus-4@20250514"),
        ("claude-opus-4-0", "claude-opus-4@20250514"),
        ("claude-sonnet-4-0", "claude-sonnet-4@20250514"),
        ("claude-opus-4-1", "claude-opus-4-1@20250805"),
        ("claude-sonnet-4-5", "claude-sonnet-4-5@20250929"),
        ("claude-haiku-4-5", "claude-haiku-4-5@20251001"),
        ("claude-opus-4-5", "claude-opus-4-5@20251101"),
    ],
)
def test_an_older_claude_has_its_date_behind_an_at(model, id):
    assert vertex_model_id(model) == id


@pytest.mark.parametrize(
    ("model", "id"),
    [("claude-sonnet-4-5-20250929", "claude-sonnet-4-5@20250929")]
    + [("claude-opus-4-20250514", "claude-opus-4@20250514")]
    + [("claude-opus-4-0-20250514", "claude-opus-4@20250514")]
    + [("claude-3-7-sonnet-20250219", "claude-3-7-sonnet@20250219")]
    + [("claude-opus-9-20270101", "claude-opus-9@20270101")],
)
def test_a_dated_id_keeps_its_date(model, id):
    assert vertex_model_id(model) == id


@pytest.mark.parametrize(
    "model",
    ["claude-opus-4-6", "claude-sonnet-4-6", "claude-opus-5-5", "claude-fable-5", "claude-mythos-5"]
    + ["claude-sonnet-4-5@20250929", "claude-sonnet-4-5@default", "claude-opus-10", "claude-x-1234567"]
    + ["gemini-3.8-flash", "gemini-2.5-flash@001", "gemini-2.5-flash-20250101", "gemma-4-31b-it", ""],
)
def test_every_other_id_is_whole(model):
    assert vertex_model_id(model) == model


@pytest.mark.parametrize("publisher", ["google/", "publishers/google/models/", "Google/"])
def test_the_publisher_of_gemini_is_no_part_of_its_id(publisher):
    assert vertex_model_id(publisher + "gemini-3.8-flash") == "gemini-3.8-flash"


@pytest.mark.parametrize("publisher", ["anthropic/", "publishers/anthropic/models/"])
def test_the_publisher_of_claude_is_no_part_of_its_id(publisher):
    assert vertex_model_id(publisher + "claude-haiku-4-5") == "claude-haiku-4-5@20251001"
    assert vertex_model_id(publisher + "claude-opus-5-5") == "claude-opus-5-5"


@pytest.mark.parametrize("model", CLAUDE_DATES)
def test_an_id_of_vertex_is_its_own_id(model):
    assert vertex_model_id(vertex_model_id(model)) == vertex_model_id(model)
    assert vertex_model_id(model.upper()).endswith(CLAUDE_DATES[model])
