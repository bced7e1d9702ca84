from typing import Any

from dragoman.emulation.server_tools import emulated_tools
from dragoman.emulation.tool_results import fetched_block, found_block
from dragoman.emulation.tool_rounds import MOST_ROUNDS, ToolRounds
from dragoman.messages.events import MessageStart, MessageStop, Relayed, Usage
from dragoman.messages.fold import fold
from dragoman.messages.grammar import Grammar
from dragoman.messages.writer import MessageWriter
from tests.support.chat_requests import ask, tool, user

SEARCH = {"type": "web_search_20250305", "name": "web_search"}


def rounds_of(*tools: dict[str, Any], **fields: Any) -> ToolRounds:
    request = ask(user("hi"), tools=[SEARCH, *tools], **fields)
    return ToolRounds(request, emulated_tools(request, lambda kind: False))


def said(*calls: str, words: str = "", stop: str = "tool_use", output: int = 5) -> list[Any]:
    """What a reader says in one round."""
    writer = MessageWriter("msg_1", "m", 100)
    writer.start()
    if words:
        writer.text(words)
    for number, name in enumerate(calls):
        writer.tool_call(number, f"toolu_{name}_{number}", name)
        writer.tool_input(number, '{"query":"q"}')
    details = {"thinking_tokens": 1}
    writer.end(stop, Usage(input_tokens=100, output_tokens=output, output_tokens_details=details))
    return writer.take()


def answer(rounds: ToolRounds) -> list[Any]:
    return rounds.answered([found_block(call.id, []) for call in rounds.calls])


def checked(events: list[Any]) -> dict[str, Any]:
    grammar = Grammar()
    for event in events:
        grammar.check(event)
    assert grammar.state == "over"
    return fold(events)


def test_rounds_become_one_legal_message_with_one_start_and_one_end():
    rounds = rounds_of()
    events = rounds.hear(said("web_search", words="a"))
    events += answer(rounds)
    events += rounds.hear(said("web_search", "web_search", words="b"))
    events += answer(rounds)
    assert not rounds.over
    events += rounds.hear(said(words="c", stop="end_turn"))
    assert rounds.over
    message = checked(events)
    assert [block["type"] for block in message["content"]] == [
        *("text", "server_tool_use", "web_search_tool_result"),
        *("text", "server_tool_use", "server_tool_use", "web_search_tool_result", "web_search_tool_result"),
        "text",
    ]
    assert sum(isinstance(event, MessageStart) for event in events) == 1
    assert sum(isinstance(event, MessageStop) for event in events) == 1
    usage = message["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (100, 15)
    assert usage["output_tokens_details"] == {"thinking_tokens": 3}
    assert usage["server_tool_use"] == {"web_search_requests": 3}


def test_an_answer_without_such_calls_is_passed_on():
    rounds = rounds_of(tool("Read"))
    events = said("Read", words="a")
    assert rounds.hear(events) == events
    assert rounds.calls == []
    assert rounds.over


def test_calls_are_counted_over_the_rounds():
    rounds = rounds_of()
    rounds.hear(said("web_search", "web_search"))
    assert [call.uses for call in rounds.calls] == [0, 1]
    answer(rounds)
    rounds.hear(said("web_search"))
    assert [call.uses for call in rounds.calls] == [2]


def test_each_round_asks_with_all_that_was_said_before():
    rounds = rounds_of(tool_choice={"type": "any", "disable_parallel_tool_use": True})
    first = rounds.request
    rounds.hear(said("web_search", words="a"))
    answer(rounds)
    assert rounds.request.raw["messages"][:1] == first.raw["messages"]
    assert [turn["role"] for turn in rounds.request.raw["messages"]] == ["user", "assistant", "user"]
    assert rounds.request.raw["tool_choice"] == {"type": "auto", "disable_parallel_tool_use": True}
    assert first.raw["tool_choice"]["type"] == "any"


def test_a_choice_that_forces_nothing_stays():
    rounds = rounds_of(tool_choice={"type": "none"})
    rounds.hear(said("web_search"))
    answer(rounds)
    assert rounds.request.raw["tool_choice"] == {"type": "none"}


def test_the_turn_is_paused_after_the_last_round():
    rounds = rounds_of()
    events: list[Any] = []
    for _ in range(MOST_ROUNDS):
        assert not rounds.over
        events += rounds.hear(said("web_search"))
        events += answer(rounds)
    assert rounds.over
    assert checked(events)["stop_reason"] == "pause_turn"


def test_a_limit_reached_in_a_call_ends_the_message():
    rounds = rounds_of()
    events = rounds.hear(said("web_search", stop="max_tokens"))
    assert (rounds.calls, rounds.over) == ([], True)
    assert checked(events)["stop_reason"] == "max_tokens"


def test_usage_is_known_before_a_round_has_ended():
    rounds = rounds_of()
    rounds.hear(said("web_search"))
    answer(rounds)
    assert rounds.usage(Usage(input_tokens=900, output_tokens=2)).output_tokens == 7
    assert rounds.usage(Usage(input_tokens=900, output_tokens=2)).input_tokens == 100


def test_searches_that_the_upstream_ran_itself_are_counted_beside_the_gateways():
    fetch = {"type": "web_fetch_20250910", "name": "web_fetch"}
    request = ask(user("hi"), tools=[fetch])
    rounds = ToolRounds(request, emulated_tools(request, lambda kind: False))
    found = Usage(input_tokens=9, output_tokens=1, server_tool_use={"web_search_requests": 2})
    writer = MessageWriter("msg_1", "m", 100)
    writer.tool_call(0, "toolu_0", "web_fetch")
    writer.end("tool_use", found)
    rounds.hear(writer.take())
    rounds.answered([fetched_block(call.id, "https://a.test", {}) for call in rounds.calls])
    assert rounds.usage(Usage()).server_tool_use == {"web_search_requests": 2, "web_fetch_requests": 1}
    assert rounds.usage(found).server_tool_use == {"web_search_requests": 4, "web_fetch_requests": 1}


def test_what_a_server_of_the_apis_own_says_is_not_touched():
    relayed = Relayed("ping", b"event: ping\n\n")
    assert rounds_of().hear([relayed]) == [relayed]
