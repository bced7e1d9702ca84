from dragoman.messages.events import (
    CitationsDelta,
    ContentBlockDelta,
    ContentBlockStart,
    ContentBlockStop,
    Ending,
    MessageDelta,
    MessageHead,
    MessageStart,
    Ping,
    TextBlock,
    TextDelta,
    Usage,
    WholeBlockStart,
)
from dragoman.messages.fold import Fold, fold
from dragoman.messages.writer import MessageWriter

USAGE = Usage(input_tokens=5, cache_read_input_tokens=6, output_tokens=7)
START = MessageStart(MessageHead(id="msg_1", model="claude-sonnet-5", usage=Usage(input_tokens=321)))


def writer() -> MessageWriter:
    return MessageWriter("msg_1", "claude-sonnet-5", 321)


def called(arguments: str, stop_reason: str = "tool_use", after: str = "") -> list[dict]:
    """The content of a message with a call of these arguments."""
    one = writer()
    one.text("now")
    one.tool_call("k", "toolu_1", "Bash")
    one.tool_input("k", arguments)
    if after:
        one.text(after)
    one.end(stop_reason, USAGE)
    return fold(one.take())["content"]


def test_message_has_every_field_of_the_api():
    one = writer()
    one.thinking("h")
    one.thinking("m")
    one.end_thinking("sig")
    one.text("a")
    one.text("b")
    one.tool_call("k", "toolu_1", "Bash")
    one.tool_input("k", '{"command"')
    one.tool_input("k", ':"ls"}')
    one.end("tool_use", USAGE)
    assert fold(one.take()) == {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": "sig"},
            {"type": "text", "text": "ab"},
            {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "stop_details": None,
        "usage": {
            "input_tokens": 5,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 6,
            "output_tokens": 7,
            "output_tokens_details": None,
            "service_tier": None,
        },
    }


def test_stop_sequence_and_details_are_those_of_the_end():
    one = writer()
    one.end("refusal", USAGE, "###", {"type": "refusal"})
    message = fold(one.take())
    assert (message["stop_sequence"], message["stop_details"]) == ("###", {"type": "refusal"})


def test_ping_adds_nothing():
    one = writer()
    one.text("a")
    one.end("end_turn", USAGE)
    events = one.take()
    assert fold([events[0], Ping(), *events[1:]]) == fold(events)


def test_block_that_came_whole_is_kept_as_it_is():
    block = {"type": "redacted_thinking", "data": "x"}
    assert fold([START, WholeBlockStart(0, block), ContentBlockStop(0)])["content"] == [block]


def test_call_of_the_upstreams_has_its_input():
    one = writer()
    one.server_tool("srvtoolu_1", "web_search", '{"query":"q"}')
    one.whole_block({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []})
    one.end("end_turn", USAGE)
    assert fold(one.take())["content"] == [
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []},
    ]


def test_searches_are_part_of_the_usage():
    one = writer()
    one.end("end_turn", Usage(server_tool_use={"web_search_requests": 2}))
    assert fold(one.take())["usage"]["server_tool_use"] == {"web_search_requests": 2}


def test_citations_are_collected_in_their_text():
    events = [
        START,
        ContentBlockStart(0, TextBlock()),
        ContentBlockDelta(0, TextDelta("a")),
        ContentBlockDelta(0, CitationsDelta({"url": "u"})),
        ContentBlockDelta(0, CitationsDelta({"url": "v"})),
        ContentBlockStop(0),
    ]
    assert fold(events)["content"] == [
        {"type": "text", "text": "a", "citations": [{"url": "u"}, {"url": "v"}]}
    ]


def test_call_without_json_has_an_empty_input():
    assert called("")[-1]["input"] == {}


def test_call_that_the_output_limit_cut_is_left_out():
    assert called('{"command": "rm -r', "max_tokens") == [{"type": "text", "text": "now"}]


def test_cut_json_is_marked_where_the_limit_is_not_the_cause():
    assert called('{"command": "rm -r')[-1]["input"] == {
        "__unparsedToolInput": {"raw": '{"command": "rm -r', "len": 18}
    }


def test_cut_json_is_marked_where_more_was_said_after_it():
    assert "__unparsedToolInput" in called('{"command": "rm -r', "max_tokens", after="done")[1]["input"]


def test_complete_call_is_kept_although_the_limit_was_hit():
    assert called('{"command": "ls"}', "max_tokens")[-1]["input"] == {"command": "ls"}


def test_usage_before_the_end_is_the_estimate():
    folding = Fold()
    folding.take(START)
    assert folding.message()["usage"]["input_tokens"] == 321
    assert not folding.complete


def test_fold_is_complete_after_the_message_stopped():
    one = writer()
    one.end("end_turn", USAGE)
    folding = Fold()
    for event in one.take():
        assert not folding.complete
        folding.take(event)
    assert folding.complete


def test_last_of_several_ends_counts():
    events = [
        START,
        MessageDelta(Ending(None), Usage(output_tokens=1)),
        MessageDelta(Ending("end_turn"), USAGE),
    ]
    message = fold(events)
    assert (message["stop_reason"], message["usage"]["output_tokens"]) == ("end_turn", 7)
