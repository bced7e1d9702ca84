import pytest

from dragoman.dialects.tool_ids import original_tool_id
from dragoman.messages.events import ContentBlockStart
from tests.support.responses_reading import (
    added,
    arguments,
    call,
    call_done,
    content,
    done,
    event,
    hear_answer,
    incomplete,
    message,
    summary,
    summary_part,
    text,
    thought,
    thought_done,
)
from tests.support.responses_requests import SEAL
from tests.support.sealing import opened_whole


def opened(signature):
    return opened_whole(signature, "openai_responses", account="ours", family=SEAL.family, key=b"key")


def thinking(*frames, **reading):
    """The only thinking block: its text, and what its envelope holds."""
    (block,) = [one for one in content(hear_answer(*frames, **reading)) if one["type"] == "thinking"]
    sealed = opened(block["signature"])
    assert sealed is not None
    return block["thinking"], sealed.payload, sealed.raw


def test_a_reasoning_item_is_one_thinking_block_with_its_envelope():
    assert thinking(thought("one", "two")) == ("one\n\ntwo", {"i": "rs_1", "s": ["one", "two"]}, "gAAAAAB")


def test_the_encrypted_content_of_the_end_counts():
    begun = added(0, "reasoning", summary=[], id="rs_1", encrypted_content="gAA")
    assert thinking(begun, thought_done(encrypted="gAAAAABwhole"))[2] == "gAAAAABwhole"


def test_a_summary_that_was_told_only_at_the_end_is_shown():
    assert thinking(thought_done("one", "two"))[0] == "one\n\ntwo"


def test_the_rest_of_a_summary_is_shown_at_the_end():
    assert thinking(summary_part(), summary("on"), thought_done("one", "two"))[0] == "one\n\ntwo"


def test_a_summary_that_ends_otherwise_than_it_was_told_is_not_told_twice():
    assert thinking(summary("one"), thought_done("other"))[:2] == ("one", {"i": "rs_1", "s": ["other"]})


def test_two_reasoning_items_are_two_blocks():
    blocks = content(hear_answer(thought("one"), thought("two", index=1), message("Hi", 2)))
    assert [block["type"] for block in blocks] == ["thinking", "thinking", "text"]


def test_reasoning_without_a_summary_is_a_block_without_text():
    assert thinking(thought()) == ("", {"i": "rs_1"}, "gAAAAAB")


def test_a_client_that_wants_no_text_gets_the_envelope_alone():
    assert thinking(thought("one"), thoughts="sealed") == ("", {"i": "rs_1", "s": ["one"]}, "gAAAAAB")


def test_reasoning_in_the_clear_is_shown_and_sealed():
    delta = event("reasoning_text.delta", output_index=0, content_index=0, delta="hm")
    whole = done(0, "reasoning", id="rs_1", summary=[], content=[{"type": "reasoning_text", "text": "hm"}])
    assert thinking(delta, whole) == ("hm", {"i": "rs_1", "t": "hm"}, "")
    assert thinking(whole) == ("hm", {"i": "rs_1", "t": "hm"}, "")


def test_of_text_and_summary_only_one_is_shown():
    delta = event("reasoning_text.delta", output_index=0, content_index=0, delta="text")
    assert thinking(summary("one"), delta, thought_done("one"))[0] == "one"


def test_reasoning_that_holds_nothing_is_no_block():
    assert content(hear_answer(thought_done(encrypted=None), message("Hi", 1))) == [
        {"type": "text", "text": "Hi"}
    ]


def test_halves_of_a_character_in_a_summary_are_joined():
    assert thinking(summary("\ud83e"), summary("\udd89"), thought_done("🦉"))[0] == "🦉"


def test_thoughts_that_the_client_does_not_want_are_kept_under_the_call_that_follows():
    answer = hear_answer(thought("one"), call(index=1), call(index=2, call_id="call_2"), thoughts="kept")
    first, second = content(answer)
    assert [first["type"], second["type"]] == ["tool_use", "tool_use"]
    assert list(answer.kept) == [first["id"]]
    sealed = opened(answer.kept[first["id"]])
    assert sealed is not None
    assert (sealed.payload, sealed.raw) == ({"i": "rs_1", "s": ["one"]}, "gAAAAAB")


