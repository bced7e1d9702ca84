import asyncio
import base64
from typing import Any

import pytest

from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import ApiError
from dragoman.messages.url_sources import UrlSource
from dragoman.relay.ports import Fetched
from dragoman.relay.url_sources import (
    MOST_AT_ONCE,
    MOST_BYTES,
    MOST_SECONDS,
    MOST_URLS,
    UrlSources,
    source_of,
)
from tests.support.plain_dialect import PlainDialect
from tests.support.ports import FakeFetcher, ask
from tests.support.virtual_time import in_virtual_time, now

BYTES_ONLY = Quirks(image_urls=False)
PNG = b"\x89PNG\r\n\x1a\n rest"


def by_url(name: str, kind: str = "image") -> dict[str, Any]:
    return {"type": kind, "source": {"type": "url", "url": f"https://x.example/{name}"}}


def asking(*blocks: dict[str, Any]):
    return ask(messages=[{"role": "user", "content": list(blocks)}])


def sources_of(request) -> list[dict[str, Any]]:
    return [block["source"] for block in request.raw["messages"][0]["content"]]


def png(name: str, data: bytes = PNG) -> Fetched:
    return Fetched(url=f"https://x.example/{name}", media_type="image/png", body=data)


def numbered(count: int) -> tuple[str, ...]:
    return tuple(map(str, range(count)))


async def inlined(fetcher: FakeFetcher, *blocks: dict[str, Any], quirks: Quirks = BYTES_ONLY):
    return await UrlSources(fetcher).inline(asking(*blocks), PlainDialect(), quirks)


async def refusal_of(fetcher: FakeFetcher, *blocks: dict[str, Any]) -> str:
    with pytest.raises(ApiError) as refused:
        await inlined(fetcher, *blocks)
    assert (refused.value.status, refused.value.type) == (400, "invalid_request_error")
    return refused.value.message


async def test_bytes_take_the_place_of_urls():
    fetcher = FakeFetcher(png("a"))
    request = await inlined(fetcher, by_url("a"))
    assert sources_of(request) == [
        {"type": "base64", "media_type": "image/png", "data": base64.b64encode(PNG).decode()}
    ]


async def test_what_the_dialect_carries_is_left_alone():
    fetcher = FakeFetcher(Fetched(url="https://x.example/b", media_type="application/pdf", body=b"%PDF-1.7"))
    request = await inlined(fetcher, by_url("a"), by_url("b", "document"), quirks=Quirks())
    assert fetcher.asked == ["https://x.example/b"]
    first, second = sources_of(request)
    assert (first["type"], second["type"], second["media_type"]) == ("url", "base64", "application/pdf")


async def test_a_request_without_need_stays_itself():
    request = asking({"type": "text", "text": "hi"})
    assert await UrlSources(FakeFetcher()).inline(request, PlainDialect(), BYTES_ONLY) is request


async def test_each_url_is_fetched_once_also_when_the_request_is_written_again():
    fetcher = FakeFetcher(png("a"), png("b", b"\xff\xd8\xff"))
    sources = UrlSources(fetcher)
    request = asking(by_url("a"), by_url("b"), by_url("a"))
    first = await sources.inline(request, PlainDialect(), BYTES_ONLY)
    second = await sources.inline(request, PlainDialect(), BYTES_ONLY)
    assert fetcher.asked == ["https://x.example/a", "https://x.example/b"]
    assert first.raw == second.raw
    assert sources_of(first)[0] == sources_of(first)[2] != sources_of(first)[1]


async def test_a_url_that_leads_to_nothing_is_named():
    fetcher = FakeFetcher(png("a"))
    assert await refusal_of(fetcher, by_url("a"), by_url("b"), by_url("b")) == (
        "messages.0.content.1.source.url: Unable to download the file (there is no such page). Please verify the URL and try again."
    )


