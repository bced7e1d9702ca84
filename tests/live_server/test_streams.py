"""Every stream that reaches a client obeys the grammar and says what the model said, however the upstream says it."""

import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from tests.live_server.backends import ALWAYS_STREAMED, MODELS, every_backend, question, served
from tests.live_server.sdk import WEATHER
from tests.support import openai_flavor
from tests.support.grammar_table import check_stream, fold_stream, split_frames
from tests.support.http_answer import Step, json_bytes
from tests.support.message_rules import check_message
from tests.support.openai_flavor import COMPATIBLE, Flavor
from tests.support.raw_client import Response, ask
from tests.support.replies import Call, Comment, Item, Part, Ping, Raw, Reasoning, Reply, Text, Usage, reply

NAMED = [flavor for flavor in vars(openai_flavor).values() if isinstance(flavor, Flavor)]
HABITS = [
    Flavor(name="interleaves", model_rules=False, interleaves_calls=True),
    Flavor(name="repeats_ids", model_rules=False, repeats_tool_ids=True, interleaves_calls=True),
    Flavor(name="no_ids", model_rules=False, no_tool_ids=True),
    Flavor(name="no_index", model_rules=False, no_tool_index=True),
    Flavor(name="no_ids_no_index", model_rules=False, no_tool_ids=True, no_tool_index=True),
    Flavor(name="names_every_chunk", model_rules=False, names_every_chunk=True, interleaves_calls=True),
    Flavor(name="objects", model_rules=False, arguments_as_object=True),
    Flavor(name="think_tags", model_rules=False, reasoning="think_tags"),
    Flavor(name="both_reasonings", model_rules=False, reasoning="both"),
    Flavor(name="no_usage", model_rules=False, usage="never"),
    Flavor(name="usage_always", model_rules=False, usage="every_chunk", usage_fields="moonshot"),
    Flavor(name="no_done", model_rules=False, says_done=False),
]
PLACES = ("Zürich 🦉\u2028", "Bern", "Chur\\\"'")
CALLS = tuple(Call("get_weather", {"place": place}, sizes=3) for place in PLACES)
SHAPES: dict[str, tuple[Part, ...]] = {
    "text": (Text("Grüezi, 🦉 world\u2028\x85.", 2),),
    "reasoning": (Reasoning("Hm, let me think.", 4), Text("So be it.", 3)),
    "tool": (CALLS[0],),
    "text and tool": (Text("I look.", 3), CALLS[1]),
    "reasoning and parallel tools": (Reasoning("All three.", 4), *CALLS),
    "text and parallel tools": (Text("All three.", 4), *CALLS),
}


def streamed(answer: Response) -> dict[str, Any]:
    """The message of a stream, checked in every way."""
    assert answer.status == 200, answer.body
    message = fold_stream(check_stream(answer.body))
    check_message(message)
    return message


def said(message: dict[str, Any]) -> list[tuple[str, Any]]:
    """Type and content of each block."""
    keys = {"text": "text", "thinking": "thinking", "tool_use": "input"}
    blocks = [(block["type"], block[keys[block["type"]]]) for block in message["content"]]
    # Tags stand on lines of their own, whose ends are no thought.
    return [(kind, text.rstrip("\n") if kind == "thinking" else text) for kind, text in blocks]


def wanted(parts: Iterable[Part], flavor: Flavor | None = None) -> list[tuple[str, Any]]:
    """What the client must see of these parts."""
    blocks: list[tuple[str, Any]] = []
    for part in parts:
        if isinstance(part, Text):
            blocks.append(("text", part.text))
        elif isinstance(part, Call):
            blocks.append(("tool_use", part.arguments))
        elif isinstance(part, Reasoning) and (flavor is None or flavor.reasoning != "hidden"):
            blocks.append(("thinking", part.text))
    return blocks


def thinking_question(**fields: Any) -> dict[str, Any]:
    thinking = {"type": "enabled", "budget_tokens": 1024}
    asked = {"model": "some-model", "max_tokens": 4000, "thinking": thinking, "tools": [WEATHER], **fields}
    return question(**asked)


