import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.anthropic.reply import MessagesReply, read_usage
from dragoman.messages.errors import UpstreamFailure, UpstreamNonsense
from dragoman.messages.events import (
    ContentBlockDelta,
    InputJsonDelta,
    Relayed,
    TextDelta,
    ThinkingDelta,
    Usage,
)
from dragoman.wire.sse import SseDecoder
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.reading import hear, hear_whole


def event(type, **fields):
    return f"event: {type}\ndata: {json.dumps({'type': type, **fields})}\n\n".encode()


def start(**usage):
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 1, **usage},
    }
    return event("message_start", message=message)


def block(index, skeleton, *deltas):
    return (
        event("content_block_start", index=index, content_block=skeleton)
        + b"".join(event("content_block_delta", index=index, delta=delta) for delta in deltas)
        + event("content_block_stop", index=index)
    )


TEXT = {"type": "text", "text": ""}
PING = b'event: ping\ndata: {"type": "ping"}\n\n'
STOP = event("message_stop")


def text(piece):
    return {"type": "text_delta", "text": piece}


def ending(reason="end_turn", **usage):
    return event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage=usage)


def relay(stream):
    return hear(MessagesReply, stream)


def relayed(heard):
    assert all(isinstance(one, Relayed) for one in heard.said)
    return b"".join(one.frame for one in heard.said)


STREAM = (
    start(cache_read_input_tokens=500)
    + PING
    + block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "why"},
        {"type": "signature_delta", "signature": "EqQB"},
    )
    + block(
        1,
        {**TEXT, "citations": []},
        text("Hel"),
        text("lo"),
        {"type": "citations_delta", "citation": {"a": 1}},
    )
    + block(2, {"type": "brand_new", "content": {"x": [1.50]}})
    + event("brand_new_event", anything=1)
    + ending("tool_use", output_tokens=42)
    + STOP
)


@pytest.mark.parametrize(
    "stream",
    [
        pytest.param(STREAM, id="as the API writes it"),
        pytest.param(STREAM.replace(b"\n", b"\r\n"), id="CRLF"),
        pytest.param(STREAM.replace(b": {", b":{").replace(b'": ', b'":  '), id="other spaces"),
        pytest.param(b": hello\n\n" + STREAM.replace(PING, b": keep-alive\n\n"), id="comments"),
        pytest.param(STREAM.replace(b"data: ", b"id: 7\ndata: "), id="ids"),
        pytest.param(
            STREAM.replace(b"event: message_stop\n", b"event: message_stop\nretry: 5\n"), id="retry"
        ),
    ],
)
def test_a_stream_is_relayed_byte_for_byte(stream):
    heard = relay(stream)
    assert heard.failure is None
    assert relayed(heard) == stream


def test_each_frame_has_its_name():
    names = [one.name for one in relay(STREAM + b"").said if isinstance(one, Relayed)]
    assert names[:2] == ["message_start", "ping"]
    assert names[-3:] == ["brand_new_event", "message_delta", "message_stop"]


def test_a_comment_has_no_name():
    (comment, *_) = relay(b": hello\n\n" + STREAM).said
    assert comment == Relayed("", b": hello\n\n")


def test_usage_and_the_ending_are_read_on_the_side():
    reader = relay(STREAM).reader
    assert reader.usage == Usage(input_tokens=10, cache_read_input_tokens=500, output_tokens=42)
    assert reader.stop_reason == "tool_use"
    assert reader.finished


def test_usage_of_the_last_delta_wins_and_null_tells_nothing():
    stream = (
        start(cache_creation_input_tokens=7)
        + ending(None, output_tokens=5, input_tokens=None)
        + ending("end_turn", output_tokens=9, input_tokens=11, cache_creation_input_tokens=None)
        + STOP
    )
    reader = relay(stream).reader
    assert reader.usage == Usage(input_tokens=11, cache_creation_input_tokens=7, output_tokens=9)
    assert reader.stop_reason == "end_turn"


def test_usage_is_unknown_before_the_upstream_tells_it():
    assert MessagesReply().usage is None


def test_odd_usage_counts_nothing():
    assert read_usage({"input_tokens": "12", "output_tokens": -3, "cache_read_input_tokens": None}) == Usage()


@pytest.mark.parametrize("odd", [b"null", b"5", b'"x"', b"[]", b"{}"])
def test_an_event_without_what_it_should_have_is_relayed(odd):
    stream = b"".join(
        b'event: %s\ndata: {"type":"%s","message":%s,"content_block":%s,"delta":%s,"usage":%s,"index":%s}\n\n'
        % (name, name, odd, odd, odd, odd, odd)
        for name in (b"message_start", b"content_block_start", b"message_delta", b"message_stop")
    )
    heard = relay(stream)
    assert heard.failure is None
    assert relayed(heard) == stream


