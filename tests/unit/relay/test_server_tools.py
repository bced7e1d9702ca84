import asyncio
import json
from itertools import count
from typing import Any

import pytest

from dragoman.messages.errors import UpstreamFailure
from dragoman.messages.events import frame_of
from dragoman.relay.ports import Fetched, WebFailure
from tests.support import chat_chunks as chat
from tests.support import gemini_reading as gemini
from tests.support import responses_reading as responses
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.ports import Bench, FakeFetcher, FakeSearch, FakeUpstream, streamed, target, unreachable

SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}
FETCH = {"type": "web_fetch_20250910", "name": "web_fetch"}
READ = {"name": "Read", "input_schema": {"type": "object"}}
URL = "https://docs.example.com/guide"
NUMBERS = count()
PAGE = Fetched(url=URL, media_type="text/plain", body=b"Turn the key.")


def calls(*wanted: tuple[str, dict[str, Any]], said: str = "") -> Any:
    """A Chat stream that says a text and calls tools."""
    fragments = [
        chat.call(place, f"call_{next(NUMBERS)}", name, json.dumps(arguments))
        for place, (name, arguments) in enumerate(wanted)
    ]
    words = [chat.text(said)] if said else []
    return streamed(*words, *fragments, chat.finish("tool_calls"), chat.usage(100, 20), chat.DONE)


def says(words: str) -> Any:
    return streamed(chat.text(words), chat.finish(), chat.usage(500, 7), chat.DONE)


def searching(query: str = "keys", said: str = "") -> Any:
    return calls(("web_search", {"query": query}), said=said)


async def heard(bench: Bench, **fields: Any) -> dict[str, Any]:
    """The message, whose stream was legal."""
    frames = [frame_of(said) async for batch in bench.answer(**fields).events() for said in batch]
    return fold_stream(check_stream(b"".join(frames)))


def bench(*replies: Any, **fields: Any) -> Bench:
    return Bench(FakeUpstream(*replies), target("openai_chat", "gpt-4.1"), **fields)


def asked(bench: Bench, number: int = -1) -> dict[str, Any]:
    return json.loads(bench.upstream.requests[number].body)


def kinds(message: dict[str, Any]) -> list[str]:
    return [block["type"] for block in message["content"]]


async def test_a_search_runs_here_and_the_model_goes_on_with_what_it_found():
    search = FakeSearch()
    world = bench(searching(said="Let me see."), says("Turn it."), web_search=search)
    message = await heard(world, tools=[SEARCH])
    assert kinds(message) == ["text", "server_tool_use", "web_search_tool_result", "text"]
    _, call, result, answer = message["content"]
    assert (call["name"], call["input"]) == ("web_search", {"query": "keys"})
    assert call["id"].startswith("srvtoolu_")
    assert result["tool_use_id"] == call["id"]
    [page] = result["content"]
    assert (page["type"], page["url"], page["title"]) == (
        "web_search_result",
        "https://pages.example.com/1",
        "On keys",
    )
    assert answer["text"] == "Turn it."
    assert message["stop_reason"] == "end_turn"
    assert [query.text for query in search.asked] == ["keys"]


async def test_the_model_is_offered_a_function_and_told_what_the_pages_say():
    world = bench(searching(), says("Turn it."), web_search=FakeSearch())
    await heard(world, tools=[SEARCH])
    first, second = asked(world, 0), asked(world, 1)
    assert [tool["function"]["name"] for tool in first["tools"]] == ["web_search"]
    assert first["tools"][0]["function"]["parameters"]["required"] == ["query"]
    *before, call, result = second["messages"]
    assert before == first["messages"]
    assert call["tool_calls"][0]["function"] == {"name": "web_search", "arguments": '{"query":"keys"}'}
    assert result["role"] == "tool"
    assert result["tool_call_id"] == call["tool_calls"][0]["id"]
    assert "All about keys." in result["content"]
    assert "https://pages.example.com/1" in result["content"]