@pytest.mark.parametrize("flavor", [*NAMED, *HABITS], ids=lambda flavor: flavor.name)
async def test_every_server_is_understood(flavor: Flavor) -> None:
    """T28, T65 to T71, T77, cases 1, 2, 5, 10, 11: streamed and whole say the same; ids are unique for ever."""
    ids: list[str] = []
    replies = [reply(*parts) for parts in SHAPES.values() for _ in range(2)]
    # A refusal that teaches Dragoman the server's habits takes no reply from the script.
    async with served("openai_chat", replies, flavor=flavor) as scene:
        for name, parts in SHAPES.items():
            streamed_message = streamed(await ask(scene.url, thinking_question()))
            whole_message = (await ask(scene.url, thinking_question(stream=False))).json()
            check_message(whole_message)
            for message in (streamed_message, whole_message):
                assert said(message) == wanted(parts, flavor), name
                tools = any(isinstance(part, Call) for part in parts)
                assert message["stop_reason"] == ("tool_use" if tools else "end_turn")
                assert message["usage"]["input_tokens"] > 0
                assert message["usage"]["output_tokens"] > 0
                ids += [block["id"] for block in message["content"] if block["type"] == "tool_use"]
                ids.append(message["id"])
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", SHAPES)
async def test_messages_upstream_is_relayed_byte_for_byte(name: str) -> None:
    """T51, T53, T65: the very bytes, down and (but for nothing at all) up."""
    parts = (Ping(), *SHAPES[name], Comment("odd"), Item({"type": "a_new_event", "x": [1.50]}))
    # Odd spacing, escapes and numbers are the client's business.
    odd = b'"content" :\t"gr\\u00fcezi \\ud83e\\udd89"'
    body = b" " + json_bytes(thinking_question()).replace(b'"content":"hi"', odd).replace(b"4000", b"4000 ")
    async with served("anthropic", reply(*parts)) as scene:
        answer = await ask(scene.url, body)
    assert answer.body == scene.upstream.sent[0]
    assert scene.upstream.wire.requests[0].body == body
    assert said(fold_stream(check_stream(answer.body))) == wanted(SHAPES[name])


@every_backend
async def test_headers_of_a_stream(backend: str) -> None:
    """T52, T76: no compression, even for a client that would take it; a Messages upstream's own headers."""
    headers = {"accept-encoding": "gzip, br", "accept": "application/json"}
    theirs = (("anthropic-ratelimit-requests-remaining", "7"), ("set-cookie", "a=b"), ("x-note", "hm"))
    async with served(backend, reply("Hello", headers=theirs)) as scene:
        answer = await ask(scene.url, question(), headers=headers)
        whole = await ask(scene.url, question(stream=False), headers=headers)
    for one in (answer, whole):
        relayed = "7" if backend == "anthropic" else None
        assert one.header("anthropic-ratelimit-requests-remaining") == relayed
        assert (one.header("set-cookie"), one.header("x-note")) == (None, None)
        assert (one.header("request-id") or "").startswith("req_01" if backend == "anthropic" else "req_")
    assert answer.header("content-type") == "text/event-stream; charset=utf-8"
    assert answer.header("cache-control") == "no-cache"
    assert answer.header("x-accel-buffering") == "no"
    assert (answer.header("request-id") or "").startswith("req_")
    assert answer.header("content-encoding") is None
    assert answer.header("content-length") is None
    assert len([name for name, _ in answer.headers]) == len({name for name, _ in answer.headers})


WIRE: dict[str, Any] = {
    "byte by byte": {"split": 1},
    "in thirds of characters": {"split": 7},
    "gzip": {"gzip": True},
    "gzip byte by byte": {"gzip": True, "split": 1},
}


@every_backend
@pytest.mark.parametrize("name", WIRE)
async def test_bytes_may_come_in_any_pieces(backend: str, name: str) -> None:
    """T77, case 14: UTF-8, JSON and frames cut anywhere; compressed though we did not ask for it."""
    parts = (Reasoning("Hm 🦉.", 3), Text("Grüezi 🦉 \u2028 ende", 5), CALLS[0])
    script = reply(*parts, usage=Usage(prompt=50, completion=9, cached=30), **WIRE[name])
    async with served(backend, script, flavor=openai_flavor.DEEPSEEK) as scene:
        message = streamed(await ask(scene.url, thinking_question(model=MODELS[backend])))
    # A block without a thought carries the signature of Gemini's call.
    assert [block for block in said(message) if block != ("thinking", "")] == wanted(parts)
    usage = message["usage"]
    assert (usage["input_tokens"], usage["cache_read_input_tokens"], usage["output_tokens"]) == (20, 30, 9)