def test_nothing_after_the_end_is_relayed():
    assert relayed(relay(STREAM + PING + start())) == STREAM


@pytest.mark.parametrize("length", [1, 3, 12])
def test_a_cut_is_never_an_ending(length):
    frames = STREAM.split(b"\n\n")
    heard = relay(b"\n\n".join(frames[:-2][:length]) + b"\n\n")
    assert isinstance(heard.failure, UpstreamNonsense)
    assert heard.failure.error.status == 502
    assert not heard.reader.finished


def test_an_empty_stream_is_a_failure():
    assert isinstance(relay(b"").failure, UpstreamNonsense)


def test_an_error_event_is_a_failure_with_its_type():
    error = event("error", error={"type": "overloaded_error", "message": "Overloaded"})
    heard = relay(start() + PING + error)
    assert heard.failure is not None
    assert (heard.failure.kind, heard.failure.error.type, heard.failure.error.message) == (
        "overloaded",
        "overloaded_error",
        "Overloaded",
    )
    assert relayed(heard) == start() + PING


@pytest.mark.parametrize("line", [b"not json", b"[1]", b"null"])
def test_data_that_is_no_event_is_a_failure(line):
    assert isinstance(
        relay(start() + b"event: message_delta\ndata: " + line + b"\n\n").failure, UpstreamNonsense
    )


def test_empty_data_is_relayed_as_nothing():
    assert (
        relayed(relay(start() + b"data:\n\n" + ending() + STOP)) == start() + b"data:\n\n" + ending() + STOP
    )


def test_it_starts_nothing_itself():
    assert MessagesReply().start() == ()


@pytest.mark.parametrize(
    ("skeleton", "delta"),
    [
        (TEXT, TextDelta("")),
        ({"type": "thinking", "thinking": "", "signature": ""}, ThinkingDelta("")),
        ({"type": "tool_use", "id": "t", "name": "n", "input": {}}, InputJsonDelta("")),
    ],
)
def test_keep_alive_is_an_empty_delta_in_the_open_block(skeleton, delta):
    reader = MessagesReply()
    for frame in SseDecoder().feed(start() + event("content_block_start", index=3, content_block=skeleton)):
        reader.feed(frame)
    assert reader.keep_alive() == (ContentBlockDelta(3, delta),)


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        start(),
        start() + block(0, TEXT, text("Hi")),
        start() + event("content_block_start", index=0, content_block={"type": "brand_new"}),
        STREAM,
    ],
)
def test_without_a_block_that_takes_deltas_there_is_no_keep_alive(stream):
    reader = MessagesReply()
    for frame in SseDecoder().feed(stream):
        reader.feed(frame)
    assert reader.keep_alive() == ()


MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-sonnet-5",
    "content": [
        {"type": "thinking", "thinking": "why", "signature": "EqQB"},
        {"type": "text", "text": "Hello", "citations": [{"type": "char_location", "cited_text": "H"}]},
        {
            "type": "tool_use",
            "id": "toolu_1",
            "name": "Bash",
            "input": {"a": [1, {"b": "ü"}]},
            "caller": {"type": "direct"},
        },
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "q"}},
        {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"title": "t"}]},
        {"type": "tool_use", "id": "toolu_2", "name": "Now", "input": {}},
        {"type": "redacted_thinking", "data": "abc"},
    ],
    "stop_reason": "tool_use",
    "stop_sequence": None,
    "usage": {"input_tokens": 10, "cache_read_input_tokens": 5, "output_tokens": 42},
}
BODY = json.dumps(MESSAGE, indent=1).encode()


def test_a_whole_message_is_relayed_byte_for_byte_to_a_client_without_a_stream():
    heard = hear_whole(lambda: MessagesReply(streaming=False), BODY)
    assert heard.said == (Relayed("message", BODY),)
    assert heard.reader.usage == Usage(input_tokens=10, cache_read_input_tokens=5, output_tokens=42)
    assert heard.reader.stop_reason == "tool_use"


def test_a_whole_message_is_a_stream_for_a_client_that_asked_for_one():
    heard = hear_whole(MessagesReply, BODY)
    told = fold_stream(check_stream(relayed(heard)))
    assert told["content"] == MESSAGE["content"]
    assert {name: told[name] for name in ("id", "model", "stop_reason", "usage")} == {
        name: MESSAGE[name] for name in ("id", "model", "stop_reason", "usage")
    }


