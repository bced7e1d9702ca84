"""What a dialect cannot carry is named: in a header and the answer goes on, or in strict mode in a 400. Never silent."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.live_server.backends import every_backend, question, served
from tests.support.openai_flavor import COMPATIBLE, OPENAI
from tests.support.raw_client import ask
from tests.support.replies import reply

FIXTURES = Path(__file__).parent.parent / "fixtures" / "claude-code"
STRICT = {"DRAGOMAN_STRICT": "true"}
PLAIN = [{"role": "user", "content": "hi"}]
SEALED = "dgm2.openai_chat.eJyrVspMUbJSUipJLS5RslKKBQAmoQRQ..0123456789abcdefghijkl"

LOST: dict[str, tuple[dict[str, Any], str]] = {
    "top_k": ({"top_k": 5}, "top_k"),
    "server tool": ({"tools": [{"type": "code_execution_20250825", "name": "code_execution"}]}, "tools.0"),
    "citations of a PDF": (
        {
            "messages": [
                {
                    "role": "user",
                    "content": [
                        {
                            "type": "document",
                            "source": {"type": "base64", "media_type": "application/pdf", "data": "aGk="},
                            "citations": {"enabled": True},
                        },
                        {"type": "text", "text": "hi"},
                    ],
                }
            ]
        },
        "messages.0.content.0.citations",
    ),
    "a block nobody knows": (
        {"messages": [{"role": "user", "content": [{"type": "hologram"}, {"type": "text", "text": "hi"}]}]},
        "messages.0.content.0",
    ),
    "a field nobody knows": ({"mood": "sunny"}, "mood"),
    "context management": (
        {"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}},
        "context_management.edits.0",
    ),
}


@pytest.mark.parametrize("name", LOST)
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_loss_is_named_in_a_header_or_refused(name: str, stream: bool) -> None:
    """Issue point 4: lenient and strict mode over the same request."""
    fields, path = LOST[name]
    body = question(model="some-model", stream=stream, **fields)
    async with served("openai_chat", reply("Hello"), flavor=COMPATIBLE) as scene:
        lenient = await ask(scene.url, body)
        plain = await ask(scene.url, question(model="some-model", stream=stream))
    assert scene.upstream.violations == []
    async with served("openai_chat", reply("Hello"), flavor=COMPATIBLE, env=STRICT) as scene:
        strict = await ask(scene.url, body)
        assert scene.upstream.wire.requests == []
        assert (await ask(scene.url, question(model="some-model", stream=stream))).status == 200
    assert lenient.status == 200
    items = (lenient.header("dragoman-losses") or "").split(", ")
    assert path in [item.partition("=")[0] for item in items]
    assert {item.partition("=")[2] for item in items} <= {"dropped", "approximated"}
    assert plain.header("dragoman-losses") is None
    assert strict.status == 400
    assert strict.json()["error"]["type"] == "invalid_request_error"
    assert strict.json()["error"]["message"].startswith(f"{items[0].partition('=')[0]}: ")
    assert strict.header("x-should-retry") == "false"


@pytest.mark.parametrize(
    "recording", ["plain_default_model", "tools_multi_turn", "model_openai_gpt_4o", "title"]
)
async def test_claude_code_on_an_openai_model_loses_nothing(recording: str) -> None:
    """Issue point 4: what the client sends every day is carried whole, so strict mode can be used with it."""
    requests = json.loads((FIXTURES / f"{recording}.json").read_text())["requests"]
    env = STRICT | {"BIG_MODEL": "gpt-5.1", "SMALL_MODEL": "gpt-5.1"}
    async with served("openai_chat", reply("Hello"), flavor=OPENAI, env=env) as scene:
        for request in requests:
            answer = await ask(
                scene.url, request["body"] | {"model": "claude-opus-4-8"}, target="/v1/messages?beta=true"
            )
            assert answer.status == 200, answer.body
            assert answer.header("dragoman-losses") is None
    assert scene.upstream.violations == []


@every_backend
async def test_messages_upstream_loses_only_the_thoughts_of_others(backend: str) -> None:
    """T02, case 40: a block that Dragoman sealed for another backend does not reach Anthropic; all else does."""
    thought = {"type": "thinking", "thinking": "hm", "signature": SEALED}
    history = [
        *PLAIN,
        {"role": "assistant", "content": [thought, {"type": "text", "text": "Hello"}]},
        *PLAIN,
    ]
    body = question(messages=history, top_k=5)
    async with served(backend, reply("Hello"), flavor=COMPATIBLE) as scene:
        answer = await ask(scene.url, body)
    assert answer.status == 200
    assert SEALED not in scene.upstream.wire.requests[0].body.decode()
    lost = answer.header("dragoman-losses")
    if backend == "anthropic":
        assert lost == "messages.1.content.0=dropped"
        assert scene.upstream.asked[0]["top_k"] == 5
    else:
        assert lost == "top_k=dropped"
    assert scene.upstream.violations == []


async def test_long_list_of_losses_is_cut_at_a_whole_item() -> None:
    """A header stays within what proxies take."""
    blocks = [{"type": f"hologram_{number}"} for number in range(200)]
    body = question(
        model="some-model", messages=[{"role": "user", "content": [*blocks, {"type": "text", "text": "hi"}]}]
    )
    async with served("openai_chat", reply("Hello"), flavor=COMPATIBLE) as scene:
        answer = await ask(scene.url, body)
    value = answer.header("dragoman-losses") or ""
    assert len(value) <= 2048 + 40
    assert value.rpartition(", ")[2].startswith("and ")
