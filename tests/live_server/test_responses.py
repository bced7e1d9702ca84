"""What only Responses does, from a real client over real sockets to a strict upstream and back."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anthropic
import pytest
from anthropic import AsyncAnthropic
from typing_extensions import override

from dragoman.server.sse_response import Patience
from tests.live_server.backends import question, served
from tests.live_server.conversation import THINKING, Conversation
from tests.live_server.openai_host import at_openai
from tests.live_server.sdk import WEATHER, message_of, sdk
from tests.live_server.sessions import OPENAI_KEY, responses_settings
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.http_answer import Answer, Hold, Stall
from tests.support.http_wire import WireRequest
from tests.support.message_rules import check_message
from tests.support.openai_both import ScriptedBoth
from tests.support.openai_upstream import ScriptedOpenAI
from tests.support.raw_client import ask, calling
from tests.support.replies import Call, Reasoning, Reply, Script, failing, reply
from tests.support.responses_flavor import UNVERIFIED, ResponsesFlavor
from tests.support.responses_prefix import prefix_violations
from tests.support.responses_reasoning import ReasoningBook
from tests.support.responses_replies import overflowed
from tests.support.responses_upstream import ScriptedResponses

__all__ = ["at_openai"]

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:anthropic", "ignore:The model:DeprecationWarning"
)

LOOK = Call("get_weather", {"place": "Chur"})
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
LATER = {**WEATHER, "name": "later", "defer_loading": True}
FOUND = [
    {"role": "user", "content": "hi"},
    {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "find", "input": {}}]},
    {
        "role": "user",
        "content": [
            {
                "type": "tool_result",
                "tool_use_id": "toolu_1",
                "content": [{"type": "tool_reference", "tool_name": "later"}],
            }
        ],
    },
]
FIND = {**WEATHER, "name": "find"}
SAID = [
    {"role": "user", "content": "hi"},
    {"role": "assistant", "content": "Hello."},
    {"role": "user", "content": "?"},
]
MARKED = {"type": "text", "text": "You are brief.", "cache_control": {"type": "ephemeral"}}
CACHED = {"system": [MARKED]}


@asynccontextmanager
async def through(
    script: Script, env: dict[str, str] | None = None, **options: Any
) -> AsyncGenerator[tuple[ScriptedResponses, AsyncAnthropic]]:
    """An upstream with these options and the SDK in front of it."""
    async with (
        ScriptedResponses(script, key=OPENAI_KEY, **options) as upstream,
        dragoman_in_process(responses_settings(upstream) | (env or {})) as dragoman,
        sdk(dragoman.url) as client,
    ):
        yield upstream, client


def has(*path: str) -> Callable[[dict[str, Any]], bool]:
    """Whether a body holds the field at this path."""

    def held(body: Any) -> bool:
        for name in path:
            body = body.get(name) if isinstance(body, dict) else None
        return body is not None

    return held


def holds(text: str) -> Callable[[dict[str, Any]], bool]:
    return lambda body: text in json.dumps(body)


@dataclass(frozen=True)
class Lesson:
    """What is sent, refused once, and not sent again."""

    asked: dict[str, Any]
    sent: Callable[[dict[str, Any]], bool]
    """Whether the thing that is refused is in a body."""
    flavor: ResponsesFlavor = field(default_factory=ResponsesFlavor)
    """What refuses it, if the answer below does not."""
    refusal: Reply | None = None
    model: str = "gpt-6.2-sol"


def unsupported(param: str, code: str = "unsupported_parameter") -> Reply:
    told = f"Unsupported parameter: '{param}' is not supported with this model."
    return failing(400, told, param=param, code=code)


def unknown(*fields: str) -> ResponsesFlavor:
    return ResponsesFlavor(unknown_fields=frozenset(fields))


EFFORTS = "Unsupported value: 'max' is not supported with the 'gpt-6.2-sol' model. Supported values are: 'none', 'low', 'medium', and 'high'."
LESSONS = {
    "a summary for an unverified organisation": Lesson(
        {"thinking": THINKING, "max_tokens": 4000},
        has("reasoning", "summary"),
        ResponsesFlavor(unverified_organisation=frozenset(("summary",))),
    ),
    "include": Lesson({}, has("include"), ResponsesFlavor(knows_no_include=True)),
    "encrypted reasoning": Lesson(
        {},
        holds("reasoning.encrypted_content"),
        refusal=failing(400, "Encrypted content is not supported with this model.", param="include"),
    ),
    "an effort, with a list": Lesson(
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}},
        lambda body: body["reasoning"]["effort"] == "max",
        refusal=failing(400, EFFORTS, param="reasoning.effort", code="unsupported_value"),
    ),
    "reasoning": Lesson(
        {"thinking": THINKING, "max_tokens": 4000}, has("reasoning"), refusal=unsupported("reasoning.effort")
    ),
    "temperature": Lesson(
        {"temperature": 0.3}, has("temperature"), refusal=unsupported("temperature"), model="gpt-4.1"
    ),
    "top_p": Lesson({"top_p": 0.3}, has("top_p"), refusal=unsupported("top_p"), model="gpt-4.1"),
    "additional_tools": Lesson(
        {"tools": [FIND, LATER], "messages": FOUND},
        holds("additional_tools"),
        ResponsesFlavor(unknown_items=frozenset(("additional_tools",))),
    ),
    "phase": Lesson({"messages": SAID}, holds('"phase"'), ResponsesFlavor(phases=False)),
    "prompt_cache_key": Lesson({}, has("prompt_cache_key"), unknown("prompt_cache_key")),
    "prompt_cache_breakpoint": Lesson(
        CACHED,
        holds("prompt_cache_breakpoint"),
        refusal=failing(400, "Unknown parameter: 'input[0].content[0].prompt_cache_breakpoint'."),
    ),
    "safety_identifier": Lesson(
        {"metadata": {"user_id": "somebody"}}, has("safety_identifier"), unknown("safety_identifier")
    ),
    "stream_options": Lesson({}, has("stream_options"), unknown("stream_options")),
    "truncation": Lesson({}, has("truncation"), unknown("truncation")),
    "service_tier": Lesson({"service_tier": "standard_only"}, has("service_tier"), unknown("service_tier")),
    "parallel_tool_calls": Lesson(
        {"tools": [WEATHER]}, has("parallel_tool_calls"), unknown("parallel_tool_calls")
    ),
    "a developer's message": Lesson(
        {"system": "You are brief."},
        holds('"developer"'),
        refusal=failing(
            400, "Invalid value: 'developer'. Supported values are: 'system', 'user'.", param="input[0].role"
        ),
    ),
    "web_search": Lesson(
        {"tools": [WEATHER, SEARCH]},
        holds('"type": "web_search"'),
        refusal=failing(
            400, "Invalid value: 'web_search'. Supported values are: 'function'.", param="tools[1].type"
        ),
    ),
    "a small limit": Lesson(
        {"max_tokens": 20, "thinking": {"type": "disabled"}},
        lambda body: body["max_output_tokens"] < 32,
        refusal=failing(
            400,
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 32, but got 20 instead.",
            param="max_output_tokens",
            code="integer_below_min_value",
        ),
    ),
    "a large limit": Lesson(
        {"max_tokens": 64_000},
        lambda body: body["max_output_tokens"] > 50_000,
        refusal=failing(
            400,
            "Invalid 'max_output_tokens': integer above maximum value. Expected a value <= 50000, but got 64000 instead.",
            param="max_output_tokens",
            code="integer_above_max_value",
        ),
    ),
}


@pytest.mark.usefixtures("at_openai")
@pytest.mark.parametrize("name", LESSONS)
async def test_what_was_refused_once_is_not_sent_again(name: str) -> None:
    """Spec sections 2, 5, 7 and 14: the client notices nothing, and the upstream refuses one request only."""
    lesson = LESSONS[name]

    def script(body: dict[str, Any]) -> Reply:
        refused = lesson.refusal is not None and lesson.sent(body)
        return lesson.refusal if refused and lesson.refusal is not None else reply("Hello")

    async with served(
        "openai_responses", script, flavor=lesson.flavor, env={"BIG_MODEL": lesson.model}
    ) as scene:
        for _ in range(2):
            answer = await ask(scene.url, question(**lesson.asked))
            assert answer.status == 200, answer.body
            assert fold_stream(check_stream(answer.body))["content"][-1]["text"] == "Hello"
    upstream = scene.upstream
    requests = [json.loads(request.body) for request in upstream.wire.requests]
    assert [lesson.sent(body) for body in requests] == [True, False, False]
    assert requests[1] == requests[2]
    assert upstream.violations == []


async def test_search_is_the_gateways_where_the_server_cannot_tell_its_sources() -> None:
    """Sections 2 and 10.3: `include` is of no use there, first for reasoning and then for the search."""
    flavor = ResponsesFlavor(knows_no_include=True)
    asked = question(tools=[WEATHER, SEARCH])
    async with served("openai_responses", reply("Hello"), flavor=flavor) as scene:
        answers = [await ask(scene.url, asked) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200]
    assert [answer.header("dragoman-losses") for answer in answers] == [None, None]
    assert len(scene.upstream.declined) == 2
    # Where the server's own search is of no use, the gateway runs it.
    offered = [("function", "get_weather"), ("function", "web_search")]
    for body in scene.upstream.asked:
        assert [(tool["type"], tool["name"]) for tool in body["tools"]] == offered


async def test_limit_below_the_servers_least_is_raised_for_any_model() -> None:
    """Section 2: Claude Desktop's probe of a model asks for one token."""
    env = {"BIG_MODEL": "openai/some-model"}
    async with through(reply("Hello, you"), env) as (upstream, client):
        for _ in range(2):
            message = await client.messages.create(**message_of(max_tokens=1))
            assert (message.stop_reason, message.content[0].text) == ("max_tokens", "Hell")
    assert upstream.violations == []
    assert [body["max_output_tokens"] for body in upstream.asked] == [16, 16]


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_unverified_organisation_is_asked_without_a_stream(stream: bool) -> None:
    """Section 2: the client that wants a stream gets one, made of the whole answer."""
    script = reply(Reasoning("Where?"), "I look. ", LOOK)
    async with through(script, flavor=UNVERIFIED) as (upstream, client):
        for _ in range(2):
            conversation = Conversation(thinking=THINKING)
            conversation.say("hi")
            if stream:
                message = await conversation.step(client)
            else:
                fields = {**conversation.fields, "messages": conversation.messages}
                message = await client.messages.create(**message_of(**fields))
            assert [block.type for block in message.content] == ["thinking", "text", "tool_use"]
            assert message.content[-1].input == {"place": "Chur"}
            assert message.content[0].signature
    # The summary and the stream, each once.
    assert len(upstream.declined) == 2
    assert [call.streaming for call in upstream.requests] == [False, False]
    assert upstream.violations == []


