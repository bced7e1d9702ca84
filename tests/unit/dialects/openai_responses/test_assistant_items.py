import pytest
from msgspec.structs import replace

from dragoman.messages.envelope import Seal
from tests.support.chat_requests import ask, assistant, call, result, text, tool, user
from tests.support.responses_requests import (
    NEWEST,
    ORIGIN,
    SEAL,
    items,
    keeping,
    losses,
    reasoning,
    said,
    sealed,
    thinking,
)

PLAIN = replace(NEWEST, phases=False)
SEARCHED = (
    {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
    {
        "type": "web_search_tool_result",
        "tool_use_id": "srvtoolu_1",
        "content": [
            {"type": "web_search_result", "title": "A", "url": "https://a.test", "encrypted_content": ""}
        ],
    },
)


def turn(*blocks, quirks=PLAIN, origin=ORIGIN):
    """The items of one assistant message, without the outputs behind them."""
    written = items(ask(user("q"), assistant(*blocks), user("r")), quirks, origin)[1:-1]
    return [item for item in written if item["type"] != "function_call_output"]


def kinds(*blocks, **options):
    return [item["type"] for item in turn(*blocks, **options)]


def function_call(call_id="toolu_1", name="Read", arguments="{}"):
    return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}


def test_each_text_is_a_message_that_is_a_string_without_an_id():
    assert turn("a", "b") == [said("a"), said("b")]


@pytest.mark.parametrize("blank", ["", " \n"])
def test_blank_texts_are_left_out(blank):
    assert turn(text(blank), text("a")) == [said("a")]


def test_a_call_has_neither_id_nor_status():
    assert turn(call(path="x")) == [function_call(arguments='{"path":"x"}')]


def test_items_come_in_the_order_of_the_blocks():
    assert kinds("a", call(), "b", call(id="toolu_2")) == [
        "message",
        "function_call",
        "message",
        "function_call",
    ]


def test_messages_that_follow_one_another_come_in_their_own_order():
    written = items(ask(user("q"), assistant("a", call()), assistant("b"), user("r")), PLAIN)[1:-1]
    shown = [item["type"] for item in written if item["type"] != "function_call_output"]
    assert shown == ["message", "function_call", "message"]


def test_a_call_id_that_is_too_long_becomes_the_same_short_one_in_call_and_output():
    written = items(ask(user("q"), assistant(call(id="x" * 90)), user(result("ok", id="x" * 90))), PLAIN)
    made, answered = written[1:]
    assert made["call_id"] == answered["call_id"]
    assert len(made["call_id"]) <= 64


def test_an_upstreams_own_call_id_goes_back():
    assert turn(call(id="toolu_dpAAAAAAAA_call_0"))[0]["call_id"] == "call_0"


def test_a_name_that_is_too_long_is_the_one_that_the_tool_has():
    name = "mcp__" + "x" * 80
    body = ask(user("q"), assistant(call(name)), user("r"), tools=[tool(name)])
    assert len(items(body, PLAIN)[1]["name"]) <= 64


@pytest.mark.parametrize(
    ("blocks", "phases"),
    [
        pytest.param(["a"], ["final_answer"], id="a last word"),
        pytest.param(["a", "b"], ["commentary", "final_answer"], id="another text follows"),
        pytest.param(["a", call()], ["commentary"], id="a call follows"),
        pytest.param(["a", "b", call()], ["commentary"] * 2, id="texts and a call"),
        pytest.param([thinking(), "a"], ["final_answer"], id="a thought is no text"),
    ],
)
def test_a_text_says_whether_it_was_the_last_word(blocks, phases):
    found = [item.get("phase") for item in turn(*blocks, quirks=NEWEST) if item["type"] == "message"]
    assert found == phases
    assert not any("phase" in item for item in turn(*blocks))


def test_reasoning_goes_back_as_it_came_at_its_place():
    blocks = [thinking("rs_1", "gAAAAAB", "one", "two"), "a", thinking("rs_2"), call()]
    assert turn(*blocks) == [
        reasoning("rs_1", "gAAAAAB", "one", "two"),
        said("a"),
        reasoning("rs_2"),
        function_call(),
    ]


def test_the_stored_summary_beats_the_text_of_the_block():
    edited = thinking("rs_1", "gAAAAAB", "one") | {"thinking": "something else"}
    assert turn(edited, "a")[0] == reasoning("rs_1", "gAAAAAB", "one")


