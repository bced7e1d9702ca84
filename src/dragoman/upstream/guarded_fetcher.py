"""Fetches what others name by URL, and reaches only the public internet (docs/decisions/0031).

https alone, port 443 alone, every address of the name public, the connection pinned to a checked address, each redirect
checked from the start; no cookie, no credential, no proxy of the environment; limits on time and size.
"""

import asyncio
from collections.abc import Callable
from ssl import SSLContext
from urllib.parse import urljoin

import aiohttp
from yarl import URL

from dragoman.relay.ports import Fetched, WebFailure
from dragoman.upstream.host_names import Resolve, SystemNames
from dragoman.upstream.media_types import charset_of, media_type_of
from dragoman.upstream.pinned_connection import pinned_connector
from dragoman.upstream.public_addresses import is_public
from dragoman.upstream.public_url import PORT, PublicUrl, read_public_url

MOST_BYTES = 10 * 1024 * 1024
"""Of a body, as it is after decompression."""
MOST_SECONDS = 10.0
"""For one fetch with its redirects, the wait for others included."""
MOST_REDIRECTS = 3
MOST_AT_ONCE = 16
"""Fetches; each may hold MOST_BYTES."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "gzip, deflate", "User-Agent": "dragoman"}


class GuardedFetcher:
    """Implements `Fetcher`. The defaults are the safe ones; tests reach a server of this machine with others.

    `port`: where port 443 of every host is. `tls`: whom to trust, True for the usual authorities.
    """

    def __init__(
        self,
        resolve: Resolve | None = None,
        is_public: Callable[[str], bool] = is_public,
        port: int = PORT,
        tls: SSLContext | bool = True,
        seconds: float = MOST_SECONDS,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._names = SystemNames()
        self._resolve: Resolve = resolve or self._names
        self._is_public = is_public
        self._port = port
        self._tls = tls
        self._seconds = seconds
        self._most_bytes = most_bytes
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def fetch(self, url: str) -> Fetched:
        """What stands at `url`, or where it leads. Raises WebFailure."""
        try:
            async with asyncio.timeout(self._seconds), self._turns:
                return await self._follow(url)
        except TimeoutError:
            raise WebFailure("url_not_accessible", f"it took longer than {self._seconds:g} seconds") from None

    def close(self) -> None:
        """No more is fetched."""
        self._names.close()

    async def _follow(self, url: str) -> Fetched:
        for _ in range(MOST_REDIRECTS + 1):
            found = await self._ask(read_public_url(url))
            if isinstance(found, Fetched):
                return found
            url = found
        raise WebFailure("url_not_accessible", f"it leads on more than {MOST_REDIRECTS} times")

    async def _ask(self, url: PublicUrl) -> Fetched | str:
        """What stands there, or the URL to which it leads. Raises WebFailure, TimeoutError."""
        connector = pinned_connector(url.host, await self._addresses(url.host), self._port, self._tls)
        try:
            async with (
                aiohttp.ClientSession(
                    connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
                ) as session,
                session.get(URL(url.url, encoded=True), headers=_HEADERS, allow_redirects=False) as response,
            ):
                if response.status in _REDIRECTS and "location" in response.headers:
                    return _joined(url.url, response.headers["location"])
                _check_status(response.status)
                body = await self._body(response)
                said = response.headers.get("content-type", "")
                return Fetched(
                    url=url.url,
                    media_type=media_type_of(said, body),
                    body=body,
                    charset=charset_of(response.charset),
                )
        except aiohttp.ClientSSLError:
            raise WebFailure("url_not_accessible", "the host's TLS certificate was not accepted") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if isinstance(error, TimeoutError):
                raise
            raise WebFailure("url_not_accessible", "the host did not answer as a web server does") from None

    async def _addresses(self, host: str) -> list[str]:
        """All of them public. A name of this network and one that does not exist are told alike, so that nobody learns
        which names this network has."""
        try:
            addresses = list(await self._resolve(host))
        except OSError:
            addresses = []
        if not addresses or not all(map(self._is_public, addresses)):
            raise WebFailure("url_not_accessible", "the host has no address on the public internet")
        return addresses

    async def _body(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        if (response.content_length or 0) <= self._most_bytes:
            while piece := await response.content.readany():
                body += piece
                if len(body) > self._most_bytes:
                    break
            else:
                return bytes(body)
        raise WebFailure("content_too_large", f"it is larger than {self._most_bytes} bytes")


def _joined(url: str, location: str) -> str:
    try:
        return urljoin(url, location)
    except ValueError:
        raise WebFailure("url_not_allowed", "it leads to what is no URL") from None


def _check_status(status: int) -> None:
    if status == 429:
        raise WebFailure("too_many_requests", "the host answered with status 429")
    if status != 200:
        raise WebFailure("url_not_accessible", f"the host answered with status {status}")
