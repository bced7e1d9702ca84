"""The process driver starts, watches and stops a server, tried with a stand-in."""

import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from tests.support.dragoman_process import DragomanProcess, free_port, http_status

STAND_IN = textwrap.dedent(
    """
    import http.server, os, signal, sys
    class Ready(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/readyz" else 404)
            self.end_headers()
    mode = os.environ.get("MODE", "")
    if mode == "broken":
        sys.exit("PORT is no port")
    if mode == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    else:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(sorted(os.environ), file=sys.stderr)
    if mode == "sick":
        print("Traceback (most recent call last)", file=sys.stderr)
    http.server.HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Ready).serve_forever()
    """
)


def stand_in(directory: Path, mode: str = "", **options: Any) -> DragomanProcess:
    command = (sys.executable, "-c", STAND_IN)
    return DragomanProcess({"MODE": mode}, directory, command=command, **options)


async def test_server_is_ready_inside_and_gone_after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "test-key-openai")
    async with stand_in(tmp_path) as dragoman:
        assert await http_status(dragoman.port, "/readyz") == 200
        assert dragoman.exit_code is None
    assert dragoman.exit_code == 0
    assert await http_status(dragoman.port, "/readyz") is None
    assert "'HOME', 'HOST'" in dragoman.output
    assert "OPENAI_API_KEY" not in dragoman.output


async def test_server_that_ends_at_once_is_reported_with_its_words(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="ended with 1 before it was ready:\nPORT is no port"):
        await stand_in(tmp_path, "broken").__aenter__()


async def test_server_that_ignores_sigterm_is_killed_and_reported(tmp_path: Path) -> None:
    process = stand_in(tmp_path, "deaf", patience=0.2)
    await process.__aenter__()
    with pytest.raises(AssertionError, match="still running 0.2 s after SIGTERM"):
        await process.__aexit__(None, None, None)
    assert process.exit_code == -9


async def test_traceback_on_stderr_fails_the_test(tmp_path: Path) -> None:
    process = stand_in(tmp_path, "sick")
    await process.__aenter__()
    with pytest.raises(AssertionError, match="Traceback"):
        await process.__aexit__(None, None, None)


async def test_free_port_refuses_connections() -> None:
    assert await http_status(free_port(), "/") is None
