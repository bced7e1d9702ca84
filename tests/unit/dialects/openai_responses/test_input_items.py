import json

import pytest
from msgspec.structs import replace

from dragoman.dialects.quirks import Quirks
from tests.support.chat_requests import ask, assistant, call, image, losses, result, system, text, tool, user
from tests.support.responses_requests import NEWEST, input_text, items, said, thinking, told, written
from tests.support.responses_requests import losses as lost

STRANGER = Quirks()
LATE = tool("Late", defer_loading=True)
REFERENCE = {"type": "tool_reference", "tool_name": "Late"}
MARK = {"type": "ephemeral"}


def sent(*messages, quirks=NEWEST, **fields):
    return items(ask(*messages, **fields), quirks)


def kinds(*messages, **options):
    return [item.get("role") or item["type"] for item in sent(*messages, **options)]


def output(call_id="toolu_1", said="ok"):
    return {"type": "function_call_output", "call_id": call_id, "output": said}


def test_a_string_and_one_block_of_text_are_the_same_item():
    assert sent(user("hi")) == sent(user(text("hi"))) == [told("hi")]


def test_blocks_of_one_message_are_parts_of_one_item():
    (item,) = sent(user("a", image(), "b"))
    assert [part["type"] for part in item["content"]] == ["input_text", "input_image", "input_text"]


def test_the_system_prompt_is_the_first_item_with_a_part_for_each_block():
    assert sent(user("hi"), system=[text("a"), text(""), text("b")]) == [
        told("a", "b", role="developer"),
        told("hi"),
    ]


def test_a_stranger_gets_the_system_prompt_as_instructions():
    body = written(ask(system=[text("a"), text("b")]), STRANGER)
    assert body["instructions"] == "a\n\nb"
    assert body["input"] == [told("hi")]
    assert "instructions" not in written(ask(system="a"))


def test_the_attribution_block_does_not_reach_the_upstream():
    billing = text("x-anthropic-billing-header: cc_version=2.1.330.440;")
    assert sent(user("hi"), system=[billing, text("a")])[0] == told("a", role="developer")


def test_markers_of_the_system_prompt_are_breakpoints():
    marked, _ = sent(user("hi"), system=[text("a"), text("b", cache_control=MARK)])
    assert marked["content"][1] == input_text("b", prompt_cache_breakpoint={"mode": "explicit"})
    older = replace(NEWEST, cache_breakpoints=False)
    assert "breakpoint" not in json.dumps(
        sent(user("hi"), system=[text("b", cache_control=MARK)], quirks=older)
    )


def test_the_marker_that_moves_on_every_turn_is_no_breakpoint():
    first = user(text("q", cache_control=MARK), text("r", cache_control=MARK))
    (item,) = sent(first)
    assert ["prompt_cache_breakpoint" in part for part in item["content"]] == [True, False]
    item, *_ = sent(first, assistant("a"), user(text("s", cache_control=MARK)))
    assert ["prompt_cache_breakpoint" in part for part in item["content"]] == [True, True]


def test_a_note_stays_where_it_is_as_a_developers_message():
    assert sent(user("a"), system("note"), assistant("b"), user("c")) == [
        told("a"),
        told("note", role="developer"),
        said("b", phase="final_answer"),
        told("c"),
    ]


def test_a_note_for_a_stranger_is_a_reminder_from_the_user():
    (_, note, *_) = sent(user("a"), system("note"), assistant("b"), user("c"), quirks=STRANGER)
    assert note == told("<system-reminder>\nnote\n</system-reminder>")


def test_a_note_that_has_expired_is_gone():
    note = system("note", clear_at="next_user_message")
    assert kinds(user("a"), note) == ["user", "developer"]
    assert kinds(user("a"), note, assistant("b"), user("c")) == ["user", "assistant", "user"]


def test_what_stood_before_a_compaction_is_gone():
    compaction = {"type": "compaction", "content": "in short"}
    first, *others = sent(user("a"), assistant("b", compaction), user("c"))
    assert first == told("<summary>\nin short\n</summary>")
    assert others == [told("c")]


def test_outputs_follow_all_calls_in_the_order_of_the_calls():
    written = sent(
        user("q"),
        assistant(call(id="toolu_1"), call(id="toolu_2")),
        user(result("two", id="toolu_2"), result("one"), "and now"),
        system("note"),
    )
    assert [item.get("call_id") for item in written[1:5]] == ["toolu_1", "toolu_2", "toolu_1", "toolu_2"]
    assert written[3:] == [
        output(said="one"),
        output("toolu_2", "two"),
        told("and now"),
        told("note", role="developer"),
    ]


def test_a_call_without_a_result_gets_one_and_a_result_without_a_call_is_dropped():
    asked = ask(user("q"), assistant(call()), user(result("x", id="of_no_call"), "r"))
    assert items(asked)[2:] == [output(said="[no result]"), told("r")]
    assert lost(asked) == {"messages.1.content.0": "approximated", "messages.2.content.0": "dropped"}


