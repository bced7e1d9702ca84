"""The official Python SDK gets what it expects, through every dialect."""

import base64
from typing import Any

import pytest
from pydantic import BaseModel

from tests.live_server.backends import every_backend, said_before, served
from tests.live_server.sdk import WEATHER, message_of, sdk, told
from tests.support.message_rules import check_message
from tests.support.openai_flavor import DEEPSEEK, OPENAI
from tests.support.replies import Call, Reasoning, Text, Usage, reply

# The SDK warns of models that its vendor will retire.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:anthropic", "ignore:The model:DeprecationWarning"
)

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\nnot a real picture").decode()
BOTH_CALLS = (
    Call("get_weather", {"place": "Zürich 🦉"}, sizes=3),
    Call("get_weather", {"place": "Bern"}, sizes=2),
)
streamed_or_whole = pytest.mark.parametrize("streams", [True, False], ids=["streamed", "whole"])


@every_backend
async def test_text_streams_in_pieces(backend: str) -> None:
    """R15, R16, T27, T59, T65, T70."""
    async with served(backend, reply(Text("Grüezi, 🦉 world", 3))) as scene, sdk(scene.url) as client:
        async with client.messages.stream(**message_of()) as stream:
            pieces = [text async for text in stream.text_stream]
            message = await stream.get_final_message()
    assert "".join(pieces) == "Grüezi, 🦉 world"
    assert len(pieces) > 3
    assert [block.type for block in message.content] == ["text"]
    assert message.id.startswith("msg_")
    assert (message.model, message.stop_reason) == ("claude-sonnet-5", "end_turn")
    assert (message.usage.input_tokens, message.usage.output_tokens) == (100, 20)


@every_backend
async def test_whole_message_has_all_that_one_needs(backend: str) -> None:
    """T58, T59, case 16: an id, a role, cached tokens apart from the input."""
    usage = Usage(prompt=240403, completion=7, cached=229504)
    async with served(backend, reply("Hello", usage=usage)) as scene, sdk(scene.url) as client:
        response = await client.messages.with_raw_response.create(**message_of())
        message = await response.parse()
    check_message(message.to_dict())
    assert message.content[0].text == "Hello"
    assert (message.usage.input_tokens, message.usage.cache_read_input_tokens) == (10899, 229504)
    assert message._request_id == response.headers["request-id"]
    assert response.headers["request-id"].startswith("req_")


@every_backend
@streamed_or_whole
async def test_parallel_tool_calls_and_their_results_go_round(backend: str, streams: bool) -> None:
    """T28, T29, T31, T58, T69: two calls, two results (one an error), an answer; nothing the vendor refuses."""
    script = [reply("Let me look.", *BOTH_CALLS), reply("Sunny in both.")]
    question = {"role": "user", "content": "How is the weather?"}
    async with served(backend, script) as scene, sdk(scene.url) as client:
        asked = await told(client, streams, messages=[question], tools=[WEATHER])
        calls = [block for block in asked.content if block.type == "tool_use"]
        results = [
            {"type": "tool_result", "tool_use_id": calls[1].id, "content": "no such place", "is_error": True},
            {"type": "tool_result", "tool_use_id": calls[0].id, "content": [{"type": "text", "text": "sun"}]},
        ]
        history = [
            question,
            {"role": "assistant", "content": asked.to_dict()["content"]},
            {"role": "user", "content": results},
        ]
        answer = await told(client, streams, messages=history, tools=[WEATHER])
    assert [(call.name, call.input) for call in calls] == [
        ("get_weather", {"place": "Zürich 🦉"}),
        ("get_weather", {"place": "Bern"}),
    ]
    assert asked.stop_reason == "tool_use"
    assert answer.content[0].text == "Sunny in both."
    assert scene.upstream.violations == []


@every_backend
@streamed_or_whole
async def test_forced_tool_call_is_the_only_block(backend: str, streams: bool) -> None:
    """T34, T66: no empty text block before a call."""
    script = reply(Call("get_weather", {"place": "Chur"}))
    forced = {"type": "tool", "name": "get_weather"}
    async with served(backend, script) as scene, sdk(scene.url) as client:
        message = await told(client, streams, tools=[WEATHER], tool_choice=forced)
    assert [(block.type, block.input) for block in message.content] == [("tool_use", {"place": "Chur"})]
    assert scene.upstream.violations == []


