"""Neither Google's access token nor the key of the service account is in an answer, a log or a file: a real process at
debug level."""

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.live_server.backends import question
from tests.promises.test_secrets_stay_here import INSIDES, context, forms, told
from tests.support.dragoman_process import DragomanProcess
from tests.support.google_identity import ScriptedIdentity, written
from tests.support.http_answer import Answer, html_answer, json_answer
from tests.support.http_wire import WireRequest, WireServer

TOKENS = ("ya29.begin-of-a-canary-token-and-its-end", "begin7opaque-canary-token-of-no-shape7ends")
MODELS = ("vertex_ai/gemini-2.5-pro", "vertex_ai/claude-sonnet-4-5")
PROJECT = "canary-project-4711"
STREAM = (("content-type", "text/event-stream"),)
REFUSED = {"code": 403, "status": "PERMISSION_DENIED"}


def words_about(token: str) -> str:
    return f'{token} is bad: Bearer {token}; {token[:12]}****; {{"access_token":"{token}"}}'


def quoting(request: WireRequest, number: int) -> Answer:
    """Google, who quotes the token and the account each time in another way."""
    token = (request.header("authorization") or "").removeprefix("Bearer ")
    words = words_about(token)
    # The words of an answer and the ids in the log are known by their shape only.
    known = token if token == TOKENS[0] else "req_1"
    google = {
        "error": REFUSED
        | {"message": f"{words} in projects/{PROJECT}/x", "details": [{"reason": token, "quotaId": token}]}
    }
    claude = {"type": "error", "error": {"type": "invalid_request_error", "message": words}}
    blocked = {"promptFeedback": {"blockReason": "OTHER", "blockReasonMessage": words_about(TOKENS[0])}}
    ended = {"candidates": [{"finishReason": "MALFORMED_RESPONSE", "finishMessage": words}]}
    answers = [
        json_answer(google, 403, (("x-note", token), ("retry-after", token), ("request-id", known))),
        json_answer([google], 429),
        json_answer(claude, 400),
        json_answer({"error": words}, 500),
        json_answer({"error": REFUSED | {"message": json.dumps(claude)}}, 400),
        Answer(status=502, headers=(("content-type", "text/html"),), body=(f"<h1>{words}</h1>".encode(),)),
        Answer(status=307, headers=(("location", f"https://elsewhere.example/?access_token={token}"),)),
        *(
            Answer(
                headers=STREAM, body=(b"data: " + json.dumps(chunk).encode() + b"\n\n",), framing="chunked"
            )
            for chunk in (google, blocked, ended)
        ),
        Answer(
            headers=STREAM,
            body=(b"event: error\ndata: " + json.dumps(claude).encode() + b"\n\n",),
            framing="chunked",
        ),
        Answer(headers=STREAM, body=(json.dumps(google, indent=1).encode(),), framing="chunked"),
        Answer(headers=(("content-type", "application/json"),), body=(f"not json {words}".encode(),)),
        Answer(framing="raw", body=(f"{words}\r\n\r\n".encode(),)),
    ]
    return answers[number % len(answers)]


WAYS = 14


def key_pieces(account: dict[str, Any]) -> list[str]:
    """What the private key is made of, line by line."""
    lines = account["private_key"].splitlines()
    return [line for line in lines if len(line) > 20]


async def everything_asked(url: str) -> list[str]:
    heard: list[str] = []
    for model in MODELS:
        for stream in (True, False):
            heard += [await told(url, question(model=model, stream=stream), {}) for _ in range(WAYS)]
        counted = question(model=model, stream=None)
        heard += [await told(url, counted, {}, "/v1/messages/count_tokens") for _ in range(WAYS)]
    for path in ("/", "/health", "/readyz", "/v1/models?limit=1000"):
        heard.append(await told(url, None, {}, path, "GET"))
    return heard


def refusing(account: dict[str, Any]) -> list[Answer]:
    """Google's token endpoint, who quotes what it was shown and what it was not."""
    quoted = json.dumps(account)
    return [
        json_answer({"error": "invalid_grant", "error_description": quoted}, 400),
        json_answer({"error": quoted}, 401),
        json_answer(account, 200),
        html_answer(500),
        Answer(status=400, body=(account["private_key"].encode(),)),
    ]


async def never(request: WireRequest) -> Answer:
    raise AssertionError("nobody has a token")


def home_in(tmp_path: Path) -> Path:
    home = tmp_path / "secret-place"
    home.mkdir()
    return home


def settings(tmp_path: Path, account: dict[str, Any], google: WireServer) -> dict[str, str]:
    return {
        "USE_VERTEX_AUTH": "true",
        "PREFERRED_PROVIDER": "google",
        "VERTEX_PROJECT": PROJECT,
        "VERTEX_LOCATION": "us-east5",
        "VERTEX_CREDENTIALS_PATH": str(written(tmp_path / "keys", account)),
        "VERTEX_BASE_URL": google.url,
        "LOG_LEVEL": "debug",
    }


def check_nothing_is_told(
    account: dict[str, Any], heard: list[str], logged: str, home: Path, tokens: Sequence[str] = ()
) -> None:
    """Neither key nor token nor path nor traceback; and to the client not even the project."""
    files = "".join(path.read_text() for path in home.rglob("*") if path.is_file())
    secrets = {form for token in tokens for form in forms(token)} | set(key_pieces(account))
    for place, text in {"answers": "\n".join(heard), "log": logged, "files": files}.items():
        found = sorted(form for form in secrets if form in text)
        assert not found, (place, context(text, found))
        assert "secret-place" not in text, place
        assert not INSIDES.search(text), (place, INSIDES.findall(text))
    assert PROJECT not in "\n".join(heard)
    assert '"event":"request"' in logged


@pytest.mark.parametrize("token", TOKENS, ids=["google's", "opaque"])
async def test_no_access_token_and_no_key_leaves_by_an_error_a_header_or_a_log(
    tmp_path: Path, token: str
) -> None:
    """T86: whole, streamed, HTML, headers, broken answers."""
    counter = itertools.count()
    home = home_in(tmp_path)

    async def quote(request: WireRequest) -> Answer:
        return quoting(request, next(counter))

    async with ScriptedIdentity() as identity, WireServer(quote) as google:
        account = identity.service_account()
        identity.failure = json_answer({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})
        async with DragomanProcess(settings(tmp_path, account, google), home) as dragoman:
            heard = await everything_asked(dragoman.url)
    shown = {request.header("authorization") for request in google.requests}
    assert shown == {f"Bearer {token}"}
    check_nothing_is_told(account, heard, dragoman.output, home, (token, TOKENS[0]))


async def test_a_token_endpoint_that_quotes_the_key_is_not_quoted(tmp_path: Path) -> None:
    """T86"""
    home = home_in(tmp_path)
    async with ScriptedIdentity() as identity, WireServer(never) as google:
        account = identity.service_account()
        for refusal in refusing(account):
            identity.failure = refusal
            async with DragomanProcess(settings(tmp_path, account, google), home) as dragoman:
                heard = [await told(dragoman.url, question(model=model), {}) for model in MODELS]
            check_nothing_is_told(account, heard, dragoman.output, home)
    assert google.requests == []