def test_redacted_thinking_is_read_like_thinking():
    block = {"type": "redacted_thinking", "data": sealed("rs_1")}
    assert turn(block, "a") == [reasoning("rs_1"), said("a")]


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "EqQBCkYIBxgCKkA",
        Seal("openai_chat", "ours", SEAL.family, b"key").close({"i": "rs_1"}, "gAAAAAB"),
        Seal("openai_responses", "theirs", SEAL.family, b"key").close({"i": "rs_1"}, "gAAAAAB"),
        Seal("openai_responses", "ours", "another", b"key").close({"i": "rs_1"}, "gAAAAAB"),
        SEAL.close({}),
    ],
)
def test_reasoning_of_others_is_left_out_without_a_word(signature):
    block = {"type": "thinking", "thinking": "hm", "signature": signature}
    assert turn(block, "a") == [said("a")]
    assert losses(ask(user("q"), assistant(block, "a"), user("r"))) == {}


def test_reasoning_whose_seal_is_broken_is_a_loss():
    block = {"type": "thinking", "thinking": "hm", "signature": sealed()[:-2] + "zz"}
    asked = ask(user("q"), assistant(block, "a"), user("r"))
    assert losses(asked) == {"messages.1.content.0.signature": "dropped"}
    assert turn(block, "a") == [said("a")]


def test_reasoning_that_nothing_follows_is_left_out():
    assert turn("a", thinking()) == [said("a")]
    assert turn("a", thinking("rs_1"), thinking("rs_2"), text(" ")) == [said("a")]
    assert kinds(thinking(), call(), thinking("rs_2")) == ["reasoning", "function_call"]


def test_a_server_that_takes_no_reasoning_gets_none():
    never = replace(PLAIN, reasoning_back="never")
    assert turn(thinking(), call(), quirks=never) == [function_call()]


def kept(**envelopes):
    return keeping(envelopes.get)


def test_reasoning_that_was_kept_comes_before_its_call():
    origin = kept(toolu_1=sealed("rs_1"))
    assert turn("a", call(), call(id="toolu_2"), origin=origin) == [
        said("a"),
        reasoning("rs_1"),
        function_call(),
        function_call("toolu_2"),
    ]


def test_reasoning_that_was_kept_comes_before_the_texts_that_followed_it():
    origin = kept(toolu_1=SEAL.close({"i": "rs_1", "b": 1}, "gAAAAAB"))
    assert turn("a", "b", call(), origin=origin) == [said("a"), reasoning("rs_1"), said("b"), function_call()]


@pytest.mark.parametrize("count", [2, 5, -1])
def test_reasoning_whose_place_is_gone_is_left_out(count):
    origin = kept(toolu_2=SEAL.close({"i": "rs_1", "b": count}, "gAAAAAB"))
    assert "reasoning" not in kinds(call(), "b", call(id="toolu_2"), origin=origin)


def test_several_that_were_kept_come_back_in_their_order():
    envelopes = [SEAL.close({"i": f"rs_{behind}", "b": behind}, "gAAAAAB") for behind in (2, 1, 0)]
    written = turn("a", "b", call(), origin=kept(toolu_1=" ".join(envelopes)))
    assert [item.get("id") for item in written] == ["rs_2", None, "rs_1", None, "rs_0", None]


def test_what_else_was_kept_is_foreign():
    origin = kept(toolu_1=Seal("gemini", "ours", SEAL.family, b"key").close({"i": "rs_1"}, "gAAAAAB"))
    assert turn(call(), origin=origin) == [function_call()]


def test_a_search_of_earlier_becomes_text_and_takes_the_reasoning_of_its_turn_with_it():
    origin = kept(toolu_1=sealed("rs_2"))
    written = turn(thinking(), *SEARCHED, "a", call(), origin=origin)
    assert [item["type"] for item in written] == ["message", "message", "function_call"]
    assert '"q"' in written[0]["content"]
    assert "https://a.test" in written[0]["content"]


def test_a_search_without_a_result_is_told_too():
    (item,) = turn(SEARCHED[0])
    assert '"q"' in item["content"]


def test_a_block_that_has_no_place_there_is_a_loss():
    image = {"type": "image", "source": {"type": "url", "url": "https://a.test"}}
    assert losses(ask(user("q"), assistant("a", image), user("r"))) == {"messages.1.content.1": "dropped"}
