"""Each request of a conversation must begin with the whole of the one before, or the Responses backend tells."""

import copy
from typing import Any

import pytest
from tests.support.responses_prefix import Turn, prefix_violations

BEGIN: list[Any] = [{"role": "developer", "content": "Be kind."}, {"role": "user", "content": "Look"}]
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA1"}
CALL = {"type": "function_call", "call_id": "call_1", "name": "Read", "arguments": '{"path":"a"}'}
SAID = {
    "type": "message",
    "id": "msg_1",
    "status": "completed",
    "role": "assistant",
    "phase": "commentary",
    "content": [
        {"type": "output_text", "text": "I look.", "annotations": []},
        {"type": "output_text", "text": "Still.", "annotations": []},
    ],
}
ANSWER = (THOUGHT, SAID, CALL | {"id": "fc_1", "status": "completed"})
BACK: list[Any] = [
    THOUGHT,
    {"role": "assistant", "content": "I look."},
    {"role": "assistant", "content": [{"type": "output_text", "text": "Still."}], "phase": "commentary"},
    CALL | {"arguments": '{"path": "a", "limit": 5}'},
    {"type": "function_call_output", "call_id": "call_1", "output": "x"},
]
TOOLS: list[Any] = [{"type": "function", "name": "Read"}]
DONE: tuple[dict[str, Any], ...] = (SAID | {"content": [{"type": "output_text", "text": "Done."}]},)


def turn(
    items: Any, answer: Any = ANSWER, *, complete: bool = True, key: str = "k", tools: Any = TOOLS
) -> Turn:
    body = {"input": copy.deepcopy(items), "prompt_cache_key": key, "tools": copy.deepcopy(tools)}
    return Turn(body, tuple(copy.deepcopy(answer)), complete)


NEXT = [*BEGIN, *BACK]
THIRD = [*NEXT, {"role": "assistant", "content": "Done."}, {"role": "user", "content": "More"}]


def test_conversation_that_goes_on_is_none() -> None:
    assert prefix_violations([turn(BEGIN), turn(NEXT, DONE), turn(THIRD)]) == []


def marked(items: list[Any]) -> list[Any]:
    """The same input with a breakpoint at its last message."""
    part = {
        "type": "input_text",
        "text": items[-1]["content"],
        "prompt_cache_breakpoint": {"mode": "explicit"},
    }
    return [*items[:-1], items[-1] | {"content": [part]}]


def test_breakpoints_may_move() -> None:
    assert prefix_violations([turn(marked(BEGIN)), turn(NEXT)]) == []


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([BEGIN[0] | {"content": "Be brief."}, *NEXT[1:]], 'at item 0: {"type": "message", "role": "developer"'),
        ([NEXT[1], NEXT[0], *NEXT[2:]], "at item 0"),
        ([*NEXT[:2], *NEXT[3:]], 'at item 2: {"type": "reasoning", "id": "rs_1"'),
        ([*NEXT[:2], THOUGHT | {"summary": [{"type": "summary_text", "text": "x"}]}, *NEXT[3:]], "at item 2"),
        ([*NEXT[:3], *NEXT[4:]], 'at item 3: {"type": "said", "text": "I look."} became {"type": "said", "text": "Still."}'),
        ([*NEXT[:5], CALL | {"name": "Write"}, *NEXT[6:]], 'at item 5: {"type": "function_call"'),
        ([*NEXT[:5], CALL | {"arguments": "{}"}, *NEXT[6:]], "at item 5"),
        ([*NEXT[:4], {"role": "developer", "content": "x"}, *NEXT[4:]], "at item 4"),
        (NEXT[:4], "at item 4: {\"type\": \"said\", \"text\": \"Still.\"} became nothing"),
    ],
)  # fmt: skip
def test_departure_is_told_with_its_place(items: list[Any], words: str) -> None:
    found = prefix_violations([turn(BEGIN), turn(items)])
    assert len(found) == 1
    assert words in found[0]


def test_an_old_result_must_not_change() -> None:
    third = copy.deepcopy(THIRD)
    third[6]["output"] = "[cleared]"
    (found,) = prefix_violations([turn(BEGIN), turn(NEXT, DONE), turn(third)])
    assert "at item 6" in found


def test_tools_stay_the_same_list() -> None:
    told = "the tools are not those of the turn before"
    more = [*TOOLS, {"type": "function", "name": "Write"}]
    assert prefix_violations([turn(BEGIN), turn(NEXT, tools=more)]) == [told]
    assert prefix_violations([turn(BEGIN, tools=more), turn(NEXT, tools=more[::-1])]) == [told]


def test_one_departure_is_told_once() -> None:
    other = [BEGIN[0] | {"content": "Be brief."}, *NEXT[1:]]
    goes_on = [*other, *THIRD[len(NEXT) :]]
    assert len(prefix_violations([turn(BEGIN), turn(other, DONE), turn(goes_on)])) == 1


def test_request_may_be_repeated() -> None:
    assert prefix_violations([turn(BEGIN), turn(BEGIN), turn(NEXT), turn(NEXT, DONE), turn(THIRD)]) == []


def test_answer_that_broke_off_need_not_come_back() -> None:
    asked_again = [*BEGIN, {"role": "assistant", "content": "I lo"}, {"role": "user", "content": "Go on"}]
    assert prefix_violations([turn(BEGIN, complete=False), turn(asked_again)]) == []
    assert len(prefix_violations([turn(BEGIN), turn(asked_again)])) == 1


def test_conversations_beside_each_other_are_told_apart() -> None:
    aside = [{"role": "user", "content": "A title, please"}]
    assert prefix_violations([turn(BEGIN), turn(aside, DONE), turn(NEXT, DONE), turn(THIRD)]) == []
    on = [*aside, {"role": "assistant", "content": "Done."}, {"role": "user", "content": "Thanks"}]
    assert prefix_violations([turn(BEGIN), turn(aside, DONE), turn(NEXT), turn(on)]) == []


def test_other_key_is_another_conversation() -> None:
    other = [BEGIN[0] | {"content": "Be brief."}, *NEXT[1:]]
    assert prefix_violations([turn(BEGIN), turn(other, key="other")]) == []


def test_thoughts_that_cannot_come_back_are_not_missed() -> None:
    hidden = {"type": "reasoning", "id": "rs_2", "summary": []}
    without = [*BEGIN, *BACK[1:]]
    assert prefix_violations([turn(BEGIN, (hidden, *ANSWER[1:])), turn(without)]) == []
    more = [*BEGIN, {"role": "user", "content": "And?"}]
    assert prefix_violations([turn(BEGIN, (THOUGHT,)), turn(more)]) == []
