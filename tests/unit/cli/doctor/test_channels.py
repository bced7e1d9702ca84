"""cli/doctor/channels.py"""

import asyncio
import socket
import ssl
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from dragoman.cli.doctor.channels import channel_finding, channels_to_ask, reason_of, request_for
from dragoman.cli.doctor.findings import Finding
from dragoman.config.build import build_model_map
from dragoman.config.load import load_settings
from dragoman.routing.channel import Channel
from dragoman.wire.exchange import HttpRequest
from tests.support.ports import VERTEX, FakeTokens, FakeUpstream, target, unreachable, whole

NOWHERE = Path("/does/not/exist/.env")
GOOD = b'{"data":[]}'


def channel(dialect: str = "openai_chat", **fields: Any) -> Channel:
    return target(dialect, **fields).channel


async def finding(upstream: FakeUpstream, asked: Channel | None = None, **more: Any) -> Finding:
    options: dict[str, Any] = {"tokens": FakeTokens(), "seconds": 5.0, "env_file": NOWHERE, **more}
    return await channel_finding(asked or channel(), upstream, **options)


def names(**environ: str) -> list[str]:
    model_map = build_model_map(load_settings(environ, None), date(2026, 11, 21))
    return [channel.name for channel in channels_to_ask(model_map)]


def test_all_configured_channels_are_asked_once() -> None:
    assert names() == []
    assert names(OPENAI_API_KEY="k") == ["openai"]
    assert names(GEMINI_API_KEY="k") == ["gemini"]
    assert names(OPENAI_API_KEY="k", GEMINI_API_KEY="g", ANTHROPIC_API_KEY="a") == [
        "openai",
        "gemini",
        "anthropic",
    ]
    assert names(BASE_URL="http://localhost:1", API_KEY="k") == ["default"]
    assert names(DEEPSEEK_API_KEY="d", BIG_MODEL="deepseek/x", SMALL_MODEL="deepseek/x") == ["deepseek"]
    assert names(OPENAI_API_KEY="k", DEEPSEEK_API_KEY="d", CHANNEL_WORK_BASE_URL="http://localhost:1") == [
        "openai",
        "work",
        "deepseek",
    ]
    assert names(BASE_URL="http://localhost:1", API_KEY="k", CHANNEL_A_BASE_URL="http://localhost:1") == [
        "default",
        "a",
    ]
    same = {"CHANNEL_A_BASE_URL": "http://localhost:1", "CHANNEL_A_API_KEY": "k"}
    assert names(BASE_URL="http://localhost:1", API_KEY="k", **same) == ["default"]
    assert names(BIG_MODEL="ollama/x", SMALL_MODEL="ollama/x") == ["ollama"]
    assert names(PREFERRED_PROVIDER="litellm", BIG_MODEL="groq/x", SMALL_MODEL="groq/x") == []


def test_vertex_is_asked_once_for_all_its_dialects() -> None:
    environ = {"PREFERRED_PROVIDER": "google", "USE_VERTEX_AUTH": "true", "VERTEX_PROJECT": "p"}
    assert names(**environ, VERTEX_LOCATION="global") == ["vertex_ai"]


@pytest.mark.parametrize(
    ("asked", "url", "proof"),
    [
        (channel(), "https://upstream.test/models", "authorization"),
        (channel("openai_responses"), "https://upstream.test/models", "authorization"),
        (channel("anthropic"), "https://upstream.test/v1/models?limit=1", "x-api-key"),
        (channel("gemini"), "https://upstream.test/v1beta/models?pageSize=1", "x-goog-api-key"),
        (
            channel(base_url="https://openrouter.ai/api/v1"),
            "https://openrouter.ai/api/v1/key",
            "authorization",
        ),
    ],
)
async def test_the_list_of_models_is_asked_for_with_the_channels_key(
    asked: Channel, url: str, proof: str
) -> None:
    upstream = FakeUpstream(whole(GOOD))
    found = await finding(upstream, asked)
    assert (found.state, found.code) == ("ok", "")
    [request] = upstream.requests
    assert (request.method, request.url, request.body) == ("GET", url, b"")
    assert "test-key-upstream" in dict(request.headers)[proof]
    assert "content-type" not in dict(request.headers)
    assert upstream.replies[0].closed == 1


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, b"{}", ("failure", "D012")),
        (403, b"{}", ("failure", "D012")),
        (404, b"{}", ("warning", "D021")),
        (405, b"", ("warning", "D021")),
        (429, b"{}", ("warning", "D021")),
        (500, b"{}", ("failure", "D013")),
        (302, b"", ("failure", "D013")),
    ],
)
async def test_what_a_refusal_says_of_the_key(status: int, body: bytes, expected: tuple[str, str]) -> None:
    found = await finding(FakeUpstream(whole(body, status)))
    assert (found.state, found.code) == expected
    assert found.cause
    assert found.mend


