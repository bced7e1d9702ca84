"""What only Gemini does, from a real client over real sockets to a strict upstream and back."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anthropic
import pytest

from dragoman.dialects.gemini.signatures import SKIP
from tests.live_server.backends import question, served
from tests.live_server.conversation import THINKING, Conversation
from tests.live_server.sdk import WEATHER, message_of, sdk
from tests.live_server.sessions import GEMINI_KEY, gemini_settings
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.dragoman_process import DragomanProcess
from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_replies import blocked, continued, exhausted, searched
from tests.support.gemini_signatures import Signatures
from tests.support.gemini_upstream import ScriptedGemini
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.http_answer import Cut
from tests.support.message_rules import check_message
from tests.support.raw_client import Response, ask
from tests.support.replies import Call, Reasoning, Reply, Script, StreamError, failing, reply
from tests.support.vertex_cloud import ScriptedVertex

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:anthropic", "ignore:The model:DeprecationWarning"
)

LOOK = Call("get_weather", {"place": "Chur"})
FIXTURES = Path(__file__).parent.parent / "fixtures" / "claude-code"
OWLS = ("https://owls.example/barn", "Barn owls")
SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}


@asynccontextmanager
async def through(script: Script, **options: Any) -> AsyncGenerator[tuple[ScriptedGemini, Any]]:
    """An upstream with these options and the SDK in front of it."""
    async with (
        ScriptedGemini(script, key=GEMINI_KEY, **options) as upstream,
        dragoman_in_process(gemini_settings(upstream)) as dragoman,
        sdk(dragoman.url) as client,
    ):
        yield upstream, client


def folded(answer: Response) -> dict[str, Any]:
    """The message of a stream, checked."""
    assert answer.status == 200, answer.body
    message = fold_stream(check_stream(answer.body))
    check_message(message)
    return message


async def test_answer_that_takes_several_requests_is_one_answer() -> None:
    """Gemini stops a long answer and wants to be asked on: the client hears one message, and its input counts once."""
    script = [
        continued(Reasoning("Long."), "one, "),
        continued("two, "),
        reply("three", LOOK),
    ]
    async with through(script) as (upstream, client):
        conversation = Conversation(thinking=THINKING)
        conversation.say("Count.")
        message = await conversation.step(client)
    assert "".join(block.text for block in message.content if block.type == "text") == "one, two, three"
    assert (message.stop_reason, message.content[-1].input) == ("tool_use", {"place": "Chur"})
    assert (message.usage.input_tokens, message.usage.output_tokens) == (100, 60)
    first, second, third = upstream.asked
    tokens = [body.pop("continuationToken", None) for body in (first, second, third)]
    assert tokens[0] is None
    assert None not in tokens[1:]
    assert first == second == third
    assert upstream.violations == []


async def test_further_request_that_fails_is_an_error_after_the_words() -> None:
    """R8: whatever was said stays said, and the end is an error."""
    for mishap in (reply("two", Cut()), reply(StreamError("fell over", "UNAVAILABLE")), failing(503, "busy")):
        async with served("gemini", [continued("one, "), mishap]) as scene:
            events = check_stream((await ask(scene.url, question())).body)
        assert "one, " in json.dumps(events)
        assert events[-1]["type"] == "error"


async def test_malformed_call_is_asked_for_anew() -> None:
    """The client hears of the good call only; the model is told what was wrong."""
    script = [Reply(finish="MALFORMED_FUNCTION_CALL"), reply(LOOK)]
    async with through(script) as (upstream, client):
        message = await client.messages.create(**message_of(tools=[WEATHER]))
    assert [block.type for block in message.content] == ["tool_use"]
    assert "malformed" in upstream.asked[1]["contents"][-1]["parts"][-1]["text"]
    assert upstream.violations == []


async def test_empty_answer_is_asked_for_once_more_and_then_overloaded() -> None:
    """A 200 without a word; the SDK may try again later."""
    async with through(Reply(finishes=False)) as (upstream, client):
        with pytest.raises(anthropic.OverloadedError, match="no answer at all"):
            await client.messages.create(**message_of())
    assert len(upstream.asked) == 2


PICKY = {
    "name": "pick",
    "input_schema": {
        "type": "object",
        "properties": {"one": {"type": "string", "pattern": "^a", "minLength": 2}},
        "required": ["one"],
    },
}


async def test_refused_schema_is_sent_in_the_documented_subset_from_then_on() -> None:
    """T36, T84: one refusal, then none."""
    flavor = GeminiFlavor(strict_schemas=True)
    async with through(reply("Hello"), flavor=flavor) as (upstream, client):
        for _ in range(2):
            await client.messages.create(**message_of(tools=[PICKY]))
    [complaint] = upstream.violations
    assert "unsupported schema keyword" in complaint
    assert len(upstream.asked) == 2
    declared = upstream.asked[1]["tools"][0]["functionDeclarations"][0]
    assert declared["parametersJsonSchema"]["properties"] == {"one": {"type": "string"}}


async def test_refused_thinking_level_is_not_sent_again() -> None:
    """T84: the next level, for as long as the process lives."""
    refused: list[str] = []

    def script(body: dict[str, Any]) -> Reply:
        level = body["generationConfig"]["thinkingConfig"]["thinkingLevel"]
        if level != "MINIMAL":
            return reply("Hello")
        refused.append(level)
        return failing(400, f"Thinking level {level} is not supported for this model.")

    async with through(script) as (upstream, client):
        for _ in range(2):
            message = await client.messages.create(**message_of(model="gemini/gemini-3.5-flash"))
    assert message.content[0].text == "Hello"
    assert refused == ["MINIMAL"]
    assert upstream.violations == []


async def test_corrupted_signature_is_replaced_for_that_request_only() -> None:
    """T42: a server that knows its own signatures no more; what it signs from then on goes back to it."""
    script = [reply(LOOK), reply(LOOK), reply("Done."), reply(LOOK), reply("Done.")]
    async with through(script) as (upstream, client):
        old = Conversation(thinking=THINKING)
        old.say("How is the weather?")
        await old.step(client)
        upstream.api.signatures = Signatures()
        await old.step(client)
        assert upstream.violations == ["Corrupted thought signature."]
        assert upstream.signatures.skipped == 1
        new = Conversation(thinking=THINKING)
        new.say("And now?")
        await new.step(client)
        assert (await new.step(client)).stop_reason == "tool_use"
        await new.step(client)
    assert len(upstream.violations) == 1
    assert SKIP not in json.dumps(upstream.asked[-1])
    # The old conversation's second call was not asked about again.
    assert (upstream.signatures.verified, len(upstream.signatures.missing)) == (1, 1)


async def test_blocked_prompt_is_a_refusal() -> None:
    """T60: feedback and no candidates; the client is told why."""
    async with through(blocked(message="Not this.")) as (_, client):
        message = await client.messages.create(**message_of())
    assert message.stop_reason == "refusal"
    assert message.content[0].text == "[Prompt blocked by Gemini: PROHIBITED_CONTENT — Not this.]"
    assert message.usage.input_tokens == 7


async def test_wait_that_gemini_asks_for_is_a_retry_after() -> None:
    """T84, case 20: from the details of a 429, in whole seconds; nothing is repeated in secret."""
    async with through(exhausted(delay="34.07s")) as (upstream, client):
        with pytest.raises(anthropic.RateLimitError, match="exceeded your current quota") as caught:
            await client.messages.create(**message_of())
    assert caught.value.response.headers["retry-after"] == "35"
    assert len(upstream.asked) == 1


async def test_too_long_a_prompt_is_said_in_the_words_that_make_clients_compact() -> None:
    """T85."""
    told = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
    async with through(failing(400, told)) as (_, client):
        with pytest.raises(anthropic.BadRequestError) as caught:
            await client.messages.create(**message_of())
    assert caught.value.api_message == "prompt is too long: 1200000 tokens > 1048576 maximum"


async def test_key_is_in_a_header_and_nowhere_else(tmp_path: Path) -> None:
    """T49: not in an address, an answer or a log, also where Google quotes it."""
    script = [reply("Hello"), failing(400, f"API key not valid: {GEMINI_KEY}")]
    async with ScriptedGemini(script, key=GEMINI_KEY) as upstream:
        settings = gemini_settings(upstream) | {"LOG_LEVEL": "debug"}
        async with DragomanProcess(settings, tmp_path) as dragoman:
            answers = [await ask(dragoman.url, question()) for _ in script]
            counted = await ask(dragoman.url, question(stream=None), target="/v1/messages/count_tokens")
    assert [answer.status for answer in (*answers, counted)] == [200, 403, 200]
    requests = upstream.wire.requests
    assert [request.target.partition("?")[2] for request in requests] == ["alt=sse", "alt=sse", ""]
    for request in requests:
        assert request.header("x-goog-api-key") == GEMINI_KEY
        others = [value for name, value in request.headers if name.lower() != "x-goog-api-key"]
        assert GEMINI_KEY not in f"{request.target} {others} {request.body.decode()}"
    shown = "".join(f"{answer.headers} {answer.body.decode()}" for answer in (*answers, counted))
    assert GEMINI_KEY not in dragoman.output + shown


WORDS = "Barn owls hunt by ear."
FOUND = searched(["owls at night"], [OWLS], [(0, len(WORDS), WORDS, [0])])


def search_of_claude_code(name: str) -> dict[str, Any]:
    """The request that Claude Code's WebSearch makes."""
    requests = json.loads((FIXTURES / f"{name}.json").read_text())["requests"]
    asked = [request["body"] for request in requests]
    return next(body for body in asked if any(tool.get("type") == SEARCH["type"] for tool in body["tools"]))


