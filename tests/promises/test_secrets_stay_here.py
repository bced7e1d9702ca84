"""No key, path or trace of ours is in anything that a client, a log or a file gets to see: a real process at debug level."""

import asyncio
import base64
import itertools
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.live_server.backends import question
from tests.support.dragoman_in_process import dragoman_in_process
from tests.support.dragoman_process import DragomanProcess
from tests.support.http_answer import Answer, json_answer
from tests.support.http_wire import Handler, WireRequest, WireServer
from tests.support.raw_client import ask

NAMES = (
    *("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "DRAGOMAN_API_KEY"),
    *("CHANNEL_WORK_API_KEY", "CHANNEL_CLAUDE2_API_KEY"),
)
CANARIES = {name: f"begin{at}canary-{name.lower()}-canary{at}ends" for at, name in enumerate(NAMES)}
INSIDES = re.compile(r"Traceback|site-packages|\b\w+\.py\b|src/dragoman|0x[0-9a-f]{8}")
ROUTES = (
    "sonnet",
    "anthropic/claude-3-opus",
    "openai/x:work",
    "anthropic/x:claude2",
    "gemini-2.5-pro",
    "../x",
)


def forms(secret: str) -> set[str]:
    """The secret in every coat that it may wear, and its recognisable ends."""
    return {
        secret,
        quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode().rstrip("="),
        secret[:12],
        secret[-8:],
    }


def shown_key(request: WireRequest) -> str:
    return (
        (request.header("authorization") or "").removeprefix("Bearer ") or request.header("x-api-key") or ""
    )


def telling(request: WireRequest, number: int) -> Answer:
    """An upstream that quotes the key, each time in another way."""
    key = shown_key(request)
    words = f"your key {key} is no good; Bearer {key}; {key[:12]}****; ****{key[-8:]}; {quote(key, safe='')}"
    error = {"type": "authentication_error", "message": words}
    coded = base64.b64encode(f"user:{key}".encode()).decode()
    chat = {"error": {"message": words, "type": "server_error", "code": key}}
    stream = (("content-type", "text/event-stream"),)
    answers = [
        json_answer({"type": "error", "error": error, "request_id": key}, 401, (("request-id", key),)),
        json_answer({"type": "error", "error": {**error, "type": "invalid_request_error"}}, 400),
        json_answer(chat, 500, (("x-note", key),)),
        json_answer({"error": words + coded}, 429),
        Answer(status=502, headers=(("content-type", "text/html"),), body=(f"<h1>{words}</h1>".encode(),)),
        Answer(status=307, headers=(("location", f"https://elsewhere.example/?key={key}"),)),
        Answer(headers=stream, body=(b"data: " + json.dumps(chat).encode() + b"\n\n",), framing="chunked"),
        Answer(
            headers=stream,
            body=(b'event: error\ndata: {"type":"error","error":' + json.dumps(error).encode() + b"}\n\n",),
            framing="chunked",
        ),
        Answer(headers=(("content-type", "application/json"),), body=(f"not json {words}".encode(),)),
        Answer(framing="raw", body=(f"{words}\r\n\r\n".encode(),)),
    ]
    return answers[number % len(answers)]


@pytest.mark.parametrize("level", ["debug", "info"])
async def test_no_secret_leaves_by_an_error_a_header_a_log_or_a_file(tmp_path: Path, level: str) -> None:
    """T86, E26, H01: six keys, six routes, ten ways to fail, streamed and whole, and what the probes say."""
    counter = itertools.count()
    home = tmp_path / "secret-place"
    home.mkdir()

    async def tell(request: WireRequest) -> Answer:
        return telling(request, next(counter))

    client: dict[str, str | None] = {"x-api-key": CANARIES["DRAGOMAN_API_KEY"]}
    heard: list[str] = []
    async with WireServer(tell) as upstream:
        env = CANARIES | {
            "OPENAI_BASE_URL": f"{upstream.url}/v1",
            "ANTHROPIC_UPSTREAM_BASE_URL": upstream.url,
            "CHANNEL_WORK_BASE_URL": f"{upstream.url}/v1",
            "CHANNEL_CLAUDE2_BASE_URL": upstream.url,
            "LOG_LEVEL": level,
        }
        async with DragomanProcess(env, home) as dragoman:
            for model in ROUTES:
                for stream in (True, False):
                    for _ in range(10):
                        heard.append(await told(dragoman.url, question(model=model, stream=stream), client))
                for _ in range(10):
                    counted = question(model=model, stream=None)
                    heard.append(await told(dragoman.url, counted, client, "/v1/messages/count_tokens"))
            heard.append(await told(dragoman.url, b"{broken", client))
            wrong = {"x-api-key": CANARIES["DRAGOMAN_API_KEY"] + "x"}
            heard.append(await told(dragoman.url, question(), wrong))
            for path in ("/", "/health", "/readyz", "/v1/models?limit=1000", "/v1/models/nobody", "/nowhere"):
                heard.append(await told(dragoman.url, None, client, path, "GET"))
            await asyncio.sleep(0.1)
    assert {shown_key(request) for request in upstream.requests} >= {
        CANARIES[name] for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "CHANNEL_WORK_API_KEY")
    }
    written = "".join(path.read_text() for path in home.rglob("*") if path.is_file())
    for place, text in {"answers": "\n".join(heard), "log": dragoman.output, "files": written}.items():
        for name, secret in CANARIES.items():
            found = sorted(form for form in forms(secret) if form in text)
            assert not found, (place, name, context(text, found))
        assert not INSIDES.search(text), (place, INSIDES.findall(text))
        assert "secret-place" not in text, place
    assert '"event":"request"' in dragoman.output


