"""Whatever a client sends, it gets a 4xx that names the JSON path, and the upstream never sees it."""

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from anthropic import DefaultAsyncHttpxClient

from tests.live_server.backends import every_backend, last_words, question, served
from tests.support.grammar_table import check_stream
from tests.support.http_answer import json_bytes
from tests.support.message_rules import check_message
from tests.support.openai_flavor import COMPATIBLE
from tests.support.raw_client import ask
from tests.support.replies import reply

INSIDES = re.compile(
    rb"Traceback|site-packages|\.py\b|/home/|/work|/tmp|/usr|src/dragoman|test-key|0x[0-9a-f]{6}"
)


def with_messages(*messages: Any) -> dict[str, Any]:
    return question(messages=list(messages))


def with_blocks(*blocks: Any) -> dict[str, Any]:
    return with_messages({"role": "user", "content": list(blocks)})


NOT_JSON = {
    "nothing": b"",
    "blank": b"  \n",
    "cut": json_bytes(question())[:-5],
    "two values": b"{} {}",
    "single quotes": b"{'model': 'x'}",
    "NaN": b'{"model": "x", "max_tokens": NaN}',
    "Infinity": b'{"model": "x", "max_tokens": Infinity}',
    "trailing comma": b'{"model": "x",}',
    "a control character": b'{"model": "a\nb"}',
    "invalid UTF-8": b'{"model": "\xff\xfe", "max_tokens": 1}',
    "UTF-16": json.dumps(question()).encode("utf-16"),
    "a number out of range": json.dumps(question()).replace("1000", "1e999").encode(),
    "2,000 nested arrays": b'{"model":"x","max_tokens":1,"messages":' + b"[" * 2000 + b"]" * 2000 + b"}",
    "100,000 nested arrays": b'{"model":"x","max_tokens":1,"messages":' + b"[" * 100_000,
    "129 nested objects": b'{"a":' * 129 + b"1" + b"}" * 129,
    "an array": b"[]",
    "a string": b'"model"',
    "null": b"null",
}
WRONG: list[tuple[str, dict[str, Any] | bytes]] = [
    ("model", question(model=None)),
    ("model", question() | {"model": None}),
    ("model", question(model=5)),
    ("model", question(model="")),
    ("model", question(model=" ")),
    ("model", question(model="a\x00b")),
    ("model", question(model="a\x1b[31mb")),
    ("model", question(model="a\r\nx-api-key: b")),
    ("model", question(model="../../etc/passwd")),
    ("model", question(model="m" * 257)),
    ("max_tokens", question(max_tokens=None)),
    ("max_tokens", question(max_tokens="1000")),
    ("max_tokens", question(max_tokens=True)),
    ("max_tokens", question(max_tokens=1.5)),
    ("max_tokens", question(max_tokens=-1)),
    ("max_tokens", question(max_tokens=10**30)),
    ("messages", question(messages=None)),
    ("messages", question(messages=[])),
    ("messages", question(messages={})),
    ("messages", question(messages="hi")),
    ("messages.0", with_messages("hi")),
    ("messages.1", with_messages({"role": "user", "content": "hi"}, None)),
    ("messages.0.role", with_messages({"content": "hi"})),
    ("messages.0.role", with_messages({"role": 5, "content": "hi"})),
    ("messages.0.content", with_messages({"role": "user"})),
    ("messages.0.content", with_messages({"role": "user", "content": 5})),
    ("messages.0.content", with_messages({"role": "user", "content": {"type": "text"}})),
    ("stream", question(stream="yes")),
    ("tools", question(tools={})),
    ("tools", question(tools=[{"name": f"t{n}", "input_schema": {"type": "object"}} for n in range(2001)])),
]
WRONG_TO_TRANSLATE: list[tuple[str, dict[str, Any]]] = [
    ("messages.0.role", with_messages({"role": "tool", "content": "hi"})),
    ("messages.0.content.0", with_blocks("hi")),
    ("messages.0.content.0.type", with_blocks({"text": "hi"})),
    ("messages.0.content.0.text", with_blocks({"type": "text"})),
    ("messages.0.content.1.text", with_blocks({"type": "text", "text": "hi"}, {"type": "text", "text": 5})),
    ("messages.0.content.0.source", with_blocks({"type": "image"})),
    ("messages.0.content.0.source.data", with_blocks({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "data:image/png;base64,xx"}})),
    ("messages.0.content.0.source.media_type", with_blocks({"type": "image", "source": {"type": "base64", "media_type": "image/tiff", "data": "aa"}})),
    ("messages.0.content.0.tool_use_id", with_blocks({"type": "tool_result"})),
    ("messages.0.content.0.content", with_blocks({"type": "tool_result", "tool_use_id": "toolu_1", "content": 5})),
    ("tools.0", question(tools=["hammer"])),
    ("tools.0.name", question(tools=[{"input_schema": {"type": "object"}}])),
    ("tools.0.input_schema", question(tools=[{"name": "hammer", "input_schema": "object"}])),
    ("tools", question(tools=[{"name": "hammer", "input_schema": {"type": "object"}}] * 2)),
    ("tool_choice", question(tool_choice="auto")),
    ("tool_choice.type", question(tool_choice={"type": "maybe"})),
    ("thinking", question(thinking="yes")),
    ("thinking.enabled.budget_tokens", question(thinking={"type": "enabled", "budget_tokens": 5})),
    ("stop_sequences.1", question(stop_sequences=["a", 5])),
    ("temperature", question(temperature="hot")),
    ("system.0.text", question(system=[{"type": "text"}])),
    ("output_config", question(output_config="high")),
    ("metadata.user_id", question(metadata={"user_id": 5})),
]  # fmt: skip


