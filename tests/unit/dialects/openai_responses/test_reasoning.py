import pytest
from msgspec.structs import replace

from dragoman.dialects.openai_responses.reasoning import (
    reasoning_item,
    reasoning_state,
    shown_text,
    texts_behind,
    thoughts_of,
    write_reasoning,
)
from dragoman.dialects.quirks import Quirks
from dragoman.messages.envelope import EnvelopeOpener, Opened
from tests.support.chat_requests import conversation
from tests.support.efforts import ADAPTIVE, OFF, wanted
from tests.support.responses_requests import NEWEST, SEAL

OMITTED = {"type": "adaptive", "display": "omitted"}
ASTRA = replace(NEWEST, efforts=("low", "medium", "high", "xhigh", "max"), always_reasons=True)
GPT54 = replace(NEWEST, efforts=("none", "low", "medium", "high", "xhigh"), reasons=False)
GPT5 = replace(NEWEST, efforts=("minimal", "low", "medium", "high"), always_reasons=True)
O3 = replace(NEWEST, efforts=("low", "medium", "high"), always_reasons=True)


def sent(quirks=NEWEST, searches=False, **fields):
    return write_reasoning(conversation(**fields), quirks, searches=searches).get("reasoning")


def effort(quirks=NEWEST, **options):
    return (sent(quirks, **options) or {}).get("effort")


@pytest.mark.parametrize(
    ("thinking", "thoughts"),
    [
        ({}, "kept"),
        ({"thinking": OFF}, "kept"),
        ({"thinking": ADAPTIVE}, "shown"),
        ({"thinking": {"type": "enabled", "budget_tokens": 2000}}, "shown"),
        ({"thinking": {"type": "adaptive", "display": "summarized"}}, "shown"),
        ({"thinking": {"type": "adaptive", "display": "updates"}}, "shown"),
        ({"thinking": OMITTED}, "sealed"),
    ],
)
def test_the_client_decides_where_thoughts_go(thinking, thoughts):
    assert thoughts_of(conversation(**thinking)) == thoughts


@pytest.mark.parametrize("level", ["low", "medium", "high", "xhigh", "max"])
def test_an_effort_that_the_model_knows_is_sent_as_it_is(level):
    assert sent(**wanted(level)) == {"effort": level, "summary": "auto"}


@pytest.mark.parametrize(
    ("quirks", "level", "found"),
    [(GPT54, "max", "xhigh"), (O3, "max", "high"), (O3, "xhigh", "high"), (GPT5, "low", "low")],
)
def test_an_effort_that_is_too_strong_is_the_nearest_lower_one(quirks, level, found):
    assert effort(quirks, **wanted(level)) == found


@pytest.mark.parametrize(
    ("quirks", "level"), [(NEWEST, "none"), (ASTRA, "low"), (GPT5, "minimal"), (O3, "low")]
)
@pytest.mark.parametrize("thinking", [{"thinking": OFF}, {}])
def test_a_model_that_thinks_unasked_is_told_to_think_as_little_as_it_can(quirks, level, thinking):
    assert sent(quirks, **thinking) == {"effort": level}


def test_a_model_that_does_not_think_unasked_is_told_nothing():
    assert sent(GPT54) is None
    assert sent(replace(GPT54, efforts=("low",)), thinking=OFF) is None


def test_a_model_that_does_not_reason_is_told_nothing():
    assert sent(Quirks(reasoning_summaries=True), **wanted("high")) is None


def test_a_summary_is_asked_for_only_if_the_client_sees_it():
    assert "summary" in sent(**wanted("high"))
    assert "summary" not in sent(**wanted("high", OMITTED))
    assert "summary" not in sent(**wanted("high", OFF))
    assert "summary" not in sent(replace(NEWEST, reasoning_summaries=False), **wanted("high"))


def test_a_search_is_refused_beside_the_least_effort():
    assert effort(GPT5, searches=True) == "low"
    assert effort(NEWEST, searches=True) == "none"
    assert effort(GPT5, searches=True, **wanted("high")) == "high"


def item(*summary, text=(), **fields):
    told = {"summary": [{"type": "summary_text", "text": part} for part in summary]}
    return told | {"content": [{"type": "reasoning_text", "text": part} for part in text]} | fields


def test_the_summary_is_shown_part_by_part_and_else_the_text_itself():
    assert shown_text(item("one", "two", text=["plain"])) == "one\n\ntwo"
    assert shown_text(item(text=["plain"])) == "plain"
    assert shown_text({"summary": "x", "content": [5, {"text": 5}, {}]}) == ""


def envelope(told, text="", behind=0):
    state = reasoning_state(told, text)
    assert state is not None
    return state.sealed(SEAL, behind)


def back(signature):
    opened = EnvelopeOpener(SEAL).open(signature)
    assert opened is not None
    return opened


def returned(told, text=""):
    return reasoning_item(back(envelope(told, text)))


@pytest.mark.parametrize("encrypted", ["gAAAAABo-_==", "with.a.dot and ü"])
def test_reasoning_comes_back_as_it_was_told(encrypted):
    told = item("one", "two", id="rs_1", encrypted_content=encrypted, status="completed")
    assert returned(told) == {
        "type": "reasoning",
        "id": "rs_1",
        "summary": told["summary"],
        "encrypted_content": encrypted,
    }


def test_encrypted_content_is_carried_as_it_is():
    assert ".gAAAAABo-_==." in envelope(item(id="rs_1", encrypted_content="gAAAAABo-_=="))


def test_reasoning_without_a_summary_comes_back_with_an_empty_one():
    assert returned(item(id="rs_1", encrypted_content="gA"))["summary"] == []


def test_reasoning_in_the_clear_comes_back_in_the_clear():
    assert returned(item(text=["hm"], id="rs_1"), "hm") == {
        "type": "reasoning",
        "id": "rs_1",
        "summary": [],
        "content": [{"type": "reasoning_text", "text": "hm"}],
    }


def test_a_summary_alone_is_nothing_to_send_back():
    assert returned(item("one", id="rs_1"), "one") is None


def test_an_item_that_holds_nothing_has_no_envelope():
    assert reasoning_state(item(id="rs_1"), "") is None


@pytest.mark.parametrize(
    "opened",
    [
        Opened({}),
        Opened({}, "gA"),
        Opened({"i": 5}, "gA"),
        Opened({"i": "rs_1", "e": 5}),
        Opened({"i": "rs_1", "t": ["x"]}),
    ],
)
def test_an_envelope_of_another_shape_holds_nothing_that_can_go_back(opened):
    assert reasoning_item(opened) is None


def test_an_odd_summary_is_left_out():
    found = reasoning_item(Opened({"i": "rs_1", "s": [5, "one", None]}, "gA"))
    assert found is not None
    assert found["summary"] == [{"type": "summary_text", "text": "one"}]


def test_the_texts_between_reasoning_and_call_are_counted():
    told = item(id="rs_1", encrypted_content="gA")
    assert texts_behind(back(envelope(told, behind=2))) == 2
    assert texts_behind(back(envelope(told))) == texts_behind(Opened({"b": "2"})) == 0
