"""cli/running_gateway.py"""

import socket
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typing_extensions import override

from dragoman.accounting.usage import LaunchUsage, Used
from dragoman.cli.running_gateway import is_gateway, readiness, usage_of
from dragoman.wire.jsonbytes import encode
from tests.support.dragoman_process import free_port

READY = {"status": "ok", "version": "1"}
MODELS = {"data": [{"id": "claude-opus"}, {"id": "claude-dragoman-demo"}]}


@contextmanager
def server(answers: Mapping[str, Any], seen: list[tuple[str, str | None]]) -> Generator[str]:
    """Answers GET with the bytes or the JSON for its path, without its query; 401 where the token is a wrong one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            shown = self.headers.get("authorization")
            seen.append((path, shown))
            answer = answers.get(path)
            status = 404 if answer is None else 401 if shown == "Bearer wrong" else 200
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer if isinstance(answer, bytes) else encode(answer))

        @override
        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_address[1]}"
        finally:
            http.shutdown()
            thread.join()


def test_a_gateway_that_takes_the_token_is_one() -> None:
    seen: list[tuple[str, str | None]] = []
    with server({"/readyz": READY, "/v1/models": MODELS}, seen) as url:
        assert is_gateway(url, "test-token")
    assert seen == [("/readyz", None), ("/v1/models", "Bearer test-token")]


def test_a_gateway_that_refuses_the_token_is_none_to_use() -> None:
    with server({"/readyz": READY, "/v1/models": MODELS}, []) as url:
        assert not is_gateway(url, "wrong")


@pytest.mark.parametrize("ready", [None, b"OK", b"[]", {"status": "ok"}, b"{" * 2_000])
def test_another_server_is_not_shown_the_token(ready: Any) -> None:
    seen: list[tuple[str, str | None]] = []
    with server({"/readyz": ready, "/v1/models": MODELS}, seen) as url:
        assert not is_gateway(url, "test-token")
    assert seen == [("/readyz", None)]


@pytest.mark.parametrize("models", [None, b"<html>", {"data": [{"id": "gpt-4"}]}, {"data": "claude"}, []])
def test_another_gateway_is_not_taken_for_this_one(models: Any) -> None:
    with server({"/readyz": READY, "/v1/models": models}, []) as url:
        assert not is_gateway(url, "test-token")


def test_what_a_launch_used_is_asked_with_the_token() -> None:
    seen: list[tuple[str, str | None]] = []
    told = {"routes": {"a -> b/c": {"requests": 2}}, "losses": {}}
    with server({"/dragoman/launches/mine": told}, seen) as url:
        assert usage_of(url, "test-token", "mine") == LaunchUsage({"a -> b/c": Used(requests=2)})
    assert seen == [("/dragoman/launches/mine", "Bearer test-token")]


@pytest.mark.parametrize("told", [None, b"<html>", {"routes": 1}, []])
def test_a_gateway_that_does_not_tell_is_no_failure(told: Any) -> None:
    with server({"/dragoman/launches/mine": told}, []) as url:
        assert usage_of(url, "test-token", "mine") is None


def test_where_nobody_listens_there_is_no_gateway() -> None:
    assert not is_gateway(f"http://127.0.0.1:{free_port()}", "test-token")


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        assert readiness(f"http://127.0.0.1:{silent.getsockname()[1]}", patience=0.2) is None


@pytest.mark.parametrize("url", ["", "nonsense", "http://127.0.0.1:99999", "http://"])
def test_what_is_no_address_is_not_ready(url: str) -> None:
    assert readiness(url, patience=0.2) is None