@pytest.mark.parametrize("name", ["web_search_server_tool", "web_search_server_tool_gpt"])
async def test_web_search_of_claude_code_is_answered_with_its_sources(name: str) -> None:
    """Case 35: a forced search and one that the model may choose; both get the blocks that WebSearch reads."""
    body = search_of_claude_code(name) | {"model": "claude-opus-4-8"}
    async with served("gemini", reply(WORDS, FOUND)) as scene:
        message = folded(await ask(scene.url, body))
    assert scene.upstream.asked[0]["tools"] == [{"googleSearch": {}}]
    assert scene.upstream.violations == []
    blocks = {block["type"]: block for block in message["content"]}
    use, result = blocks["server_tool_use"], blocks["web_search_tool_result"]
    assert (use["name"], use["input"]) == ("web_search", {"query": "owls at night"})
    assert result["tool_use_id"] == use["id"]
    assert [(one["url"], one["title"]) for one in result["content"]] == [OWLS]
    assert blocks["text"]["text"] == WORDS
    [citation] = blocks["text"]["citations"]
    assert (citation["url"], citation["cited_text"]) == (OWLS[0], WORDS)
    assert message["usage"]["server_tool_use"]["web_search_requests"] == 1
    if body["tool_choice"]["type"] == "tool":
        # Forced: WebSearch wants the sources first.
        assert [block["type"] for block in message["content"]] == [
            "server_tool_use",
            "web_search_tool_result",
            "text",
        ]


