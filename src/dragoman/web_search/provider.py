"""Asks the configured provider over the port for upstreams."""

import asyncio
import logging
from collections.abc import Sequence

from typing_extensions import override

from dragoman.messages.errors import UpstreamFailure
from dragoman.relay.ports import Found, SearchQuery, Upstream, WebFailure, WebSearch
from dragoman.web_search.brave import BRAVE
from dragoman.web_search.domains import permitted
from dragoman.web_search.search_api import LONGEST_QUERY
from dragoman.web_search.searxng import SEARXNG
from dragoman.web_search.tavily import TAVILY
from dragoman.wire.exchange import HttpRequest
from dragoman.wire.jsonbytes import JsonError

SECONDS = 10.0
"""For a whole search."""
LARGEST_ANSWER = 2 * 1024 * 1024
"""Bytes, unpacked."""

APIS = {api.name: api for api in (BRAVE, TAVILY, SEARXNG)}
"""By the value of `SEARCH_PROVIDER`."""

_OF_THE_OPERATOR = frozenset({"unavailable", "too_many_requests"})
"""Failures that nobody but the operator can do something about."""

_log = logging.getLogger(__name__)


class SearchProvider(WebSearch):
    """`base_url` None is the vendor's own. The key goes to no other address: redirects are not followed."""

    def __init__(
        self, name: str, upstream: Upstream, key: str, base_url: str | None, seconds: float = SECONDS
    ) -> None:
        self._api = APIS[name]
        self._upstream = upstream
        self._key = key
        self._base_url = base_url or self._api.base_url
        self._seconds = seconds

    @override
    async def search(self, query: SearchQuery) -> Sequence[Found]:
        """What the query's domains permit of what was found. Raises WebFailure."""
        try:
            return await self._search(query)
        except WebFailure as failure:
            if failure.code in _OF_THE_OPERATOR:
                _log.warning("web search: %s", failure.reason)
            raise

    async def _search(self, query: SearchQuery) -> list[Found]:
        if not query.text.strip():
            raise WebFailure("invalid_tool_input", "the query is empty")
        if len(query.text) > LONGEST_QUERY:
            raise WebFailure("query_too_long", f"a query has at most {LONGEST_QUERY} characters")
        name = self._api.name
        status, body = await self._ask(self._api.write_search(query, self._base_url, self._key))
        if status != 200:
            raise self._api.read_refusal(status, body)
        try:
            found = self._api.read_found(body)
        except JsonError:
            raise WebFailure(
                "unavailable", f"{name} answered with something else than results: check SEARCH_BASE_URL"
            ) from None
        return permitted(found, query)

    async def _ask(self, request: HttpRequest) -> tuple[int, bytes]:
        name = self._api.name
        try:
            async with asyncio.timeout(self._seconds):
                reply = await self._upstream.open(request)
                try:
                    return reply.head.status, await reply.read_all(LARGEST_ANSWER)
                finally:
                    reply.close()
        except TimeoutError:
            raise WebFailure(
                "unavailable", f"{name} did not answer within {self._seconds:g} seconds"
            ) from None
        except UpstreamFailure as failure:
            # Its message has the host, which may be one of the operator's network.
            raise WebFailure("unavailable", f"{name} could not be asked ({failure.kind})") from failure
