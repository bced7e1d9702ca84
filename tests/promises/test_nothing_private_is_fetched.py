"""Whatever URL a request names, and wherever a page leads on: no host of this machine or its networks is connected to.

Canaries listen where the URLs lead. Each check that holds a URL back is shown to be needed: without it they sing.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from tests.support.certificates import serving_as
from tests.support.http_answer import Answer
from tests.support.http_wire import WireRequest, WireServer
from tests.support.private_urls import BOUND, PRIVATE_URLS, SPELLED, WorstNames
from tests.support.web import Names, page

from dragoman.relay.ports import WebFailure
from dragoman.upstream.guarded_fetcher import GuardedFetcher
from dragoman.upstream.public_addresses import is_public

PUBLIC = "127.0.0.9"
"""Stands for the public internet: it is this machine's, but no canary sits there."""
PERCHES = ("127.0.0.1", "::1", "127.0.0.2", "127.0.0.53")
BEFORE_ANY_CONNECTION = {"url_not_allowed", "invalid_tool_input"}
NOT_PUBLIC = "the host has no address on the public internet"


@dataclass
class Canaries:
    port: int
    songs: list[str] = field(default_factory=list[str])
    """Where somebody connected."""


@asynccontextmanager
async def canaries(port: int = 0) -> AsyncGenerator[Canaries]:
    """All on one port, which is port 443 of every host."""
    birds = Canaries(port)

    async def sing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        birds.songs.append(writer.get_extra_info("sockname")[0])
        writer.close()

    async with AsyncExitStack() as perches:
        for host in PERCHES:
            server = await asyncio.start_server(sing, host, birds.port)
            perches.push_async_callback(server.wait_closed)
            perches.callback(server.close)
            birds.port = server.sockets[0].getsockname()[1]
        yield birds


def public_too(address: str) -> bool:
    return address == PUBLIC or is_public(address)


@asynccontextmanager
async def page_that_leads_on(
    folder: Path, birds: Canaries
) -> AsyncGenerator[tuple[WireServer, GuardedFetcher]]:
    """`/N` leads to the URL with that number, `/twice/N` to `/N`."""

    async def answer(request: WireRequest) -> Answer:
        *first, number = request.target.strip("/").split("/")
        where = f"/{number}" if first else PRIVATE_URLS[int(number)]
        head = f"HTTP/1.1 302 Found\r\nlocation: {where}\r\ncontent-length: 0\r\n\r\n"
        return Answer(framing="raw", body=(head.encode(),))

    class LeadingOn(WorstNames):
        async def __call__(self, host: str) -> list[str]:
            return [PUBLIC] if host == "public.example.com" else await super().__call__(host)

    serving, trusting = serving_as(folder / "web.pem", "public.example.com")
    async with WireServer(answer, host=PUBLIC, port=birds.port, tls=serving) as server:
        fetcher = GuardedFetcher(LeadingOn(), public_too, birds.port, trusting)
        yield server, fetcher
        fetcher.close()


def leads_away(url: str) -> bool:
    """From a page of the public host. A path does not, and no header has a line break in it."""
    if not {"\r", "\n"}.isdisjoint(url):
        return False
    try:
        return urlsplit(urljoin("https://public.example.com/", url.strip())).netloc != "public.example.com"
    except ValueError:
        return True


async def refusal_of(fetcher: GuardedFetcher, url: str) -> str:
    """The reason, in whose place nothing may stand that only a connection could tell."""
    with pytest.raises(WebFailure) as refused:
        await fetcher.fetch(url)
    failure = refused.value
    assert failure.code in BEFORE_ANY_CONNECTION or failure.reason == NOT_PUBLIC, (url, failure.reason)
    return failure.reason


def test_the_list_is_long_and_names_nothing_twice():
    assert len(set(PRIVATE_URLS)) == len(PRIVATE_URLS) >= 150


async def test_no_url_reaches_a_host_that_is_not_public():
    async with canaries() as birds:
        fetcher = GuardedFetcher(WorstNames(), port=birds.port)
        for url in PRIVATE_URLS:
            reason = await refusal_of(fetcher, url)
            assert "127." not in reason
            assert "::" not in reason
        fetcher.close()
        assert birds.songs == []


@pytest.mark.parametrize("way", ["", "twice/"], ids=["at once", "behind another"])
async def test_no_redirect_reaches_a_host_that_is_not_public(tmp_path: Path, way: str):
    async with canaries() as birds, page_that_leads_on(tmp_path, birds) as (server, fetcher):
        for number, url in enumerate(PRIVATE_URLS):
            if leads_away(url):
                before = len(server.requests)
                await refusal_of(fetcher, f"https://public.example.com/{way}{number}")
                assert len(server.requests) - before == (2 if way else 1), url
        assert birds.songs == []


async def test_a_name_that_changes_between_check_and_connection_reaches_nothing(tmp_path: Path):
    async def answer(request: WireRequest) -> Answer:
        return page(b"words")

    serving, trusting = serving_as(tmp_path / "web.pem", "flips.example.com")
    flips = Names({"flips.example.com": [[PUBLIC], ["127.0.0.1"], [PUBLIC], ["::1"], [PUBLIC, "127.0.0.2"]]})
    async with canaries() as birds, WireServer(answer, host=PUBLIC, port=birds.port, tls=serving) as server:
        fetcher = GuardedFetcher(flips, public_too, birds.port, trusting)
        for public in (True, False, True, False, False):
            if public:
                assert (await fetcher.fetch("https://flips.example.com/")).body == b"words"
            else:
                await refusal_of(fetcher, "https://flips.example.com/")
        fetcher.close()
        assert (len(server.requests), birds.songs) == (2, [])


async def test_without_the_check_of_addresses_the_canaries_sing(tmp_path: Path):
    async with canaries() as birds:
        fetcher = GuardedFetcher(
            Names(dict.fromkeys(BOUND, [["127.0.0.1"]]) | {"six.example.com": [["::1"]]}),
            lambda address: True,
            birds.port,
        )
        for host in (*BOUND, "six.example.com"):
            with pytest.raises(WebFailure):
                await fetcher.fetch(f"https://{host}/")
        fetcher.close()
        assert birds.songs == ["127.0.0.1"] * len(BOUND) + ["::1"]


async def test_without_the_reading_of_urls_the_canaries_sing():
    """Any client that asks the system's resolver gets through."""
    async with canaries() as birds:
        for host in SPELLED:
            _, writer = await asyncio.open_connection(host, birds.port)
            writer.close()
            await writer.wait_closed()
        await asyncio.sleep(0.05)
        assert len(birds.songs) == len(SPELLED)
