import pytest

from dragoman.dialects.effort import HEAD_ROOM, head_room, nearest_effort, resolve_effort, will_think
from dragoman.dialects.quirks import Quirks
from tests.support.chat_requests import conversation, system, user
from tests.support.efforts import ADAPTIVE, GPT5, GPT51, O3, OFF, wanted

DEEPSEEK = Quirks(effort_style="thinking_type", efforts=("low", "high", "max"), reasons=True)


def effort(**fields):
    return resolve_effort(conversation(**fields))


def test_adaptive_thinking_takes_the_requested_effort():
    assert effort(**wanted("medium")) == "medium"


def test_adaptive_thinking_without_effort_is_high():
    assert effort(thinking=ADAPTIVE) == "high"


def test_an_effort_that_nobody_knows_yet_is_high():
    assert effort(**wanted("ludicrous")) == "high"


def test_disabled_thinking_is_none_whatever_the_effort():
    assert effort(thinking=OFF, output_config={"effort": "high"}) == "none"


def test_no_thinking_field_asks_for_nothing():
    assert effort(output_config={"effort": "high"}) is None


def test_thinking_between_tools_is_low():
    assert effort(thinking={"type": "between_tools"}) == "low"


@pytest.mark.parametrize(
    ("budget", "level"),
    [(1024, "low"), (1999, "low"), (4000, "medium"), (8000, "high"), (31999, "xhigh"), (64000, "max")],
)
def test_a_budget_becomes_an_effort(budget, level):
    assert effort(thinking={"type": "enabled", "budget_tokens": budget}, max_tokens=99999) == level


def test_enabled_thinking_without_budget_is_high():
    assert effort(thinking={"type": "enabled"}) == "high"


def test_the_last_effort_of_a_system_message_wins():
    history = [
        user("q"),
        system("a", output_config={"effort": "low"}),
        system("b", output_config={"effort": "max"}),
        system("c"),
    ]
    assert resolve_effort(conversation(*history, **wanted("medium"))) == "max"


@pytest.mark.parametrize(
    ("quirks", "fields", "room"),
    [
        (O3, {"thinking": OFF}, HEAD_ROOM),
        (O3, {}, HEAD_ROOM),
        (GPT5, {"thinking": OFF}, HEAD_ROOM),
        (GPT51, {"thinking": OFF}, 0),
        (GPT51, {}, 0),
        (GPT51, {"thinking": ADAPTIVE}, 0),
        (O3, {"thinking": ADAPTIVE}, 0),
        (Quirks(), {"thinking": OFF}, 0),
        (Quirks(), {"thinking": ADAPTIVE}, 0),
        (Quirks(reasons=True), {"thinking": OFF}, HEAD_ROOM),
        (DEEPSEEK, {"thinking": OFF}, 0),
        (Quirks(effort_style="reasoning_effort", reasons=True, efforts=("none",)), {"thinking": ADAPTIVE}, 0),
    ],
)
def test_head_room_is_added_only_for_thinking_that_nobody_wanted(quirks, fields, room):
    assert head_room(conversation(**fields), 64000, quirks) == room


@pytest.mark.parametrize(
    ("quirks", "room"),
    [(GPT51, HEAD_ROOM), (O3, HEAD_ROOM), (DEEPSEEK, HEAD_ROOM), (Quirks(), 0)],
)
def test_a_small_limit_needs_head_room_whenever_the_model_thinks(quirks, room):
    assert head_room(conversation(thinking=ADAPTIVE), 64, quirks) == room


def test_a_model_thinks_if_it_is_asked_to():
    asked = conversation(thinking=ADAPTIVE)
    assert will_think(asked, GPT51)
    assert will_think(asked, Quirks(effort_style="enable_thinking"))
    assert not will_think(asked, Quirks())


def test_an_effort_becomes_the_nearest_that_is_taken():
    assert nearest_effort("xhigh", ("low", "medium")) == "medium"
    assert nearest_effort("none", ("low", "medium")) == "low"
    assert nearest_effort("low", ("none", "high")) == "none"
    assert nearest_effort("high", ()) is None