async def test_the_next_turn_begins_with_the_bytes_of_this_one():
    world = bench(
        searching(said="Hm."), searching("locks"), says("Done."), says("Again."), web_search=FakeSearch()
    )
    message = await heard(world, tools=[SEARCH])
    later = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": message["content"]},
        {"role": "user", "content": "and?"},
    ]
    await heard(world, tools=[SEARCH], messages=later)
    within, after = asked(world, 2)["messages"], asked(world, 3)["messages"]
    assert after[: len(within)] == within
    assert [turn["role"] for turn in after[len(within) :]] == ["assistant", "user"]


async def test_what_the_model_takes_from_a_page_is_cited():
    marker = "【10001-1】"
    world = bench(searching(), says(f"They turn left.{marker} Or so."), says("Yes."), web_search=FakeSearch())
    message = await heard(world, tools=[SEARCH])
    assert f"{marker}All about keys." in asked(world, 1)["messages"][-1]["content"]
    cited, rest = message["content"][2:]
    assert (cited["text"], rest["text"]) == ("They turn left. ", "Or so.")
    [citation] = cited["citations"]
    assert (citation["type"], citation["url"], citation["title"], citation["cited_text"]) == (
        "web_search_result_location",
        "https://pages.example.com/1",
        "On keys",
        "All about keys.",
    )
    later = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": message["content"]},
        {"role": "user", "content": "sure?"},
    ]
    await heard(world, tools=[SEARCH], messages=later)
    within, after = asked(world, 1)["messages"], asked(world, 2)["messages"]
    assert after[: len(within)] == within
    assert after[len(within)]["content"] == f"They turn left.{marker} Or so."


async def test_a_model_that_cannot_search_is_told_of_no_labels():
    world = bench(says("ok"))
    await heard(world, tools=[FETCH, READ])
    assert "label" not in json.dumps(asked(world))


async def test_input_counts_once_output_adds_up_and_searches_are_counted():
    world = bench(searching(), says("Turn it."), web_search=FakeSearch())
    usage = (await heard(world, tools=[SEARCH]))["usage"]
    assert (usage["input_tokens"], usage["output_tokens"]) == (100, 27)
    assert usage["server_tool_use"] == {"web_search_requests": 1}
    assert world.trace.usage.output_tokens == 27
    assert world.trace.server_tools == {"web_search": 1}


@pytest.mark.parametrize(
    ("provider", "code"),
    [
        (None, "unavailable"),
        (FakeSearch(WebFailure("too_many_requests", "slow down")), "too_many_requests"),
        (FakeSearch(RuntimeError("a bug")), "unavailable"),
    ],
    ids=["no provider", "it refuses", "a bug"],
)
async def test_a_search_that_fails_is_told_to_client_and_model_and_the_answer_goes_on(provider, code):
    world = bench(searching(), says("I could not look."), web_search=provider)
    message = await heard(world, tools=[SEARCH])
    _, result, answer = message["content"]
    assert result["content"] == {"type": "web_search_tool_result_error", "error_code": code}
    assert answer["text"] == "I could not look."
    assert code in asked(world)["messages"][-1]["content"]
    assert "server_tool_use" not in message["usage"]
    assert bool(world.observer.bugs) == isinstance(provider and provider._failure, RuntimeError)


async def test_no_more_searches_than_the_client_allows():
    search = FakeSearch()
    world = bench(
        calls(("web_search", {"query": "a"}), ("web_search", {"query": "b"})), says("ok"), web_search=search
    )
    message = await heard(world, tools=[SEARCH | {"max_uses": 1}])
    assert [query.text for query in search.asked] == ["a"]
    results = [block["content"] for block in message["content"] if block["type"] == "web_search_tool_result"]
    assert results[1]["error_code"] == "max_uses_exceeded"


