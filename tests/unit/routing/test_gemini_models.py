import pytest

from dragoman.dialects.quirks import Quirks
from dragoman.routing.gemini_models import ROWS, gemini_model_quirks

MINIMAL = ("minimal", "low", "medium", "high")
LOW = ("low", "medium", "high")
XHIGH = ("low", "medium", "high", "xhigh")


@pytest.mark.parametrize(
    ("model", "efforts"),
    [
        ("gemini-4-neon", XHIGH),
        ("gemini-4-hydrogen", XHIGH),
        ("gemini-4-carbon", XHIGH),
        ("gemini-4-argon", LOW),
        ("gemini-3.8-flash", LOW),
        ("gemini-3.7-flash", LOW),
        ("gemini-3.6-flash", LOW),
        ("gemini-3.5-flash", MINIMAL),
        ("gemini-3.5-flash-lite", MINIMAL),
        ("gemini-3.1-flash-lite", MINIMAL),
        ("gemini-3-flash-preview", MINIMAL),
        ("gemini-3.1-pro-preview", LOW),
        ("gemini-3.1-pro-preview-customtools", LOW),
        ("gemini-4-xenon", XHIGH),
        ("gemini-3.9-flash", LOW),
    ],
)
def test_models_since_3_are_told_a_level(model, efforts):
    quirks = Quirks(**gemini_model_quirks(model))
    assert (quirks.effort_style, quirks.efforts) == ("thinking_level", efforts)
    assert quirks.always_reasons
    assert quirks.thought_signatures == "required"
    assert not quirks.sampling
    assert quirks.media_in_results
    assert quirks.structured_with_tools
    assert quirks.search_with_functions
    assert quirks.call_ids


@pytest.mark.parametrize(
    ("model", "budgets", "always", "reasons"),
    [
        ("gemini-2.5-pro", (128, 32_768), True, True),
        ("gemini-2.5-pro-preview-05-06", (128, 32_768), True, True),
        ("gemini-2.5-flash", (1, 24_576), False, True),
        ("gemini-2.5-flash-lite", (512, 24_576), False, False),
    ],
)
def test_older_models_are_told_a_budget(model, budgets, always, reasons):
    quirks = Quirks(**gemini_model_quirks(model))
    assert (quirks.effort_style, quirks.thinking_budgets) == ("thinking_budget", budgets)
    assert (quirks.always_reasons, quirks.reasons) == (always, reasons)
    assert quirks.thought_signatures == "optional"
    assert quirks.sampling
    assert quirks.top_k
    assert not quirks.media_in_results
    assert not quirks.structured_with_tools
    assert not quirks.search_with_functions
    assert not quirks.call_ids


@pytest.mark.parametrize("model", ["gemini-2.0-flash", "gemini-1.5-pro", "gemini-5-flash", "gemini-25-pro"])
def test_generations_that_nobody_knows_are_told_nothing_about_thinking(model):
    assert Quirks(**gemini_model_quirks(model)).effort_style == "none"


@pytest.mark.parametrize("model", ["gemini-flash-latest", "gemini-flash-lite-latest", "gemini-pro-latest"])
def test_an_alias_is_what_is_newest(model):
    quirks = Quirks(**gemini_model_quirks(model))
    assert (quirks.effort_style, quirks.efforts) == ("thinking_level", LOW)
    assert quirks.always_reasons
    assert quirks.thought_signatures == "required"
    assert quirks.call_ids
    assert not quirks.sampling


@pytest.mark.parametrize("model", ["gemma-4-31b-it", "gemma-4-26b-a4b-it", "models/gemma-3-27b-it"])
def test_gemma_thinks_unasked_and_signs_nothing(model):
    quirks = Quirks(**gemini_model_quirks(model))
    assert quirks.effort_style == "none"
    assert quirks.thought_signatures == "never"
    assert not quirks.media_in_results


@pytest.mark.parametrize("model", ["claude-opus-5", "gpt-5", "learnlm", "my-gemini-3", "gemini", ""])
def test_other_models_have_no_row(model):
    assert gemini_model_quirks(model) == {}


@pytest.mark.parametrize("model", ["gemini-3.8-flash", "gemini-2.5-flash-lite", "gemma-4-31b-it"])
def test_what_stands_before_an_id_and_its_case_do_not_matter(model):
    for prefix in ("models/", "publishers/google/models/", "google/"):
        assert gemini_model_quirks(prefix + model.upper()) == gemini_model_quirks(model)
    assert gemini_model_quirks(model + "@001") == gemini_model_quirks(model)


def test_ids_of_new_models_come_back_whole():
    # An upstream's id of up to 47 characters travels within the client's.
    assert Quirks(**gemini_model_quirks("gemini-3.8-flash")).max_tool_id >= 58


def test_every_row_can_be_reached():
    seen = set()
    for row in ROWS:
        place = (row.major, row.minor, row.contains)
        shadows = {(row.major, row.minor, ""), (row.major, None, "")}
        assert not seen & shadows
        assert place not in seen
        seen.add(place)


def test_nobody_can_change_a_row_by_changing_an_answer():
    gemini_model_quirks("gemini-flash-latest")["sampling"] = True
    gemini_model_quirks("gemini-3.8-flash")["efforts"] = ()
    assert gemini_model_quirks("gemini-flash-latest")["sampling"] is False
    assert gemini_model_quirks("gemini-3.8-flash")["efforts"] == LOW
