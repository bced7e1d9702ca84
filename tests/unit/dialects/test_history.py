from dragoman.dialects.history import Call, Placed, Turn, note_text, read_history, system_blocks
from dragoman.dialects.losses import Losses
from dragoman.messages.blocks import Text, Thought, ToolChange, ToolUse
from tests.support.chat_requests import assistant, call, conversation, result, system, text, user

BILLING = "x-anthropic-billing-header: cc_version=2.1.330.440; cc_entrypoint=sdk-cli;"


def turns(*messages):
    return read_history(conversation(*messages)).turns


def texts(turn):
    return [placed.block.text for placed in turn.blocks if isinstance(placed.block, Text)]


def test_the_attribution_block_is_dropped_only_when_it_is_first():
    first = conversation(system=[text(BILLING), text("a"), text("b")])
    assert [block.text for block in system_blocks(first)] == ["a", "b"]
    later = conversation(system=[text("a"), text(BILLING)])
    assert [block.text for block in system_blocks(later)] == ["a", BILLING]


def test_empty_system_texts_are_dropped():
    assert system_blocks(conversation(system=[text(""), text("a")])) == [Text("a")]


def test_assistant_messages_in_a_row_are_one_turn():
    assert [turn.role for turn in turns(user("q"), assistant("a"), assistant("b"), user("c"))] == [
        "user",
        "assistant",
        "user",
    ]


def test_an_empty_user_message_still_parts_two_assistant_turns():
    assert len(turns(user("q"), assistant("a"), user(), assistant("b"))) == 4


def test_a_turn_knows_in_which_order_blocks_and_calls_were_said():
    said = [assistant("a", call("A", "1"), "b"), assistant(call("B", "2"), "c")]
    turn = turns(user("q"), *said, user(result("x", id="1")))[1]
    names = [one.use.name if isinstance(one, Call) else one.block.text for one in turn.said]
    assert names == ["a", "A", "b", "B", "c"]
    assert [one for one in turn.said if isinstance(one, Call)] == turn.calls
    assert [one for one in turn.said if isinstance(one, Placed)] == turn.blocks


def test_results_are_paired_by_id_whatever_their_order():
    first, second = call("A", "id1"), call("B", "id2")
    answers = user(result("two", id="id2"), result("one", id="id1"))
    calls = turns(user("q"), assistant(first, second), answers)[1].calls
    assert [one.result.block.content[0].text for one in calls] == ["one", "two"]


def test_results_may_be_spread_over_several_user_messages():
    history = [
        user("q"),
        assistant(call(id="a"), call(id="b")),
        user(result("1", id="a")),
        user(result("2", id="b")),
    ]
    assert all(one.result is not None for one in turns(*history)[1].calls)


def test_calls_with_one_id_are_answered_in_turn():
    answers = user(result("first", id="same"), result("second", id="same"))
    calls = turns(user("q"), assistant(call(id="same"), call(id="same")), answers)[1].calls
    assert [one.result.block.content[0].text for one in calls] == ["first", "second"]


def test_a_call_without_result_has_none():
    (one,) = turns(user("q"), assistant(call()), user("never mind"))[1].calls
    assert one.result is None
    assert isinstance(one.place.block, ToolUse)


def test_a_result_that_answers_no_call_of_the_turn_before_is_an_orphan():
    history = read_history(
        conversation(
            user("q"),
            assistant(call(id="a")),
            user("no result"),
            assistant("ok"),
            user(result("late", id="a"), result("x", id="zzz")),
        )
    )
    assert [orphan.path for orphan in history.orphans] == ["messages.4.content.0", "messages.4.content.1"]


def test_a_second_result_for_one_call_is_an_orphan():
    history = read_history(conversation(user("q"), assistant(call()), user(result("1"), result("2"))))
    assert [orphan.path for orphan in history.orphans] == ["messages.2.content.1"]


def test_a_user_message_with_results_is_marked_as_part_of_the_tool_loop():
    loop = turns(user("q"), assistant(call()), user(result("1"), text("Tool loaded.")))
    assert [turn.answers for turn in loop] == [False, False, True]
    assert texts(loop[2]) == ["Tool loaded."]


def test_a_note_that_expires_with_the_next_user_message_is_gone_when_there_is_one():
    note = system("for now", clear_at="next_user_message")
    assert [turn.role for turn in turns(user("q"), note)] == ["user", "system"]
    assert [turn.role for turn in turns(user("q"), note, assistant("a"), user("r"))] == [
        "user",
        "assistant",
        "user",
    ]


def test_a_note_that_never_expires_stays():
    note = system("always", clear_at="never")
    assert "system" in [turn.role for turn in turns(user("q"), note, assistant("a"), user("r"))]


def test_a_compaction_stands_for_everything_before_it():
    compaction = {"type": "compaction", "content": "what happened"}
    seen = turns(user("old"), assistant(text("older"), compaction, text("after")), user("new"))
    assert [(turn.role, texts(turn)) for turn in seen] == [
        ("user", ["<summary>\nwhat happened\n</summary>"]),
        ("assistant", ["after"]),
        ("user", ["new"]),
    ]


def test_the_last_compaction_counts():
    seen = turns(
        user({"type": "compaction", "content": "one"}),
        assistant("a"),
        user({"type": "compaction", "content": "two"}, text("new")),
    )
    assert [texts(turn) for turn in seen] == [["<summary>\ntwo\n</summary>"], ["new"]]


def test_an_empty_compaction_changes_nothing():
    seen = turns(user("old"), assistant({"type": "compaction", "content": None}, text("a")), user("new"))
    assert [texts(turn) for turn in seen] == [["old"], ["a"], ["new"]]


def test_only_user_messages_bring_results():
    (one,) = turns(user("q"), assistant(call()), system(result("x")))[1].calls
    assert one.result is None


def test_a_system_message_says_its_texts_and_which_tools_came_and_went():
    losses = Losses()
    blocks = [Text("one"), Text(""), ToolChange(True, "Read"), ToolChange(False, "Edit"), Thought("t", "s")]
    turn = Turn("system", [Placed(3, at, block) for at, block in enumerate(blocks)])
    assert note_text(turn, losses) == (
        "one\n\nThe tool Read is now available.\n\nThe tool Edit is no longer available."
    )
    assert [(loss.field, loss.what) for loss in losses.as_tuple()] == [("messages.3.content.4", "dropped")]
