"""Every way in which an upstream fails, on the wire: what the client gets is an error it understands, never a success."""

import asyncio
import json
import re
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import pytest

from tests.live_server.backends import ALWAYS_STREAMED, every_backend, question, served
from tests.live_server.phases import CALL, PHASES, after
from tests.live_server.sdk import WEATHER
from tests.live_server.sessions import ANTHROPIC_KEY, GEMINI_KEY, OPENAI_KEY
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.dragoman_process import free_port
from tests.support.grammar_table import check_stream
from tests.support.http_answer import (
    Answer,
    Cut,
    Stall,
)
from tests.support.http_wire import WireRequest, WireServer
from tests.support.openai_flavor import COMPATIBLE
from tests.support.raw_client import Response, ask
from tests.support.replies import Reply, StreamError, failing, reply
from tests.unit.dialects.test_context_overflow import TOO_LONG

ENDINGS = {"openai_chat": b'"finish_reason":"', "anthropic": b"event: message_delta"}
"""In the frame that says how the message ended; after it only the end marker is missing."""
PROMPTLY = 2.0


def weather(**fields: Any) -> dict[str, Any]:
    # More output than a whole answer is asked for without a stream.
    return question(model="some-model", max_tokens=20_000, tools=[WEATHER], **fields)


@every_backend
@pytest.mark.parametrize("phase", PHASES)
async def test_broken_answer_is_an_error_whenever_it_breaks(backend: str, phase: str) -> None:
    """R8, T63, T72, T73, cases 7, 8, 15, point 6: streamed, whole, and the next request is answered."""
    fault = PHASES[phase]
    broken = True

    def script(body: dict[str, Any]) -> Reply:
        return fault.script(scene, backend, body) if broken else reply("Hello")

    async with served(backend, script, flavor=COMPATIBLE) as scene:
        started = asyncio.get_running_loop().time()
        streamed = await ask(scene.url, weather())
        whole = await ask(scene.url, weather(stream=False))
        assert asyncio.get_running_loop().time() - started < PROMPTLY
        broken = False
        assert (await ask(scene.url, weather(stream=False))).json()["content"][0]["text"] == "Hello"
    if fault.committed:
        events = check_stream(streamed.body)
        assert [event["type"] for event in events].count("error") == 1
        assert events[-1]["type"] == "error"
        assert events[-1]["request_id"] == streamed.header("request-id")
        assert b"message_stop" not in streamed.body
    else:
        assert_is_error(streamed, fault.status_of(backend))
    # A long answer is streamed by the translated upstreams in any case, and by Gemini each one.
    if backend != "anthropic" or fault.whole:
        assert_is_error(whole, fault.status_of(backend))


def assert_is_error(answer: Response, status: int) -> None:
    # A translated 500 is told as a bad gateway: it was not Dragoman that failed.
    known = {status, 502} if status == 500 else {status}
    assert answer.status in known, answer.body
    body = answer.json()
    assert body["type"] == "error"
    assert body["error"]["message"]
    assert answer.header("request-id")


@every_backend
async def test_answer_that_breaks_after_its_ending_was_said(backend: str) -> None:
    """R8 phase 7. A finish reason and usage are a whole answer; Anthropic's own end marker is missing."""

    def script(body: dict[str, Any]) -> Reply:
        if backend == "anthropic":
            return after(ENDINGS, Cut())(scene, backend, body)
        answer = scene.upstream.rendered(reply("Hello"), body | {"stream": True})
        steps = tuple(step for step in answer.body if step != b"data: [DONE]\n\n")
        return Reply(answer=replace(answer, body=(*steps, Cut())))

    async with served(backend, script, flavor=COMPATIBLE) as scene:
        events = check_stream((await ask(scene.url, weather())).body)
    assert events[-1]["type"] == ("error" if backend == "anthropic" else "message_stop")


@every_backend
async def test_silence_of_the_configured_length_is_an_error(backend: str) -> None:
    """Case 13, point 6: the setting, in the app as it is served."""
    env = {"UPSTREAM_IDLE_SECONDS": "1"}
    async with served(backend, reply("Once ", Stall()), env=env) as scene:
        started = asyncio.get_running_loop().time()
        answer = await ask(scene.url, question())
        events = check_stream(answer.body)
    assert events[-1]["error"]["type"] == "timeout_error"
    assert 1 <= answer.pieces[-1][0] - started < 3


