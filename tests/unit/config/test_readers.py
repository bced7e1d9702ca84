"""config/readers.py"""

from contextlib import suppress
from typing import Any, get_type_hints

import pytest

from dragoman.config.readers import Unreadable, read_value
from dragoman.config.secret import Secret
from dragoman.config.settings import (
    ChannelSettings,
    Hosts,
    ModelName,
    Port,
    Seconds,
    Secrets,
    Settings,
    Url,
    VendorSettings,
)

KINDS = get_type_hints(Settings, include_extras=True)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        pytest.param(KINDS["preferred_provider"], "Google", "google", id="E04"),
        pytest.param(KINDS["preferred_provider"], "ANTHROPIC", "anthropic", id="E04-upper"),
        pytest.param(bool, "true", True, id="E10-true"),
        pytest.param(bool, "1", True, id="E10-1"),
        pytest.param(bool, "YES", True, id="E10-yes"),
        pytest.param(bool, "False", False, id="E10-false"),
        pytest.param(bool, "0", False, id="E10-0"),
        pytest.param(
            Url | None, "https://llm.example.com/openai/v1/", "https://llm.example.com/openai/v1", id="H14"
        ),
        pytest.param(Url, "http://[::1]:11434/v1", "http://[::1]:11434/v1", id="ipv6"),
        pytest.param(Url, "http://localhost:8000", "http://localhost:8000", id="no-path"),
        pytest.param(ModelName, "openai/x:chan", "openai/x:chan", id="H08"),
        pytest.param(Secret, "test-key#1", Secret("test-key#1"), id="secret"),
        pytest.param(Secrets, "test-a, test-b,", (Secret("test-a"), Secret("test-b")), id="several-keys"),
        pytest.param(
            Hosts,
            "Proxy.example, other:8443,[::1]:1,fe80::1:2",
            ("proxy.example", "other", "[::1]", "fe80::1:2"),
            id="hosts",
        ),
        pytest.param(KINDS["vertex_project"], "example.com:proj-1", "example.com:proj-1", id="E11-project"),
        pytest.param(KINDS["vertex_location"], "US-East5", "us-east5", id="E12-location"),
        pytest.param(KINDS["vertex_quota_project"], "payer-1", "payer-1", id="quota-project"),
        pytest.param(Port, "0", 0, id="port-0"),
        pytest.param(Port, "65535", 65535, id="port-most"),
        pytest.param(Seconds, "2.5", 2.5, id="seconds"),
        pytest.param(Seconds, "3600", 3600.0, id="seconds-most"),
    ],
)
def test_value_is_read(kind: Any, text: str, value: object) -> None:
    assert read_value(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        pytest.param(
            KINDS["preferred_provider"],
            "gogle",
            "expected openai, google, anthropic or litellm",
            id="E04-unknown",
        ),
        (KINDS["openai_dialect"], "chat", "expected anthropic, openai_chat, openai_responses or gemini"),
        (bool, "maybe", "expected true or false (1 or 0, yes or no)"),
        (Url, "llm.example.com", "expected an http:// or https:// URL with a host"),
        (Url, "ftp://x", "expected an http:// or https:// URL with a host"),
        (Url, "http://", "expected an http:// or https:// URL with a host"),
        (Url, "http://x:port/", "expected an http:// or https:// URL with a host"),
        (Url, "http://[::1", "expected an http:// or https:// URL with a host"),
        (Url, "http://exa mple/", "expected an http:// or https:// URL with a host"),
        (ModelName, "a\x07b", "expected a name without control characters"),
        (ModelName, "[1m]", "expected the name of a model, got nothing"),
        (KINDS["host"], "a b", "expected a host name or an IP address"),
        (KINDS["vertex_credentials_path"], "a\x07", "expected printable characters"),
        (Port, "65536", "expected a whole number from 0 to 65535"),
        (Port, "-1", "expected a whole number from 0 to 65535"),
        (Port, "٣", "expected a whole number from 0 to 65535"),
        (Seconds, "0.5", "expected seconds from 1 to 3600"),
        (Seconds, "nan", "expected seconds from 1 to 3600"),
        (Seconds, "soon", "expected seconds from 1 to 3600"),
    ],
)
def test_wrong_value_says_what_was_expected(kind: Any, text: str, expected: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_value(kind, text)
    assert caught.value.expected == expected
    assert caught.value.show


@pytest.mark.parametrize("setting", ["vertex_project", "vertex_location", "vertex_quota_project"])
@pytest.mark.parametrize(
    "text", [".", "..", "a/b", "a?b", "a#b", "a;b", "two words", "a\tb", "a\x07", "a\u2028b", "../x"]
)
def test_what_becomes_part_of_a_path_is_one_segment(setting: str, text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_value(KINDS[setting], text)
    assert caught.value.expected == "expected a name without spaces, `/`, `?`, `#` and `;`"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Secret, "two words"),
        (Secret, "kéy"),
        (Secrets, "fine,two words"),
        (Url, "https://user:password@host/v1"),
        (Url, "https://user:password@[::1/v1"),
        (Url, "https://host/v1?key=test"),
        (Url, "https://host/v1#test"),
    ],
)
def test_a_value_that_may_hold_a_credential_is_never_shown(kind: Any, text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read_value(kind, text)
    assert not caught.value.show
    assert text not in caught.value.expected


@pytest.mark.parametrize("struct", [Settings, ChannelSettings, VendorSettings])
def test_every_type_of_every_setting_has_a_reader(struct: type) -> None:
    """A KeyError here means that a type was added without its reader."""
    for name, kind in get_type_hints(struct, include_extras=True).items():
        if name in ("channels", "vendors", "foreign_variables", "name"):
            continue
        with suppress(Unreadable):
            read_value(kind, "1")