@every_backend
@pytest.mark.parametrize("counting", [False, True], ids=["messages", "count_tokens"])
async def test_what_is_no_json_object_is_said_to_be_none(backend: str, counting: bool) -> None:
    """Bad input, T08, T86: malformed JSON, wrong encoding, too deep, numbers out of range."""
    target = "/v1/messages/count_tokens" if counting else "/v1/messages"
    async with served(backend, ()) as scene:
        for name, body in NOT_JSON.items():
            answer = await ask(scene.url, body, target=target)
            assert answer.status == 400, name
            error = answer.json()["error"]
            assert error["type"] == "invalid_request_error"
            assert error["message"].startswith("The request body is not valid"), name
            assert not INSIDES.search(answer.body), name
            assert answer.header("x-should-retry") == "false"
    assert scene.upstream.wire.requests == []


@every_backend
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_wrong_field_is_named_by_its_path(backend: str, stream: bool) -> None:
    """Bad input, T08, T83: what no upstream could make sense of."""
    async with served(backend, ()) as scene:
        for path, body in WRONG:
            if isinstance(body, dict) and body.get("stream") is True:
                body = body | {"stream": stream}
            await assert_refused(scene.url, path, body)
    assert scene.upstream.wire.requests == []


async def test_wrong_field_of_a_request_that_is_translated_is_named_by_its_path() -> None:
    """Bad input, T08: the real API's wording. A Messages upstream would judge these itself."""
    async with served("openai_chat", ()) as scene:
        for path, body in WRONG_TO_TRANSLATE:
            await assert_refused(scene.url, path, body)
    assert scene.upstream.wire.requests == []


async def assert_refused(url: str, path: str, body: dict[str, Any] | bytes) -> None:
    answer = await ask(url, body)
    assert answer.status == 400, (path, answer.body)
    error = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["message"].startswith(f"{path}: "), (path, error)
    assert not INSIDES.search(answer.body)
    assert "\x1b" not in error["message"]


@every_backend
async def test_count_without_max_tokens_is_right_and_without_messages_wrong(backend: str) -> None:
    """T80."""
    target = "/v1/messages/count_tokens"
    async with served(backend, ()) as scene:
        body = {"model": "claude-sonnet-5", "messages": [{"role": "user", "content": "hi"}]}
        assert (await ask(scene.url, body, target=target)).json()["input_tokens"] > 0
        for path in ("model", "messages"):
            answer = await ask(scene.url, body | {path: None}, target=target)
            assert answer.status == 400
            assert answer.json()["error"]["message"].startswith(f"{path}: ")


