"""What the real Claude Code sent in seventy situations goes over the wire through every dialect."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.live_server.backends import Scene, served
from tests.live_server.openai_host import at_openai
from tests.support.anthropic_rules import blocks_of
from tests.support.grammar_table import check_stream
from tests.support.http_answer import json_bytes
from tests.support.message_rules import check_message
from tests.support.openai_flavor import DEEPSEEK, MISTRAL, OPENAI, VLLM, Flavor
from tests.support.raw_client import Response, ask
from tests.support.replies import Text, reply
from tests.test_recorded_requests import CLIENTS_OWN_FAULTS

__all__ = ["at_openai"]

FIXTURES = sorted((Path(__file__).parent.parent / "fixtures" / "claude-code").glob("*.json"))
HELLO = reply(Text("Hello", 2))
HOP_BY_HOP = ("host", "content-length", "connection", "accept-encoding")


def recorded() -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and content of each recorded request."""
    for path in FIXTURES:
        for number, request in enumerate(json.loads(path.read_text())["requests"]):
            yield f"{path.stem}-{number}", request


def headers_of(request: dict[str, Any]) -> dict[str, str | None]:
    return {name: value for name, value in request["headers"].items() if name.lower() not in HOP_BY_HOP}


async def sent(scene: Scene, request: dict[str, Any]) -> Response:
    """The answer to a recorded request, at the path where the client asked; Vertex's have theirs in the way in."""
    body = {"model": "claude-sonnet-4-5"} | request["body"]
    target = "/v1/messages/count_tokens" if request["path"].endswith("count_tokens") else "/v1/messages"
    return await ask(scene.url, json_bytes(body), target=f"{target}?beta=true", headers=headers_of(request))


def check_answer(name: str, request: dict[str, Any], answer: Response) -> None:
    assert answer.status == 200, (name, answer.body)
    if request["path"].endswith("count_tokens"):
        assert answer.json()["input_tokens"] > 0, name
    elif request["body"].get("stream") is True:
        assert check_stream(answer.body)[-1]["type"] == "message_stop", name
    else:
        check_message(answer.json())


def test_there_are_seventy_recordings() -> None:
    assert len(FIXTURES) == 70


SERVERS = [
    pytest.param(OPENAI, "gpt-4.1", id="gpt-4.1"),
    pytest.param(OPENAI, "gpt-5.1", id="gpt-5.1"),
    pytest.param(DEEPSEEK, "deepseek-v4", id="deepseek"),
    pytest.param(MISTRAL, "mistral-large-latest", id="mistral"),
    pytest.param(VLLM, "qwen3-32b", id="vllm"),
]


@pytest.mark.parametrize(("flavor", "model"), SERVERS)
async def test_every_recording_is_answered_by_chat_completions(flavor: Flavor, model: str) -> None:
    """Issue point 8. A server that is not known by its host may refuse until its habits are learned, each once."""
    env = dict.fromkeys(("BIG_MODEL", "SMALL_MODEL"), f"openai/{model}")
    async with served("openai_chat", HELLO, flavor=flavor, env=env) as scene:
        for name, request in recorded():
            if isinstance(request["body"], dict):
                # Claude's names are mapped; a foreign one goes to the preferred provider as it is.
                request["body"]["model"] = "claude-opus-4-8"
                check_answer(name, request, await sent(scene, request))
    learned = set(scene.upstream.violations)
    assert len(scene.upstream.violations) == len(learned), scene.upstream.violations
    if flavor is OPENAI:
        assert learned == set()


@pytest.mark.parametrize("model", ["gemini-3.8-flash", "gemini-4-neon", "gemini-2.5-pro"])
async def test_every_recording_is_answered_by_gemini(model: str) -> None:
    """Issue point 8: nothing that its strict server would refuse."""
    async with served("gemini", HELLO, env={"BIG_MODEL": model}) as scene:
        for name, request in recorded():
            if isinstance(request["body"], dict):
                request["body"]["model"] = "claude-opus-4-8"
                check_answer(name, request, await sent(scene, request))
    assert scene.upstream.violations == []


@pytest.mark.usefixtures("at_openai")
@pytest.mark.parametrize("model", ["gpt-6.2-sol", "gpt-6-astra", "gpt-5.1", "gpt-4.1"])
async def test_every_recording_is_answered_by_responses(model: str) -> None:
    """Issue point 8: nothing that OpenAI's own server would refuse; there, and where it is asked for a count."""
    env = dict.fromkeys(("BIG_MODEL", "SMALL_MODEL"), f"openai/{model}")
    async with served("openai_responses", HELLO, env=env) as scene:
        for name, request in recorded():
            if isinstance(request["body"], dict):
                request["body"]["model"] = "claude-opus-4-8"
                check_answer(name, request, await sent(scene, request))
    assert scene.upstream.violations == []
    assert scene.upstream.withheld == []


async def test_every_recording_is_answered_by_a_messages_upstream() -> None:
    """Issue point 8: nothing that the real API would refuse, but what it refuses without us too."""
    async with served("anthropic", HELLO) as scene:
        for name, request in recorded():
            if not isinstance(request["body"], dict):
                continue
            know_signatures(scene, request["body"])
            request["body"]["model"] = "claude-sonnet-5"
            answer = await sent(scene, request)
            if name in CLIENTS_OWN_FAULTS:
                # Only Anthropic may judge what is Anthropic's.
                assert (answer.status, answer.json()["error"]["message"]) == (400, CLIENTS_OWN_FAULTS[name])
            else:
                check_answer(name, request, answer)
    assert sorted(scene.upstream.violations) == sorted(CLIENTS_OWN_FAULTS.values())


def know_signatures(scene: Scene, body: dict[str, Any]) -> None:
    """The recorded signatures are stand-ins: the upstream takes them for its own."""
    for message in body["messages"]:
        for block in blocks_of(message):
            if block["type"] == "thinking":
                scene.upstream.signatures[block["signature"]] = block["thinking"]


async def test_recorded_probes_and_discovery_are_answered() -> None:
    """T81, T82: the warm-up, and the model list in the time and the shape that the client takes."""
    probes = [request for _, request in recorded() if not isinstance(request["body"], dict)]
    assert {request["method"] for request in probes} >= {"HEAD", "GET"}
    async with served("openai_chat", ()) as scene:
        for request in probes:
            target = f"{request['path']}?{request['query'] or ''}"
            answer = await ask(
                scene.url, target=target, method=request["method"], headers=headers_of(request)
            )
            assert answer.status == 200
            if request["path"] == "/v1/models":
                kept = [model for model in answer.json()["data"] if "claude" in model["id"]]
                assert len(kept) == len(answer.json()["data"]) > 0
                assert all(model["display_name"] for model in kept)
