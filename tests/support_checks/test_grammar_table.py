"""Each rule of the grammar is broken once, and the checker says which."""

import json
from typing import Any

import pytest
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.message_rules import check_message

USAGE = {"input_tokens": 3, "output_tokens": 1}
HEAD: dict[str, Any] = {
    "id": "msg_01",
    "type": "message",
    "role": "assistant",
    "model": "m",
    "content": [],
    "stop_reason": None,
    "stop_sequence": None,
    "usage": USAGE,
}
START = {"type": "message_start", "message": HEAD}
PING = {"type": "ping"}
STOP = {"type": "message_stop"}
ERROR = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}


def begin(index: int, kind: str = "text", **fields: Any) -> dict[str, Any]:
    skeletons: dict[str, dict[str, Any]] = {
        "text": {"text": ""},
        "thinking": {"thinking": "", "signature": ""},
        "tool_use": {"id": f"toolu_{index}", "name": "Read", "input": {}},
    }
    block = {"type": kind} | skeletons.get(kind, {}) | fields
    return {"type": "content_block_start", "index": index, "content_block": block}


def grow(index: int, kind: str, **content: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind} | content}


def close(index: int) -> dict[str, Any]:
    return {"type": "content_block_stop", "index": index}


def ending(reason: str | None = "end_turn", sequence: str | None = None, **usage: Any) -> dict[str, Any]:
    delta = {"stop_reason": reason, "stop_sequence": sequence}
    return {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 7} | usage}


def raw(*events: Any) -> bytes:
    return b"".join(
        event
        if isinstance(event, bytes)
        else f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
        for event in events
    )


TEXT = (begin(0), grow(0, "text_delta", text="Hi\u2028there"), close(0))
THINKING = (
    begin(0, "thinking"),
    grow(0, "thinking_delta", thinking="Hm"),
    grow(0, "signature_delta", signature="s"),
    close(0),
)
CALL = (
    begin(1, "tool_use"),
    grow(1, "input_json_delta", partial_json=""),
    grow(1, "input_json_delta", partial_json='{"a'),
    PING,
    grow(1, "input_json_delta", partial_json='": [1]}'),
    close(1),
)
END = (ending(), STOP)


def test_legal_stream_is_accepted_and_folded() -> None:
    events = check_stream(
        raw(b": hello\n\n", START, PING, *THINKING, *CALL, ending("tool_use"), PING, STOP, b": bye\n\n")
    )
    message = fold_stream(events)
    assert message["content"] == [
        {"type": "thinking", "thinking": "Hm", "signature": "s"},
        {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"a": [1]}},
    ]
    assert message["stop_reason"] == "tool_use"
    assert message["usage"] == {"input_tokens": 3, "output_tokens": 7}
    check_message(message)


@pytest.mark.parametrize("line_end", [b"\r\n", b"\r"])
def test_other_line_ends_are_legal(line_end: bytes) -> None:
    events = check_stream(raw(START, *TEXT, *END).replace(b"\n", line_end))
    assert fold_stream(events)["content"] == [{"type": "text", "text": "Hi\u2028there"}]


def test_stream_may_end_in_an_error_with_a_block_open() -> None:
    events = check_stream(raw(START, TEXT[0], TEXT[1], ERROR))
    with pytest.raises(AssertionError, match="busy"):
        fold_stream(events)


def test_unfinished_stream_is_accepted_when_the_client_left() -> None:
    assert len(check_stream(raw(START, *TEXT)[:-3], complete=False)) == 3


def test_tool_call_without_any_delta_has_an_empty_input() -> None:
    events = check_stream(raw(START, begin(0, "tool_use"), close(0), ending("tool_use"), STOP))
    assert fold_stream(events)["content"][0]["input"] == {}


def test_complete_block_of_a_server_tool_is_legal() -> None:
    result = begin(0, "web_search_tool_result", tool_use_id="srvtoolu_1", content=[])
    check_stream(raw(START, result, close(0), *END))


