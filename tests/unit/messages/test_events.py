import json

import pytest

from dragoman.messages.events import (
    CitationsDelta,
    ContentBlockDelta,
    ContentBlockStart,
    ContentBlockStop,
    Ending,
    ErrorDetail,
    ErrorEvent,
    InputJsonDelta,
    MessageDelta,
    MessageHead,
    MessageStart,
    MessageStop,
    Ping,
    Relayed,
    ServerToolUseBlock,
    SignatureDelta,
    TextBlock,
    TextDelta,
    ThinkingBlock,
    ThinkingDelta,
    ToolUseBlock,
    Usage,
    WholeBlockStart,
    frame_of,
)

USAGE = {
    "input_tokens": 7,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
    "output_tokens": 0,
    "output_tokens_details": None,
    "service_tier": None,
}


@pytest.mark.parametrize(
    ("event", "name", "fields"),
    [
        (
            MessageStart(MessageHead(id="msg_1", model="claude-sonnet-5", usage=Usage(input_tokens=7))),
            "message_start",
            {
                "message": {
                    "id": "msg_1",
                    "type": "message",
                    "role": "assistant",
                    "model": "claude-sonnet-5",
                    "content": [],
                    "stop_reason": None,
                    "stop_sequence": None,
                    "usage": USAGE,
                }
            },
        ),
        (
            ContentBlockStart(0, TextBlock()),
            "content_block_start",
            {"index": 0, "content_block": {"type": "text", "text": ""}},
        ),
        (
            ContentBlockStart(1, ThinkingBlock()),
            "content_block_start",
            {"index": 1, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
        ),
        (
            ContentBlockStart(2, ToolUseBlock("toolu_1", "Bash")),
            "content_block_start",
            {
                "index": 2,
                "content_block": {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}},
            },
        ),
        (
            ContentBlockStart(2, ServerToolUseBlock("srvtoolu_1", "web_search")),
            "content_block_start",
            {
                "index": 2,
                "content_block": {
                    "type": "server_tool_use",
                    "id": "srvtoolu_1",
                    "name": "web_search",
                    "input": {},
                },
            },
        ),
        (
            WholeBlockStart(0, {"type": "redacted_thinking", "data": "x"}),
            "content_block_start",
            {"index": 0, "content_block": {"type": "redacted_thinking", "data": "x"}},
        ),
        (
            ContentBlockDelta(0, TextDelta("a\u2028b")),
            "content_block_delta",
            {"index": 0, "delta": {"type": "text_delta", "text": "a\u2028b"}},
        ),
        (
            ContentBlockDelta(0, ThinkingDelta("hm")),
            "content_block_delta",
            {"index": 0, "delta": {"type": "thinking_delta", "thinking": "hm"}},
        ),
        (
            ContentBlockDelta(0, SignatureDelta("s")),
            "content_block_delta",
            {"index": 0, "delta": {"type": "signature_delta", "signature": "s"}},
        ),
        (
            ContentBlockDelta(0, InputJsonDelta('{"a')),
            "content_block_delta",
            {"index": 0, "delta": {"type": "input_json_delta", "partial_json": '{"a'}},
        ),
        (
            ContentBlockDelta(0, CitationsDelta({"url": "u"})),
            "content_block_delta",
            {"index": 0, "delta": {"type": "citations_delta", "citation": {"url": "u"}}},
        ),
        (ContentBlockStop(3), "content_block_stop", {"index": 3}),
        (
            MessageDelta(Ending("end_turn"), Usage(input_tokens=7)),
            "message_delta",
            {
                "delta": {"stop_reason": "end_turn", "stop_sequence": None, "stop_details": None},
                "usage": USAGE,
            },
        ),
        (MessageStop(), "message_stop", {}),
        (Ping(), "ping", {}),
        (
            ErrorEvent(ErrorDetail("api_error", "lost"), "req_1"),
            "error",
            {"error": {"type": "api_error", "message": "lost"}, "request_id": "req_1"},
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_event_is_one_frame_in_the_shape_of_the_api(event, name, fields):
    event_line, data_line, *blank = frame_of(event).decode().split("\n")
    assert event_line == f"event: {name}"
    assert json.loads(data_line.removeprefix("data: ")) == {"type": name} | fields
    assert blank == ["", ""]


def test_line_ends_in_a_text_stay_on_the_data_line():
    assert frame_of(ContentBlockDelta(0, TextDelta("a\n\r\nb"))).count(b"\n") == 3


def test_lone_surrogate_in_a_text_goes_out_as_the_replacement_character():
    assert '"text":"x\ufffd"' in frame_of(ContentBlockDelta(0, TextDelta("x\ud83d"))).decode()


def test_relayed_frame_goes_out_untouched():
    frame = b"event: new_kind\r\ndata: {  }\r\n\r\n"
    assert frame_of(Relayed("new_kind", frame)) is frame


def test_searches_are_told_only_where_there_were_any():
    told = json.loads(frame_of(MessageDelta(Ending("end_turn"), Usage())).partition(b"data: ")[2])
    assert "server_tool_use" not in told["usage"]
    searched = Usage(server_tool_use={"web_search_requests": 2})
    told = json.loads(frame_of(MessageDelta(Ending("end_turn"), searched)).partition(b"data: ")[2])
    assert told["usage"]["server_tool_use"] == {"web_search_requests": 2}


def test_prompt_is_the_sum_of_fresh_written_and_cached_input():
    usage = Usage(
        input_tokens=1, cache_creation_input_tokens=20, cache_read_input_tokens=300, output_tokens=4000
    )
    assert usage.prompt_tokens == 321