@every_backend
@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_json_to_a_streamed_request_and_the_reverse(backend: str, stream: bool) -> None:
    """R8: a whole answer is said as a stream; a stream where JSON was asked for is nonsense, unless we asked for it.
    Gemini and Responses are asked for a stream in both cases."""

    def script(body: dict[str, Any]) -> Reply:
        streamed = not stream and backend not in ALWAYS_STREAMED
        return Reply(answer=scene.upstream.rendered(reply("Hello", CALL), body | {"stream": streamed}))

    async with served(backend, script, flavor=COMPATIBLE) as scene:
        answer = await ask(scene.url, question(model="some-model", stream=stream, tools=[WEATHER]))
    if stream:
        events = check_stream(answer.body)
        assert events[-1]["type"] == "message_stop"
        assert "get_weather" in json.dumps(events)
    elif backend in ALWAYS_STREAMED:
        assert [block["type"] for block in answer.json()["content"]] == ["text", "tool_use"]
    else:
        assert answer.status == 502
        assert "text/event-stream" in answer.json()["error"]["message"]


@every_backend
async def test_nobody_who_listens_is_a_502_that_names_the_host(backend: str) -> None:
    """R8: connection refused."""
    url = f"http://127.0.0.1:{free_port()}"
    async with dragoman_in_process(pointed_at(backend, url)) as dragoman:
        for stream in (True, False):
            answer = await ask(dragoman.url, question(stream=stream))
            assert answer.status == 502
            assert "could not connect to `127.0.0.1`" in answer.json()["error"]["message"]
        counted = await ask(dragoman.url, question(stream=None), target="/v1/messages/count_tokens")
    assert counted.json()["input_tokens"] > 0


def pointed_at(backend: str, url: str) -> dict[str, str]:
    if backend == "openai_chat":
        return {"OPENAI_API_KEY": OPENAI_KEY, "OPENAI_BASE_URL": f"{url}/v1"}
    if backend == "gemini":
        return {"GEMINI_API_KEY": GEMINI_KEY, "GEMINI_BASE_URL": url, "PREFERRED_PROVIDER": "google"}
    return {
        "ANTHROPIC_API_KEY": ANTHROPIC_KEY,
        "ANTHROPIC_UPSTREAM_BASE_URL": url,
        "PREFERRED_PROVIDER": "anthropic",
    }


@every_backend
async def test_refused_handshake_is_a_502_and_no_key_goes_out(backend: str) -> None:
    """R8: a TLS alert in place of a handshake, and a server that speaks no TLS."""
    heard: list[bytes] = []

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(2**16))
        writer.write(
            b"\x15\x03\x03\x00\x02\x02\x28" if len(heard) == 1 else b"HTTP/1.1 400 Bad Request\r\n\r\n"
        )
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with AsyncExitStack() as stack:
        stack.callback(server.close)
        dragoman = await stack.enter_async_context(dragoman_in_process(pointed_at(backend, url)))
        for _ in range(2):
            answer = await ask(dragoman.url, question())
            assert answer.status == 502
            assert "127.0.0.1" in answer.json()["error"]["message"]
    assert len(heard) == 2
    assert not any(b"test-key" in hello for hello in heard)


@every_backend
async def test_refusal_that_comes_before_the_body_was_read_is_heard(backend: str) -> None:
    """A proxy in front of the upstream takes no such size, says so and closes: a 413 in the envelope, no lost connection."""
    said = b'{"error":{"message":"too large for this proxy","type":"invalid_request_error"}}'
    head = f"HTTP/1.1 413 No\r\ncontent-type: application/json\r\ncontent-length: {len(said)}\r\nconnection: close\r\n\r\n"

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head.encode() + said)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with AsyncExitStack() as stack:
        stack.callback(server.close)
        dragoman = await stack.enter_async_context(dragoman_in_process(pointed_at(backend, url)))
        for size in (10, 100_000, 8_000_000):
            message = {"role": "user", "content": "x" * size}
            answer = await ask(dragoman.url, question(messages=[message]))
            assert answer.status == 413
            assert answer.json()["type"] == "error"
            assert answer.json()["error"]["type"] == "request_too_large"
            assert "too large for this proxy" in answer.json()["error"]["message"]


