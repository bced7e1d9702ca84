import pytest

from tests.support.responses_reading import (
    added,
    arguments,
    call,
    call_done,
    completed,
    content,
    done,
    event,
    hear_answer,
    message,
    message_done,
    summary,
    text,
    text_block,
    text_part,
    thought,
)


def shown(*frames, **reading):
    """Each block as its words, or the name of the call."""
    blocks = content(hear_answer(*frames, **reading))
    return [block.get("text") or block.get("thinking") or block.get("name") for block in blocks]


def test_items_are_blocks_in_their_order():
    assert shown(thought("hm"), message("Hi", 1), call(index=2), message("Bye", 3)) == [
        "hm",
        "Hi",
        "Read",
        "Bye",
    ]


def test_events_of_a_later_item_wait_for_the_one_that_is_open():
    early = added(1, "message", content=[]) + text("b", 1) + message_done("b", 1)
    assert shown(text("a"), early, text("A"), message_done("aA")) == ["aA", "b"]


def test_text_without_an_index_is_no_part_of_an_open_call():
    begun = added(0, "function_call", name="Read", call_id="c")
    assert shown(begun, event("output_text.delta", delta="a"), call_done("{}")) == ["Read"]


def test_items_that_wait_come_in_their_own_order():
    frames = (text("a"), call(index=2, name="Two"), call(index=1, name="One", call_id="call_2"))
    assert shown(*frames, message_done("a")) == ["a", "One", "Two"]


def test_items_without_an_index_are_told_one_after_the_other():
    first = event("output_text.delta", delta="a") + event(
        "output_item.done", item={"type": "message", "content": [text_part("a")]}
    )
    second = event(
        "output_item.done", item={"type": "function_call", "name": "Read", "call_id": "c", "arguments": "{}"}
    )
    assert shown(first, second) == ["a", "Read"]


def test_an_item_that_was_told_only_at_its_end_is_said():
    frames = (message_done("Hi"), call_done('{"a":1}', 1))
    assert content(hear_answer(*frames))[0] == text_block("Hi")
    assert content(hear_answer(*frames))[1]["input"] == {"a": 1}


def test_an_item_whose_beginning_was_not_told_is_known_by_its_events():
    assert shown(summary("hm"), text("Hi", 1)) == ["hm", "Hi"]


def test_an_item_that_is_told_twice_is_said_once():
    assert shown(message("Hi"), message("Hi")) == ["Hi"]
    assert shown(message("Hi"), message_done("Hi again")) == ["Hi"]


def output_of(*words):
    return [{"type": "message", "content": [text_part(word)]} for word in words]


@pytest.mark.parametrize(
    ("frames", "output", "said"),
    [
        pytest.param([], ["a", "b"], ["a", "b"], id="nothing was told before"),
        pytest.param([message("a")], ["a", "b"], ["a", "b"], id="the last was not"),
        pytest.param([message("a")], [], ["a"], id="the list is empty"),
        pytest.param([message("a")], ["something else"], ["a"], id="the list disagrees"),
        pytest.param([text("a")], ["ab"], ["ab"], id="the first has no end yet"),
    ],
)
def test_the_last_event_tells_only_what_was_not_told_before(frames, output, said):
    assert shown(*frames, ending=completed(*output_of(*output))) == said


def test_what_is_open_at_the_end_is_closed():
    open_call = added(1, "function_call", name="Read", call_id="c", arguments="") + arguments('{"a":1}', 1)
    assert shown(text("a"), open_call) == ["a", "Read"]


@pytest.mark.parametrize(
    "kind", ["mcp_call", "code_interpreter_call", "image_generation_call", "compaction", "unheard_of", ""]
)
def test_items_that_nobody_asked_for_are_left_out(kind):
    assert shown(added(0, kind), done(0, kind, id="x"), message("Hi", 1)) == ["Hi"]


def test_an_item_without_an_end_does_not_hide_what_follows():
    assert shown(added(0, "unheard_of"), message("Hi", 1)) == ["Hi"]
