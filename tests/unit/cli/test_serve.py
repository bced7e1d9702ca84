"""cli/serve.py, as far as it goes before the server starts."""

import socket
from datetime import date
from pathlib import Path

import pytest

from dragoman.cli.serve import (
    Flags,
    address_for_clients,
    claude_code_line,
    free_port,
    run_server,
    start_screen,
)
from dragoman.config.build import build_model_map
from dragoman.config.load import load_settings
from dragoman.config.secret import Secret
from dragoman.config.settings import Settings


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "my-host.example.com"])
def test_a_bind_beyond_this_machine_without_a_key_is_refused(
    host: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """T87 C05"""
    for flags, environ in ((Flags(host=host), dict[str, str]()), (Flags(), {"HOST": host})):
        assert run_server(environ, tmp_path / ".env", flags) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert line.startswith(
            f"refused: `{host}` can be reached from other machines and DRAGOMAN_API_KEY is not set"
        )


def test_wrong_settings_stop_the_start_with_one_line_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """E04 E11"""
    env_file = tmp_path / ".env"
    env_file.write_text("PREFERRED_PROVIDER=gogle\nBIG_MODLE=x\n")
    assert run_server({"PORT": "x"}, env_file, Flags()) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "BIG_MODLE: there is no such setting; did you mean `BIG_MODEL`?",
        "PREFERRED_PROVIDER: expected openai, google, anthropic or litellm, got `gogle`; did you mean `google`?",
        "PORT: expected a whole number from 0 to 65535, got `x`",
    ]


def test_a_busy_port_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert run_server({}, tmp_path / ".env", Flags(port=port)) == 4
    assert capsys.readouterr().err.splitlines() == [
        f"cannot listen on 127.0.0.1:{port}: another program does; choose another with --port or PORT"
    ]


def test_an_address_of_another_machine_cannot_be_listened_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = Flags(host="192.0.2.1", insecure_no_auth=True)
    assert run_server({}, tmp_path / ".env", flags) == 4
    assert "cannot listen on 192.0.2.1:8082" in capsys.readouterr().err


def test_port_zero_is_a_free_one() -> None:
    port = free_port("127.0.0.1", 0)
    assert 0 < port <= 65535
    assert free_port("localhost", port) == port


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8082"),
        ("0.0.0.0", "http://localhost:8082"),
        ("::", "http://localhost:8082"),
        ("::1", "http://[::1]:8082"),
        ("llm.example.com", "http://llm.example.com:8082"),
    ],
)
def test_the_address_is_one_that_a_client_can_use(host: str, url: str) -> None:
    assert address_for_clients(Settings(host=host)) == url


def test_the_line_for_claude_code_says_which_credential_to_set() -> None:
    """R12"""
    url = "http://127.0.0.1:8082"
    assert claude_code_line(Settings(), url) == (
        f'ANTHROPIC_BASE_URL={url} ANTHROPIC_AUTH_TOKEN=dragoman ANTHROPIC_API_KEY="" claude'
    )
    locked = claude_code_line(Settings(dragoman_api_key=(Secret("test-key"),)), url)
    assert 'ANTHROPIC_AUTH_TOKEN="$DRAGOMAN_API_KEY"' in locked
    assert (
        claude_code_line(Settings(anthropic_auth_mode="passthrough"), url)
        == f"ANTHROPIC_BASE_URL={url} claude"
    )


def test_the_screen_shows_address_providers_map_and_command_but_no_key() -> None:
    settings = load_settings({"OPENAI_API_KEY": "test-key-openai", "DRAGOMAN_API_KEY": "test-key-own"}, None)
    screen = "\n".join(start_screen(settings, build_model_map(settings, date(2026, 11, 21))))
    for shown in (
        "http://127.0.0.1:8082",
        "Providers found: openai",
        "*sonnet*",
        "gpt-4.1",
        "ANTHROPIC_BASE_URL=",
    ):
        assert shown in screen
    assert "test-key" not in screen
    assert len(screen.splitlines()) < 24
