import pytest

from dragoman.dialects.gemini.thinking import HEAD_ROOM
from tests.support.chat_requests import ask, system, user
from tests.support.gemini_requests import body_of, write

NEON, ARGON, FLASH = "gemini-4-neon", "gemini-4-argon", "gemini-3.8-flash"
LITE = "gemini-3.5-flash-lite"
PRO_25, FLASH_25, LITE_25 = "gemini-2.5-pro", "gemini-2.5-flash", "gemini-2.5-flash-lite"
LARGE = 64_000


def config_of(model, /, *messages, vertex=False, max_tokens=LARGE, **fields):
    """`thinkingConfig`, once the server takes the request."""
    request = ask(*messages, max_tokens=max_tokens, **fields)
    return body_of(request, model, vertex=vertex)["generationConfig"].get("thinkingConfig")


def level_of(model, /, **fields):
    return (config_of(model, **fields) or {}).get("thinkingLevel")


def budget_of(model, /, **fields):
    return (config_of(model, **fields) or {}).get("thinkingBudget")


def effort(level):
    return {"output_config": {"effort": level}}


def enabled(budget):
    return {"thinking": {"type": "enabled", "budget_tokens": budget}}


@pytest.mark.parametrize(
    ("asked", "xhigh", "high", "minimal", "flash", "pro"),
    [
        ({"thinking": {"type": "disabled"}}, "LOW", "LOW", "MINIMAL", 0, 128),
        (effort("low"), "LOW", "LOW", "LOW", 2048, 2048),
        (effort("medium"), "MEDIUM", "MEDIUM", "MEDIUM", 8192, 8192),
        (effort("high"), "HIGH", "HIGH", "HIGH", 24_576, 32_768),
        (effort("xhigh"), "XHIGH", "HIGH", "HIGH", 24_576, 32_768),
        (effort("max"), "XHIGH", "HIGH", "HIGH", 24_576, 32_768),
        (enabled(1024), "LOW", "LOW", "LOW", 2048, 2048),
        (enabled(3999), "LOW", "LOW", "LOW", 2048, 2048),
        (enabled(4000), "MEDIUM", "MEDIUM", "MEDIUM", 8192, 8192),
        (enabled(11_999), "MEDIUM", "MEDIUM", "MEDIUM", 8192, 8192),
        (enabled(12_000), "HIGH", "HIGH", "HIGH", 24_576, 32_768),
        (enabled(31_999), "HIGH", "HIGH", "HIGH", 24_576, 32_768),
        (enabled(32_000), "XHIGH", "HIGH", "HIGH", 24_576, 32_768),
        ({"thinking": {"type": "adaptive"}}, None, None, None, -1, -1),
        ({"thinking": {"type": "adaptive", "budget_tokens": 0}}, None, None, None, -1, -1),
        ({"thinking": {"type": "adaptive"}} | effort("medium"), "MEDIUM", "MEDIUM", "MEDIUM", 8192, 8192),
        (enabled(32_000) | effort("low"), "LOW", "LOW", "LOW", 2048, 2048),
        ({}, None, None, None, -1, -1),
        ({"model": "claude-haiku-5-5"}, "LOW", "LOW", "MINIMAL", 0, 128),
        ({"model": "claude-haiku-5-5"} | effort("high"), "HIGH", "HIGH", "HIGH", 24_576, 32_768),
    ],
)
def test_what_the_client_asks_is_said_in_the_models_words(asked, xhigh, high, minimal, flash, pro):
    assert level_of(NEON, **asked) == xhigh
    assert [level_of(model, **asked) for model in (FLASH, ARGON)] == [high, high]
    assert level_of(LITE, **asked) == minimal
    assert budget_of(FLASH_25, **asked) == flash
    assert budget_of(PRO_25, **asked) == pro
    for model in (NEON, FLASH, LITE):
        assert budget_of(model, **asked) is None
    for model in (FLASH_25, PRO_25):
        assert level_of(model, **asked) is None


@pytest.mark.parametrize(
    ("asked", "budget"),
    [({}, None), ({"thinking": {"type": "disabled"}}, 0), ({"thinking": {"type": "adaptive"}}, -1)]
    + [(effort("low"), 2048), (effort("max"), 24_576), ({"model": "claude-haiku-5-5"}, 0)],
)
def test_a_model_that_thinks_only_when_told_is_told(asked, budget):
    assert budget_of(LITE_25, **asked) == budget


@pytest.mark.parametrize("model", [NEON, FLASH, FLASH_25])
def test_an_effort_that_nobody_knows_is_high(model):
    assert config_of(model, **effort("immense")) == config_of(model, **effort("high"))


def test_the_effort_of_a_later_message_counts():
    messages = (user("a"), system("x", output_config={"effort": "low"}), user("b"))
    assert config_of(FLASH, *messages, **effort("high")) == {"thinkingLevel": "LOW"}