async def test_search_beside_functions_on_vertex_is_a_request_of_its_own(tmp_path: Path) -> None:
    """Vertex AI takes no search beside functions: the model calls a function, the search runs by itself, and all is
    one answer; the conversation goes on with it."""
    script = [
        reply("I search. ", Call("web_search", {"query": "owls"})),
        reply(WORDS, FOUND),
        reply("They hunt by ear.", LOOK),
        reply("Done."),
    ]
    async with ScriptedVertex(gemini=script) as google:
        settings = google.settings(tmp_path, BIG_MODEL="gemini-3.8-flash")
        async with dragoman_in_process(settings) as dragoman, sdk(dragoman.url) as client:
            conversation = Conversation(tools=[WEATHER, SEARCH], thinking=THINKING)
            conversation.say("How do owls hunt?")
            message = await conversation.step(client)
            last = await conversation.step(client)
    assert google.violations == []
    kinds = [block.type for block in message.content if block.type != "thinking"]
    assert kinds == ["text", "server_tool_use", "web_search_tool_result", "text", "tool_use"]
    result = next(block for block in message.content if block.type == "web_search_tool_result")
    assert [(one.url, one.title) for one in result.content] == [OWLS]
    asked = google.gemini.asked
    assert asked[1]["tools"] == [{"googleSearch": {}}]
    assert "owls" in asked[1]["contents"][0]["parts"][0]["text"]
    [response] = [part["functionResponse"] for part in asked[2]["contents"][-1]["parts"]]
    assert WORDS in response["response"]["output"]
    assert last.content[-1].text == "Done."
    assert google.gemini.signatures.skipped == 0
