import asyncio
import gzip
import os

import pytest

from dragoman.relay.ports import Fetched, WebFailure
from dragoman.upstream.guarded_fetcher import MOST_AT_ONCE, MOST_BYTES, MOST_SECONDS, GuardedFetcher
from dragoman.upstream.public_url import PORT
from tests.support.certificates import serving_as
from tests.support.http_answer import Answer, Cut, GarbageChunkSize, Hold, Pause, Reset, Stall
from tests.support.python_process import run_python
from tests.support.web import HERE, Names, leading_to, page, web

PNG = b"\x89PNG\r\n\x1a\n rest"
URL = "https://example.com/a"


async def failure_of(fetcher: GuardedFetcher, url: str = URL) -> WebFailure:
    with pytest.raises(WebFailure) as failed:
        await fetcher.fetch(url)
    return failed.value


async def test_what_stands_at_a_url_is_told(tmp_path):
    text = page("Grüße".encode("latin-1"), "Text/HTML; charset=ISO-8859-1")
    async with web(tmp_path, {"/a?b=%2F": text}) as there:
        assert await there.fetcher.fetch("https://example.com/a?b=%2F#c") == Fetched(
            url="https://example.com/a?b=%2F",
            media_type="text/html",
            body="Grüße".encode("latin-1"),
            charset="iso8859-1",
        )


async def test_the_request_says_nothing_of_anybody(tmp_path):
    async with web(tmp_path, {"/a": page(b"words")}) as there:
        await there.fetcher.fetch(URL)
        [request] = there.server.requests
    names = {name.lower(): value for name, value in request.headers}
    assert names == {
        "host": "example.com",
        "accept": "*/*",
        "accept-encoding": "gzip, deflate",
        "user-agent": "dragoman",
        "connection": "close",
    }


async def test_the_defaults_are_the_safe_ones():
    fetcher = GuardedFetcher()
    assert (PORT, MOST_BYTES, MOST_SECONDS) == (443, 10 * 1024 * 1024, 10.0)
    assert (await failure_of(fetcher, "https://127.0.0.1/")).code == "url_not_allowed"
    fetcher.close()


@pytest.mark.parametrize(
    "addresses",
    [["10.0.0.1"], [HERE, "10.0.0.1"], ["::1", HERE], [], ["fe80::1%2"]],
    ids=["private", "one of two", "the first of two", "none", "zone"],
)
async def test_every_address_must_be_public(tmp_path, addresses):
    async with web(tmp_path, {"/a": page(b"words")}, Names({"example.com": [addresses]})) as there:
        failure = await failure_of(there.fetcher)
        assert there.server.connections == []
    assert (failure.code, failure.reason) == (
        "url_not_accessible",
        "the host has no address on the public internet",
    )


async def test_a_name_is_resolved_once_for_each_request(tmp_path):
    """The second answer would lead elsewhere."""
    names = Names({"example.com": [[HERE], ["10.0.0.1"]]})
    async with web(tmp_path, {"/a": page(b"words")}, names) as there:
        assert (await there.fetcher.fetch(URL)).body == b"words"
        assert names.asked == ["example.com"]
        assert (await failure_of(there.fetcher)).code == "url_not_accessible"


async def test_redirects_are_followed_without_a_memory(tmp_path):
    pages = {
        "/a": leading_to("/b"),
        "/b": leading_to("//example.org/c", 307),
        "/c": leading_to("https://pages.example.com/d", 308),
        "/d": page(b"words"),
    }
    async with web(tmp_path, pages) as there:
        assert (await there.fetcher.fetch(URL)).url == "https://pages.example.com/d"
        assert there.names.asked == ["example.com", "example.com", "example.org", "pages.example.com"]
        for request in there.server.requests:
            assert request.header("cookie") is None
            assert request.header("referer") is None


async def test_the_fourth_redirect_is_one_too_many(tmp_path):
    pages = {f"/{number}": leading_to(f"/{number + 1}") for number in range(9)}
    async with web(tmp_path, pages) as there:
        assert (await failure_of(there.fetcher, "https://example.com/0")).code == "url_not_accessible"
        assert len(there.server.requests) == 4


@pytest.mark.parametrize(
    "target",
    ["http://example.com/b", "https://127.0.0.1/", "https://x@example.com/", "file:///b", "https://["],
)
async def test_a_redirect_is_checked_from_the_start(tmp_path, target):
    async with web(tmp_path, {"/a": leading_to(target), "/b": page(b"words")}) as there:
        assert (await failure_of(there.fetcher)).code in ("url_not_allowed", "url_not_accessible")
        assert len(there.server.requests) == 1


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(status=404), "url_not_accessible"),
        (Answer(status=401), "url_not_accessible"),
        (Answer(status=204), "url_not_accessible"),
        (Answer(status=302), "url_not_accessible"),
        (Answer(status=429), "too_many_requests"),
        (page(b"\0\1", "application/zip"), "unsupported_content_type"),
        (page(b"words", "image/png"), "unsupported_content_type"),
        (Answer(before_head=(Reset(),)), "url_not_accessible"),
        (Answer(framing="chunked", body=(b"half", Cut())), "url_not_accessible"),
        (Answer(framing="chunked", body=(b"half", GarbageChunkSize())), "url_not_accessible"),
        (Answer(framing="raw", body=(b"SSH-2.0-OpenSSH_9.9\r\n\r\n",)), "url_not_accessible"),
        (Answer(headers=(("content-encoding", "gzip"),), body=(b"no gzip",)), "url_not_accessible"),
    ],
)
async def test_failures_have_the_words_of_the_api(tmp_path, answer, code):
    async with web(tmp_path, {"/a": answer}, seconds=3.0) as there:
        failure = await failure_of(there.fetcher)
    assert failure.code == code
    assert HERE not in failure.reason