@every_backend
async def test_compressed_whole_answer_is_read(backend: str) -> None:
    """Case 14: where no stream is asked for, we do offer gzip. Some are always asked for one, and may compress it."""

    def script(body: dict[str, Any]) -> Reply:
        answer = scene.upstream.rendered(reply("Grüezi"), body)
        return Reply(answer=replace(answer, gzip=True, framing="chunked"))

    async with served(backend, script) as scene:
        answer = await ask(scene.url, question(stream=False))
    offered = "identity" if backend in ALWAYS_STREAMED else "gzip"
    assert scene.upstream.wire.requests[0].header("accept-encoding") == offered
    assert answer.header("content-encoding") is None
    assert answer.json()["content"][0]["text"] == "Grüezi"


@every_backend
@pytest.mark.parametrize("line_end", [b"\r\n", b"\r"], ids=["CRLF", "CR"])
@pytest.mark.parametrize("split", [None, 1, 3])
async def test_lines_may_end_in_any_way(backend: str, line_end: bytes, split: int | None) -> None:
    """T77."""
    parts = (Comment("hello"), Text("one two", 2), Ping(), *CALLS)

    def script(body: dict[str, Any]) -> Reply:
        answer = scene.upstream.rendered(reply(*parts), body)
        return Reply(answer=replace(answer, body=tuple(map(turned, answer.body)), split=split))

    def turned(step: Step) -> Step:
        return step.replace(b"\r\n", b"\n").replace(b"\n", line_end) if isinstance(step, bytes) else step

    async with served(backend, script, flavor=COMPATIBLE) as scene:
        answer = await ask(scene.url, thinking_question())
        message = streamed(answer)
    assert said(message) == wanted(parts)
    if backend == "anthropic":
        assert answer.body == scene.upstream.sent[0]


