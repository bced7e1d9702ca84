"""The scripted Gemini backend answers as Google's two servers do, and keeps what it was asked."""

import json
from typing import Any

import aiohttp
import pytest
from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_replies import (
    blocked,
    checkpoint,
    continued,
    exhausted,
    fetched,
    ran_code,
    searched,
)
from tests.support.gemini_upstream import ScriptedGemini
from tests.support.http_answer import Cut, html_answer
from tests.support.replies import (
    Call,
    Comment,
    Item,
    Raw,
    Reasoning,
    Refusal,
    Reply,
    StreamError,
    Text,
    Usage,
    failing,
    reply,
)

FLASH = "gemini-3.8-flash"
ASKED: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Hello"}]}]}
SHOWN = ASKED | {"generationConfig": {"thinkingConfig": {"includeThoughts": True}}}
CALLS = (Call("Read", {"path": "a"}, sizes=3), Call("Bash", {"command": "ls"}, id="b1"))
USAGE = Usage(prompt=50, cached=30, completion=9, reasoning=4)


async def post(
    upstream: ScriptedGemini,
    body: Any = ASKED,
    method: str = "streamGenerateContent?alt=sse",
    *,
    model: str = FLASH,
    headers: dict[str, str] | None = None,
    base_url: str | None = None,
) -> tuple[int, str]:
    """Status and text of an answer; `base_url` is another than the upstream's own."""
    if headers is None:
        vertex = upstream.flavor.vertex
        headers = {"authorization": "Bearer t"} if vertex else {"x-goog-api-key": "test-key-gemini"}
    models = "/publishers/google/models" if upstream.flavor.vertex else "/models"
    url = f"{base_url or upstream.base_url}{models}/{model}:{method}"
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            url, data=body if isinstance(body, bytes) else json.dumps(body), headers=headers
        ) as answer,
    ):
        return answer.status, (await answer.read()).decode()


async def chunks_of(upstream: ScriptedGemini, body: Any = ASKED, **fields: Any) -> list[Any]:
    """The data lines of a streamed answer; whatever is none of them as a string."""
    status, text = await post(upstream, body, **fields)
    assert status == 200
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if line]
    return [json.loads(line[6:]) if line.startswith("data: ") else line for line in lines]


async def whole(upstream: ScriptedGemini, body: Any = ASKED, **fields: Any) -> Any:
    status, text = await post(upstream, body, "generateContent", **fields)
    assert status == 200
    return json.loads(text)


def parts_of(chunks: list[Any]) -> list[dict[str, Any]]:
    contents = [chunk["candidates"][0].get("content", {}) for chunk in chunks if "candidates" in chunk]
    return [part for content in contents for part in content.get("parts", ())]


def scripted(script: Any, **fields: Any) -> ScriptedGemini:
    return ScriptedGemini(script, **fields)


async def test_stream_has_the_vendors_form() -> None:
    async with scripted(reply(Text("Grüezi 🦉", sizes=7), *CALLS, usage=USAGE)) as upstream:
        chunks = await chunks_of(upstream)
    assert "".join(part.get("text", "") for part in parts_of(chunks)) == "Grüezi 🦉"
    calls = [part["functionCall"] for part in parts_of(chunks) if "functionCall" in part]
    assert [(call["name"], call["args"]) for call in calls] == [
        ("Read", {"path": "a"}),
        ("Bash", {"command": "ls"}),
    ]
    assert len(calls[0]["id"]) == 8
    assert calls[1]["id"] == "b1"
    assert [chunk["candidates"][0].get("finishReason") for chunk in chunks] == [None] * 4 + ["STOP"]
    assert {(chunk["modelVersion"], len(chunk["responseId"])) for chunk in chunks} == {(FLASH, 22)}
    assert upstream.asked == [ASKED]
    assert upstream.requests[0].streaming


async def test_usage_grows_and_keeps_thoughts_apart() -> None:
    async with scripted(reply(Text("abcd", sizes=1), usage=USAGE)) as upstream:
        counts = [chunk["usageMetadata"] for chunk in await chunks_of(upstream)]
    totals = [one["totalTokenCount"] for one in counts]
    assert totals == sorted(totals)
    assert counts[-1] == {
        "promptTokenCount": 50,
        "cachedContentTokenCount": 30,
        "candidatesTokenCount": 5,
        "thoughtsTokenCount": 4,
        "totalTokenCount": 59,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 50}],
    }