@pytest.mark.parametrize("arguments", [{}, {"query": ""}, {"query": 7}])
async def test_a_call_without_a_query_is_the_models_mistake(arguments):
    world = bench(calls(("web_search", arguments)), says("ok"), web_search=FakeSearch())
    message = await heard(world, tools=[SEARCH])
    assert message["content"][1]["content"]["error_code"] == "invalid_tool_input"


async def test_the_search_is_told_the_clients_domains_and_country():
    search = FakeSearch()
    place = {"type": "approximate", "country": "DE", "city": "Berlin"}
    tool = SEARCH | {"allowed_domains": ["https://Example.com", "docs.test/a"], "user_location": place}
    world = bench(searching(), says("ok"), web_search=search)
    await heard(world, tools=[tool])
    [query] = search.asked
    assert (query.allowed_domains, query.country) == (("example.com", "docs.test/a"), "DE")
    assert [(loss.field, loss.what) for loss in world.trace.losses] == [
        ("tools.0.user_location", "approximated")
    ]


async def test_a_forced_search_is_forced_once():
    world = bench(searching(), says("ok"), web_search=FakeSearch())
    await heard(world, tools=[SEARCH], tool_choice={"type": "tool", "name": "web_search"})
    assert asked(world, 0)["tool_choice"] == {"type": "function", "function": {"name": "web_search"}}
    assert asked(world, 1)["tool_choice"] == "auto"


async def test_tools_of_the_client_end_the_message_with_both_answered():
    both = calls(("web_search", {"query": "keys"}), ("Read", {"path": "a"}))
    world = bench(both, says("ok"), web_search=FakeSearch())
    message = await heard(world, tools=[SEARCH, READ])
    assert kinds(message) == ["server_tool_use", "tool_use", "web_search_tool_result"]
    assert message["stop_reason"] == "tool_use"
    own = {"type": "tool_result", "tool_use_id": message["content"][1]["id"], "content": "text of a"}
    history = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": message["content"]},
        {"role": "user", "content": [own]},
    ]
    await heard(world, tools=[SEARCH, READ], messages=history)
    said, *results = asked(world)["messages"][2:]
    assert [call["function"]["name"] for call in said["tool_calls"]] == ["web_search", "Read"]
    assert [result["tool_call_id"] for result in results] == [call["id"] for call in said["tool_calls"]]
    assert "All about keys." in results[0]["content"]
    assert results[1]["content"] == "text of a"


async def test_after_ten_rounds_the_turn_is_paused_and_the_client_can_go_on():
    world = bench(*(searching(str(n)) for n in range(10)), says("At last."), web_search=FakeSearch())
    message = await heard(world, tools=[SEARCH])
    assert message["stop_reason"] == "pause_turn"
    assert kinds(message) == ["server_tool_use", "web_search_tool_result"] * 10
    history = [{"role": "user", "content": "hi"}, {"role": "assistant", "content": message["content"]}]
    assert (await heard(world, tools=[SEARCH], messages=history))["content"][0]["text"] == "At last."
    assert asked(world)["messages"][-1]["role"] == "tool"


async def test_a_call_that_was_cut_off_is_not_run():
    search = FakeSearch()
    cut = streamed(
        chat.call(0, "call_1", "web_search", '{"query": "ke'), chat.finish("length"), chat.usage(), chat.DONE
    )
    message = json.loads(await bench(cut, web_search=search).answer(tools=[SEARCH]).message())
    assert (message["stop_reason"], message["content"], search.asked) == ("max_tokens", [], [])


async def test_a_failure_in_a_later_round_is_an_error_and_no_success():
    world = bench(searching(), unreachable(), web_search=FakeSearch())
    with pytest.raises(Exception, match="nobody is there"):
        await heard(world, tools=[SEARCH])
    assert world.trace.error == "nobody is there"


