"""access/access.py"""

import pytest

from dragoman import __version__
from dragoman.access.access import USER_AGENT, is_visible, join_url, sendable


@pytest.mark.parametrize(
    ("base_url", "path", "url"),
    [
        pytest.param(
            "https://x.example", "/v1/messages", "https://x.example/v1/messages", id="T26-without-v1"
        ),
        pytest.param(
            "https://x.example/v1", "/v1/messages", "https://x.example/v1/messages", id="T26-with-v1"
        ),
        pytest.param(
            "https://x.example/v1/", "/v1/messages", "https://x.example/v1/messages", id="T26-with-slash"
        ),
        pytest.param(
            "https://x.example/a/v1", "/v1/messages", "https://x.example/a/v1/messages", id="H14-path"
        ),
        pytest.param(
            "https://x.example/a", "/v1/messages", "https://x.example/a/v1/messages", id="H14-path-kept"
        ),
        pytest.param(
            "https://x.example/v1",
            "/v1/messages/count_tokens",
            "https://x.example/v1/messages/count_tokens",
            id="count",
        ),
        pytest.param(
            "https://x.example/openai/v1",
            "/chat/completions",
            "https://x.example/openai/v1/chat/completions",
            id="H14-openai",
        ),
        pytest.param(
            "https://x.example/dev1", "/v1/messages", "https://x.example/dev1/v1/messages", id="not-v1"
        ),
    ],
)
def test_base_url_keeps_its_path_and_v1_stands_once(base_url: str, path: str, url: str) -> None:
    assert join_url(base_url, path) == url


@pytest.mark.parametrize("value", ["a\r\nx: y", "a\x00", "é", "\u2028", "a\tb", "a\x7f"])
def test_values_beyond_visible_ascii_are_dropped(value: str) -> None:
    """Threat T23."""
    assert not is_visible(value)
    assert sendable([("anthropic-beta", value), ("x-app", "cli")]) == (("x-app", "cli"),)


@pytest.mark.parametrize("name", ["", "a b", "a:b", "é", "X-Upper"])
def test_malformed_names_are_dropped(name: str) -> None:
    assert sendable([(name, "x")]) == ()


@pytest.mark.parametrize(
    "name",
    [
        "authorization",
        "x-api-key",
        "api-key",
        "x-goog-api-key",
        "cookie",
        "host",
        "content-length",
        "transfer-encoding",
    ],
)
def test_headers_that_the_address_decides_are_dropped(name: str) -> None:
    """T15"""
    assert sendable([(name, "x"), ("x-app", "cli")]) == (("x-app", "cli"),)


def test_too_long_and_too_many_headers_are_dropped() -> None:
    assert sendable([("x-long", "a" * 8193), ("x-app", "a" * 8192)]) == (("x-app", "a" * 8192),)
    assert len(sendable([(f"x-{number}", "v") for number in range(100)])) == 64


def test_user_agent_names_the_version() -> None:
    assert f"dragoman/{__version__}" == USER_AGENT
