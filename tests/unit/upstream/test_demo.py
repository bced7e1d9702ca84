import json

import pytest

from dragoman.upstream.demo import GREETING, WORD_SECONDS, WithDemo
from dragoman.wire.exchange import HttpRequest
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.message_rules import check_message
from tests.support.ports import FakeUpstream, body_of, whole
from tests.support.virtual_time import in_virtual_time, now

BASH = {"name": "Bash", "input_schema": {"type": "object", "properties": {"command": {"type": "string"}}}}
WEATHER = {
    "name": "get_weather",
    "input_schema": {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"type": "string", "enum": ["degrees C", "degrees F"]},
            "days": {"type": "integer", "minimum": 3},
            "near": {"type": "array", "items": {"type": "string"}},
            "exact": {"type": "boolean"},
            "place": {"type": "object", "properties": {"lat": {"type": "number"}}, "required": ["lat"]},
            "comment": {"type": "string"},
        },
        "required": ["city", "unit", "days", "near", "exact", "place"],
    },
}
FILLED = {
    "city": "demo",
    "unit": "degrees C",
    "days": 3,
    "near": [],
    "exact": False,
    "place": {"lat": 1},
}


def ask(path: str = "/v1/messages", **fields) -> HttpRequest:
    return HttpRequest("POST", "demo:" + path, (), json.dumps(body_of(model="demo", **fields)).encode())


def user(*content) -> list[dict]:
    return [{"role": "user", "content": content[0] if len(content) == 1 else list(content)}]


async def read(reply) -> bytes:
    body = b""
    while piece := await reply.read():
        body += piece
    reply.close()
    return body


def answered(**fields) -> dict:
    """The message that the demo says, streamed and whole alike."""

    async def both() -> tuple[bytes, bytes]:
        streamed = await WithDemo(FakeUpstream()).open(ask(stream=True, **fields))
        assert streamed.head.header("content-type") == "text/event-stream"
        once = await WithDemo(FakeUpstream()).open(ask(stream=False, **fields))
        assert once.head.header("content-type") == "application/json"
        return await read(streamed), await once.read_all(1_000_000)

    stream, body = in_virtual_time(both())
    message = json.loads(body)
    check_message(message)
    folded = fold_stream(check_stream(stream))
    assert folded["content"] == message["content"]
    assert folded["stop_reason"] == message["stop_reason"]
    return message


def text_of(message: dict) -> str:
    return "".join(block["text"] for block in message["content"] if block["type"] == "text")


async def test_other_upstreams_are_asked_as_before():
    upstream = FakeUpstream(whole(b"{}"))
    request = HttpRequest("POST", "https://upstream.test/v1/messages", (), b"{}")
    assert await WithDemo(upstream).open(request) is upstream.replies[0]
    assert upstream.requests == [request]


def test_question_is_answered_with_the_greeting():
    message = answered(messages=user("hello"))
    assert text_of(message).strip() == GREETING
    assert (message["stop_reason"], message["model"]) == ("end_turn", "dragoman/demo")
    assert message["usage"]["input_tokens"] > 0


def test_words_come_one_after_the_other():
    async def timed() -> float:
        began = now()
        await read(await WithDemo(FakeUpstream()).open(ask()))
        return now() - began

    assert in_virtual_time(timed()) >= len(GREETING.split(" ")) * WORD_SECONDS


async def test_answers_have_different_ids():
    demo = WithDemo(FakeUpstream())
    replies = [await demo.open(ask(stream=False)) for _ in range(2)]
    first, second = [json.loads(await reply.read_all(1_000_000))["id"] for reply in replies]
    assert first != second


@pytest.mark.parametrize("asked", ["run something", "List the files.", "please use `bash`"])
def test_bash_is_called_where_a_command_is_asked_for(asked):
    message = answered(tools=[BASH], messages=user(asked))
    assert message["stop_reason"] == "tool_use"
    assert message["content"][-1]["name"] == "Bash"
    assert "echo" in message["content"][-1]["input"]["command"]


def test_tool_that_is_named_is_called_with_the_least_that_its_schema_wants():
    message = answered(tools=[BASH, WEATHER], messages=user("Call get_weather."))
    call = message["content"][-1]
    assert (call["name"], call["input"]) == ("get_weather", FILLED)


def test_last_text_of_the_last_question_decides():
    reminder = {"type": "text", "text": "you can run bash"}
    messages = [
        *user("run it"),
        {"role": "assistant", "content": "done"},
        *user(reminder, {"type": "text", "text": "thanks"}),
        {"role": "system", "content": "run"},
    ]
    assert text_of(answered(tools=[BASH], messages=messages)).strip() == GREETING


@pytest.mark.parametrize(
    "content", ["42 files", [{"type": "text", "text": "42"}, {"type": "text", "text": "files"}]]
)
def test_result_of_a_tool_is_quoted_and_no_tool_is_called_again(content):
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": content}
    messages = user([result, {"type": "text", "text": "run bash again"}])
    message = answered(tools=[BASH], messages=messages)
    assert "42 files" in text_of(message)
    assert message["stop_reason"] == "end_turn"


def test_empty_result_is_said_to_be_empty():
    messages = user([{"type": "tool_result", "tool_use_id": "toolu_1"}])
    assert "(nothing)" in text_of(answered(messages=messages))


def test_answer_to_a_schema_is_json_that_fits_it():
    fields = {"output_config": {"format": {"type": "json_schema", "schema": WEATHER["input_schema"]}}}
    message = answered(messages=user("run bash"), tools=[BASH], **fields)
    assert json.loads(text_of(message)) == FILLED


async def test_tokens_are_counted():
    reply = await WithDemo(FakeUpstream()).open(ask("/v1/messages/count_tokens"))
    count = json.loads(await reply.read_all(1000))["input_tokens"]
    assert isinstance(count, int)
    assert count > 0


@pytest.mark.parametrize(
    "fields",
    [
        {"output_config": {"format": None}},
        {"output_config": {}},
        {"output_config": "high"},
        {
            "output_config": {
                "format": {"type": "json_schema", "schema": {"type": "object", "required": ["a"]}}
            }
        },
        {"tools": [None, {"name": None}, {"name": "Bash"}], "messages": user("run")},
        {"tools": [{"name": "x", "input_schema": {"type": "object", "properties": None, "required": ["a"]}}]},
        {
            "tools": [
                {
                    "name": "hi",
                    "input_schema": {"type": "object", "properties": {"a": None}, "required": ["a"]},
                }
            ]
        },
        {"tools": [{"name": "hi", "input_schema": {"enum": []}}]},
        {"tools": [{"name": "hi", "input_schema": {"type": ["object", "null"]}}]},
        {"messages": user([None, {"type": "text"}, {"type": "text", "text": None}])},
        {"messages": [{"role": "assistant", "content": "hi"}]},
        {"messages": user([{"type": "tool_result", "content": [None, {"type": "image"}]}])},
    ],
)
def test_odd_request_is_answered_too(fields):
    assert answered(**fields)["content"]


async def test_reply_that_is_let_go_says_nothing_more():
    reply = await WithDemo(FakeUpstream()).open(ask())
    assert await reply.read() != b""
    reply.close()
    assert await reply.read() == b""


async def test_drained_reply_is_at_its_end():
    reply = await WithDemo(FakeUpstream()).open(ask())
    await reply.drain()
    assert await reply.read() == b""