def test_second_message_delta_is_legal() -> None:
    check_stream(raw(START, *TEXT, ending(None), ending(), STOP))


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (raw(START, *TEXT, *END)[:-1], "no blank line after the last frame"),
        (raw(START, *TEXT, *END)[:-2], "ends inside the line"),
        (raw(START) + b'data: {"type":"ping"}\n\n', "wants one event line and one data line"),
        (raw(START) + b"data: [DONE]\n\n", r"\[DONE\]"),
        (raw(START) + b"event: ping\ndata: {\n\n", "data is not JSON"),
        (raw(START) + b"event: ping\ndata: NaN\n\n", "data is not JSON"),
        (raw(START) + b"event: ping\ndata: []\n\n", "data is not an object"),
        (raw(START) + b'event: pong\ndata: {"type":"ping"}\n\n', "the event line says pong, data says ping"),
        (raw(PING, START, *TEXT, *END), "event 0 .ping.: is not allowed here: before"),
        (raw({"type": "novelty"}, START), "comes before message_start"),
        (raw(*TEXT), "event 0 .content_block_start.: is not allowed here: before"),
        (raw(START, START), "message_start.: is not allowed here"),
        (raw({"type": "message_start", "message": HEAD | {"id": "chatcmpl-1"}}), "does not begin with msg_"),
        (raw({"type": "message_start", "message": HEAD | {"role": "user"}}), "type or role is wrong"),
        (raw({"type": "message_start", "message": HEAD | {"model": None}}), "model is missing"),
        (raw({"type": "message_start", "message": HEAD | {"content": [1]}}), "content is not empty"),
        (
            raw({"type": "message_start", "message": HEAD | {"stop_reason": "end_turn"}}),
            "stop_reason is not null",
        ),
        (
            raw({"type": "message_start", "message": HEAD | {"usage": {"input_tokens": 1}}}),
            "usage is incomplete",
        ),
        (
            raw({"type": "message_start", "message": HEAD | {"usage": USAGE | {"input_tokens": 1.5}}}),
            "usage.input_tokens is 1.5",
        ),
        (raw(START, *TEXT, ending(cache_read_input_tokens=None)), "usage.cache_read_input_tokens is None"),
        (raw(START, *TEXT, ending(output_tokens=True)), "usage.output_tokens is True"),
        (raw(START, *TEXT, ending(output_tokens_details={"thinking_tokens": -1})), "thinking_tokens is -1"),
        (raw(START, begin(1)), "index is 1, wants 0"),
        (raw(START, *TEXT, begin(2)), "index is 2, wants 1"),
        (raw(START, *TEXT, begin(0)), "index is 0, wants 1"),
        (raw(START, begin(0), begin(1)), "is not allowed here: in_block"),
        (raw(START, begin(0, text="early")), "content given in content_block_start: text"),
        (raw(START, begin(0, "thinking", signature="s")), "content given in content_block_start: signature"),
        (raw(START, begin(0, "tool_use", input={"a": 1})), "content given in content_block_start: input"),
        (raw(START, begin(0, "tool_use", name="")), "a tool call without a name"),
        (raw(START, begin(0, "tool_use", id="call:1")), "is not of letters and digits"),
        (raw(START, begin(0, "tool_use"), close(0), begin(1, "tool_use", id="toolu_0")), "occurs twice"),
        (raw(START, grow(0, "text_delta", text="x")), "is not allowed here: between"),
        (raw(START, begin(0), grow(1, "text_delta", text="x")), "index is 1, the open block is 0"),
        (
            raw(START, begin(0), grow(0, "input_json_delta", partial_json="")),
            "input_json_delta in a text block",
        ),
        (raw(START, begin(0), grow(0, "text_delta")), "text_delta without its content"),
        (raw(START, *THINKING[:3], grow(0, "thinking_delta", thinking="x")), "after signature_delta"),
        (raw(START, *THINKING[:3], grow(0, "signature_delta", signature="x")), "after signature_delta"),
        (raw(START, *THINKING[:2], close(0)), "ends without signature_delta"),
        (raw(START, begin(0), close(1)), "index is 1, the open block is 0"),
        (raw(START, close(0)), "content_block_stop.: is not allowed here"),
        (
            raw(START, begin(0, "tool_use"), grow(0, "input_json_delta", partial_json='{"a":'), close(0)),
            "partial_json is no object",
        ),
        (
            raw(START, begin(0, "tool_use"), grow(0, "input_json_delta", partial_json="null"), close(0)),
            "partial_json is no object",
        ),
        (raw(START, begin(0), ending()), "message_delta.: is not allowed here: in_block"),
        (raw(START, *TEXT, ending(), begin(1)), "is not allowed here: ended"),
        (raw(START, *TEXT, STOP), "message_stop.: is not allowed here: between"),
        (raw(START, *TEXT, ending(None), STOP), "no message_delta gave a stop_reason"),
        (raw(START, *TEXT, ending("stop")), "unknown stop_reason 'stop'"),
        (raw(START, *TEXT, ending("stop_sequence")), "stop_sequence is None with stop_sequence"),
        (raw(START, *TEXT, ending("end_turn", "</x>")), "stop_sequence is '</x>' with end_turn"),
        (raw(START, *TEXT, ending("tool_use")), "tool_use without a tool_use block"),
        (raw(START, *TEXT, *CALL, ending("end_turn")), "although a tool call waits"),
        (
            raw(START, *TEXT, {"type": "message_delta", "delta": {}, "usage": USAGE}),
            "delta has no stop_reason",
        ),
        (
            raw(START, *TEXT, {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {}}),
            "usage has no output_tokens",
        ),
        (raw(START, *TEXT, *END, PING), "follows the end of the stream"),
        (raw(START, ERROR, *TEXT), "follows the end of the stream"),
        (raw(START, ERROR, STOP), "follows the end of the stream"),
        (raw(START, {"type": "error", "error": {"type": "api_error"}}), "error.message is missing"),
        (raw(START, *TEXT, ending()), "ends without message_stop or error: ended"),
        (raw(START, *TEXT), "ends without message_stop or error: between"),
        (b"", "ends without message_stop or error: before"),
    ],
)
def test_broken_rule_is_named(broken: bytes, rule: str) -> None:
    with pytest.raises(AssertionError, match=rule):
        check_stream(broken)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"id": "x"}, "does not begin with msg_"),
        ({"stop_reason": None}, "unknown stop_reason"),
        ({"content": [{"type": "tool_use", "id": "a", "name": "b", "input": "{}"}]}, "is no object"),
        ({"content": [{"type": "tool_use", "id": "a", "name": "b", "input": {}}]}, "a tool call waits"),
        ({"content": [{"type": "thinking", "thinking": "x"}]}, "thinking without a signature"),
    ],
)
def test_broken_whole_message_is_named(change: dict[str, Any], rule: str) -> None:
    with pytest.raises(AssertionError, match=rule):
        check_message(HEAD | {"stop_reason": "end_turn"} | change)