@every_backend
@streamed_or_whole
async def test_thinking_is_shown_and_taken_back(backend: str, streams: bool) -> None:
    """T01, T02, T64, T71, case 10: a signed block that the next turn may carry, in a tool loop too."""
    script = [
        reply(Reasoning("I should look it up.", 5), Call("get_weather", {"place": "Chur"})),
        reply(Reasoning("Now I know."), "Rain."),
    ]
    question = {"role": "user", "content": "How is the weather?"}
    fields: dict[str, Any] = {
        "thinking": {"type": "enabled", "budget_tokens": 2048},
        "max_tokens": 4096,
        "tools": [WEATHER],
        "model": "deepseek-chat" if backend == "openai_chat" else "claude-sonnet-5",
    }
    async with served(backend, script, flavor=DEEPSEEK) as scene, sdk(scene.url) as client:
        asked = await told(client, streams, messages=[question], **fields)
        thought, call = asked.content
        result = {"type": "tool_result", "tool_use_id": call.id, "content": "rain"}
        history = [
            question,
            {"role": "assistant", "content": asked.to_dict()["content"]},
            {"role": "user", "content": [result]},
        ]
        answer = await told(client, streams, messages=history, **fields)
    assert (thought.type, thought.thinking) == ("thinking", "I should look it up.")
    assert thought.signature
    assert [block.type for block in answer.content] == ["thinking", "text"]
    if backend == "gemini":
        # A thought's text goes back only where the model signed it, and here it signed the call.
        assert scene.upstream.signatures.verified == scene.upstream.signatures.issued == 1
    else:
        assert "I should look it up." in str(said_before(scene.upstream.asked[1]))
    # A server that nobody knows is sent no reasoning until it asks for it.
    learned = [complaint for complaint in scene.upstream.violations if "reasoning_content" in complaint]
    assert len(learned) == len(scene.upstream.violations) == (1 if backend == "openai_chat" else 0)


@every_backend
async def test_images_reach_the_model(backend: str) -> None:
    """T32, case 31: base64 and URL in a message, and in a tool result."""
    inline = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    linked = {"type": "url", "url": "https://example.com/owl.png"}
    history = [
        {
            "role": "user",
            "content": [{"type": "image", "source": inline}, {"type": "image", "source": linked}],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"place": "x"}}
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "toolu_1",
                    "content": [{"type": "text", "text": "a map"}, {"type": "image", "source": inline}],
                }
            ],
        },
    ]
    async with served(backend, reply("An owl.")) as scene, sdk(scene.url) as client:
        await told(client, True, messages=history, tools=[WEATHER])
    (asked,) = scene.upstream.asked
    assert str(asked).count(PIXEL) == 2
    assert "https://example.com/owl.png" in str(asked)
    if backend == "openai_chat":
        parts = [
            part for message in asked["messages"] for part in _parts(message) if part["type"] == "image_url"
        ]
        assert len(parts) == 3
    assert scene.upstream.violations == []


def _parts(message: dict[str, Any]) -> list[dict[str, Any]]:
    return message["content"] if isinstance(message.get("content"), list) else []


class Owl(BaseModel):
    name: str
    age: int


@every_backend
async def test_structured_output_is_asked_for_and_parsed(backend: str) -> None:
    script = reply('{"name": "Ava", "age": 3}')
    async with served(backend, script) as scene, sdk(scene.url) as client:
        message = await client.messages.parse(**message_of(output_format=Owl))
    assert message.parsed_output == Owl(name="Ava", age=3)
    (asked,) = scene.upstream.asked
    if backend == "openai_chat":
        assert asked["response_format"]["json_schema"]["schema"]["required"] == ["name", "age"]
    elif backend == "openai_responses":
        assert asked["text"]["format"]["schema"]["required"] == ["name", "age"]
    elif backend == "gemini":
        assert asked["generationConfig"]["responseMimeType"] == "application/json"
        assert asked["generationConfig"]["responseJsonSchema"]["required"] == ["name", "age"]
    else:
        assert asked["output_config"]["format"]["type"] == "json_schema"
    assert scene.upstream.violations == []


@every_backend
async def test_a_schema_is_sent_whole(backend: str) -> None:
    kinds = {"type": "string", "enum": ["barn", "snowy"]}
    owl = {
        "type": "object",
        "properties": {"kind": kinds, "weights": {"type": "array", "items": {"type": "number"}}},
        "required": ["kind", "weights"],
        "additionalProperties": False,
    }
    schema = {
        "type": "object",
        "properties": {"owls": {"type": "array", "items": owl}, "best": {"anyOf": [owl, {"type": "null"}]}},
        "required": ["owls", "best"],
        "additionalProperties": False,
    }
    form = {"format": {"type": "json_schema", "schema": schema}}
    async with served(backend, reply('{"owls": [], "best": null}')) as scene, sdk(scene.url) as client:
        await client.messages.create(**message_of(output_config=form))
    (asked,) = scene.upstream.asked
    sent = {
        "openai_chat": lambda: asked["response_format"]["json_schema"]["schema"],
        "openai_responses": lambda: asked["text"]["format"]["schema"],
        "gemini": lambda: asked["generationConfig"]["responseJsonSchema"],
        "anthropic": lambda: asked["output_config"]["format"]["schema"],
    }[backend]()
    assert sent == schema
    assert scene.upstream.violations == []