QUOTED = "test-key-quoted-by-upstream"


@pytest.mark.parametrize("status", [200, 500])
async def test_key_that_an_upstream_quotes_in_a_header_stays_here(status: int) -> None:
    """T86."""
    headers = (("retry-after", QUOTED), ("anthropic-note", QUOTED))

    async def quote_key(request: WireRequest) -> Answer:
        return json_answer({"type": "message", "content": []}, status, headers)

    answer = await asked_of(quote_key, question(stream=False), "/v1/messages")
    assert QUOTED not in answer


async def test_key_that_an_upstream_quotes_to_a_count_stays_here() -> None:
    """T86."""

    async def quote_key(request: WireRequest) -> Answer:
        error = {"type": "invalid_request_error", "message": f"bad {QUOTED}"}
        return json_answer({"type": "error", "error": error}, 400)

    answer = await asked_of(quote_key, question(stream=None), "/v1/messages/count_tokens")
    assert "bad" in answer
    assert QUOTED not in answer


async def asked_of(handler: Handler, body: dict[str, Any], target: str) -> str:
    """What a client sees of an answer of an upstream that speaks Messages and was shown QUOTED."""
    async with WireServer(handler) as upstream:
        env = {
            "PREFERRED_PROVIDER": "anthropic",
            "ANTHROPIC_UPSTREAM_BASE_URL": upstream.url,
            "ANTHROPIC_API_KEY": QUOTED,
        }
        async with dragoman_in_process(env) as dragoman:
            answer = await told(dragoman.url, body, {}, target)
    assert shown_key(upstream.requests[0]) == QUOTED
    return answer


def context(text: str, found: list[str]) -> list[str]:
    """The text around what was found, for the message of a failure."""
    return [text[max(0, text.index(form) - 200) : text.index(form) + 100] for form in found]


async def told(
    url: str, body: Any, headers: dict[str, str | None], target: str = "/v1/messages", method: str = "POST"
) -> str:
    """Everything that a client sees of an answer."""
    answer = await ask(url, body, headers=headers, target=target, method=method)
    return f"{answer.status} {answer.headers} {answer.body.decode()}"
