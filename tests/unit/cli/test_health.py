"""cli/health.py"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dragoman.cli.health import run_health
from tests.support.dragoman_process import free_port
from tests.unit.cli.running import run_command


@contextmanager
def answering(status: int) -> Iterator[tuple[str, list[str]]]:
    """A server that answers every GET with `status`; its URL, and the paths that were asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", paths
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "exit_code", "said"),
    [
        (200, 0, "is ready"),
        (503, 1, "it starts or stops"),
        (404, 1, "something else answers there, with status 404"),
    ],
)
def test_the_exit_code_says_whether_requests_are_welcome(
    status: int, exit_code: int, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with answering(status) as (url, paths):
        assert run_health({}, tmp_path / ".env", url, as_json=False) == exit_code
    assert paths == ["/readyz"]
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


def test_nobody_there_is_not_ready(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environ = {"PORT": str(free_port())}
    assert run_health(environ, tmp_path / ".env", None, as_json=False) == 1
    assert "nothing answers there" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1", '"0.0.0.0"'])
def test_the_address_is_that_of_the_settings(host: str, tmp_path: Path) -> None:
    """Also where the gateway listens on every interface, and where `docker --env-file` kept the quotes."""
    with answering(200) as (url, _):
        environ = {"HOST": host, "PORT": f'"{url.rpartition(":")[2]}"'}
        assert run_health(environ, tmp_path / ".env", None, as_json=False) == 0


def test_bad_settings_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_health({"PORT": "x"}, tmp_path / ".env", None, as_json=False) == 3
    assert "PORT: expected a whole number" in capsys.readouterr().err


def test_a_proxy_of_the_environment_is_not_asked(tmp_path: Path) -> None:
    with answering(200) as (proxy, paths):
        url = f"http://127.0.0.1:{free_port()}"
        done = run_command("health", "--url", url, environ={"http_proxy": proxy}, cwd=tmp_path)
    assert (done.returncode, paths) == (1, [])


def test_json_is_data_on_stdout(tmp_path: Path) -> None:
    with answering(200) as (url, _):
        done = run_command("health", "--url", url, "--json", cwd=tmp_path)
    assert done.returncode == 0
    assert json.loads(done.stdout) == {"url": url, "status": 200, "ready": True}
    assert done.stderr == ""
