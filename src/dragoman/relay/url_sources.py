"""Fetches what a request names by URL, where its target takes only bytes (docs/decisions/0031)."""

import asyncio
import base64
from collections.abc import Mapping
from typing import Any

from dragoman.dialects.dialect import Dialect
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import ApiError, invalid_request
from dragoman.messages.parse_blocks import IMAGE_TYPES
from dragoman.messages.request import MessagesRequest
from dragoman.messages.url_sources import UrlSource, url_sources, with_sources
from dragoman.relay.ports import Fetched, Fetcher, WebFailure

MOST_URLS = 20
"""Of one request, as all that follows."""
MOST_AT_ONCE = 4
MOST_BYTES = 24 * 1024 * 1024
"""32 MB in base64: no request may have more."""
MOST_SECONDS = 20.0
"""After 25 s without an answer an error is no HTTP status any more (server/sse_response.py)."""


class UrlSources:
    """Those of one request. Each URL is fetched once, however often the request is written."""

    def __init__(self, fetcher: Fetcher) -> None:
        self._fetcher = fetcher
        self._fetched: dict[str, Fetched] = {}

    async def inline(self, request: MessagesRequest, dialect: Dialect, quirks: Quirks) -> MessagesRequest:
        """The request with bytes in place of the URLs that the dialect cannot carry; itself if there are none. Raises
        ApiError 400 that names the first URL at which nothing of use stands."""
        wanted = [place for place in url_sources(request) if not dialect.takes_urls(place.medium, quirks)]
        if not wanted:
            return request
        urls: dict[str, UrlSource] = {}
        for place in wanted:
            urls.setdefault(place.url, place)
        if len(urls) > MOST_URLS:
            raise _refusal(list(urls.values())[MOST_URLS], f"more than {MOST_URLS} URLs are not fetched")
        await self._fetch_all(urls)
        inlined = with_sources(
            request, {place.path: source_of(self._fetched[place.url], place) for place in wanted}
        )
        request.let_go()
        return inlined

    async def _fetch_all(self, urls: Mapping[str, UrlSource]) -> None:
        """`urls` with their first places. Raises ApiError."""
        failures: dict[str, str] = {}
        turns = asyncio.Semaphore(MOST_AT_ONCE)

        async def fetch(url: str) -> None:
            async with turns:
                if failures or self._size() > MOST_BYTES:
                    return
                try:
                    self._fetched[url] = await self._fetcher.fetch(url)
                except WebFailure as failure:
                    failures[url] = failure.reason

        try:
            async with asyncio.timeout(MOST_SECONDS), asyncio.TaskGroup() as group:
                for url in urls:
                    if url not in self._fetched:
                        group.create_task(fetch(url))
        except TimeoutError:
            late = next(place for url, place in urls.items() if url not in self._fetched)
            raise _refusal(late, f"it took longer than {MOST_SECONDS:g} seconds") from None
        for url, place in urls.items():
            if url in failures:
                raise _refusal(place, failures[url])
        if self._size() > MOST_BYTES:
            raise _refusal(next(iter(urls.values())), f"all URLs together have more than {MOST_BYTES} bytes")

    def _size(self) -> int:
        return sum(len(found.body) for found in self._fetched.values())


def source_of(found: Fetched, place: UrlSource) -> dict[str, Any]:
    """What stands in the URL's place: `base64`, or `text` for a document of plain text. Raises ApiError 400 for what is
    none of the block's."""
    kind = found.media_type
    if kind in IMAGE_TYPES if place.medium == "image" else kind == "application/pdf":
        data = base64.b64encode(found.body).decode("ascii")
        return {"type": "base64", "media_type": kind, "data": data}
    if place.medium == "document" and kind.startswith("text/") and kind != "text/html":
        text = found.body.decode(found.charset, "replace")
        return {"type": "text", "media_type": "text/plain", "data": text}
    wanted = "an image" if place.medium == "image" else "a PDF or plain text"
    raise _refusal(place, f"it is `{kind}` and not {wanted}")


def _refusal(place: UrlSource, why: str) -> ApiError:
    return invalid_request(
        f"{place.path}.url: Unable to download the file ({why}). Please verify the URL and try again."
    )