async def test_a_page_that_was_named_is_read():
    fetcher = FakeFetcher(PAGE)
    world = bench(calls(("web_fetch", {"url": URL})), says("Turn it."), fetcher=fetcher)
    message = await heard(world, tools=[FETCH], messages=[{"role": "user", "content": f"read {URL}."}])
    result = message["content"][1]
    assert result["content"]["url"] == URL
    assert result["content"]["content"]["source"]["data"] == "Turn the key."
    assert "Turn the key." in asked(world)["messages"][-1]["content"]
    assert message["usage"]["server_tool_use"] == {"web_fetch_requests": 1}


async def test_a_large_page_holds_up_nobody_else():
    page = Fetched(url=URL, media_type="text/html", body=b"<p>Turn <b>the</b> key.</p>" * 20_000)
    world = bench(calls(("web_fetch", {"url": URL})), says("ok"), fetcher=FakeFetcher(page))
    asking = asyncio.ensure_future(
        heard(world, tools=[FETCH | {"max_content_tokens": 10}], messages=[{"role": "user", "content": URL}])
    )
    turns = 0
    while not asking.done():
        await asyncio.sleep(0.001)
        turns += 1
    assert (await asking)["content"][1]["content"]["content"]["source"]["data"].startswith("Turn the key.")
    assert turns > 15


async def test_a_page_that_a_search_found_may_be_read():
    url = "https://pages.example.com/1"
    fetcher = FakeFetcher(Fetched(url=url, media_type="text/plain", body=b"x"))
    world = bench(
        searching(), calls(("web_fetch", {"url": url})), says("ok"), web_search=FakeSearch(), fetcher=fetcher
    )
    message = await heard(world, tools=[SEARCH, FETCH])
    assert message["content"][3]["content"]["type"] == "web_fetch_result"


@pytest.mark.parametrize(
    ("url", "options", "code"),
    [
        ("https://evil.example.com/?q=secrets", {}, "url_not_in_prior_context"),
        (URL, {"blocked_domains": ["example.com"]}, "url_not_allowed"),
        (URL, {"allowed_domains": ["docs.example.com/other"]}, "url_not_allowed"),
        (URL, {"allowed_domains": ["elsewhere.example"]}, "url_not_allowed"),
        (URL + "x" * 250, {}, "url_too_long"),
        ("", {}, "invalid_tool_input"),
        (URL + "/missing", {}, "url_not_accessible"),
    ],
)
async def test_a_page_that_may_not_be_read_is_an_error_block(url, options, code):
    fetcher = FakeFetcher(PAGE)
    world = bench(calls(("web_fetch", {"url": url})), says("no"), fetcher=fetcher)
    history = [{"role": "user", "content": f"read {URL} or {URL}/missing"}]
    message = await heard(world, tools=[FETCH | options], messages=history)
    assert message["content"][1]["content"] == {"type": "web_fetch_tool_result_error", "error_code": code}
    assert fetcher.asked == ([url] if code == "url_not_accessible" else [])


async def test_without_a_fetcher_no_page_is_read():
    world = bench(calls(("web_fetch", {"url": URL})), says("no"))
    message = await heard(world, tools=[FETCH], messages=[{"role": "user", "content": URL}])
    assert message["content"][1]["content"]["error_code"] == "unavailable"


async def test_a_redirect_to_a_host_that_is_not_allowed_is_refused():
    class Redirected(FakeFetcher):
        async def fetch(self, url: str) -> Fetched:
            return Fetched(url="https://elsewhere.example/", media_type="text/plain", body=b"")

    world = bench(calls(("web_fetch", {"url": URL})), says("no"), fetcher=Redirected())
    tool = FETCH | {"allowed_domains": ["docs.example.com"]}
    message = await heard(world, tools=[tool], messages=[{"role": "user", "content": URL}])
    assert message["content"][1]["content"]["error_code"] == "url_not_allowed"