async def test_pings_come_while_an_answer_without_a_stream_is_awaited() -> None:
    """Section 2: long thoughts are a long silence there."""
    silence = asyncio.Event()

    def script(body: dict[str, Any]) -> Reply:
        answer = upstream.rendered(reply("Hello"), body)
        return Reply(answer=Answer(headers=answer.headers, body=answer.body, before_head=(Hold(silence),)))

    patience = Patience(ping=0.05, head=0.1, event=60)
    flavor = ResponsesFlavor(unverified_organisation=frozenset(("stream",)))
    async with ScriptedResponses(script, flavor=flavor) as upstream:
        async with dragoman_in_process(responses_settings(upstream), patience=patience) as dragoman:
            async with calling(dragoman.url, question()) as call:
                while call.response.body.count(b"event: ping\n") < 3:
                    assert await call.piece(), call.response.body
                assert call.response.body.startswith(b"event: message_start\n")
                silence.set()
                events = check_stream((await call.rest()).body)
    message = fold_stream(events)
    check_message(message)
    assert message["content"] == [{"type": "text", "text": "Hello"}]
    assert upstream.requests[-1].streaming is False


def reasoned(body: dict[str, Any]) -> list[str]:
    """The ids of the reasoning that a request brings back."""
    return [item["id"] for item in body["input"] if item.get("type") == "reasoning"]