async def test_vertex_counts_at_the_end() -> None:
    async with scripted(reply("Hi", usage=USAGE), vertex=True) as upstream:
        first, last = await chunks_of(upstream)
    assert first["usageMetadata"] == {"trafficType": "ON_DEMAND"}
    assert last["usageMetadata"]["totalTokenCount"] == 59
    assert "createTime" in last


async def test_whole_answer_joins_texts() -> None:
    said = reply(Reasoning("Hm", sizes=1), Text("Hello", sizes=2), *CALLS, usage=USAGE)
    async with scripted(said) as upstream:
        told = await whole(upstream, SHOWN)
    parts = told["candidates"][0]["content"]["parts"]
    assert parts[:2] == [{"text": "Hm", "thought": True}, {"text": "Hello"}]
    assert ["functionCall" in part for part in parts] == [False, False, True, True]
    assert told["candidates"][0]["finishReason"] == "STOP"
    assert told["usageMetadata"]["totalTokenCount"] == 59


async def test_thoughts_are_hidden_unless_asked_for() -> None:
    async with scripted(reply(Reasoning("secret"), "Yes")) as upstream:
        assert "secret" not in json.dumps(await chunks_of(upstream))
        assert {"text": "secret", "thought": True} in parts_of(await chunks_of(upstream, SHOWN))


async def test_older_calls_have_no_ids() -> None:
    async with scripted(reply(*CALLS)) as upstream:
        told = await whole(upstream, model="gemini-2.5-flash")
    assert [sorted(part["functionCall"]) for part in told["candidates"][0]["content"]["parts"]] == [
        ["args", "name"]
    ] * 2
    async with scripted(reply(*CALLS), flavor=GeminiFlavor(no_call_ids=True)) as upstream:
        assert "id" not in json.dumps(parts_of(await chunks_of(upstream)))


async def test_calls_can_share_a_chunk() -> None:
    async with scripted(reply("Now", *CALLS), flavor=GeminiFlavor(calls_together=True)) as upstream:
        chunks = await chunks_of(upstream)
    assert [len(chunk["candidates"][0]["content"]["parts"]) for chunk in chunks] == [1, 2, 1]


async def test_without_sse_the_stream_is_an_array() -> None:
    async with scripted(reply(Text("Hi you", sizes=3), Comment())) as upstream:
        status, text = await post(upstream, method="streamGenerateContent")
        assert status == 200
        assert len(json.loads(text)) == 3
        status, text = await post(upstream, {}, "streamGenerateContent")
        assert json.loads(text)[0]["error"]["code"] == status == 400


async def test_parts_of_the_wire_stand_where_they_were_put() -> None:
    said = reply(Comment("wait"), "Hi", Item({"odd": 1}), Raw(b"garbage\n"), finishes=False)
    async with scripted(said) as upstream:
        lines = await chunks_of(upstream)
    assert [lines[0], *lines[2:]] == [": wait", {"odd": 1}, "garbage"]


async def test_refusal_and_any_finish_reason_can_be_said() -> None:
    async with scripted([reply("So", Refusal("I will not")), reply("x", finish="MAX_TOKENS")]) as upstream:
        declined = (await chunks_of(upstream))[-1]["candidates"][0]
        assert (declined["finishReason"], declined["finishMessage"]) == ("SAFETY", "I will not")
        assert (await whole(upstream))["candidates"][0]["finishReason"] == "MAX_TOKENS"


@pytest.mark.parametrize("plain", [False, True])
async def test_error_inside_a_stream_ends_it(plain: bool) -> None:
    said = reply("Hi", StreamError("Overloaded", type="UNAVAILABLE"), "never")
    async with scripted(said, flavor=GeminiFlavor(plain_errors=plain)) as upstream:
        _, text = await post(upstream)
    error = text.partition('Hi"')[2].partition("\n\r\n")[2] if not plain else text[text.index("\n{") :]
    told = json.loads(error.strip().removeprefix("data: "))
    assert told == {"error": {"code": 503, "message": "Overloaded", "status": "UNAVAILABLE"}}
    assert "never" not in text


async def test_stream_can_be_cut() -> None:
    async with scripted(reply("Hi", Cut())) as upstream:
        with pytest.raises(aiohttp.ClientPayloadError):
            await post(upstream)


