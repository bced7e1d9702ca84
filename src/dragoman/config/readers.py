"""What the text of a setting may be, by the type of its field in config/settings.py."""

import re
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin
from urllib.parse import urlsplit

from dragoman.config.secret import Secret
from dragoman.config.settings import (
    FilePath,
    Host,
    Hosts,
    Location,
    ModelName,
    Port,
    ProjectId,
    Seconds,
    Secrets,
    Url,
)
from dragoman.routing.names import name_fault, without_bracket

_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})
_VISIBLE_ASCII = re.compile(r"[!-~]+")
_HOST = re.compile(r"[A-Za-z0-9._:%\[\]-]+")
_SEGMENT = re.compile(r"[^\s/?#;]+")
_WITH_PORT = re.compile(r"([^:]+|\[.+\]):\d+")


class Unreadable(ValueError):
    """A value is not what its setting expects."""

    def __init__(self, expected: str, *, choices: tuple[str, ...] = (), show: bool = True) -> None:
        super().__init__(expected)
        self.expected = expected
        self.choices = choices
        """The values that are allowed, if there are only a few."""
        self.show = show
        """Whether the offending value may be shown; never if it holds a credential."""


def read_value(kind: Any, text: str) -> Any:
    """The value of type `kind` that `text` stands for. Raises Unreadable."""
    kind = _without_none(kind)
    if get_origin(kind) is Literal:
        return _read_choice(get_args(kind), text)
    return _READERS[kind](text)


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (Union, UnionType):
        return next(part for part in get_args(kind) if part is not NoneType)
    return kind


def _read_choice(choices: tuple[str, ...], text: str) -> str:
    if text.lower() in choices:
        return text.lower()
    raise Unreadable(f"expected {_or(choices)}", choices=choices)


def _read_flag(text: str) -> bool:
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise Unreadable("expected true or false (1 or 0, yes or no)", choices=("true", "false", "yes", "no"))


def _read_secret(text: str) -> Secret:
    if not _VISIBLE_ASCII.fullmatch(text):
        raise Unreadable("expected visible ASCII characters without spaces", show=False)
    return Secret(text)


def _read_secrets(text: str) -> Secrets:
    parts = [part.strip() for part in text.split(",")]
    return tuple(_read_secret(part) for part in parts if part)


def _read_url(text: str) -> str:
    expected = "expected an http:// or https:// URL with a host"
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        raise Unreadable(expected, show="@" not in text) from None
    if "@" in url.netloc:
        raise Unreadable("expected a URL without user name and password", show=False)
    if url.scheme.lower() not in ("http", "https") or not host or not _VISIBLE_ASCII.fullmatch(text):
        raise Unreadable(expected)
    if url.query or url.fragment:
        raise Unreadable("expected a URL without query and fragment", show=False)
    return text.rstrip("/?#")


def _read_model(text: str) -> str:
    fault = name_fault(text) or name_fault(without_bracket(text))
    if fault is not None:
        raise Unreadable(fault)
    return text


def _read_host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise Unreadable("expected a host name or an IP address")
    return text


def _read_hosts(text: str) -> Hosts:
    parts = [part.strip() for part in text.split(",")]
    return tuple(_read_host(_without_port(part)).lower() for part in parts if part)


def _without_port(host: str) -> str:
    found = _WITH_PORT.fullmatch(host)
    return found[1] if found else host


def _read_text(text: str) -> str:
    if not text.isprintable():
        raise Unreadable("expected printable characters")
    return text


def _read_segment(text: str) -> str:
    """Percent-encoding would keep it in its place in the path, but no server must have to be trusted with that."""
    if text in (".", "..") or not text.isprintable() or not _SEGMENT.fullmatch(text):
        raise Unreadable("expected a name without spaces, `/`, `?`, `#` and `;`")
    return text


def _read_port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) <= 65535:
        return int(text)
    raise Unreadable("expected a whole number from 0 to 65535")


def _read_seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if 1 <= seconds <= 3600:
        return seconds
    raise Unreadable("expected seconds from 1 to 3600")


def _or(choices: tuple[str, ...]) -> str:
    return f"{', '.join(choices[:-1])} or {choices[-1]}"


_READERS: dict[Any, Callable[[str], Any]] = {
    bool: _read_flag,
    str: _read_text,
    Secret: _read_secret,
    Secrets: _read_secrets,
    Url: _read_url,
    ModelName: _read_model,
    Host: _read_host,
    Hosts: _read_hosts,
    FilePath: _read_text,
    ProjectId: _read_segment,
    Location: lambda text: _read_segment(text).lower(),
    Port: _read_port,
    Seconds: _read_seconds,
}