async def test_reasoning_that_the_server_knows_no_more_is_left_out_for_that_request_only() -> None:
    """Section 4.4: the conversation goes on, and a new one keeps its reasoning."""
    script = reply(Reasoning("Where?"), LOOK)
    async with through(script) as (upstream, client):
        old = Conversation(thinking=THINKING)
        old.say("How is the weather?")
        await old.step(client)
        upstream.reasoning = ReasoningBook()
        await old.step(client)
        assert len(upstream.violations) == 1
        assert "could not be decrypted" in upstream.violations[0]
        assert reasoned(upstream.asked[-1]) == []
        new = Conversation(thinking=THINKING)
        new.say("And now?")
        for _ in range(3):
            await new.step(client)
    assert len(reasoned(upstream.asked[-1])) == 2
    assert len(upstream.violations) == 1
    assert (upstream.reasoning.verified, upstream.withheld) == (2, [])


STALE = {
    "not found": failing(
        404,
        "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false. Try again with `store` set"
        " to true, or remove this item from your input.",
        param="input",
    ),
    "without what followed": failing(
        400,
        "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
        param="input",
    ),
    "without reasoning": failing(
        400,
        "Item 'fc_1' of type 'function_call' was provided without its required 'reasoning' item: 'rs_1'.",
        param="input",
    ),
    "not to be verified": failing(
        400,
        "The encrypted content gAAA...1234 could not be verified. Reason: Encrypted content could not be decrypted.",
        code="invalid_encrypted_content",
    ),
}