@every_backend
async def test_stop_sequence_is_named(backend: str) -> None:
    """T37, T60: the last one, beyond the number that the server takes; a Messages upstream names its own."""
    stops = ["A!", "B!", "C!", "D!", *(["E!"] if backend == "gemini" else []), "END"]
    script = reply("one END two", finish="stop" if backend == "openai_chat" else None)
    async with served(backend, script) as scene, sdk(scene.url) as client:
        message = await told(client, True, stop_sequences=stops)
    if backend == "anthropic":
        assert scene.upstream.asked[0]["stop_sequences"] == stops
    else:
        assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", "END")
        assert message.content[0].text == "one "
    assert scene.upstream.violations == []


@every_backend
async def test_tokens_are_counted(backend: str) -> None:
    """T23, T55, T78, T79, T80, case 18: by the upstream where it can, else by an estimate that grows."""
    async with served(backend, ()) as scene, sdk(scene.url) as client:
        body = {name: value for name, value in message_of().items() if name != "max_tokens"}
        small = await client.messages.count_tokens(**body)
        large = await client.messages.count_tokens(
            **body | {"tools": [WEATHER] * 1, "system": "Be kind. " * 50, "thinking": {"type": "adaptive"}}
        )
    assert 0 < small.input_tokens < large.input_tokens
    # OpenAI's own vocabulary is at hand, so that nobody is asked about so little.
    assert len(scene.upstream.wire.requests) == (0 if backend.startswith("openai") else 2)
    assert scene.upstream.violations == []


@every_backend
async def test_models_are_listed_page_by_page_and_shown(backend: str) -> None:
    """T81, case 22: ids that the picker keeps, each of which can be asked for."""
    async with served(backend, reply("Hello")) as scene, sdk(scene.url) as client:
        whole = await client.models.list(limit=1000)
        paged = [model async for model in client.models.list(limit=1)]
        last = await client.models.list(limit=2, before_id=whole.data[-1].id)
        shown = await client.models.retrieve(whole.data[0].id)
        answered = [(await told(client, False, model=model.id)).content[0].text for model in whole.data]
    assert answered[:-1] == ["Hello"] * (len(whole.data) - 1)
    assert "demo model" in answered[-1]
    assert not whole.has_more
    assert len(whole.data) >= 4
    assert all("claude" in model.id and model.display_name and model.type == "model" for model in whole.data)
    assert [model.id for model in paged] == [model.id for model in whole.data]
    assert [model.id for model in last.data] == [model.id for model in whole.data[-3:-1]]
    assert shown == whole.data[0]


@every_backend
@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21"])
async def test_both_versions_and_any_beta_are_taken(backend: str, version: str) -> None:
    """T05, T09, T52: the beta client asks `?beta=true`; a Messages upstream sees both headers."""
    headers = {"anthropic-version": version, "x-custom-note": "kept"}
    script = reply("Hello")
    # What a Messages upstream thinks of a new field is its own affair.
    extra = {} if backend == "anthropic" else {"a_future_field": {"deep": [1]}}
    async with served(backend, script) as scene, sdk(scene.url, default_headers=headers) as client:
        message = await client.beta.messages.create(
            **message_of(betas=["made-up-2030-01-01"], extra_body=extra)
        )
    assert message.content[0].text == "Hello"
    if backend == "anthropic":
        request = scene.upstream.wire.requests[0]
        assert request.header("anthropic-version") == version
        assert request.header("anthropic-beta") == "made-up-2030-01-01"
        assert request.header("x-custom-note") == "kept"


@every_backend
@streamed_or_whole
async def test_several_system_prompts_and_system_turns_keep_their_order(backend: str, streams: bool) -> None:
    """T03, T57, case 23."""
    history = [
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "second"},
        {"role": "user", "content": "third"},
        {"role": "system", "content": "fourth, a note"},
    ]
    system = [{"type": "text", "text": "zero"}, {"type": "text", "text": "zero and a half"}]
    async with served(backend, reply("Hello"), flavor=OPENAI) as scene, sdk(scene.url) as client:
        await told(client, streams, messages=history, system=system)
    asked = str(scene.upstream.asked[0])
    places = [asked.index(word) for word in ("first", "second", "third", "fourth, a note")]
    assert places == sorted(places)
    assert (
        asked.index("'zero'") < asked.index("zero and a half") if backend == "anthropic" else "zero" in asked
    )
    assert scene.upstream.violations == []
