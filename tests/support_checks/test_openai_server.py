"""What both scripted backends of OpenAI's kind do alike, seen through the official SDK."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp
import openai
import pytest
from tests.support.http_answer import html_answer
from tests.support.openai_client import KEY, client_of, stream_lines
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.replies import Reply, Text, failing, reply
from tests.support.responses_upstream import ScriptedResponses


@dataclass(frozen=True)
class Language:
    server: type[ScriptedOpenAI | ScriptedResponses]
    path: str
    asked: dict[str, Any]
    ask: Callable[[openai.AsyncOpenAI, dict[str, Any]], Awaitable[Any]]
    text_of: Callable[[Any], str]
    delta: bytes
    """The field of an event that has a piece of the text."""

    async def lines(self, upstream: ScriptedOpenAI | ScriptedResponses, **fields: Any) -> list[Any]:
        return await stream_lines(upstream, self.path, self.asked | fields)


CHAT = Language(
    ScriptedOpenAI,
    "/chat/completions",
    {"model": "gpt-5.2", "messages": [{"role": "user", "content": "Hello"}]},
    lambda client, fields: client.chat.completions.create(**fields),
    lambda answer: answer.choices[0].message.content,
    b"content",
)
RESPONSES = Language(
    ScriptedResponses,
    "/responses",
    {"model": "gpt-6.2-sol", "input": [{"role": "user", "content": "Hello"}], "store": False},
    lambda client, fields: client.responses.create(**fields),
    lambda answer: answer.output_text,
    b"delta",
)
in_both = pytest.mark.parametrize(
    "language", [pytest.param(CHAT, id="chat"), pytest.param(RESPONSES, id="responses")]
)


@in_both
async def test_obfuscation_can_be_turned_off(language: Language) -> None:
    async with language.server(reply("Hi")) as upstream:
        assert any("obfuscation" in line for line in await language.lines(upstream))
        options = {"include_obfuscation": False}
        lines = await language.lines(upstream, stream_options=options)
        assert not any("obfuscation" in line for line in lines)


@in_both
async def test_replies_come_in_order_and_requests_are_kept(language: Language) -> None:
    async with language.server([reply("one"), reply("two")]) as upstream, client_of(upstream) as client:
        answers = [await language.ask(client, language.asked | {"user": f"u{n}"}) for n in (1, 2)]
    said = [language.text_of(answer) for answer in answers]
    assert said == ["one", "two"]
    assert [body["user"] for body in upstream.asked] == ["u1", "u2"]
    assert upstream.requests[0].wire.header("authorization") == f"Bearer {KEY}"
    if isinstance(upstream, ScriptedResponses):
        assert [turn.answer[0]["content"][0]["text"] for turn in upstream.turns] == said


@in_both
async def test_refusal_is_an_error_of_the_sdk_and_a_violation(language: Language) -> None:
    async with language.server(reply("Hi")) as upstream, client_of(upstream) as client:
        with pytest.raises(openai.BadRequestError, match="Unknown parameter: 'top_k'") as caught:
            await language.ask(client, language.asked | {"extra_body": {"top_k": 3}})
    assert (caught.value.param, caught.value.code) == ("top_k", "unknown_parameter")
    assert upstream.violations == ["Unknown parameter: 'top_k'."]
    assert upstream.requests == []


RIGHT = {"authorization": "Bearer right"}


@pytest.mark.parametrize(
    ("language", "headers", "path", "status", "words"),
    [
        (CHAT, {}, "/chat/completions", 401, "You didn't provide an API key"),
        (CHAT, {"authorization": "Bearer other"}, "/chat/completions", 401, "Incorrect API key provided"),
        (CHAT, RIGHT, "/completions", 404, "Invalid URL (POST /v1/completions)"),
        (CHAT, RIGHT, "/chat/completions", 404, "The model `gpt-5.2` does not exist"),
        (RESPONSES, {}, "/responses", 401, "You didn't provide an API key"),
        (RESPONSES, {"authorization": "Bearer other"}, "/responses", 401, "Incorrect API key provided"),
        (RESPONSES, {"api-key": "right"}, "/responses", 401, "You didn't provide an API key"),
        (RESPONSES, RIGHT, "/chat/completions", 404, "Invalid URL (POST /v1/chat/completions)"),
        (RESPONSES, RIGHT, "/responses/compact", 404, "Invalid URL (POST /v1/responses/compact)"),
        (RESPONSES, RIGHT, "/responses", 404, "The model `gpt-6.2-sol` does not exist"),
    ],
)
async def test_request_without_standing_is_refused(
    language: Language, headers: dict[str, str], path: str, status: int, words: str
) -> None:
    async with (
        language.server(reply("Hi"), key="right", models=("gpt-4.1",)) as upstream,
        aiohttp.ClientSession() as session,
        session.post(upstream.base_url + path, json=language.asked, headers=headers) as answer,
    ):
        body = await answer.json()
    assert answer.status == status
    assert words in body["error"]["message"]
    assert set(body["error"]) == {"message", "type", "param", "code"}


@in_both
@pytest.mark.parametrize(("data", "media"), [(b"{", "application/json"), (b"{}", "text/plain")])
async def test_body_that_is_no_json_is_refused(language: Language, data: bytes, media: str) -> None:
    headers = {"authorization": "Bearer x", "content-type": media}
    async with (
        language.server(reply("Hi")) as upstream,
        aiohttp.ClientSession() as session,
        session.post(upstream.base_url + language.path, data=data, headers=headers) as answer,
    ):
        assert answer.status == 400


@in_both
async def test_scripted_failure_has_the_vendors_shape(language: Language) -> None:
    script = failing(429, "Slow down", code="rate_limit_exceeded", headers=(("retry-after", "3"),))
    async with language.server(script) as upstream, client_of(upstream) as client:
        with pytest.raises(openai.RateLimitError, match="Slow down") as caught:
            await language.ask(client, language.asked)
    assert caught.value.code == "rate_limit_exceeded"
    assert caught.value.response.headers["retry-after"] == "3"


@in_both
async def test_any_http_answer_can_be_scripted(language: Language) -> None:
    async with language.server(Reply(answer=html_answer())) as upstream:
        assert (await language.lines(upstream))[0] == "<!DOCTYPE html>"


@in_both
async def test_surrogate_pair_can_be_cut_over_two_deltas(language: Language) -> None:
    async with language.server(reply(Text("\ud83e\udd89", sizes=1))) as upstream:
        await language.lines(upstream)
        assert b'"%b":"\\ud83e"' % language.delta in upstream.sent[0]
        assert b'"%b":"\\udd89"' % language.delta in upstream.sent[0]