@every_backend
@pytest.mark.parametrize("size", [16_000, 16_384, 65_536, 200_000, 1_500_000])
async def test_large_events_are_no_trouble(backend: str, size: int) -> None:
    """R1: one `data:` line far beyond the limits of line readers, as text and as the arguments of a call."""
    text = "🦉x" * (size // 2)
    parts = (Text(text), Call("get_weather", {"place": text}))
    async with served(backend, reply(*parts), flavor=COMPATIBLE) as scene:
        message = streamed(await ask(scene.url, thinking_question()))
    assert said(message) == wanted(parts)


async def test_chat_chunks_that_say_nothing_or_too_much_are_read_past() -> None:
    """T77: no choices, other choices, nulls, unknown fields, numbers as ids."""
    odd: list[Part] = [
        Item({"choices": []}),
        Item({"object": "chat.completion.chunk"}),
        Item({"choices": [{"index": 1, "delta": {"content": "from a second choice"}}]}),
        Item(
            {
                "choices": [{"index": 0, "delta": {"content": None, "role": None, "tool_calls": None}}],
                "usage": None,
            }
        ),
        Item({"choices": [{"index": 0, "delta": None, "finish_reason": None}], "x_groq": {"id": "1"}}),
        Item(
            {
                "id": 5,
                "created": "now",
                "choices": [{"index": 0, "delta": {"content": "two "}}],
                "new": {"a": []},
            }
        ),
        Comment(),
        Raw(b"\n\n\n"),
        Raw(b"event: message\nid: 7\nretry: 10\n\n"),
    ]
    script = reply("one ", *odd, "three")
    async with served("openai_chat", script, flavor=COMPATIBLE) as scene:
        message = streamed(await ask(scene.url, question(model="some-model")))
    assert said(message) == [("text", "one two three")]


def tool_chunk(**entry: Any) -> Item:
    choice = {"index": 0, "delta": {"tool_calls": [{"index": 0, **entry}]}, "finish_reason": None}
    return Item({"object": "chat.completion.chunk", "choices": [choice]})


AWKWARD: dict[str, tuple[Reply, list[tuple[str, Any]], str]] = {
    "case 1: text, a call, text": (
        reply("one", CALLS[1], "two"),
        [("text", "one"), ("tool_use", {"place": "Bern"}), ("text", "two")],
        "tool_use",
    ),
    "case 4: the name comes later": (
        reply(
            tool_chunk(id="call_1", type="function", function={"name": "", "arguments": ""}),
            tool_chunk(function={"name": None, "arguments": '{"pla'}),
            tool_chunk(function={"name": "get_weather", "arguments": 'ce": "Bern"}'}),
            finish="tool_calls",
        ),
        [("tool_use", {"place": "Bern"})],
        "tool_use",
    ),
    "case 5: stop although calls wait": (
        reply(CALLS[1], finish="stop"),
        [("tool_use", {"place": "Bern"})],
        "tool_use",
    ),
    "case 6: tool_calls without one": (reply("Done.", finish="tool_calls"), [("text", "Done.")], "end_turn"),
    "case 6: tool_calls with an empty list": (
        reply(Item({"choices": [{"index": 0, "delta": {"tool_calls": []}}]}), finish="tool_calls"),
        [],
        "end_turn",
    ),
    "case 9: the limit in the middle of a text": (
        reply("Half a sen", finish="length"),
        [("text", "Half a sen")],
        "max_tokens",
    ),
    "case 37: no arguments": (reply(Call("get_weather", "")), [("tool_use", {})], "tool_use"),
    "T66: blank text before a call": (
        reply(Text("\n\n"), CALLS[1]),
        [("tool_use", {"place": "Bern"})],
        "tool_use",
    ),
    "a half pair of surrogates at a cut": (
        reply(Text("a\ud83e\udd89b", 2), finish="stop"),
        [("text", "a\U0001f989b")],
        "end_turn",
    ),
    "a lone surrogate": (reply(Text("a\ud83eb")), [("text", "a\ufffdb")], "end_turn"),
    "T60: a content filter": (reply("I cannot", finish="content_filter"), [("text", "I cannot")], "refusal"),
    "an unknown finish": (reply("Done.", finish="a_new_one"), [("text", "Done.")], "end_turn"),
}


@pytest.mark.parametrize("name", AWKWARD)
async def test_awkward_chat_streams_become_clean_messages(name: str) -> None:
    """The cases of the ids."""
    script, blocks, stop_reason = AWKWARD[name]
    async with served("openai_chat", script, flavor=COMPATIBLE) as scene:
        message = streamed(await ask(scene.url, thinking_question()))
    assert said(message) == blocks
    assert message["stop_reason"] == stop_reason


CUT = '{"place": "Be'


@pytest.mark.parametrize(("finish", "stop_reason"), [("length", "max_tokens"), ("tool_calls", "tool_use")])
async def test_cut_arguments_are_never_passed_off_as_good_ones(finish: str, stop_reason: str) -> None:
    """T62, case 37: a stream shows them as they are; a whole message has no such call, or one that is marked."""
    script = reply("I look.", Call("get_weather", CUT, sizes=4), finish=finish)
    async with served("openai_chat", script, flavor=COMPATIBLE) as scene:
        answer = await ask(scene.url, thinking_question())
        whole = (await ask(scene.url, thinking_question(stream=False))).json()
    events = [json.loads(data) for _, data in split_frames(answer.body)]
    pieces = [
        event["delta"].get("partial_json", "") for event in events if event["type"] == "content_block_delta"
    ]
    assert "".join(pieces) == CUT
    assert [event["delta"]["stop_reason"] for event in events if event["type"] == "message_delta"] == [
        stop_reason
    ]
    assert whole["stop_reason"] == stop_reason
    marked = {"__unparsedToolInput": {"raw": CUT, "len": len(CUT)}}
    assert said(whole) == [("text", "I look."), *([("tool_use", marked)] if finish == "tool_calls" else [])]


async def test_first_event_tells_an_input_that_is_near_the_truth() -> None:
    """T70, case 17: not 0, and the last event tells what the upstream counted."""
    text = "The quick brown fox jumps over the lazy dog. " * 200
    body = question(model="some-model", messages=[{"role": "user", "content": text}])
    script = reply("Hello", usage=Usage(prompt=2010, completion=3))
    async with served("openai_chat", script, flavor=COMPATIBLE) as scene:
        events = check_stream((await ask(scene.url, body)).body)
    estimate = events[0]["message"]["usage"]["input_tokens"]
    assert 2010 * 0.85 <= estimate <= 2010 * 1.15
    assert events[-2]["usage"]["input_tokens"] == 2010
    assert json.dumps(events).count('"message_delta"') == 1
