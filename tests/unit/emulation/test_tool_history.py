from typing import Any

from dragoman.emulation.tool_history import unrolled
from dragoman.emulation.tool_results import error_block, found_block
from tests.support.chat_requests import assistant, call, result, text, user

NAMES = {"web_search"}


def search(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "type": "server_tool_use",
        "id": f"srvtoolu_{number}",
        "name": "web_search",
        "input": {"query": "q"},
    } | fields


def found(number: int) -> dict[str, Any]:
    return found_block(f"srvtoolu_{number}", [])


def shape(messages: list[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    return [
        (message["role"], [block["type"] for block in message["content"]])
        if isinstance(message["content"], list)
        else (message["role"], message["content"])
        for message in messages
    ]


def test_each_round_is_a_message_of_the_model_and_its_results():
    said = assistant(
        text("a"), search(1), found(1), text("b"), search(2), search(3), found(2), found(3), text("c")
    )
    assert shape(unrolled([user("hi"), said], NAMES))[1:] == [
        ("assistant", ["text", "tool_use"]),
        ("user", ["tool_result"]),
        ("assistant", ["text", "tool_use", "tool_use"]),
        ("user", ["tool_result", "tool_result"]),
        ("assistant", ["text"]),
    ]


def test_a_paused_turn_ends_with_its_results():
    messages = unrolled([user("hi"), assistant(search(1), found(1))], NAMES)
    assert shape(messages)[1:] == [("assistant", ["tool_use"]), ("user", ["tool_result"])]
    assert messages[1]["content"][0] == {
        "type": "tool_use",
        "id": "toolu_1",
        "name": "web_search",
        "input": {"query": "q"},
    }
    assert messages[2]["content"][0]["tool_use_id"] == "toolu_1"


def test_results_wait_for_those_of_the_clients_own_tools():
    said = assistant(search(1), call("toolu_own", "Read"), found(1))
    messages = unrolled([user("hi"), said, user(result(text("text"), id="toolu_own"), text("go on"))], NAMES)
    assert shape(messages)[1:] == [
        ("assistant", ["tool_use", "tool_use"]),
        ("user", ["tool_result", "tool_result", "text"]),
    ]
    assert [block["tool_use_id"] for block in messages[2]["content"][:2]] == ["toolu_1", "toolu_own"]


def test_a_users_plain_string_stays_behind_the_results():
    said = assistant(search(1), call("toolu_own", "Read"), found(1))
    assert shape(unrolled([said, {"role": "user", "content": "so"}], NAMES))[1] == (
        "user",
        ["tool_result", "text"],
    )


def test_results_that_nobody_waits_for_are_told_before_the_next_message():
    said = assistant(search(1), call("toolu_own", "Read"), found(1))
    note = {"role": "system", "content": "note"}
    assert shape(unrolled([said, note], NAMES)) == [
        ("assistant", ["tool_use", "tool_use"]),
        ("user", ["tool_result"]),
        ("system", "note"),
    ]
    assert shape(unrolled([said], NAMES))[-1] == ("user", ["tool_result"])


def test_a_call_that_was_cut_off_is_left_out():
    assert shape(unrolled([assistant(text("a"), search(1))], NAMES)) == [("assistant", ["text"])]


def test_an_error_is_a_result_too():
    said = assistant(search(1), error_block("web_search", "srvtoolu_1", "unavailable"))
    assert unrolled([said], NAMES)[1]["content"][0]["is_error"] is True


def test_what_other_tools_did_is_untouched():
    fetch = search(1) | {"name": "web_fetch"}
    messages = [
        user("hi"),
        assistant(fetch, found(1)),
        assistant(text("x")),
        {"role": "assistant", "content": "y"},
    ]
    assert unrolled(messages, NAMES) == messages


def test_odd_blocks_are_left_to_whoever_reads_them_next():
    messages = [assistant({"type": "server_tool_use", "name": ["web_search"], "id": 7}, "loose", None), 5]
    assert unrolled(messages, NAMES) == messages