@pytest.mark.parametrize(
    ("limit", "budget"),
    [(9000, 8192), (8192, 8191), (5000, 4999), (1025, 1024), (513, 512), (512, 0), (2, 0)],
)
def test_a_budget_leaves_room_for_an_answer(limit, budget):
    asked = {"thinking": {"type": "adaptive"}} | effort("medium")
    assert budget_of(LITE_25, max_tokens=limit, **asked) == budget


def test_a_budget_is_never_less_than_the_model_takes():
    asked = {"thinking": {"type": "adaptive"}} | effort("medium")
    assert budget_of(PRO_25, max_tokens=100, **asked) == 128
    assert budget_of(PRO_25, max_tokens=500, **asked) == 499


@pytest.mark.parametrize(
    ("thinking", "shown"),
    [(None, False), ({"type": "disabled"}, False), ({"type": "adaptive"}, True)]
    + [({"type": "enabled", "budget_tokens": 2000}, True), ({"type": "between_tools"}, True)]
    + [({"type": "adaptive", "display": "omitted"}, False)]
    + [({"type": "adaptive", "display": "summarized"}, True), ({"type": "adaptive", "display": "updates"}, True)],
)  # fmt: skip
@pytest.mark.parametrize("vertex", [False, True])
@pytest.mark.parametrize("model", [NEON, FLASH, LITE, PRO_25, FLASH_25, LITE_25])
def test_thoughts_are_asked_for_if_the_client_wants_to_read_them(thinking, shown, vertex, model):
    config = config_of(model, vertex=vertex, thinking=thinking) or {}
    assert config.get("includeThoughts", False) is shown
    written = write(ask(thinking=thinking, max_tokens=LARGE), model, vertex=vertex)
    wants = thinking is not None and thinking["type"] != "disabled"
    assert written.reading.thinking == ("shown" if shown else "sealed" if wants else "hidden")


@pytest.mark.parametrize("model", [FLASH_25, LITE_25])
def test_no_thoughts_are_asked_for_where_the_budget_is_nothing(model):
    asked = {"thinking": {"type": "adaptive"}} | effort("low")
    for vertex in (False, True):
        assert config_of(model, vertex=vertex, max_tokens=1, **asked) == {"thinkingBudget": 0}


@pytest.mark.parametrize("limit", [1, 15, 16, 500, 4095])
@pytest.mark.parametrize(
    ("model", "config", "room"),
    [(NEON, {"thinkingLevel": "LOW"}, True), (FLASH, {"thinkingLevel": "LOW"}, True)]
    + [(LITE, {"thinkingLevel": "MINIMAL"}, True), (PRO_25, {"thinkingBudget": 128}, True)]
    + [(FLASH_25, {"thinkingBudget": 0}, False), (LITE_25, {"thinkingBudget": 0}, False)]
    + [("gemini-flash-latest", {"thinkingLevel": "LOW"}, True), ("gemini-2.0-flash", None, False), ("gemma-4-31b-it", None, False)],
)  # fmt: skip
def test_a_small_limit_leaves_room_for_thoughts_that_nobody_asked_for(limit, model, config, room):
    for asked in ({}, effort("max"), {"thinking": {"type": "disabled"}}):
        written = write(ask(max_tokens=limit, **asked), model)
        generation = body_of(ask(max_tokens=limit, **asked), model)["generationConfig"]
        assert generation.get("thinkingConfig") == config
        assert generation["maxOutputTokens"] == limit + HEAD_ROOM * room
        cut = room and limit >= 16
        assert written.reading.visible_tokens == (limit if cut else None)
        assert written.reading.max_tokens == limit


@pytest.mark.parametrize(
    "fields", [{"max_tokens": 4096}, {"max_tokens": 100, "thinking": {"type": "adaptive"}}]
)
def test_a_limit_that_is_not_small_or_meant_for_thinking_stays(fields):
    written = write(ask(**fields), FLASH)
    assert body_of(ask(**fields), FLASH)["generationConfig"]["maxOutputTokens"] == fields["max_tokens"]
    assert written.reading.visible_tokens is None


@pytest.mark.parametrize("model", ["gemma-4-31b-it", "gemini-9-flash", "gemini-2.0-flash"])
@pytest.mark.parametrize("asked", [{}, effort("max"), {"thinking": {"type": "adaptive"}}, enabled(8000)])
def test_a_model_that_nobody_knows_is_told_nothing(model, asked):
    assert config_of(model, **asked) is None


def test_what_a_refusal_taught_holds_even_for_small_limits():
    generation = body_of(ask(max_tokens=10), FLASH, effort_style="none")["generationConfig"]
    assert generation == {"maxOutputTokens": 10 + HEAD_ROOM}
    generation = body_of(ask(max_tokens=10), LITE, efforts=("low", "high"))["generationConfig"]
    assert generation["thinkingConfig"] == {"thinkingLevel": "LOW"}