async def test_any_http_answer_can_be_scripted() -> None:
    async with scripted(Reply(answer=html_answer())) as upstream:
        assert "<!DOCTYPE html>" in (await post(upstream))[1]


async def test_scripted_failure_has_the_vendors_shape() -> None:
    script = [
        failing(503, "Busy", headers=(("retry-after", "3"),)),
        exhausted(delay="34.07s", quota="PerDay"),
    ]
    async with scripted(script) as upstream:
        assert json.loads((await post(upstream))[1])["error"]["status"] == "UNAVAILABLE"
        status, text = await post(upstream)
    error = json.loads(text)["error"]
    assert (status, error["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert [detail["@type"].rpartition(".")[2] for detail in error["details"]] == [
        "QuotaFailure",
        "RetryInfo",
    ]


async def test_vertex_tells_errors_of_streams_as_a_list() -> None:
    async with scripted(failing(429, "Busy"), vertex=True) as upstream:
        assert json.loads((await post(upstream))[1])[0]["error"]["code"] == 429
        assert json.loads((await post(upstream, method="generateContent"))[1])["error"]["code"] == 429
        assert json.loads((await post(upstream, {}))[1])[0]["error"]["code"] == 400


async def test_blocked_prompt_has_no_candidates() -> None:
    async with scripted(blocked("SAFETY")) as upstream:
        told = await whole(upstream)
        assert told == (await chunks_of(upstream))[0]
    assert told["promptFeedback"] == {"blockReason": "SAFETY"}
    assert "candidates" not in told


async def test_vendor_parts_come_in_both_kinds_of_answer() -> None:
    found = searched(["q"], [("https://a", "a")], [(0, 2, "Hi", [0])])
    async with scripted(
        reply(ran_code("1", "1"), "Hi", found, fetched(("https://a", "PAYWALL")))
    ) as upstream:
        told = (await whole(upstream))["candidates"][0]
        streamed = [chunk["candidates"][0] for chunk in await chunks_of(upstream)]
    assert told["groundingMetadata"] == streamed[2]["groundingMetadata"]
    assert told["groundingMetadata"]["groundingChunks"] == [{"web": {"uri": "https://a", "title": "a"}}]
    assert told["urlContextMetadata"] == streamed[3]["urlContextMetadata"]
    assert [list(part)[0] for part in told["content"]["parts"]] == [
        "executableCode",
        "codeExecutionResult",
        "text",
    ]


@pytest.mark.parametrize("vertex", [False, True])
async def test_count_is_answered_and_kept(vertex: bool) -> None:
    async with scripted(reply("Hi"), vertex=vertex, tokens=7) as upstream:
        status, text = await post(upstream, method="countTokens")
        assert (status, json.loads(text)["totalTokens"]) == (200, 7)
        assert (upstream.counted, upstream.asked) == ([ASKED], [])


@pytest.mark.parametrize(
    ("vertex", "headers", "model", "method", "status", "words"),
    [
        (False, {}, FLASH, "generateContent", 403, "Method doesn't allow unregistered callers"),
        (False, {"x-goog-api-key": "other"}, FLASH, "generateContent", 400, "API key not valid. Please pass a valid API key."),
        (False, {"x-goog-api-key": "right", "authorization": "Bearer x"}, FLASH, "generateContent", 401, "invalid authentication credentials"),
        (False, {"x-goog-api-key": "right"}, FLASH, "generateContent?key=right", 400, "API keys are taken from the x-goog-api-key header"),
        (False, {"x-goog-api-key": "right"}, FLASH, "embedContent", 404, "was not found on this server"),
        (False, {"x-goog-api-key": "right"}, "gemini-1.5-pro", "generateContent", 404, "models/gemini-1.5-pro is not found for API version v1beta, or is not supported for generateContent."),
        (True, {}, FLASH, "generateContent", 401, "Request is missing required authentication credential."),
        (True, {"authorization": "Bearer other"}, FLASH, "generateContent", 401, "Request had invalid authentication credentials."),
        (True, {"authorization": "Bearer right", "x-goog-api-key": "x"}, FLASH, "generateContent", 401, "API keys are not supported by this API."),
        (True, {"authorization": "Bearer right"}, "gemini-1.5-pro", "generateContent", 404, "Publisher Model `projects/scripted-project/locations/global/publishers/google/models/gemini-1.5-pro` was not found"),
    ],
)  # fmt: skip
async def test_request_without_standing_is_refused(
    vertex: bool, headers: dict[str, str], model: str, method: str, status: int, words: str
) -> None:
    async with scripted(reply("Hi"), vertex=vertex, key="right", token="right", models=(FLASH,)) as upstream:
        found, text = await post(upstream, method=method, model=model, headers=headers)
    assert found == json.loads(text)["error"]["code"] == status
    assert words in json.loads(text)["error"]["message"]
    assert upstream.violations == [json.loads(text)["error"]["message"]]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/projects/other/locations/global", 403), ("/projects/scripted-project/locations/us-east5", 404)],
)
async def test_vertex_knows_its_project_and_location(path: str, status: int) -> None:
    async with scripted(reply("Hi"), vertex=True) as upstream:
        asked = await post(upstream, base_url=f"{upstream.host_url}/v1beta1{path}")
    assert asked[0] == status