@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses", "anthropic", "gemini"])
async def test_a_refused_key_names_its_setting_and_not_itself(dialect: str) -> None:
    quoting = (
        b'{"type":"error","error":{"type":"x","message":"Incorrect API key provided: sk-canary-0123456789"}}'
    )
    found = await finding(FakeUpstream(whole(quoting, 401)), channel(dialect))
    assert "answered 401 to SOMEWHERE_API_KEY and said: " in found.cause
    assert "Incorrect API key provided: ***" in found.cause
    assert "canary" not in found.cause
    assert found.mend == "export SOMEWHERE_API_KEY=YOUR_KEY"


async def test_geminis_400_for_a_wrong_key_is_told_from_other_400s() -> None:
    wrong = (
        b'{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.",'
        b'"status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo",'
        b'"reason":"API_KEY_INVALID"}]}}'
    )
    assert (await finding(FakeUpstream(whole(wrong, 400)), channel("gemini"))).code == "D012"
    other = b'{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}'
    assert (await finding(FakeUpstream(whole(other, 400)), channel("gemini"))).code == "D013"


async def test_a_web_page_is_no_list_of_models() -> None:
    assert (await finding(FakeUpstream(whole(b"<html>", content_type="text/html")))).code == "D013"


async def test_the_clients_own_key_is_not_ours_to_try() -> None:
    asked = channel("anthropic", credential="", credential_required=False, passthrough_credentials=True)
    found = await finding(FakeUpstream(whole(b"{}", 401)), asked)
    assert found.state == "ok"
    assert "the client's own" in found.cause


async def test_silence_is_waited_for_only_so_long() -> None:
    found = await finding(FakeUpstream(asyncio.Event()), seconds=0.01)
    assert found.code == "D011"


def caused_by(error: BaseException) -> Exception:
    failed = unreachable()
    failed.__cause__ = error
    return failed


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ssl.SSLCertVerificationError("self-signed"), "D010"),
        (socket.gaierror(-2, "unknown"), "D008"),
        (TimeoutError(), "D011"),
        (ConnectionRefusedError(), "D009"),
    ],
)
async def test_why_nobody_was_reached(error: BaseException, code: str) -> None:
    outer = OSError("outer")
    outer.__cause__ = error
    failed = caused_by(outer)
    assert (await finding(FakeUpstream(failed))).code == code


def test_a_failure_without_a_cause_is_a_connection_that_failed() -> None:
    assert reason_of(unreachable()) == "D009"


async def test_vertex_is_asked_with_a_token_and_answers_anyhow() -> None:
    upstream = FakeUpstream(whole(b"", 404))
    found = await finding(upstream, channel("gemini", **VERTEX))
    assert found.state == "ok"
    assert dict(upstream.requests[0].headers)["authorization"] == "Bearer test-token-1"
    refused = await finding(FakeUpstream(whole(b"{}", 401)), channel("gemini", **VERTEX))
    assert refused.code == "D014"


async def test_without_a_token_vertex_is_not_asked() -> None:
    upstream = FakeUpstream()
    tokens = FakeTokens(unreachable("no credentials"))
    found = await finding(upstream, channel("gemini", **VERTEX), tokens=tokens)
    assert (found.code, found.cause) == ("D014", "no credentials")
    assert upstream.requests == []


def test_a_channel_without_a_key_is_asked_without_one() -> None:
    asked: HttpRequest = request_for(channel(credential=""), None)
    assert "authorization" not in dict(asked.headers)
