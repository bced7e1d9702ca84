import json

import pytest

from dragoman.accounting.usage import LaunchUsage
from dragoman.server.models_api import ModelEntry
from dragoman.server.routes import build_router
from tests.support.asgi_call import call_app

KEY = "a-test-key"


async def ask(method, path, headers=(), keys=()):
    numbers = iter(range(1, 10))
    entries = [ModelEntry(id="claude-x", display_name="X")]
    router = build_router(
        entries, lambda launch: LaunchUsage(), lambda: True, keys, lambda: f"req_{next(numbers)}"
    )
    reply = await call_app(router, method, path, headers)
    assert reply.header("request-id") == "req_1"
    assert not [name for name, _ in reply.headers if name.startswith("access-control-") or name == "location"]
    if reply.status >= 400 and method != "HEAD":
        error = json.loads(reply.body)
        assert (error["type"], error["request_id"]) == ("error", "req_1")
        assert reply.header("content-type") == "application/json"
    return reply


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/complete", "/v1", "/v1/", "/nowhere", "/v1/skills", "/docs", "/openapi.json", "/v1/messages/", "/v1/models/"),
        *("/health/", "//v1/models", "/%2e%2e/etc/passwd", "/v1/messages/batches", "/api/hello/x", "/V1/models"),
    ],
)  # fmt: skip
async def test_an_unknown_path_is_not_found_and_never_redirected(path):
    for method in ("GET", "POST", "HEAD", "OPTIONS", "PROPFIND"):
        reply = await ask(method, path)
        # The empty name of a model is no other route.
        if path == "/v1/models/" and method not in ("GET", "HEAD"):
            assert reply.status == 405
        else:
            assert reply.status == 404
            assert json.loads(reply.body)["error"]["type"] == "not_found_error"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", "/v1/messages", {"POST"}),
        ("OPTIONS", "/v1/messages", {"POST"}),
        ("HEAD", "/v1/v1/messages", {"POST"}),
        ("PUT", "/v1/messages/count_tokens", {"POST"}),
        ("POST", "/v1/models", {"GET", "HEAD"}),
        ("DELETE", "/v1/models/claude-x", {"GET", "HEAD"}),
        ("POST", "/", {"GET", "HEAD"}),
        ("OPTIONS", "/health", {"GET", "HEAD"}),
        ("GET", "/api/event_logging/batch", {"POST"}),
    ],
)
async def test_a_wrong_method_is_refused_with_the_right_ones(method, path, allowed):
    reply = await ask(method, path)
    assert reply.status == 405
    assert set((reply.header("allow") or "").split(", ")) == allowed


@pytest.mark.parametrize("path", ["/", "/api/hello", "/health", "/healthz", "/readyz"])
async def test_probes_need_no_key_and_tell_none(path):
    reply = await ask("GET", path, keys=(KEY,))
    assert reply.status == 200
    assert KEY.encode() not in reply.body


async def test_a_refused_caller_gets_the_envelope():
    reply = await ask("GET", "/v1/models", keys=(KEY,))
    assert reply.status == 401
    assert json.loads(reply.body)["error"]["type"] == "authentication_error"
    assert reply.header("x-should-retry") == "false"