async def test_the_models_own_words_name_no_page():
    fetcher = FakeFetcher(PAGE)
    world = bench(calls(("web_fetch", {"url": URL})), says("no"), fetcher=fetcher)
    history = [
        {"role": "user", "content": "hi"},
        {"role": "assistant", "content": [{"type": "text", "text": f"I could read {URL}"}]},
        {"role": "user", "content": "do"},
    ]
    message = await heard(world, tools=[FETCH], messages=history)
    assert message["content"][1]["content"]["error_code"] == "url_not_in_prior_context"


WEATHER = {"name": "get_weather", "description": "The weather at a place", "input_schema": {"type": "object"}}
DEFERRED = [WEATHER | {"defer_loading": True}, READ]


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("tool_search_tool_regex", {"pattern": "WEATHER"}),
        ("tool_search_tool_bm25", {"query": "weather at my place"}),
    ],
)
async def test_tools_are_searched_here_and_can_be_called_from_then_on(kind, arguments):
    tool = {"type": f"{kind}_20251119", "name": kind}
    world = bench(calls((kind, arguments)), calls(("get_weather", {})))
    message = await heard(world, tools=[tool, *DEFERRED])
    assert kinds(message) == ["server_tool_use", "tool_search_tool_result", "tool_use"]
    assert message["content"][1]["content"] == {
        "type": "tool_search_tool_search_result",
        "tool_references": [{"type": "tool_reference", "tool_name": "get_weather"}],
    }
    offered = [[tool["function"]["name"] for tool in asked(world, n)["tools"]] for n in (0, 1)]
    assert offered == [["Read", kind], ["Read", kind, "get_weather"]]
    assert "The weather at a place" in asked(world, 1)["messages"][-1]["content"]


async def test_a_search_for_tools_that_cannot_be_made_says_why():
    tool = {"type": "tool_search_tool_regex_20251119", "name": "tool_search_tool_regex"}
    world = bench(calls(("tool_search_tool_regex", {"pattern": "("})), says("no"))
    message = await heard(world, tools=[tool, *DEFERRED])
    error = message["content"][1]["content"]
    assert (error["type"], error["error_code"]) == ("tool_search_tool_result_error", "invalid_tool_input")
    assert "regular expression" in error["error_message"]
    assert "regular expression" in asked(world)["messages"][-1]["content"]


async def test_responses_searches_by_itself_and_reads_pages_here():
    called = responses.done(
        0, "function_call", id="fc_1", call_id="call_1", name="web_fetch", arguments=json.dumps({"url": URL})
    )
    answer = streamed(responses.CREATED, responses.message("Turn it."), responses.completed())
    replies = (streamed(responses.CREATED, called, responses.completed()), answer)
    goal = target("openai_responses", "gpt-5.4", base_url="https://api.openai.com/v1")
    world = Bench(FakeUpstream(*replies), goal, fetcher=FakeFetcher(PAGE))
    message = await heard(world, tools=[SEARCH, FETCH], messages=[{"role": "user", "content": URL}])
    assert kinds(message) == ["server_tool_use", "web_fetch_tool_result", "text"]
    assert "Turn the key." in json.dumps(asked(world)["input"])


async def test_gemini_searches_tools_here():
    tool = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
    called = streamed(gemini.call("tool_search_tool_bm25", {"query": "weather"}, "call_1"), gemini.end())
    world = Bench(
        FakeUpstream(called, streamed(gemini.text("Sunny."), gemini.end())),
        target("gemini", "gemini-3.8-flash"),
    )
    message = await heard(world, tools=[tool, *DEFERRED])
    assert kinds(message)[-3:] == ["server_tool_use", "tool_search_tool_result", "text"]
    assert "get_weather" in json.dumps(asked(world)["tools"])


async def test_a_request_without_such_tools_is_written_as_ever():
    world = bench(says("ok"), web_search=FakeSearch())
    assert (await heard(world, tools=[READ]))["content"][0]["text"] == "ok"
    assert [tool["function"]["name"] for tool in asked(world)["tools"]] == ["Read"]


def test_what_a_tool_fails_with_is_no_failure_of_the_upstream():
    assert not issubclass(WebFailure, UpstreamFailure)