async def test_after_a_failure_nothing_more_is_fetched():
    fetcher = FakeFetcher()
    assert "messages.0.content.0" in await refusal_of(fetcher, *map(by_url, numbered(10)))
    assert len(fetcher.asked) <= MOST_AT_ONCE


async def test_there_is_a_limit_to_the_urls_of_a_request():
    pages = [png(name) for name in numbered(MOST_URLS + 1)]
    names = numbered(MOST_URLS)
    fetcher = FakeFetcher(*pages)
    await inlined(fetcher, *map(by_url, names), by_url("0"))
    assert len(fetcher.asked) == MOST_URLS
    fetcher = FakeFetcher(*pages)
    message = await refusal_of(fetcher, *map(by_url, names), by_url("0"), by_url(str(MOST_URLS)))
    assert message.startswith(f"messages.0.content.{MOST_URLS + 1}.source.url: ")
    assert fetcher.asked == []


async def test_there_is_a_limit_to_their_bytes():
    large = PNG + b"x" * (MOST_BYTES // 3)
    fetcher = FakeFetcher(*(png(name, large) for name in numbered(9)), seconds=0.001)
    assert f"more than {MOST_BYTES} bytes" in await refusal_of(fetcher, *map(by_url, numbered(9)))
    assert len(fetcher.asked) < 9


def test_a_few_are_fetched_at_once():
    async def scenario():
        begun = now()
        fetcher = FakeFetcher(*map(png, numbered(10)), seconds=2.0)
        await inlined(fetcher, *map(by_url, numbered(10)))
        assert (fetcher.most_at_once, now() - begun) == (MOST_AT_ONCE, 6.0)

    in_virtual_time(scenario())


def test_there_is_a_limit_to_the_wait_for_all():
    async def scenario():
        begun = now()
        fetcher = FakeFetcher(*map(png, numbered(20)), seconds=9.0)
        message = await refusal_of(fetcher, *map(by_url, numbered(20)))
        assert message.startswith("messages.0.content.8.source.url: ")
        assert f"longer than {MOST_SECONDS:g} seconds" in message
        assert now() - begun == MOST_SECONDS
        assert fetcher.under_way == 0

    in_virtual_time(scenario())


async def test_a_client_that_leaves_ends_all_fetches():
    fetcher = FakeFetcher(*map(png, numbered(9)), seconds=30.0)
    task = asyncio.ensure_future(inlined(fetcher, *map(by_url, numbered(9))))
    while fetcher.under_way < MOST_AT_ONCE:
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert fetcher.under_way == 0


@pytest.mark.parametrize(
    ("medium", "kind", "charset", "body", "source"),
    [
        ("image", "image/gif", "utf-8", b"GIF89a", ("base64", "image/gif", "R0lGODlh")),
        ("document", "application/pdf", "utf-8", b"%PDF", ("base64", "application/pdf", "JVBERg==")),
        ("document", "text/plain", "utf-8", "ü".encode(), ("text", "text/plain", "ü")),
        ("document", "text/markdown", "cp1252", b"\xfc", ("text", "text/plain", "ü")),
        ("document", "text/csv", "utf-8", b"\xff,", ("text", "text/plain", "\ufffd,")),
    ],
)
def test_a_source_is_what_the_block_may_have(medium, kind, charset, body, source):
    found = Fetched(url="", media_type=kind, body=body, charset=charset)
    made = source_of(found, UrlSource("messages.0.content.0.source", medium, "u"))
    assert (made["type"], made["media_type"], made["data"]) == source


@pytest.mark.parametrize(
    ("medium", "kind"),
    [
        ("image", "application/pdf"),
        ("image", "text/plain"),
        ("document", "image/png"),
        ("document", "text/html"),
        ("document", "application/json"),
    ],
)
def test_what_the_block_may_not_have_is_refused(medium, kind):
    found = Fetched(url="", media_type=kind, body=b"x")
    with pytest.raises(ApiError, match=f"^messages.0.content.0.source.url: .*`{kind}`"):
        source_of(found, UrlSource("messages.0.content.0.source", medium, "u"))