@pytest.mark.parametrize("words", STALE)
async def test_request_with_refused_reasoning_is_asked_once_more_without(words: str) -> None:
    """Section 4.4: whatever the words; never a 404, on which Claude Code gives up streaming."""
    refused: list[list[str]] = []

    def script(body: dict[str, Any]) -> Reply:
        if reasoned(body):
            refused.append(reasoned(body))
            return STALE[words]
        return reply(Reasoning("Where?"), LOOK)

    async with through(script) as (upstream, client):
        conversation = Conversation(thinking=THINKING)
        conversation.say("How is the weather?")
        await conversation.step(client)
        for count in (1, 2):
            assert (await conversation.step(client)).stop_reason == "tool_use"
            assert len(refused) == count
    assert len(upstream.wire.requests) == 5


async def test_refusal_of_reasoning_that_goes_on_without_any_is_an_error() -> None:
    """No endless loop: what is refused without reasoning too is told to the client."""
    async with through(STALE["not found"]) as (upstream, client):
        with pytest.raises(anthropic.APIStatusError, match="not persisted"):
            await client.messages.create(**message_of())
    assert len(upstream.wire.requests) <= 2


async def test_overflow_in_the_stream_is_a_status_and_says_what_makes_clients_compact() -> None:
    """Section 14: told only after response.created, and the client still gets its 400."""
    async with through(overflowed()) as (upstream, client):
        with pytest.raises(anthropic.BadRequestError) as caught:
            await client.messages.create(**message_of(stream=True))
    assert caught.value.api_message.startswith("prompt is too long")
    assert len(upstream.asked) == 1


ONLY_RESPONSES = failing(404, "This model is only supported in v1/responses and not in v1/chat/completions.")
TOOLS = {"tools": [WEATHER], "thinking": THINKING, "max_tokens": 4000}


@asynccontextmanager
async def both(
    chat: Script, responses: Script, model: str, **env: str
) -> AsyncGenerator[tuple[ScriptedBoth, AsyncAnthropic]]:
    """A server that speaks both languages; nobody chooses one unless `env` does."""
    async with ScriptedBoth(ScriptedOpenAI(chat), ScriptedResponses(responses)) as upstream:
        settings = {"OPENAI_API_KEY": OPENAI_KEY, "OPENAI_BASE_URL": upstream.base_url, "BIG_MODEL": model}
        async with dragoman_in_process(settings | env) as dragoman, sdk(dragoman.url) as client:
            yield upstream, client


@pytest.mark.parametrize(
    ("model", "chat"),
    [
        pytest.param("gpt-5.6-sol", (), id="no tools with an effort"),
        pytest.param("openai/some-model", ONLY_RESPONSES, id="only there"),
    ],
)
async def test_language_is_changed_where_the_server_asks_for_it_and_nobody_chose(
    model: str, chat: Any
) -> None:
    """Section 1: the refusal of Chat is answered in Responses, and Chat is asked no more."""
    async with both(chat, reply("Hello"), model) as (upstream, client):
        for _ in range(2):
            message = await client.messages.create(**message_of(**TOOLS))
            assert message.content[-1].text == "Hello"
    assert upstream.paths == ["chat/completions", "responses", "responses"]
    assert upstream.responses.violations == []


async def test_language_that_somebody_chose_stays() -> None:
    """Section 1: then the effort goes, or the refusal is told."""
    chosen = {"OPENAI_DIALECT": "openai_chat"}
    async with both(reply("Hello"), (), "gpt-5.6-sol", **chosen) as (upstream, client):
        for _ in range(2):
            message = await client.messages.create(**message_of(**TOOLS))
            assert message.content[-1].text == "Hello"
    assert upstream.paths == ["chat/completions"] * 3
    assert [body["reasoning_effort"] for body in upstream.chat.asked] == ["none", "none"]
    async with both(ONLY_RESPONSES, (), "openai/some-model", **chosen) as (upstream, client):
        with pytest.raises(anthropic.NotFoundError, match="only supported in v1/responses"):
            await client.messages.create(**message_of(**TOOLS))
    assert upstream.paths == ["chat/completions"]


async def test_language_that_does_not_help_is_not_remembered() -> None:
    """Section 1: only what has answered is kept."""
    script = [failing(500, "out of order"), reply("Hello")]
    async with both(ONLY_RESPONSES, script, "openai/some-model") as (upstream, client):
        with pytest.raises(anthropic.APIStatusError, match="out of order"):
            await client.messages.create(**message_of(**TOOLS))
        message = await client.messages.create(**message_of(**TOOLS))
    assert message.content[-1].text == "Hello"
    assert upstream.paths == ["chat/completions", "responses"] * 2


