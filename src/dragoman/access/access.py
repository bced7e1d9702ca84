"""What every access does: put a written request at an address, with proof of who we are.

Also holds what all of them need: the join of base URL and path, and the check of header values.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol

from dragoman import __version__
from dragoman.wire.exchange import Headers, HttpRequest

USER_AGENT = f"dragoman/{__version__}"

LONGEST_VALUE = 8192
MOST_HEADERS = 64

_VERSION = re.compile(r"v\d+[a-z]*\d*")
_NAME = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
_OURS = frozenset(
    {
        *("authorization", "x-api-key", "api-key", "x-goog-api-key", "proxy-authorization", "cookie"),
        *("host", "content-length", "transfer-encoding", "connection", "te", "upgrade", "accept-encoding"),
    }
)
"""Headers that the address decides; a dialect's or a client's never go out."""


class WrittenRequest(Protocol):
    """What an access needs of `dialects.dialect.Written`, which it does not import."""

    @property
    def path(self) -> str: ...
    @property
    def body(self) -> bytes: ...
    @property
    def headers(self) -> Headers: ...
    @property
    def streaming(self) -> bool: ...


class Access(Protocol):
    """One way to reach upstreams."""

    def __call__(
        self,
        written: WrittenRequest,
        base_url: str,
        credential: str,
        dialect: str,
        client_headers: Headers | None = None,
    ) -> HttpRequest:
        """The request as it goes out. `client_headers` are given only where the client's credential goes upstream."""
        ...


@lru_cache(maxsize=256)
def with_version(base_url: str, version: str) -> str:
    """`base_url` with `version` at its end, unless some version stands there already."""
    base = base_url.rstrip("/")
    return base if _VERSION.fullmatch(base.rpartition("/")[2]) else f"{base}/{version}"


@lru_cache(maxsize=256)
def join_url(base_url: str, path: str) -> str:
    """`base_url` and `path` with one `/v1` between them, whether the base has it or not."""
    base = base_url.rstrip("/")
    if path.startswith("/v1/") and base.endswith("/v1"):
        return base + path.removeprefix("/v1")
    return base + path


def sendable(headers: Iterable[tuple[str, str]]) -> Headers:
    """The headers that may go out: no credential, well-formed, visible ASCII, at most 8 KiB each and 64 in all."""
    kept = [
        (name, value)
        for name, value in headers
        if _may_go_out(name) and len(value) <= LONGEST_VALUE and value.isascii() and value.isprintable()
    ]
    return tuple(kept[:MOST_HEADERS])


@lru_cache(maxsize=512)
def _may_go_out(name: str) -> bool:
    return name not in _OURS and _NAME.fullmatch(name) is not None


def common_headers(written: WrittenRequest) -> Headers:
    """What every request has: the dialect's own headers, and the usual ones where it said nothing."""
    headers = sendable(written.headers)
    names = {name for name, _ in headers}
    usual = (
        ("content-type", "application/json"),
        ("accept", "text/event-stream" if written.streaming else "application/json"),
        ("user-agent", USER_AGENT),
    )
    return (
        *headers,
        *(pair for pair in usual if pair[0] not in names),
        # A compressed stream arrives in lumps.
        ("accept-encoding", "identity" if written.streaming else "gzip"),
    )


def is_visible(value: str) -> bool:
    """Whether a header value can be sent as it is."""
    return value.isascii() and value.isprintable()