def test_reasoning_stands_before_its_call():
    assert kinds(user("q"), assistant(thinking(), call()), user(result("ok"))) == [
        "user",
        "reasoning",
        "function_call",
        "function_call_output",
    ]


def test_media_of_results_come_natively_or_in_the_next_message():
    loop = (user("q"), assistant(call()), user(result("see", image()), "r"))
    *_, answer, after = sent(*loop)
    assert [part["type"] for part in answer["output"]] == ["input_text", "input_image"]
    assert after == told("r")
    *_, answer, after = sent(*loop, quirks=STRANGER)
    assert isinstance(answer["output"], str)
    assert [part["type"] for part in after["content"]] == ["input_text", "input_image", "input_text"]


SEARCH = (assistant(call("ToolSearch")), user(result(REFERENCE)))


def test_a_tool_that_is_named_later_comes_in_an_item_behind_the_result():
    body = written(ask(user("q"), *SEARCH, tools=[tool("ToolSearch"), LATE]))
    assert [tool["name"] for tool in body["tools"]] == ["ToolSearch"]
    *_, answer, loaded = body["input"]
    assert answer["output"] == "Tools loaded: Late"
    assert (loaded["type"], loaded["role"]) == ("additional_tools", "developer")
    assert [(tool["type"], tool["name"], tool["strict"]) for tool in loaded["tools"]] == [
        ("function", "Late", False)
    ]


def test_a_tool_comes_once():
    more = (assistant(call("Late", "toolu_2")), user(result(REFERENCE, id="toolu_2")))
    written = sent(user("q"), *SEARCH, *more, tools=[tool("ToolSearch"), LATE])
    assert [item["type"] for item in written].count("additional_tools") == 1


def test_a_server_without_such_items_gets_the_tool_at_the_end_of_tools():
    quirks = replace(NEWEST, additional_tools=False)
    body = written(ask(user("q"), *SEARCH, tools=[LATE, tool("ToolSearch")]), quirks)
    assert [tool["name"] for tool in body["tools"]] == ["ToolSearch", "Late"]
    assert body["input"][-1]["output"].startswith("<functions>")


@pytest.mark.parametrize(
    ("messages", "behind"),
    [
        pytest.param([user("q"), assistant(call("Late")), user("r")], "user", id="called"),
        pytest.param(
            [
                user("q"),
                system({"type": "tool_addition", "tool": {"type": "tool_reference", "name": "Late"}}),
            ],
            "developer",
            id="added",
        ),
        pytest.param(
            [user("q"), assistant("b"), user(result(REFERENCE, id="of_no_call"), "r")], None, id="orphan"
        ),
    ],
)
def test_a_tool_is_there_wherever_the_history_names_it(messages, behind):
    written = sent(*messages, tools=[tool("ToolSearch"), LATE], system="s")
    places = [at for at, item in enumerate(written) if item["type"] == "additional_tools"]
    assert len(places) == 1
    before = written[places[0] - 1]
    assert before["role"] == (behind or "developer")
    assert behind is not None or places == [1]


def test_a_tool_that_was_named_before_a_compaction_is_among_the_others():
    compacted = assistant("b", {"type": "compaction", "content": "s"})
    body = written(ask(user("q"), *SEARCH, compacted, user("r"), tools=[tool("ToolSearch"), LATE]))
    assert [tool["name"] for tool in body["tools"]] == ["ToolSearch", "Late"]
    assert "additional_tools" not in [item["type"] for item in body["input"]]


def test_a_tool_that_must_be_called_comes_at_the_end():
    *_, last = sent(user("q"), tools=[tool(), LATE], tool_choice={"type": "tool", "name": "Late"})
    assert [tool["name"] for tool in last["tools"]] == ["Late"]


def history(turns):
    messages = [user(text("q"), text("look")), system("note")]
    for n in range(turns):
        id = f"toolu_{n % 3}"
        messages.append(assistant(thinking(f"rs_{n}"), text(f"step {n}"), call("Read", id, n=n)))
        messages.append(user(result(f"out {n}", image(), REFERENCE, id=id), text("more", cache_control=MARK)))
    return messages


@pytest.mark.parametrize("quirks", [NEWEST, replace(NEWEST, additional_tools=False), STRANGER])
def test_a_growing_conversation_keeps_the_bytes_of_its_beginning(quirks):
    def prefix(turns):
        return [
            json.dumps(item)
            for item in sent(*history(turns), quirks=quirks, tools=[tool(), LATE], system="s")
        ]

    for turns in range(5):
        shorter, longer = prefix(turns), prefix(turns + 1)
        # What the marker of the last message becomes is settled when it is no more the last.
        kept = len(shorter) if turns == 0 or not quirks.cache_breakpoints else len(shorter) - 1
        assert longer[:kept] == shorter[:kept]


def test_no_marker_of_anthropics_reaches_the_upstream():
    assert losses(ask()) == {}
    assert "cache_control" not in json.dumps(sent(*history(2), tools=[tool(), LATE]))