def test_kept_thoughts_know_how_many_texts_came_before_the_call():
    answer = hear_answer(thought(), message("Hi", 1), call(index=2), thoughts="kept")
    (signature,) = answer.kept.values()
    sealed = opened(signature)
    assert sealed is not None
    assert sealed.payload == {"i": "rs_1", "b": 1}


def test_thoughts_that_no_call_follows_are_not_kept():
    assert hear_answer(thought("one"), message("Hi", 1), thoughts="kept").kept == {}


def test_a_call_is_a_tool_use_that_leads_back_to_the_servers_id():
    (block,) = content(hear_answer(call('{"path":"x"}')))
    assert (block["name"], block["input"]) == ("Read", {"path": "x"})
    assert original_tool_id(block["id"]) == "call_1"


def test_a_name_that_was_made_shorter_is_the_clients_again():
    (block,) = content(hear_answer(call(name="short"), tool_names={"short": "a much longer one"}))
    assert block["name"] == "a much longer one"


DONE = event("function_call_arguments.done", output_index=0, arguments='{"a":1}')
BEGUN = added(0, "function_call", name="Read", call_id="call_1", arguments="")


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param([BEGUN, arguments('{"a"'), arguments(":1}"), DONE, call_done('{"a":1}')], id="deltas"),
        pytest.param([BEGUN, DONE, call_done('{"a":1}')], id="only in arguments.done"),
        pytest.param([BEGUN, call_done('{"a":1}')], id="only in the item"),
        pytest.param([BEGUN, arguments('{"a'), call_done('{"a":1}')], id="the rest in the item"),
        pytest.param([BEGUN, arguments('{"a'), DONE], id="without an end"),
        pytest.param([call_done('{"a":1}')], id="without a beginning"),
        pytest.param([call_done({"a": 1})], id="as an object"),
    ],
)
def test_arguments_arrive_whole_and_once_however_they_are_told(frames):
    (block,) = content(hear_answer(*frames))
    assert (block["name"], block["input"]) == ("Read", {"a": 1})


def test_name_and_id_may_come_at_the_end():
    late = added(0, "function_call", name="", call_id="", arguments="")
    (block,) = content(hear_answer(late, arguments('{"a"'), arguments(":1}"), call_done('{"a":1}')))
    assert (block["name"], block["input"], original_tool_id(block["id"])) == ("Read", {"a": 1}, "call_1")


def test_empty_arguments_are_an_empty_object():
    assert content(hear_answer(call("")))[0]["input"] == {}


def test_calls_have_ids_of_their_own_even_if_the_server_gives_none():
    blocks = content(hear_answer(call(call_id=""), call(index=1, call_id="")))
    assert len({block["id"] for block in blocks}) == 2


def test_a_call_without_a_name_is_no_call():
    assert content(hear_answer(call(name=""), message("Hi", 1))) == [{"type": "text", "text": "Hi"}]


def test_of_several_calls_only_the_first_is_taken_if_the_client_wants_one():
    blocks = content(hear_answer(call(), call(index=1, name="Other"), single_tool_call=True))
    assert [block["name"] for block in blocks] == ["Read"]


def test_a_call_that_breaks_off_is_said_as_far_as_it_came():
    answer = hear_answer(
        call(), BEGUN.replace(b'index": 0', b'index": 1'), arguments('{"a', 1), ending=incomplete()
    )
    assert answer.message["stop_reason"] == "max_tokens"
    begun = [said.content_block for said in answer.events if isinstance(said, ContentBlockStart)]
    assert len(begun) == 2
    assert len(content(answer)) == 1


def test_nothing_is_said_after_a_stop_sequence():
    answer = hear_answer(text("a END b"), stop_sequences=("END",))
    assert content(answer) == [{"type": "text", "text": "a "}]
