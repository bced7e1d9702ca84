"""uvicorn's HTTP/1.1 protocol with limits on a request's head, and errors in Anthropic's envelope.

uvicorn 0.54 has no limit on headers with httptools, no deadline for them, and answers bad requests in plain text
(libraries.md section 4).
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any, ClassVar

from typing_extensions import override
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.server import ServerState

from dragoman.messages.errors import ApiError
from dragoman.server.body import BODY_SECONDS
from dragoman.server.errors import render
from dragoman.server.hangup import HANGUP_LISTENERS

LARGEST_HEAD = 64 * 1024
MOST_HEADERS = 100
LONGEST_TARGET = 8 * 1024
INTERIM = b"HTTP/1.1 100 "
LINGER_SECONDS = 1.0
"""After an answer to a bad request."""


class _HeadRefused(Exception):
    """Stops the parser; httptools reports it as a parse error."""


class _HeadWithBody:
    """Sends the head of a response together with the first of its body: a call into the kernel for each is the
    dearest part of a short answer."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = b""
        """Held; empty before it came, None once it was sent."""

    def write(self, data: bytes) -> None:
        if self._head is None or data.startswith(INTERIM):
            self._transport.write(data)
        elif self._head:
            self._transport.write(self._head + data)
            self._head = None
        else:
            self._head = data

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def close(self) -> None:
        if self._head:
            self._transport.write(self._head)
        self._transport.close()


class LimitedProtocol(HttpToolsProtocol):
    """One connection. A refused request is answered once and the connection closed."""

    head_seconds: ClassVar[float] = 10.0
    """For a new connection's first request, and for each later one from its first byte to its last header."""

    body_seconds: ClassVar[float] = BODY_SECONDS
    """For the first piece of a body, after its head."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._deadline: asyncio.TimerHandle | None = None
        self._in_head = True
        self._head_size = 0
        self._refused = False
        self._body_expected = False
        self._hangup_listeners: list[Callable[[], None]] = []
        self._refusal = ApiError(400, "the request is not valid HTTP/1.1")

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        super().connection_made(transport)
        self._deadline = self.loop.call_later(self.head_seconds, self._give_up)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._head_arrived()
        super().connection_lost(exc)
        for notice in self._hangup_listeners:
            notice()

    @override
    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        began_in_head = self._in_head
        super().data_received(data)
        if self._refused or self.transport.is_closing():
            return
        if self._body_expected and self._deadline is None:
            self._deadline = self.loop.call_later(self.body_seconds, self._give_up)
        # Most heads come in one piece, and need no timer.
        if self._deadline is None and not self._answering():
            self._deadline = self.loop.call_later(self.head_seconds, self._give_up)
        # The parser hands a header over once it is complete, so an endless one shows only here.
        if began_in_head and self._in_head:
            self._head_size += len(data)
            if self._head_size > LARGEST_HEAD + LONGEST_TARGET:
                self._refusal = _headers_too_large()
                self.send_400_response("")

    @override
    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {HANGUP_LISTENERS: self._hangup_listeners}  # pyright: ignore[reportGeneralTypeIssues, reportArgumentType]
        self._in_head = True
        self._head_size = 0

    @override
    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > LONGEST_TARGET:
            self._refuse(ApiError(414, f"the request target is longer than {LONGEST_TARGET} bytes"))

    @override
    def on_headers_complete(self) -> None:
        self._head_arrived()
        self._body_expected = True
        headers = self.headers
        if (
            len(headers) > MOST_HEADERS
            or sum([len(name) + len(value) for name, value in headers]) > LARGEST_HEAD
        ):
            self._refuse(_headers_too_large())
        parser = self.parser
        version = parser.get_http_version() if parser is not None else ""
        if version != "1.1" and not (version == "1.0" and _is_unchunked(headers)):
            self._refuse(self._refusal)
        # The parser takes what follows for another protocol: the body would be lost.
        if parser is not None and parser.should_upgrade():
            self._refuse(ApiError(501, "this gateway upgrades no connection; leave out `Upgrade`"))
        super().on_headers_complete()
        if self.scope["method"] != "HEAD":
            self.cycle.transport = _HeadWithBody(self.transport)  # pyright: ignore[reportAttributeAccessIssue]

    @override
    def on_body(self, body: bytes) -> None:
        super().on_body(body)
        # From the first piece on, whoever reads the body watches the time.
        self._body_expected = False
        self._head_arrived()

    @override
    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._body_expected = False
        self._head_arrived()

    @override
    def send_400_response(self, msg: str) -> None:
        self._refused = True
        self._head_arrived()
        if self._answering():
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if self.cycle.response_started:
                # A second answer would be read as a part of the first.
                self.transport.close()
                return
        status, headers, body = render(self._refusal, f"req_{secrets.token_hex(12)}")
        lines = [name + b": " + value + b"\r\n" for name, value in headers]
        self.transport.write(b"".join([STATUS_LINE[status], *lines, b"connection: close\r\n\r\n", body]))
        # Closing at once, with bytes unread, would reset the connection before the client reads the answer.
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._deadline = self.loop.call_later(LINGER_SECONDS, self._give_up)

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete  # pyright: ignore[reportUnnecessaryComparison]

    def _refuse(self, refusal: ApiError) -> None:
        self._refusal = refusal
        raise _HeadRefused

    def _head_arrived(self) -> None:
        self._in_head = False
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()


def _is_unchunked(headers: list[tuple[bytes, bytes]]) -> bool:
    return not any(name == b"transfer-encoding" for name, _ in headers)


def _headers_too_large() -> ApiError:
    return ApiError(431, f"more than {MOST_HEADERS} header fields or {LARGEST_HEAD} bytes of them")
