"""Answers the calls of server tools that the gateway runs: searches, pages, searches for tools."""

import asyncio
from collections.abc import Sequence
from typing import Any

from dragoman.emulation.domains import NotADomain, is_permitted, read_domain
from dragoman.emulation.pages.page_document import page_document
from dragoman.emulation.server_tools import ServerTool, deferred_tools
from dragoman.emulation.tool_results import (
    error_block,
    fetched_block,
    found_block,
    references_block,
    search_result,
)
from dragoman.emulation.tool_rounds import ServerCall
from dragoman.emulation.tool_search import SearchRefused, find_tools
from dragoman.messages.fields import Fields
from dragoman.messages.request import MessagesRequest
from dragoman.relay.gateway import Gateway
from dragoman.relay.ports import SearchQuery, WebFailure
from dragoman.wire.jsonvalues import as_object, objects_in

AT_ONCE = 4
LONGEST_URL = 250
"""Characters, as the API has it."""


async def answer_calls(
    gateway: Gateway, request: MessagesRequest, calls: Sequence[ServerCall]
) -> list[Fields]:
    """The result block of each call. Never raises for what a call came to."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def answer(call: ServerCall) -> Fields:
        async with turn:
            try:
                return await _answer(gateway, request, call)
            except WebFailure as failure:
                return error_block(call.tool.kind, call.id, failure.code)
            except SearchRefused as refused:
                return error_block(call.tool.kind, call.id, refused.code, refused.reason)
            except Exception as bug:  # noqa: BLE001 - one tool's bug must not end the whole answer
                gateway.observer.bug(f"{type(bug).__name__} in {call.tool.kind}", bug)
                return error_block(call.tool.kind, call.id, "unavailable")

    return await asyncio.gather(*map(answer, calls))


async def _answer(gateway: Gateway, request: MessagesRequest, call: ServerCall) -> Fields:
    most = call.tool.most_uses
    if most is not None and call.uses >= most:
        raise WebFailure("max_uses_exceeded", "the client allows no more")
    if call.tool.kind == "web_search":
        return await _search(gateway, call)
    if call.tool.kind == "web_fetch":
        return await _fetch(gateway, request, call)
    names = find_tools(call.tool.kind, call.input, deferred_tools(request))
    return references_block(call.id, names)


async def _search(gateway: Gateway, call: ServerCall) -> Fields:
    words: Any = call.input.get("query")
    if not isinstance(words, str) or not words.strip():
        raise WebFailure("invalid_tool_input", "`query` is missing")
    if gateway.web_search is None:
        raise WebFailure("unavailable", "SEARCH_PROVIDER is not set")
    country: Any = as_object(call.tool.fields.get("user_location")).get("country")
    query = SearchQuery(
        text=words.strip(),
        allowed_domains=call.tool.domains("allowed_domains"),
        blocked_domains=call.tool.domains("blocked_domains"),
        country=country if isinstance(country, str) and len(country) == 2 else "",
    )
    found = await gateway.web_search.search(query)
    return found_block(
        call.id, [search_result(page.url, page.title, page.text, page.page_age) for page in found]
    )


async def _fetch(gateway: Gateway, request: MessagesRequest, call: ServerCall) -> Fields:
    url: Any = call.input.get("url")
    if not isinstance(url, str) or not url.strip():
        raise WebFailure("invalid_tool_input", "`url` is missing")
    url = url.strip()
    if len(url) > LONGEST_URL:
        raise WebFailure("url_too_long", f"more than {LONGEST_URL} characters")
    if gateway.fetcher is None:
        raise WebFailure("unavailable", "FETCH_URLS is not set")
    if not is_allowed(url, call.tool):
        raise WebFailure("url_not_allowed", "its host is not among those that the client allows")
    if not came_up(url, request):
        # A page could have the model carry the conversation away in a URL of its own making.
        raise WebFailure("url_not_in_prior_context", "it was not named before")
    fetched = await gateway.fetcher.fetch(url)
    if not is_allowed(fetched.url, call.tool):
        raise WebFailure("url_not_allowed", "it leads to a host that the client does not allow")
    limit: Any = call.tool.fields.get("max_content_tokens")
    most_tokens = limit if type(limit) is int and limit > 0 else None
    # A page may take up to a second.
    document = await asyncio.to_thread(
        page_document, fetched.body, fetched.media_type, fetched.charset, most_tokens
    )
    if document is None:
        raise WebFailure("unsupported_content_type", fetched.media_type)
    return fetched_block(call.id, fetched.url, document)


def is_allowed(url: str, tool: ServerTool) -> bool:
    """Whether the client's choice of domains lets this URL through. Raises WebFailure for what is no domain."""
    try:
        allowed = [read_domain(written) for written in tool.domains("allowed_domains")]
        blocked = [read_domain(written) for written in tool.domains("blocked_domains")]
    except NotADomain as fault:
        raise WebFailure("invalid_tool_input", str(fault)) from None
    return is_permitted(url, allowed, blocked)


def came_up(url: str, request: MessagesRequest) -> bool:
    """Whether the URL was named before, by anybody but the model."""
    wanted = url.partition("://")[2].partition("#")[0].rstrip("/")
    told: list[Any] = [request.raw.get("system")]
    for message in objects_in(request.raw["messages"]):
        content: Any = message.get("content")
        if message.get("role") == "assistant":
            content = [
                block for block in objects_in(content) if str(block.get("type")).endswith("_tool_result")
            ]
        told.append(content)
    return bool(wanted) and wanted in _text_of(told)


def _text_of(value: Any) -> str:
    """All strings of decoded JSON, one a line."""
    texts: list[str] = []
    rest: list[Any] = [value]
    while rest:
        one = rest.pop()
        if isinstance(one, str):
            texts.append(one)
        elif isinstance(one, dict):
            rest += one.values()
        elif isinstance(one, list):
            rest += one
    return "\n".join(texts)
