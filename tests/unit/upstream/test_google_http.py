import asyncio
import time

import pytest

from dragoman.messages.errors import ApiError, UpstreamFailure
from dragoman.upstream.client import HttpUpstream
from dragoman.upstream.google_http import LARGEST_ANSWER, BlockingHttp
from dragoman.upstream.google_outcome import STOPPED, NoToken
from dragoman.wire.exchange import HttpRequest
from tests.support.google_identity import Unconnected
from tests.support.http_answer import Answer, Cut, Pause, Stall, json_answer
from tests.support.http_wire import WireRequest, WireServer


def ask(url: str, body: bytes = b"a=1") -> HttpRequest:
    return HttpRequest("POST", url, (("content-type", "text/plain"),), body)


def serving(answer: Answer) -> WireServer:
    async def give(request: WireRequest) -> Answer:
        return answer

    return WireServer(give)


async def fault_of(http: BlockingHttp, request: HttpRequest, seconds: float | None = None):
    with pytest.raises(NoToken) as caught:
        await asyncio.to_thread(http, request, seconds)
    return caught.value.fault


async def test_a_thread_gets_the_whole_answer_whatever_its_status():
    async with (
        serving(json_answer({"error": "x"}, 400, (("X-One", "1"),))) as server,
        HttpUpstream() as upstream,
    ):
        head, body = await asyncio.to_thread(BlockingHttp(upstream, 5), ask(server.url + "/token?a=b"))
        assert (head.status, head.header("x-one"), body) == (400, "1", b'{"error":"x"}')
        [request] = server.requests
        assert (request.method, request.target, request.body) == ("POST", "/token?a=b", b"a=1")


@pytest.mark.parametrize("seconds", [None, 60.0], ids=["own", "callers"])
async def test_silence_ends_at_the_own_limit(seconds):
    silent = Answer(before_head=(Stall(),))
    async with serving(silent) as server, HttpUpstream() as upstream:
        started = time.monotonic()
        fault = await fault_of(BlockingHttp(upstream, 0.2), ask(server.url), seconds)
        assert time.monotonic() - started < 2
        assert (fault.status, fault.kind) == (504, "unreachable")
        assert "`127.0.0.1`" in fault.message
        await server.connections[0].client_hung_up()


async def test_the_caller_may_ask_for_less_time():
    async with serving(Answer(body=(b"a", Pause(30), b"b"))) as server, HttpUpstream() as upstream:
        assert (await fault_of(BlockingHttp(upstream, 60), ask(server.url), 0.2)).status == 504


async def test_where_nobody_listens_it_may_be_tried_again():
    async with serving(json_answer({})) as server, HttpUpstream() as upstream:
        server.stop_listening()
        fault = await fault_of(BlockingHttp(upstream, 5), ask(server.url))
        assert (fault.status, fault.kind) == (529, "overloaded")
        assert "cannot be reached" in fault.message


async def test_an_answer_that_breaks_off_may_be_tried_again():
    cut = Answer(body=(b"half", Cut()), declared_length=100)
    async with serving(cut) as server, HttpUpstream() as upstream:
        fault = await fault_of(BlockingHttp(upstream, 5), ask(server.url))
        assert (fault.status, fault.kind) == (529, "overloaded")


async def test_the_clients_own_limit_on_silence_reads_the_same():
    silent = Unconnected(UpstreamFailure("broke_midway", ApiError(504, "silent")))
    assert (await fault_of(BlockingHttp(silent, 5), ask("http://a.test"))).status == 504


async def test_an_endless_answer_is_not_read_to_its_end():
    async with serving(Answer(body=(b"x" * (LARGEST_ANSWER + 1),))) as server, HttpUpstream() as upstream:
        assert (await fault_of(BlockingHttp(upstream, 5), ask(server.url))).status == 529


async def test_close_ends_what_is_under_way_and_lets_nothing_begin():
    async with serving(Answer(before_head=(Stall(),))) as server, HttpUpstream() as upstream:
        http = BlockingHttp(upstream, 60)
        waiting = asyncio.ensure_future(fault_of(http, ask(server.url)))
        while not server.requests:
            await asyncio.sleep(0.01)
        http.close()
        assert await asyncio.wait_for(waiting, 1) == STOPPED
        assert await fault_of(http, ask(server.url)) == STOPPED
        assert len(server.requests) == 1


def test_a_loop_that_is_gone_is_no_crash():
    async def make() -> BlockingHttp:
        return BlockingHttp(Unconnected(UpstreamFailure("unreachable", ApiError(502, ""))), 5)

    http = asyncio.run(make())
    with pytest.raises(NoToken) as caught:
        http(ask("http://a.test"))
    assert caught.value.fault == STOPPED
