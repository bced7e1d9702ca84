"""The HTTP client for upstreams (docs/decisions/0014): one pool, no redirects, no hidden retries."""

import asyncio
import io
import urllib.request
from collections.abc import Awaitable, Callable
from types import TracebackType

import aiohttp
from yarl import URL

from dragoman.messages.errors import UpstreamNonsense
from dragoman.upstream.failures import read_failure
from dragoman.wire.address import is_nearby
from dragoman.wire.exchange import HttpRequest, ReplyHead

KEEP_ALIVE_SECONDS = 55.0
"""Below the 60 s after which load balancers close an idle connection."""
DRAIN_SECONDS = 1.0
LARGE_BODY = 1024 * 1024 - 1
"""aiohttp writes larger bodies piece by piece when they come as a file."""


class HttpUpstream:
    """Implements `Upstream`. `idle_seconds` limits the wait for the head and between two reads."""

    def __init__(self, connect_seconds: float = 5.0, idle_seconds: float = 300.0) -> None:
        self._idle_seconds = idle_seconds
        self._timeout = aiohttp.ClientTimeout(
            total=None, connect=None, sock_connect=connect_seconds, sock_read=idle_seconds
        )
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._urls: dict[str, URL] = {}
        self._proxied = any(scheme in urllib.request.getproxies() for scheme in ("http", "https", "all"))

    async def open(self, request: HttpRequest) -> "HttpReply":
        """Send and wait for the head. Raises UpstreamFailure."""
        url = self._url(request.url)
        body = request.body if len(request.body) <= LARGE_BODY else io.BytesIO(request.body)
        try:
            response = await self._session(url).request(
                request.method, url, data=body, headers=request.headers, allow_redirects=False
            )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise read_failure(error, url.host or "the upstream") from error
        return HttpReply(response, url.host or "the upstream", self._idle_seconds)

    async def close(self) -> None:
        """Close every connection."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()

    async def __aenter__(self) -> "HttpUpstream":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _url(self, text: str) -> URL:
        url = self._urls.get(text)
        if url is None:
            url = self._urls[text] = URL(text, encoded=True)
            if len(self._urls) > 1000:
                self._urls.clear()
        return url

    def _session(self, url: URL) -> aiohttp.ClientSession:
        trust_env = self._proxied and not is_nearby(url.host or "")
        session = self._sessions.get(trust_env)
        if session is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS)
            session = self._sessions[trust_env] = aiohttp.ClientSession(
                connector=connector,
                timeout=self._timeout,
                trust_env=trust_env,
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
            )
        return session


class HttpReply:
    """Implements `UpstreamReply`.

    aiohttp's own limit on silence sets a timer anew for each piece of data; here one timer for the whole reply
    looks now and then how long the reader has been waiting.
    """

    def __init__(self, response: aiohttp.ClientResponse, host: str, idle_seconds: float) -> None:
        self._response = response
        self._content = response.content
        self._host = host
        self.head = ReplyHead(
            response.status,
            tuple([(name.lower(), value) for name, value in response.headers.items()]),
        )
        self._idle_seconds = idle_seconds
        self._waiting_since: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closed = _closing_of(response)
        if self._closed is not None:
            self._closed.add_done_callback(self._notice_closed)
            self._loop = asyncio.get_running_loop()
            self._watch_silence(response)

    async def read(self) -> bytes:
        if self._timer is not None:
            self._waiting_since = self._loop.time()
        try:
            return await self._content.readany()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise read_failure(error, self._host) from error
        finally:
            self._waiting_since = None

    async def read_all(self, limit: int) -> bytes:
        return await read_within(self.read, limit, f"`{self._host}`")

    async def drain(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while not self._content.at_eof() and await self._content.readany():
                    pass
        except (aiohttp.ClientError, TimeoutError, OSError):
            return

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._closed is not None:
            self._closed.remove_done_callback(self._notice_closed)
        if self._content.at_eof():
            self._response.release()
        else:
            self._response.close()

    def _watch_silence(self, response: aiohttp.ClientResponse) -> None:
        if response.connection is not None and response.connection.protocol is not None:
            response.connection.protocol.read_timeout = None
        self._timer = self._loop.call_later(self._idle_seconds, self._check_silence)

    def _check_silence(self) -> None:
        waited = 0.0 if self._waiting_since is None else self._loop.time() - self._waiting_since
        if waited >= self._idle_seconds:
            self._content.set_exception(aiohttp.SocketTimeoutError("the upstream is silent"))
        else:
            self._timer = self._loop.call_later(self._idle_seconds - waited, self._check_silence)

    def _notice_closed(self, closed: "asyncio.Future[None]") -> None:
        """aiohttp 3.14 closes the connection on broken chunks and leaves whoever reads waiting for ever."""
        if not self._content.is_eof() and self._content.exception() is None:
            self._content.set_exception(aiohttp.ClientPayloadError("the connection was closed in the body"))


async def read_within(read: Callable[[], Awaitable[bytes]], limit: int, whose: str) -> bytes:
    """All that `read` gives until it gives nothing. Raises UpstreamNonsense for more than `limit` bytes."""
    pieces: list[bytes] = []
    size = 0
    while piece := await read():
        pieces.append(piece)
        size += len(piece)
        if size > limit:
            raise UpstreamNonsense(f"the answer of {whose} is larger than {limit} bytes")
    return b"".join(pieces)


def _closing_of(response: aiohttp.ClientResponse) -> "asyncio.Future[None] | None":
    """Done when the connection of an unfinished body is closed; None if the whole body is here already."""
    protocol = None if response.connection is None else response.connection.protocol
    if protocol is None:
        return None
    closed = protocol.closed
    if closed is None:
        closed = asyncio.get_running_loop().create_future()
        closed.set_result(None)
    # One for each connection: an exception that nobody looks at would be logged.
    closed.remove_done_callback(_look_at)
    closed.add_done_callback(_look_at)
    return closed


def _look_at(closed: "asyncio.Future[None]") -> None:
    if not closed.cancelled():
        closed.exception()
