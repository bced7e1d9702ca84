"""cli/own_gateway.py"""

import os
from pathlib import Path

import pytest

from dragoman.cli.own_gateway import NoLongerWanted, NotStarted, own_gateway
from dragoman.cli.running_gateway import is_gateway
from dragoman.config.settings import Settings

ENVIRON = {"PATH": os.environ["PATH"]}


def test_it_answers_within_the_block_to_its_token_alone_and_is_gone_after_it(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with own_gateway(Settings(), ENVIRON, tmp_path / ".env", "test-token", log) as gateway:
        assert is_gateway(gateway.url, "test-token")
        assert not is_gateway(gateway.url, "another")
        assert gateway.url.startswith("http://127.0.0.1:")
        assert not gateway.ended
        assert os.getpgid(gateway.process.pid) != os.getpgid(0)
    assert gateway.ended
    assert not is_gateway(gateway.url, "test-token")
    assert f"at {gateway.url}" in log.read_text()
    assert "test-token" not in log.read_text()


def test_it_is_gone_after_an_error_too(tmp_path: Path) -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        own_gateway(Settings(), ENVIRON, tmp_path / ".env", "test-token", tmp_path / "log") as gateway,
    ):
        raise KeyboardInterrupt
    assert gateway.ended


def test_one_that_cannot_start_is_told_at_once(tmp_path: Path) -> None:
    """Settings that changed after their parent read them."""
    environ = ENVIRON | {"LOG_LEVEL": "loud"}
    log = tmp_path / "log"
    with (
        pytest.raises(NotStarted, match="exit code 3"),
        own_gateway(Settings(), environ, tmp_path / ".env", "test-token", log),
    ):
        pass
    assert "LOG_LEVEL: " in log.read_text()


def test_one_that_nobody_wants_any_longer_is_ended_before_it_is_ready(tmp_path: Path) -> None:
    asked: list[bool] = []

    def wanted() -> bool:
        asked.append(True)
        return len(asked) < 3

    with (
        pytest.raises(NoLongerWanted),
        own_gateway(Settings(), ENVIRON, tmp_path / ".env", "test-token", tmp_path / "log", wanted),
    ):
        pytest.fail("it was not ready yet")
    assert len(asked) == 3
