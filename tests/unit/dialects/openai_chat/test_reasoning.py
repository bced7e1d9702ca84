import pytest

from dragoman.dialects.openai_chat.reasoning import (
    empty_reasoning,
    reasoning_fields,
    write_effort,
)
from dragoman.dialects.quirks import Quirks
from dragoman.messages.blocks import Thought
from dragoman.messages.envelope import EnvelopeOpener, Seal
from tests.support.chat_requests import conversation
from tests.support.efforts import ALL, GPT5, GPT51, O3, OFF, wanted


def sent(quirks, **fields):
    return write_effort(conversation(**fields), quirks)


@pytest.mark.parametrize("level", ["low", "medium", "high", "xhigh", "max"])
def test_an_effort_that_the_server_knows_is_sent_as_it_is(level):
    assert sent(ALL, **wanted(level)) == {"reasoning_effort": level}


@pytest.mark.parametrize("level", ["xhigh", "max"])
def test_an_effort_that_is_too_strong_is_moved_to_the_nearest_lower_one(level):
    assert sent(GPT51, **wanted(level)) == {"reasoning_effort": "high"}


def test_an_effort_below_all_that_the_server_knows_is_its_weakest():
    assert sent(Quirks(effort_style="reasoning_effort", efforts=("max",)), **wanted("low")) == {
        "reasoning_effort": "max"
    }


@pytest.mark.parametrize("thinking", [{"thinking": OFF}, {}])
@pytest.mark.parametrize(("quirks", "level"), [(GPT51, "none"), (GPT5, "minimal"), (O3, "low")])
def test_a_reasoning_model_gets_its_weakest_effort_when_thinking_is_off(thinking, quirks, level):
    assert sent(quirks, **thinking) == {"reasoning_effort": level}


def test_a_model_that_does_not_think_unasked_is_not_told_to_stop():
    plain = Quirks(effort_style="reasoning_effort")
    assert sent(plain) == {}
    assert sent(plain, thinking=OFF) == {}
    knows_none = Quirks(effort_style="reasoning_effort", efforts=("none", "low"))
    assert sent(knows_none, thinking=OFF) == {"reasoning_effort": "none"}


def test_a_server_that_cannot_be_told_is_told_nothing():
    assert sent(Quirks(effort_style="none", reasons=True), **wanted("high")) == {}


def test_a_server_without_effort_values_is_told_nothing_of_efforts():
    assert sent(Quirks(effort_style="reasoning_effort", efforts=()), **wanted("high")) == {}


DEEPSEEK = Quirks(effort_style="thinking_type", efforts=("low", "high", "max"), reasons=True)


def test_the_thinking_object_is_switched_on_with_an_effort_and_off_without():
    assert sent(DEEPSEEK, **wanted("xhigh")) == {"thinking": {"type": "enabled"}, "reasoning_effort": "high"}
    assert sent(DEEPSEEK, thinking=OFF) == {"thinking": {"type": "disabled"}}


def test_the_thinking_object_stands_alone_where_there_are_no_efforts():
    glm = Quirks(effort_style="thinking_type", efforts=(), reasons=True)
    assert sent(glm, **wanted("high")) == {"thinking": {"type": "enabled"}}
    assert sent(glm) == {"thinking": {"type": "disabled"}}


def test_a_model_that_always_thinks_is_never_told_to_stop():
    k3 = Quirks(effort_style="thinking_type", efforts=("max",), always_reasons=True)
    assert sent(k3, thinking=OFF) == {"reasoning_effort": "max"}


def test_qwens_switch_takes_the_budget():
    qwen = Quirks(effort_style="enable_thinking", reasons=True)
    assert sent(qwen, thinking=OFF) == {"enable_thinking": False}
    assert sent(qwen, **wanted("high")) == {"enable_thinking": True}
    assert sent(qwen, thinking={"type": "enabled", "budget_tokens": 4000}) == {
        "enable_thinking": True,
        "thinking_budget": 4000,
    }