async def test_body_that_is_no_json_is_refused() -> None:
    async with scripted(reply("Hi")) as upstream:
        assert (await post(upstream, b"{"))[0] == 400
        assert (await post(upstream, b"[]"))[0] == 400


async def get(upstream: ScriptedGemini, path: str) -> Any:
    headers = {"authorization": "Bearer t"} if upstream.flavor.vertex else {"x-goog-api-key": "k"}
    async with (
        aiohttp.ClientSession() as session,
        session.get(upstream.host_url + path, headers=headers) as answer,
    ):
        return await answer.json()


async def test_models_are_listed() -> None:
    async with scripted(reply("Hi"), models=(FLASH,)) as upstream:
        assert [one["name"] for one in (await get(upstream, "/v1beta/models?pageSize=9"))["models"]] == [
            f"models/{FLASH}"
        ]
        assert (await get(upstream, f"/v1beta/models/{FLASH}"))["outputTokenLimit"] == 65_536
        assert (await get(upstream, "/v1beta/models/x"))["error"]["status"] == "NOT_FOUND"
    async with scripted(reply("Hi"), models=(FLASH,), vertex=True) as upstream:
        assert len((await get(upstream, "/v1beta1/publishers/google/models"))["publisherModels"]) == 1


async def test_continuation_needs_the_same_request_with_its_token() -> None:
    script = [continued("one"), continued("two"), reply("three")]
    async with scripted(script) as upstream:
        tokens = [None, *([""] * 3)]
        for hop in range(3):
            body = ASKED if hop == 0 else ASKED | {"continuationToken": tokens[hop]}
            last = (await chunks_of(upstream, body))[-1]["candidates"][0]
            tokens[hop + 1] = last.get("continuationToken")
    assert last["finishReason"] == "STOP"
    assert len({*tokens[1:3]}) == 2
    assert upstream.violations == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, "the request must have its continuation_token"),
        ({"continuationToken": "other"}, "Invalid continuation token."),
        ({"continuationToken": None, "store": False}, "must be identical to the one that it continues"),
    ],
)
async def test_continuation_of_another_request_is_refused(change: dict[str, Any], words: str) -> None:
    async with scripted([continued("one"), reply("two")]) as upstream:
        token = (await whole(upstream))["candidates"][0]["continuationToken"]
        body = ASKED | {key: token if value is None else value for key, value in change.items()}
        assert words in json.loads((await post(upstream, body))[1])["error"]["message"]
        # A refused continuation is over.
        assert (await post(upstream))[0] == 200


async def test_broken_stream_can_go_on_from_a_checkpoint_more_than_once() -> None:
    broken = reply("one", checkpoint("c1"), Cut(), finish="CONTINUATION")
    async with scripted([broken, broken, reply("two")]) as upstream:
        for body in (ASKED, ASKED | {"continuationToken": "c1"}):
            with pytest.raises(aiohttp.ClientPayloadError):
                await post(upstream, body)
        assert (await post(upstream, ASKED | {"continuationToken": "c1"}))[0] == 200
    assert upstream.violations == []


async def test_continuation_token_from_nowhere_is_refused() -> None:
    async with scripted(reply("Hi")) as upstream:
        assert (await post(upstream, ASKED | {"continuationToken": "x"}))[0] == 400