def test_a_stream_made_of_a_whole_message_reads_like_one():
    made = relayed(hear_whole(MessagesReply, BODY))
    reader = relay(made).reader
    assert reader.usage == Usage(input_tokens=10, cache_read_input_tokens=5, output_tokens=42)
    assert reader.stop_reason == "tool_use"


def test_the_details_of_a_refusal_are_in_the_stream():
    refused = {**MESSAGE, "content": [], "stop_reason": "refusal", "stop_details": {"type": "refusal"}}
    told = fold_stream(check_stream(relayed(hear_whole(MessagesReply, json.dumps(refused).encode()))))
    assert (told["stop_reason"], told["stop_details"]) == ("refusal", {"type": "refusal"})


def test_a_message_without_usage_is_still_a_stream():
    bare = {name: value for name, value in MESSAGE.items() if name != "usage"} | {"content": []}
    names = [
        one.name
        for one in hear_whole(MessagesReply, json.dumps(bare).encode()).said
        if isinstance(one, Relayed)
    ]
    assert names == ["message_start", "message_delta", "message_stop"]


def test_a_whole_error_is_a_failure_with_its_body():
    body = b'{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}'
    heard = hear_whole(MessagesReply, body)
    assert heard.failure is not None
    assert (heard.failure.error.status, heard.failure.error.body) == (429, body)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b"{}", b'{"type":"message"}', b'{"type":"message","content":"text"}']
)
@pytest.mark.parametrize("streaming", [True, False])
def test_whatever_else_comes_whole_is_a_failure(body, streaming):
    heard = hear_whole(lambda: MessagesReply(streaming=streaming), body)
    assert isinstance(heard.failure, UpstreamNonsense)


junk = st.none() | st.integers(-1, 2) | st.sampled_from(["", "x"]) | st.just([1]) | st.just({"a": 1})
kinds = st.sampled_from(["text", "thinking", "tool_use", "server_tool_use", "brand_new"])
junk_blocks = st.fixed_dictionaries(
    {"type": kinds},
    optional={name: junk for name in ("text", "thinking", "signature", "citations", "input", "id", "name")},
)


@settings(max_examples=60, deadline=None)
@given(st.lists(junk_blocks | junk, max_size=3), junk, junk)
def test_whatever_a_whole_message_holds_it_is_told_or_failed(content, usage, reason):
    message = {"type": "message", "content": content, "usage": usage, "stop_reason": reason}
    try:
        said = MessagesReply().read_whole(json.dumps(message).encode())
    except UpstreamFailure:
        return
    assert [one.name for one in said if isinstance(one, Relayed)][-1] == "message_stop"


GOOGLES_ERROR = {"error": {"code": 429, "message": "busy", "status": "RESOURCE_EXHAUSTED"}}


@pytest.mark.parametrize("value", [GOOGLES_ERROR, [GOOGLES_ERROR]])
@pytest.mark.parametrize(
    "framed",
    [
        lambda text: b"data: " + text + b"\n\n",
        lambda text: b"event: error\ndata: " + text + b"\n\n",
        lambda text: text + b"\n\n",
        lambda text: text,
        lambda text: json.dumps(json.loads(text), indent=2).encode() + b"\r\n",
    ],
    ids=["event", "named event", "bare", "cut", "over lines"],
)
def test_googles_error_inside_a_stream_is_told_in_anthropics_terms(framed, value):
    stream = start() + block(0, TEXT, text("Hi")) + framed(json.dumps(value).encode())
    heard = hear(MessagesReply, stream)
    assert heard.failure is not None
    assert (heard.failure.error.status, heard.failure.error.message) == (429, "Vertex AI: busy")
    assert dict(heard.failure.error.headers) == {"retry-after": "10"}
    assert "error" not in b"".join(one.frame for one in heard.said if isinstance(one, Relayed)).decode()


@pytest.mark.parametrize("value", [GOOGLES_ERROR, [GOOGLES_ERROR]])
def test_googles_error_in_the_place_of_a_message_is_told_too(value):
    heard = hear_whole(MessagesReply, json.dumps(value).encode())
    assert heard.failure is not None
    assert heard.failure.error.status == 429


def test_what_only_speaks_of_errors_passes():
    comment = b': {"error":{"code":429,"message":"busy","status":"RESOURCE_EXHAUSTED"}}\n\n'
    stream = start() + comment + ending() + STOP
    heard = hear(MessagesReply, stream)
    assert b"".join(one.frame for one in heard.said if isinstance(one, Relayed)) == stream