def test_chat_templates_are_told_under_both_names():
    local = Quirks(effort_style="chat_template", efforts=(), reasons=True)
    off = {"enable_thinking": False, "thinking": False}
    assert sent(local, thinking=OFF) == {"chat_template_kwargs": off}
    oss = Quirks(effort_style="chat_template")
    assert sent(oss, **wanted("max")) == {
        "chat_template_kwargs": {"enable_thinking": True, "thinking": True, "reasoning_effort": "high"}
    }
    assert sent(oss) == {}


def test_openrouter_has_an_object_of_its_own():
    router = Quirks(effort_style="openrouter", reasons=True)
    assert sent(router, thinking=OFF) == {"reasoning": {"enabled": False}}
    assert sent(router, **wanted("max")) == {"reasoning": {"effort": "high"}}
    bare = Quirks(effort_style="openrouter", efforts=())
    assert sent(bare, **wanted("max")) == {"reasoning": {"effort": "max"}}


OURS = Seal("openai_chat", "ours", "deepseek")


def thought(text="", seal=OURS, **payload):
    return Thought(text, seal.close({"f": "reasoning_content", **payload}))


def fields_of(thoughts, quirks):
    return reasoning_fields(thoughts, quirks, EnvelopeOpener(OURS))


BACK = Quirks(reasoning_back="always")


def test_our_reasoning_goes_back_with_the_text_of_the_block():
    assert fields_of([thought("step one")], BACK) == {"reasoning_content": "step one"}


def test_sealed_text_beats_the_block():
    assert fields_of([thought("", t="hidden")], BACK) == {"reasoning_content": "hidden"}


def test_several_thoughts_of_one_message_are_one_field():
    thoughts = [thought("one "), thought("two")]
    assert fields_of(thoughts, BACK) == {"reasoning_content": "one two"}


def test_the_field_is_the_one_that_this_server_reads():
    quirks = Quirks(reasoning_field="reasoning")
    assert fields_of([thought("x")], quirks) == {"reasoning": "x"}


@pytest.mark.parametrize(
    "foreign",
    [
        Thought("x", ""),
        Thought("x", "EqQBCkYIBxgCKkA"),
        thought("x", Seal("gemini", "ours", "deepseek")),
        thought("x", Seal("openai_chat", "ours", "kimi")),
        thought("x", Seal("openai_chat", "theirs", "deepseek")),
        thought("x", Seal("openai_chat", "ours", "deepseek", b"another gateway's")),
        thought(""),
    ],
)
def test_thoughts_of_others_are_left_out(foreign):
    assert fields_of([foreign], BACK) == {}


ROUTER = Quirks(reasoning_field="reasoning_details")


def test_reasoning_details_go_back_unmodified_and_in_order():
    details = [
        {"type": "reasoning.summary", "summary": "a", "format": "openai-responses-v1", "index": 0},
        {"type": "reasoning.encrypted", "data": "gAAA", "id": "rs_1", "index": 0},
        {"type": "reasoning.text", "text": "b", "signature": "sig", "index": 1},
    ]
    assert fields_of([thought("b", d=details)], ROUTER) == {"reasoning_details": details}


def test_pieces_of_one_reasoning_object_are_joined():
    pieces = [{"type": "reasoning.text", "text": word, "index": 0} for word in "ab"]
    assert fields_of([thought(d=pieces)], ROUTER)["reasoning_details"] == [
        {"type": "reasoning.text", "text": "ab", "index": 0}
    ]


def test_what_no_work_is_left_for_is_foreign():
    opener = EnvelopeOpener(OURS, max_work=200)
    thoughts = [thought("one"), thought("two")]
    assert reasoning_fields(thoughts, BACK, opener) == {"reasoning_content": "one"}


def test_without_details_the_text_goes_back():
    assert fields_of([thought("b")], ROUTER) == {"reasoning": "b"}
    assert fields_of([thought("", d=["no object"])], ROUTER) == {}


def test_required_reasoning_that_nobody_has_is_empty():
    assert empty_reasoning(BACK) == {"reasoning_content": ""}
    assert empty_reasoning(ROUTER) == {"reasoning_details": []}