@every_backend
async def test_connection_that_the_upstream_closed_in_silence_is_not_used_again(backend: str) -> None:
    """Reliability section 3: the next request gets a new one, at once and every time."""

    def script(body: dict[str, Any]) -> Reply:
        answer = scene.upstream.rendered(reply("Hello"), body | {"stream": False})
        return Reply(answer=replace(answer, body=(*answer.body, Cut())))

    async with served(backend, script, flavor=COMPATIBLE) as scene:
        for _ in range(20):
            answer = await ask(scene.url, question(stream=False))
            assert answer.status == 200
    assert len(scene.upstream.wire.connections) == 20


@every_backend
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_is_not_followed(backend: str, status: int) -> None:
    """Threat T7: the key goes to nobody but the configured host."""
    seen: list[WireRequest] = []

    async def elsewhere(request: WireRequest) -> Answer:
        seen.append(request)
        return Answer()

    async with WireServer(elsewhere) as other:
        moved = Answer(status=status, headers=(("location", f"{other.url}/v1/messages"),))
        async with served(backend, Reply(answer=moved)) as scene:
            for stream in (True, False):
                answer = await ask(scene.url, question(stream=stream))
                assert answer.status == 502
                assert answer.header("location") is None
                assert other.url not in answer.body.decode()
    assert seen == []


async def test_too_long_a_prompt_is_said_in_the_words_that_make_clients_compact() -> None:
    """T85: every vendor's wording, as a status, and as an error inside a stream."""

    def script(body: dict[str, Any]) -> Reply:
        if body["messages"][-1]["content"] == "in a stream":
            return reply(StreamError(wording, "invalid_request_error", "context_length_exceeded"))
        return failing(400, wording, code="context_length_exceeded")

    async with served("openai_chat", script, flavor=COMPATIBLE) as scene:
        for wording, prompt, limit in TOO_LONG:  # noqa: B007 - the script reads it
            for told in ("as a status", "in a stream"):
                body = question(model="some-model", messages=[{"role": "user", "content": told}])
                answer = await ask(scene.url, body)
                assert answer.status == 400
                assert answer.json()["error"]["type"] == "invalid_request_error"
                message = answer.json()["error"]["message"]
                if told == "as a status":
                    assert message == f"prompt is too long: {prompt} tokens > {limit} maximum"
                # A sum of input and output cannot be parted there: the question is no longer at hand.
                assert re.fullmatch(rf"prompt is too long: \d+ tokens > {limit} maximum", message)


async def test_anthropics_own_wording_is_untouched() -> None:
    """T85, point 6: byte for byte, but for secrets."""
    body = b'{ "type":"error", "error":{"type":"invalid_request_error","message":"prompt is too long: 5 tokens > 4 maximum"},"x":1.50}'
    refused = Answer(
        status=400, headers=(("content-type", "application/json"), ("request-id", "req_theirs")), body=(body,)
    )
    async with served("anthropic", Reply(answer=refused)) as scene:
        answer = await ask(scene.url, question())
    assert (answer.status, answer.body) == (400, body)
    assert answer.header("request-id") == "req_theirs"


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
async def test_question_that_a_content_filter_refused_is_a_refusal(stream: bool) -> None:
    """T60: Azure's 400 in place of an answer."""
    filtered = failing(
        400, "The response was filtered due to the prompt triggering a content policy.", code="content_filter"
    )
    async with served("openai_chat", filtered) as scene:
        answer = await ask(scene.url, question(stream=stream))
    assert answer.status == 200
    ending = check_stream(answer.body)[-2]["delta"] if stream else answer.json()
    assert ending["stop_reason"] == "refusal"
    assert "content policy" in ending["stop_details"]["explanation"]


async def test_refusal_that_can_be_mended_is_mended_once_and_remembered() -> None:
    """T36, T39, T84: a server that knows neither field; the second request is right at once."""
    flavor = replace(COMPATIBLE, only_max_tokens=True, rejects_stream_options=True, name="old")
    async with served("openai_chat", reply("Hello"), flavor=flavor) as scene:
        for _ in range(2):
            answer = await ask(scene.url, question(model="gpt-4.1"))
            assert check_stream(answer.body)[-1]["type"] == "message_stop"
    assert len(scene.upstream.violations) == 2
    assert len(scene.upstream.requests) == 2