@every_backend
async def test_half_a_surrogate_pair_is_accepted_and_replaced(backend: str) -> None:
    """Bad input, reserve: JavaScript clients cut emoji; the upstream gets U+FFFD and whole pairs as they are."""
    escaped = json.dumps(question(messages=[{"role": "user", "content": "cut \ud83d and \U0001f989 end"}]))
    assert "\\ud83d and" in escaped
    async with served(backend, reply("Hello")) as scene:
        answer = await ask(scene.url, escaped.encode())
        counted = await ask(scene.url, escaped.encode(), target="/v1/messages/count_tokens")
    assert b"message_stop" in answer.body
    assert counted.status == 200
    assert last_words(scene.upstream.asked[0]) == "cut \ufffd and \U0001f989 end"


RICH: dict[str, Any] = question(
    stream=False,
    system=[{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
    tools=[
        {
            "name": "look",
            "description": "Looks.",
            "input_schema": {"type": "object", "properties": {"at": {"type": "string"}}, "required": ["at"]},
        }
    ],
    tool_choice={"type": "auto", "disable_parallel_tool_use": True},
    thinking={"type": "adaptive", "display": "omitted"},
    output_config={"effort": "high"},
    stop_sequences=["END"],
    metadata={"user_id": '{"session_id": "1"}'},
    messages=[
        {"role": "user", "content": "Look at it."},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "Hm.", "signature": ""},
                {"type": "text", "text": "I look."},
                {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": "it"}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "is_error": True,
                    "content": [
                        {"type": "text", "text": "dark"},
                        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
                        {"type": "tool_reference", "tool_name": "look"},
                    ],
                },
                {"type": "document", "title": "Notes", "source": {"type": "text", "media_type": "text/plain", "data": "n"}},
                {"type": "search_result", "source": "s", "title": "t", "content": [{"type": "text", "text": "u"}]},
                {"type": "made_up", "of": ["anything"]},
            ],
        },
        {"role": "system", "content": "A note."},
    ],
)  # fmt: skip
INSTEAD: tuple[Any, ...] = (None, -1.5, True, "", [[[{}]]], {}, {"type": "x"})


def damaged(value: Any, root: Any | None = None, path: tuple[Any, ...] = ()) -> Iterator[dict[str, Any]]:
    """The request with each of its values replaced, in turn, by each of INSTEAD, and left out."""
    root = value if root is None else root
    for key in value if isinstance(value, dict) else range(len(value)):
        for instead in INSTEAD:
            copied = copy.deepcopy(root)
            _parent(copied, path)[key] = instead
            yield copied
        copied = copy.deepcopy(root)
        del _parent(copied, path)[key]
        yield copied
        # A schema is data to us: what it may hold is for the upstream to say.
        if isinstance(value[key], (dict, list)) and key != "input_schema":
            yield from damaged(value[key], root, (*path, key))


def _parent(root: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        root = root[key]
    return root


async def test_no_damage_to_a_request_is_our_own_failure() -> None:
    """Bad input, R13 in small: every value of a rich request replaced by seven wrong ones: an answer or a 4xx."""
    bodies = list(damaged(RICH))
    assert len(bodies) > 500
    seen: set[int] = set()
    async with served("openai_chat", reply("Hello"), flavor=COMPATIBLE) as scene:
        async with DefaultAsyncHttpxClient(base_url=scene.url, verify=False) as client:
            for body in bodies:
                answer = await client.post("/v1/messages", content=json_bytes(body))
                seen.add(answer.status_code)
                if answer.status_code == 200 and body.get("stream") is True:
                    check_stream(answer.content)
                elif answer.status_code == 200:
                    check_message(answer.json())
                else:
                    assert 400 <= answer.status_code < 500, (answer.text, body)
                    assert answer.json()["error"]["type"].endswith("_error")
                    assert not INSIDES.search(answer.content), answer.text
    assert seen == {200, 400}
    # What we took is right for the vendor too; only whether a URL leads to an image is the vendor's to say.
    assert [complaint for complaint in scene.upstream.violations if "image_url.url" not in complaint] == []
