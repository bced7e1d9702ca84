"""The scripted Messages backend speaks so that the official SDK understands it, and refuses as the API does."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import aiohttp
import anthropic
import pytest
from tests.support.anthropic_rules import Refused, check_request
from tests.support.anthropic_upstream import ScriptedAnthropic
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.message_rules import check_error, check_message
from tests.support.replies import Call, Ping, Reasoning, Refusal, StreamError, Text, Usage, failing, reply

ASKED: dict[str, Any] = {
    "model": "claude-sonnet-5",
    "max_tokens": 100,
    "messages": [{"role": "user", "content": "Hello"}],
}
SAID = reply(
    Reasoning("Hm, 🦉", sizes=2),
    Text("Grüezi\u2028", sizes=3),
    Ping(),
    Call("Read", {"path": "a"}, sizes=4),
    Call("List", {}),
    usage=Usage(prompt=100, cached=60, cache_written=10, completion=9),
)
HEADERS = {"x-api-key": "test-key-anthropic", "anthropic-version": "2023-06-01"}


def client_of(upstream: ScriptedAnthropic) -> anthropic.AsyncAnthropic:
    return anthropic.AsyncAnthropic(api_key="test-key-anthropic", base_url=upstream.base_url, max_retries=0)


async def post(
    upstream: ScriptedAnthropic, body: Any, path: str = "/v1/messages", **headers: str
) -> tuple[int, bytes]:
    async with (
        aiohttp.ClientSession() as session,
        session.post(upstream.base_url + path, json=body, headers=HEADERS | headers) as answer,
    ):
        return answer.status, await answer.read()


async def test_fold_says_what_the_sdk_says() -> None:
    async with (
        ScriptedAnthropic(SAID, credentials="either") as upstream,
        client_of(upstream) as client,
        client.messages.stream(**ASKED) as stream,
    ):
        theirs: Any = (await stream.get_final_message()).to_dict()
    ours = fold_stream(check_stream(upstream.sent[0]))
    check_message(ours)
    assert ours["content"] == [
        {key: value for key, value in block.items() if value is not None} for block in theirs["content"]
    ]
    for key in ("id", "model", "stop_reason"):
        assert ours[key] == theirs[key]
    assert ours["usage"]["input_tokens"] == 30
    assert ours["usage"]["cache_read_input_tokens"] == 60


async def test_whole_answer_is_the_folded_stream() -> None:
    async with ScriptedAnthropic(SAID) as upstream:
        _, streamed = await post(upstream, ASKED | {"stream": True})
        _, whole = await post(upstream, ASKED)
    message = json.loads(whole)
    check_message(message)
    folded = fold_stream(check_stream(streamed))
    for block in (*message["content"], *folded["content"]):
        block.pop("id", None)
        block.pop("signature", None)
    assert message["content"] == folded["content"]
    assert message["stop_reason"] == folded["stop_reason"] == "tool_use"
    assert message["usage"] == folded["usage"]


async def test_sent_is_what_the_client_read() -> None:
    async with ScriptedAnthropic(SAID) as upstream:
        _, read = await post(upstream, ASKED | {"stream": True})
        assert upstream.sent == [read]


async def test_omitted_thinking_has_a_signature_and_no_text() -> None:
    thinking = {"type": "adaptive", "display": "omitted"}
    async with ScriptedAnthropic(SAID) as upstream:
        _, read = await post(upstream, ASKED | {"stream": True, "thinking": thinking})
    block = fold_stream(check_stream(read))["content"][0]
    assert block["thinking"] == ""
    assert upstream.signatures[block["signature"]] == ""


async def test_thinking_comes_back_only_with_its_signature() -> None:
    async with ScriptedAnthropic(reply(Reasoning("Hm"), "Yes")) as upstream:
        _, read = await post(upstream, ASKED)
        answer = {"role": "assistant", "content": json.loads(read)["content"]}
        history = [*ASKED["messages"], answer, {"role": "user", "content": "And?"}]
        assert (await post(upstream, ASKED | {"messages": history}))[0] == 200
        answer["content"][0]["thinking"] = "Hm!"
        status, refused = await post(upstream, ASKED | {"messages": history})
    assert status == 400
    check_error(json.loads(refused), lambda holds, rule: None if holds else pytest.fail(rule))
    assert "messages.1.content.0: Invalid `signature` in `thinking` block" in refused.decode()
    assert len(upstream.violations) == 1


async def test_tokens_are_counted() -> None:
    body = {"model": "claude-sonnet-5", "messages": ASKED["messages"]}
    async with ScriptedAnthropic(SAID, tokens=42) as upstream:
        assert await post(upstream, body, "/v1/messages/count_tokens?beta=true") == (
            200,
            b'{"input_tokens":42}',
        )
    assert [call.counting for call in upstream.requests] == [True]
    assert upstream.asked == []


async def test_error_inside_a_stream_is_terminal() -> None:
    async with ScriptedAnthropic(
        reply("Hi", StreamError("busy", type="overloaded_error"), "never")
    ) as upstream:
        _, read = await post(upstream, ASKED | {"stream": True})
    assert check_stream(read)[-1]["error"] == {"type": "overloaded_error", "message": "busy"}


async def test_refusal_is_a_stop_reason() -> None:
    async with ScriptedAnthropic(reply(Refusal("I will not"))) as upstream:
        _, read = await post(upstream, ASKED | {"stream": True})
    assert fold_stream(check_stream(read))["stop_reason"] == "refusal"


async def test_scripted_failure_has_the_apis_shape() -> None:
    script = failing(529, "Overloaded", headers=(("retry-after", "3"),))
    async with ScriptedAnthropic(script, credentials="either") as upstream, client_of(upstream) as client:
        with pytest.raises(anthropic.APIStatusError) as caught:
            await client.messages.create(**ASKED)
    assert caught.value.status_code == 529
    assert caught.value.response.headers["retry-after"] == "3"
    body: Any = caught.value.body
    assert body["error"] == {"type": "overloaded_error", "message": "Overloaded"}


@pytest.mark.parametrize(
    ("credentials", "headers", "status"),
    [
        ("x-api-key", {"x-api-key": "right"}, 200),
        ("x-api-key", {"x-api-key": "other"}, 401),
        ("x-api-key", {"authorization": "Bearer right"}, 401),
        ("x-api-key", {}, 401),
        ("bearer", {"authorization": "Bearer right"}, 200),
        ("bearer", {"x-api-key": "right"}, 401),
        ("either", {"authorization": "Bearer right"}, 200),
        ("either", {"x-api-key": "right"}, 200),
    ],
)
async def test_credential_must_come_in_its_header(
    credentials: str, headers: dict[str, str], status: int
) -> None:
    headers = headers | {"anthropic-version": "2023-06-01"}
    async with (
        ScriptedAnthropic(SAID, credentials=credentials, key="right") as upstream,
        aiohttp.ClientSession() as session,
        session.post(f"{upstream.base_url}/v1/messages", json=ASKED, headers=headers) as answer,
    ):
        body = await answer.json()
    assert answer.status == status
    assert status == 200 or body["error"]["type"] == "authentication_error"


async def test_version_header_is_required() -> None:
    async with ScriptedAnthropic(SAID) as upstream:
        status, body = await post(upstream, ASKED, **{"anthropic-version": "1"})
    assert status == 400
    assert b"anthropic-version" in body


async def test_probe_and_models_are_answered() -> None:
    async with ScriptedAnthropic(SAID) as upstream, aiohttp.ClientSession() as session:
        async with session.head(upstream.base_url + "/") as probe:
            assert probe.status == 200
        async with session.get(upstream.base_url + "/v1/models", headers=HEADERS) as models:
            assert [model["id"] for model in (await models.json())["data"]] == [
                "claude-opus-5-5",
                "claude-sonnet-5",
            ]


TOOL = {"name": "Read", "input_schema": {"type": "object"}}
CALLED = {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "x"}
TEXT = {"type": "text", "text": "x"}
MARKED = TEXT | {"cache_control": {"type": "ephemeral"}}


def loop(*messages: Any, **fields: Any) -> dict[str, Any]:
    """A request whose messages are these contents, the user's and the assistant's in turn."""
    roles: Iterator[str] = iter(["user", "assistant"] * len(messages))
    said = [
        content if isinstance(content, dict) else {"role": next(roles), "content": content}
        for content in messages
    ]
    return ASKED | {"messages": copy.deepcopy(said)} | fields


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ([], "valid dictionary"),
        (ASKED | {"top_q": 1}, "top_q: Extra inputs are not permitted"),
        ({"model": "m", "messages": []}, "max_tokens: Field required"),
        (ASKED | {"model": 3}, "model: Input should be a valid string"),
        (ASKED | {"max_tokens": -1}, "max_tokens: Input should be greater than or equal to 0"),
        (ASKED | {"thinking": {"type": "much"}}, "thinking: Input tag 'much'"),
        (
            ASKED | {"thinking": {"type": "enabled", "budget_tokens": 9}},
            "budget_tokens: Input should be greater",
        ),
        (ASKED | {"tools": [TOOL, TOOL]}, "Tool names must be unique"),
        (ASKED | {"tools": [TOOL | {"name": "a.b"}]}, "tools.0.custom.name: String should match pattern"),
        (ASKED | {"tools": [{"name": "Read"}]}, "tools.0.custom.input_schema: Field required"),
        (ASKED | {"tools": [TOOL | {"input_schema": {}}]}, "input_schema.type: Field required"),
        (
            ASKED | {"tools": [TOOL | {"defer_loading": True}]},
            "At least one tool must have defer_loading=false",
        ),
        (
            ASKED | {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "Write"}},
            "Tool 'Write' not found",
        ),
        (ASKED | {"tool_choice": {"type": "auto"}}, "only be specified while providing tools"),
        (ASKED | {"messages": []}, "at least one message is required"),
        (ASKED | {"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role: Input should be"),
        (
            ASKED | {"messages": [{"role": "user", "content": "x", "name": "y"}]},
            "messages.0.name: Extra inputs",
        ),
        (loop({"role": "assistant", "content": "x"}, "y"), 'first message must use the "user" role'),
        (loop("x", "y"), "does not support assistant message prefill"),
        (loop([TEXT | {"text": ""}]), "text content blocks must be non-empty"),
        (loop(""), "text content blocks must be non-empty"),
        (loop([CALLED]), "`tool_use` blocks are not allowed in `user` messages"),
        (loop("x", [RESULT], "y"), "`tool_result` blocks are not allowed in `assistant` messages"),
        (loop("x", [{"type": "thinking", "thinking": "x", "signature": "y"}], "z"), "Invalid `signature`"),
        (loop("x", [{"type": "thinking"}], "z"), "Invalid `signature`"),
        (loop("x", [CALLED | {"id": "a:b"}], [RESULT]), "tool_use.id: String should match pattern"),
        (
            loop("x", [CALLED | {"input": "{}"}], [RESULT]),
            "tool_use.input: Input should be a valid dictionary",
        ),
        (
            loop("x", [CALLED], "y"),
            "`tool_use` ids were found without `tool_result` blocks immediately after: toolu_1",
        ),
        (
            loop("x", [CALLED], {"role": "system", "content": "y"}, {"role": "user", "content": [RESULT]}),
            "ids were found without",
        ),
        (loop("x", "y", [RESULT]), "unexpected `tool_use_id` found in `tool_result` blocks: toolu_1"),
        (loop("x", [CALLED], [RESULT, RESULT]), "each tool_use must have a single result"),
        (loop("x", [CALLED], [TEXT, RESULT]), "`tool_result` blocks must come first"),
        (loop("x", [CALLED, CALLED], [RESULT]), "`tool_use` ids must be unique"),
        (loop("x", [CALLED], [RESULT], [CALLED], [RESULT]), "`tool_use` ids must be unique"),
        (
            loop("x", [CALLED], [RESULT | {"content": [{"type": "tool_reference", "tool_name": "Cron"}]}]),
            "Tool reference 'Cron' not found in available tools",
        ),
        (loop("x", [CALLED], [RESULT | {"content": [{"type": "text", "text": ""}]}]), "must be non-empty"),
        (
            loop([MARKED] * 3, system=[MARKED] * 2),
            "A maximum of 4 blocks with cache_control may be provided. Found 5.",
        ),
    ],
)
def test_api_refuses_in_its_words(body: Any, words: str) -> None:
    with pytest.raises(Refused) as caught:
        check_request(body, {})
    assert words in str(caught.value)


def test_count_refuses_what_only_a_message_has() -> None:
    with pytest.raises(Refused, match="max_tokens: Extra inputs are not permitted"):
        check_request(ASKED, {}, counting=True)


@pytest.mark.parametrize(
    "body",
    [
        loop([MARKED] * 2, system=[MARKED] * 2),
        loop("x", [TEXT, CALLED], [RESULT, TEXT], context_management={"edits": []}, safeguards=[]),
        loop(
            "x", [CALLED], [RESULT], {"role": "system", "content": "note", "output_config": {"effort": "low"}}
        ),
        loop("x", [CALLED], [RESULT], {"role": "user", "content": "more"}),
        ASKED | {"tools": [TOOL, TOOL | {"name": "Cron", "defer_loading": True}]},
    ],
)
def test_what_claude_code_sends_is_accepted(body: dict[str, Any]) -> None:
    check_request(body, {})