async def test_the_first_bytes_decide_what_it_is(tmp_path):
    async with web(tmp_path, {"/a": page(PNG, "text/html"), "/b": page(PNG, "")}) as there:
        assert (await there.fetcher.fetch(URL)).media_type == "image/png"
        assert (await there.fetcher.fetch("https://example.com/b")).media_type == "image/png"


@pytest.mark.parametrize(
    "answer",
    [
        page(b"x" * 1001),
        Answer(headers=(("content-type", "text/plain"),), body=(b"x" * 600, b"x" * 600), framing="chunked"),
        Answer(headers=(("content-type", "text/plain"),), body=(b"x" * 600, b"x" * 600), framing="close"),
        page(b"x" * 10_000_000, gzip=True),
    ],
    ids=["declared", "chunked", "until the end", "compressed"],
)
async def test_what_is_too_large_is_not_read_to_its_end(tmp_path, answer):
    async with web(tmp_path, {"/a": answer}, most_bytes=1000) as there:
        failure = await failure_of(there.fetcher)
    assert (failure.code, failure.reason) == ("content_too_large", "it is larger than 1000 bytes")


async def test_as_much_as_is_allowed_arrives_whole(tmp_path):
    body = os.urandom(500).hex().encode()
    packed = Answer(
        headers=(("content-type", "text/plain"), ("content-encoding", "gzip")), body=(gzip.compress(body),)
    )
    async with web(tmp_path, {"/a": page(body), "/b": packed}, most_bytes=1000) as there:
        assert (await there.fetcher.fetch(URL)).body == body
        assert (await there.fetcher.fetch("https://example.com/b")).body == body


@pytest.mark.parametrize(
    "answer",
    [
        Answer(before_head=(Stall(),)),
        Answer(headers=(("content-type", "text/plain"),), body=(b"w", Stall()), framing="chunked"),
        Answer(headers=(("content-type", "text/plain"),), body=(b"w", Pause(0.1)) * 50, framing="chunked"),
    ],
    ids=["no head", "no end", "drop by drop"],
)
async def test_the_time_counts_for_all_of_it(tmp_path, answer):
    async with web(tmp_path, {"/a": leading_to("/b"), "/b": answer}, seconds=0.5) as there:
        begun = asyncio.get_running_loop().time()
        assert (await failure_of(there.fetcher)).reason == "it took longer than 0.5 seconds"
        assert asyncio.get_running_loop().time() - begun < 2
        [*_, connection] = there.server.connections
        await connection.client_hung_up()


async def test_a_slow_name_server_is_not_waited_for(tmp_path):
    async def resolve(host: str) -> list[str]:
        await asyncio.sleep(30)
        return [HERE]

    fetcher = GuardedFetcher(resolve, seconds=0.1)
    assert (await failure_of(fetcher)).code == "url_not_accessible"
    fetcher.close()


async def test_a_certificate_of_another_host_is_not_accepted(tmp_path):
    async with web(tmp_path, {"/a": page(b"words")}) as there:
        failure = await failure_of(there.fetcher, "https://other.test.com/a")
        assert there.server.requests == []
    assert failure.reason == "the host's TLS certificate was not accepted"


async def test_nobody_but_the_usual_authorities_is_trusted(tmp_path):
    _, nobody = serving_as(tmp_path / "other.pem", "example.com")
    async with web(tmp_path, {"/a": page(b"words")}, tls=True) as there:
        assert "certificate" in (await failure_of(there.fetcher)).reason
    async with web(tmp_path, {"/a": page(b"words")}, tls=nobody) as there:
        assert "certificate" in (await failure_of(there.fetcher)).reason


PROXIED = """
import asyncio, os
from dragoman.relay.ports import WebFailure
from dragoman.upstream.guarded_fetcher import GuardedFetcher

async def here(host):
    return ["127.0.0.1"]

async def main():
    asked = []
    proxy = await asyncio.start_server(lambda reader, writer: (asked.append(1), writer.close()), "127.0.0.1", 0)
    url = f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
    os.environ.update(HTTPS_PROXY=url, https_proxy=url, ALL_PROXY=url, all_proxy=url)
    try:
        await GuardedFetcher(here, lambda address: True, port=1).fetch("https://example.com/a")
    except WebFailure as failure:
        print(failure.code, len(asked))

asyncio.run(main())
"""


def test_no_proxy_of_the_environment_is_asked():
    assert run_python("-c", PROXIED).stdout == "url_not_accessible 0\n"


async def test_a_few_are_fetched_at_once_and_the_others_wait_their_turn(tmp_path):
    free = asyncio.Event()
    held = Answer(headers=(("content-type", "text/plain"),), body=(b"words",), before_head=(Hold(free),))
    async with web(tmp_path, {"/a": held}) as there:
        fetches = [asyncio.ensure_future(there.fetcher.fetch(URL)) for _ in range(MOST_AT_ONCE + 3)]
        while len(there.server.requests) < MOST_AT_ONCE:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert len(there.server.connections) == MOST_AT_ONCE
        free.set()
        assert {found.body for found in await asyncio.gather(*fetches)} == {b"words"}


async def test_a_client_that_leaves_ends_the_fetch(tmp_path):
    async with web(tmp_path, {"/a": Answer(before_head=(Stall(),))}) as there:
        task = asyncio.ensure_future(there.fetcher.fetch(URL))
        while not there.server.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await there.server.connections[0].client_hung_up()