@pytest.mark.usefixtures("at_openai")
@pytest.mark.parametrize(
    ("session", "wanted"),
    [
        pytest.param(
            "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000001", id="Claude Code's"
        ),
        pytest.param("s" * 200, None, id="a long one"),
        pytest.param(None, None, id="none"),
    ],
)
async def test_cache_key_is_the_same_for_a_whole_session(session: str | None, wanted: str | None) -> None:
    """Section 2: of at most 64 characters, of the session if one is known, and never of what a turn adds."""
    headers = {"x-claude-code-session-id": session} if session else {}
    async with through(reply(Reasoning("Where?"), LOOK)) as (upstream, client):
        conversation = Conversation(thinking=THINKING, extra_headers=headers, system="You are brief.")
        conversation.say("How is the weather?")
        for _ in range(4):
            await conversation.step(client)
        other = Conversation(system="You are long.")
        other.say("hi")
        await other.step(client)
    keys = [body["prompt_cache_key"] for body in upstream.asked]
    assert len(set(keys[:4])) == 1
    assert 0 < len(keys[0]) <= 64
    assert keys[4] != keys[0]
    assert wanted is None or keys[0] == wanted
    assert prefix_violations(upstream.turns) == []


LONG = {"role": "user", "content": "How is the weather? " * 300}


@pytest.mark.usefixtures("at_openai")
async def test_count_is_the_upstreams_own_of_the_same_translation() -> None:
    """Section 14, T95."""
    asked = {
        "model": "claude-sonnet-5",
        "system": [MARKED],
        "messages": [LONG],
        "tools": [WEATHER, LATER],
        "thinking": THINKING,
        "output_config": {"format": {"type": "json_schema", "schema": WEATHER["input_schema"]}},
    }
    async with through(reply("Hello")) as (upstream, client):
        counted = await client.messages.count_tokens(**asked)
        await client.messages.create(**asked, max_tokens=4000)
    [counting] = upstream.counted
    [answering] = upstream.asked
    assert counting == {name: value for name, value in answering.items() if name in counting}
    left_out = set(answering) - set(counting)
    assert not left_out & {"input", "instructions", "tools", "reasoning", "text", "parallel_tool_calls"}
    assert counted.input_tokens > 1000
    assert upstream.violations == []


class Slow(ScriptedResponses):
    """Never says a count."""

    @override
    async def _answer(self, request: WireRequest) -> Answer:
        if request.path.endswith("/input_tokens"):
            return Answer(before_head=(Stall(),))
        return await super()._answer(request)


@pytest.mark.parametrize("habit", [404, 405, "slow"])
async def test_count_is_estimated_where_the_upstream_has_none(habit: Any) -> None:
    """Section 14: never an error, for Claude Code would count with real requests instead."""
    flavor = ResponsesFlavor(no_count=None if habit == "slow" else habit)
    server = Slow if habit == "slow" else ScriptedResponses
    async with (
        server((), flavor=flavor) as upstream,
        dragoman_in_process(responses_settings(upstream)) as dragoman,
        sdk(dragoman.url) as client,
    ):
        counted = await client.messages.count_tokens(model="claude-sonnet-5", messages=[LONG])
    assert 1000 < counted.input_tokens < 4000
    assert upstream.violations == []


async def test_reasoning_that_the_server_withheld_is_told_to_the_log_alone() -> None:
    """Section 4.5: another generation of models reads no thoughts of this one."""
    script = reply(Reasoning("Where?"), LOOK)
    async with ScriptedResponses(script) as upstream:
        settings = responses_settings(upstream)
        async with (
            dragoman_in_process(settings, patience=Patience()) as dragoman,
            sdk(dragoman.url) as client,
        ):
            conversation = Conversation(thinking=THINKING)
            conversation.say("How is the weather?")
            await conversation.step(client, model="openai/gpt-6.2-sol")
            await conversation.step(client, model="openai/gpt-6.2-sol")
            async with client.messages.stream(
                model="openai/gpt-5.6-sol", messages=conversation.messages, **conversation.fields
            ) as stream:
                message = await stream.get_final_message()
                headers = str(stream.response.headers)
    assert [trace.withheld for trace in dragoman.observer.traces] == [{}, {}, {"model_mismatch": 2}]
    assert [one["reason"] for one in upstream.withheld] == ["model_mismatch"] * 2
    assert "model_mismatch" not in message.to_json() + headers
