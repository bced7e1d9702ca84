"""What a request holds arrives whatever the backend speaks, and what only Anthropic knows does not: T05, T06, T31 to T33,
T43, cases 24, 27, 31, 33."""

import json
from typing import Any

import pytest
from tests.live_server.backends import question, served
from tests.support.chat_requests import PNG, assistant, call, pdf, result, text, tool, user
from tests.support.raw_client import ask
from tests.support.replies import reply

translated = pytest.mark.parametrize("backend", ["openai_chat", "openai_responses", "gemini"])
every_backend = pytest.mark.parametrize("backend", ["openai_chat", "openai_responses", "gemini", "anthropic"])
PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}}
DOCUMENT = pdf()


async def seen(backend: str, **fields: Any) -> str:
    """What the upstream is asked, as JSON. AssertionError if it refuses anything, or the client gets no answer."""
    async with served(backend, reply("Hello")) as scene:
        answer = await ask(scene.url, question(stream=False, **fields))
    assert answer.status == 200, answer.body
    assert scene.upstream.violations == []
    [asked] = scene.upstream.asked
    return json.dumps(asked)


@translated
@pytest.mark.parametrize(
    "fields",
    [
        {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}},
        {"output_config": {"effort": "max", "task_budget": None}},
        {"service_tier": "auto"},
        {"container": "container_1"},
        {"mcp_servers": [{"type": "url", "url": "https://mcp.example.com", "name": "m"}]},
        {"cache_control": {"type": "ephemeral", "ttl": "1h"}},
        {"a_future_field": {"deep": [1]}},
    ],
    ids=lambda fields: next(iter(fields)),
)
async def test_no_other_server_sees_a_field_that_only_anthropic_knows(
    backend: str, fields: dict[str, Any]
) -> None:
    """T05, cases 24 and 27."""
    (name,) = fields
    assert f'"{name}"' not in await seen(backend, **fields)


@translated
async def test_marks_of_the_cache_stay_away_and_values_of_the_same_name_arrive(backend: str) -> None:
    """Case 24."""
    mark = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
    schema = {"type": "object", "properties": {"cache_control": {"type": "string", "description": "zebra"}}}
    asked = await seen(
        backend,
        system=[text("Be brief.", **mark)],
        tools=[tool("Read", input_schema=schema, **mark)],
        messages=[
            user(text("hi", **mark)),
            assistant(call(cache_control="lion") | mark),
            user(result(text("ok", **mark), **mark)),
        ],
    )
    assert "ephemeral" not in asked
    assert "zebra" in asked
    assert "lion" in asked


@every_backend
async def test_a_block_that_nobody_knows_is_no_reason_to_refuse(backend: str) -> None:
    """T06."""
    block = {"type": "hologram_20300101", "depth": 3}
    asked = await seen(backend, messages=[user(text("look"), block)])
    assert "look" in asked
    assert "hologram" in asked


@every_backend
async def test_the_model_sees_whether_a_tool_failed(backend: str) -> None:
    """T31."""

    async def told(**fields: Any) -> str:
        history = [
            user("hi"),
            assistant(call()),
            user(result(text("no such file"), **fields)),
        ]
        return await seen(backend, messages=history, tools=[tool("Read")])

    failed, worked = await told(is_error=True), await told()
    assert "no such file" in failed
    assert failed != worked
    assert "error" in failed.lower()
    assert "error" not in worked.lower()


@every_backend
@pytest.mark.parametrize("block", [PICTURE, DOCUMENT], ids=["image", "pdf"])
@pytest.mark.parametrize("place", ["message", "result"])
async def test_media_arrive_whole_wherever_they_stand(
    backend: str, block: dict[str, Any], place: str
) -> None:
    """T32, T33, T43, case 31."""
    history = [user(text("look"), block)]
    if place == "result":
        history = [user("hi"), assistant(call()), user(result(text("here"), block))]
    asked = await seen(backend, messages=history, tools=[tool("Read")])
    assert asked.count(block["source"]["data"]) == 1


@translated
async def test_a_schema_with_nulls_is_repaired(backend: str) -> None:
    """Case 33."""
    schema = {
        "type": "object",
        "properties": {"path": {"type": "object", "properties": None, "required": None}},
        "required": None,
    }
    asked = await seen(
        backend,
        tools=[
            tool("Read", input_schema=schema),
            tool("List", input_schema={"type": "object", "properties": None}),
        ],
    )
    assert '"required": null' not in asked
    assert '"properties": null' not in asked
    assert '"path"' in asked
