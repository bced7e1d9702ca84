import asyncio
import gc
import socket
import struct
import zlib

import pytest
from aiohttp import ClientRequest

from dragoman.messages.errors import UpstreamFailure, UpstreamNonsense
from dragoman.upstream.client import LARGE_BODY, HttpUpstream
from dragoman.wire.exchange import Headers, HttpRequest
from tests.support.dragoman_process import free_port
from tests.support.http_answer import Answer, Cut, GarbageChunkSize, Hold, Pause, Reset, Stall, json_answer
from tests.support.http_wire import WireRequest, WireServer

GZIP_HEAD = zlib.compress(b"", wbits=31)[:10]
HEADERS: Headers = (("content-type", "application/json"), ("x-key", "test-key-upstream"))


def ask(url: str, body: bytes = b"{}", headers: Headers = HEADERS) -> HttpRequest:
    return HttpRequest("POST", url, headers, body)


def serving(*answers: Answer) -> WireServer:
    """A server that gives these answers in turn, and the last one for ever."""
    left = list(answers)

    async def answer(request: WireRequest) -> Answer:
        return left.pop(0) if len(left) > 1 else left[0]

    return WireServer(answer)


def stream(*steps, **fields) -> Answer:
    return Answer(headers=(("content-type", "text/event-stream"),), body=steps, framing="chunked", **fields)


async def read_to_end(reply) -> bytes:
    body = b""
    try:
        while piece := await reply.read():
            body += piece
    finally:
        reply.close()
    return body


async def failure_of(upstream: HttpUpstream, url: str) -> UpstreamFailure:
    """How a request fails, at its head or in its body."""
    with pytest.raises(UpstreamFailure) as caught:
        await read_to_end(await upstream.open(ask(url)))
    return caught.value


async def test_request_goes_out_exactly_as_it_was_written():
    body = b'{"a" : 1.0, "emoji": "\xf0\x9f\xa6\x89"}'
    headers = (*HEADERS, ("x-twice", "1"), ("x-twice", "2"))
    async with serving(json_answer({})) as server, HttpUpstream() as upstream:
        (await upstream.open(ask(server.url + "/v1/a%2Fb?beta=true&x=%20", body, headers))).close()
        [request] = server.requests
        assert (request.method, request.target, request.body) == ("POST", "/v1/a%2Fb?beta=true&x=%20", body)
        sent = [(name.lower(), value) for name, value in request.headers]
        assert [pair for pair in sent if pair[0] not in ("host", "content-length")] == list(headers)
        assert ("content-length", str(len(body))) in sent


@pytest.mark.parametrize("size", [LARGE_BODY, LARGE_BODY + 1, 5 * LARGE_BODY])
async def test_large_body_goes_out_whole_with_its_length(size):
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    async with serving(json_answer({})) as server, HttpUpstream() as upstream:
        (await upstream.open(ask(server.url, body))).close()
        [request] = server.requests
        assert request.body == body
        assert (request.header("content-length"), request.header("transfer-encoding")) == (str(size), None)
        assert request.header("content-type") == "application/json"


async def test_head_comes_with_its_headers_in_lower_case_and_in_order():
    answer = json_answer({}, 429, (("Retry-After", "7"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")))
    async with serving(answer) as server, HttpUpstream() as upstream:
        reply = await upstream.open(ask(server.url))
        reply.close()
        assert (reply.head.status, reply.head.header("retry-after")) == (429, "7")
        assert [value for name, value in reply.head.headers if name == "set-cookie"] == ["a=1", "b=2"]


async def test_head_does_not_wait_for_the_body():
    more = asyncio.Event()
    async with (
        serving(stream(b"data: 1\n\n", Hold(more), b"data: 2\n\n")) as server,
        HttpUpstream() as upstream,
    ):
        reply = await upstream.open(ask(server.url))
        assert await reply.read() == b"data: 1\n\n"
        more.set()
        assert await reply.read() == b"data: 2\n\n"
        assert await reply.read() == b""
        reply.close()


async def test_compressed_reply_is_unpacked_as_it_comes():
    more = asyncio.Event()
    async with (
        serving(stream(b"data: 1\n\n", Hold(more), b"data: 2\n\n", gzip=True)) as server,
        HttpUpstream() as upstream,
    ):
        reply = await upstream.open(ask(server.url))
        assert await reply.read() == b"data: 1\n\n"
        more.set()
        assert await read_to_end(reply) == b"data: 2\n\n"


async def test_line_beyond_every_buffer_arrives():
    line = b"data: " + b"x" * 600_000 + b"\n\n"
    async with serving(stream(line)) as server, HttpUpstream() as upstream:
        assert await read_to_end(await upstream.open(ask(server.url))) == line


async def test_whole_body_is_read_up_to_the_limit():
    async with serving(json_answer("x" * 98)) as server, HttpUpstream() as upstream:
        assert len(await (await upstream.open(ask(server.url))).read_all(100)) == 100
        reply = await upstream.open(ask(server.url))
        with pytest.raises(UpstreamNonsense, match="larger than 99 bytes"):
            await reply.read_all(99)
        reply.close()


async def test_connection_is_used_again_after_a_reply_was_read():
    async with serving(json_answer({})) as server, HttpUpstream() as upstream:
        for _ in range(3):
            await read_to_end(await upstream.open(ask(server.url)))
        assert [connection.requests for connection in server.connections] == [3]


async def test_connection_is_used_again_after_a_drain():
    async with serving(stream(b"data: [DONE]\n\n", Pause(0.05))) as server, HttpUpstream() as upstream:
        for _ in range(2):
            reply = await upstream.open(ask(server.url))
            assert await reply.read() == b"data: [DONE]\n\n"
            await reply.drain()
            reply.close()
        assert [connection.requests for connection in server.connections] == [2]


async def test_drain_does_not_wait_for_an_upstream_that_keeps_talking():
    async with serving(stream(b"a", Stall())) as server, HttpUpstream() as upstream:
        reply = await upstream.open(ask(server.url))
        await reply.read()
        began = asyncio.get_running_loop().time()
        await reply.drain()
        assert asyncio.get_running_loop().time() - began < 1.5
        reply.close()
        await server.connections[0].client_hung_up()


async def test_drain_of_a_broken_reply_is_no_failure():
    async with serving(stream(b"a", Pause(0.05), Reset())) as server, HttpUpstream() as upstream:
        reply = await upstream.open(ask(server.url))
        await reply.read()
        await reply.drain()
        reply.close()
        assert server.connections[0].requests == 1


async def test_reply_that_is_let_go_before_its_end_cuts_the_connection():
    async with serving(stream(b"data: 1\n\n", Stall())) as server, HttpUpstream() as upstream:
        reply = await upstream.open(ask(server.url))
        await reply.read()
        reply.close()
        await server.connections[0].client_hung_up()


async def test_request_that_is_cancelled_before_the_head_cuts_the_connection():
    async with serving(Answer(before_head=(Stall(),))) as server, HttpUpstream() as upstream:
        task = asyncio.ensure_future(upstream.open(ask(server.url)))
        while not server.requests:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.connections[0].client_hung_up()


async def test_redirect_is_a_reply_and_not_followed():
    async with serving(json_answer({})) as elsewhere:
        there = Answer(status=307, headers=(("location", elsewhere.url),))
        async with serving(there) as server, HttpUpstream() as upstream:
            reply = await upstream.open(ask(server.url))
            reply.close()
            assert reply.head.status == 307
        assert elsewhere.requests == []


async def test_cookies_are_forgotten():
    answer = json_answer({}, 200, (("set-cookie", "a=1"),))
    async with serving(answer) as server, HttpUpstream() as upstream:
        for _ in range(2):
            await read_to_end(await upstream.open(ask(server.url.replace("127.0.0.1", "localhost"))))
        assert [request.header("cookie") for request in server.requests] == [None, None]


async def test_many_requests_run_at_once():
    everyone = asyncio.Event()
    async with serving(stream(b"a", Hold(everyone), b"b")) as server, HttpUpstream() as upstream:
        replies = await asyncio.gather(*(upstream.open(ask(server.url)) for _ in range(150)))
        everyone.set()
        assert await asyncio.gather(*(read_to_end(reply) for reply in replies)) == [b"ab"] * 150
        assert len(server.connections) == 150


async def test_connection_that_the_server_closed_in_between_is_not_asked_twice():
    async with serving(json_answer({}), Answer(before_head=(Cut(),))) as server, HttpUpstream() as upstream:
        await read_to_end(await upstream.open(ask(server.url)))
        failure = await failure_of(upstream, server.url)
        assert failure.kind == "unreachable"
        assert len(server.requests) == 2


async def test_port_where_nobody_listens_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with HttpUpstream() as upstream:
        failure = await failure_of(upstream, f"http://127.0.0.1:{port}")
    assert (failure.kind, failure.error.status) == ("unreachable", 502)
    assert "could not connect to `127.0.0.1`" in failure.error.message


async def test_name_that_does_not_exist_is_unreachable():
    async with HttpUpstream() as upstream:
        failure = await failure_of(upstream, "http://nobody.invalid/v1")
    assert (failure.kind, failure.error.status) == ("unreachable", 502)
    assert "`nobody.invalid` could not be resolved" in failure.error.message


async def test_tls_to_a_server_without_it_is_unreachable():
    async def speak_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(speak_plainly, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, HttpUpstream() as upstream:
        failure = await failure_of(upstream, f"https://127.0.0.1:{port}")
    assert (failure.kind, failure.error.status) == ("unreachable", 502)


async def test_server_that_closes_without_an_answer_is_unreachable():
    async with serving(Answer(before_head=(Cut(),))) as server, HttpUpstream() as upstream:
        assert (await failure_of(upstream, server.url)).kind == "unreachable"


async def test_answer_that_is_no_http_is_nonsense():
    async with (
        serving(Answer(framing="raw", body=(b"SSH-2.0-hello\r\n\r\n",))) as server,
        HttpUpstream() as upstream,
    ):
        failure = await failure_of(upstream, server.url)
    assert isinstance(failure, UpstreamNonsense)
    assert "not HTTP" in failure.error.message


@pytest.mark.parametrize(
    "answer",
    [
        stream(b"data: 1\n\n", Pause(0.02), Cut()),
        stream(b"data: 1\n\n", Pause(0.02), Reset()),
        stream(b"data: 1\n\n", Pause(0.02), GarbageChunkSize()),
        Answer(body=(b"data: 1\n\n",), declared_length=1000, keep_alive=False),
        Answer(headers=(("content-encoding", "gzip"),), body=(b"data: 1\n\n",)),
        Answer(
            headers=(("content-encoding", "gzip"),), body=(GZIP_HEAD, Pause(0.02), b"\x07"), framing="chunked"
        ),
    ],
    ids=["cut", "reset", "garbage", "short", "no gzip", "damaged gzip"],
)
async def test_body_that_breaks_off_is_a_failure_and_no_end(answer):
    async with serving(answer) as server, HttpUpstream() as upstream:
        failure = await failure_of(upstream, server.url)
    assert (failure.kind, failure.error.status) == ("broke_midway", 502)


@pytest.mark.parametrize("answers", [True, False], ids=["breaks off", "nobody listens"])
async def test_failed_request_waits_for_no_collection(answers):
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        async with serving(stream(b"data: 1\n\n", Pause(0.02), Cut())) as server, HttpUpstream() as upstream:
            assert await fails(upstream, server.url if answers else f"http://127.0.0.1:{free_port()}")
        gc.collect()
        assert not [one for one in gc.garbage if isinstance(one, (ClientRequest, HttpRequest))]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


async def fails(upstream: HttpUpstream, url: str) -> bool:
    """Leaves no trace of the failure."""
    try:
        await read_to_end(await upstream.open(ask(url)))
    except UpstreamFailure:
        return True
    return False


async def test_garbage_in_the_same_packet_as_the_head_is_nonsense():
    async with serving(stream(b"data: 1\n\n", GarbageChunkSize())) as server, HttpUpstream() as upstream:
        assert isinstance(await failure_of(upstream, server.url), UpstreamNonsense)


async def test_idle_connection_that_is_reset_leaves_no_trace():
    noticed: list[dict] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: noticed.append(context))
    async with serving(stream(b"a", Pause(0.05), b"b")) as server, HttpUpstream() as upstream:
        for _ in range(2):
            await read_to_end(await upstream.open(ask(server.url)))
        [wire] = server.open_wires
        linger = struct.pack("ii", 1, 0)
        wire.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        wire.end(abort=True)
        await asyncio.sleep(0.05)
        await read_to_end(await upstream.open(ask(server.url)))
        assert len(server.connections) == 2
    gc.collect()
    assert noticed == []


async def test_silence_before_the_head_is_a_504():
    async with serving(Answer(before_head=(Stall(),))) as server, HttpUpstream(idle_seconds=0.2) as upstream:
        failure = await failure_of(upstream, server.url)
        assert failure.error.status == 504
        await server.connections[0].client_hung_up()


async def test_silence_in_the_body_is_a_504():
    async with serving(stream(b"data: 1\n\n", Stall())) as server, HttpUpstream(idle_seconds=0.2) as upstream:
        failure = await failure_of(upstream, server.url)
        assert (failure.kind, failure.error.status) == ("broke_midway", 504)


async def test_slow_stream_is_no_silence():
    pieces = [step for _ in range(6) for step in (b"a", Pause(0.25))]
    async with serving(stream(*pieces)) as server, HttpUpstream(idle_seconds=1) as upstream:
        assert await read_to_end(await upstream.open(ask(server.url))) == b"aaaaaa"


async def test_closing_ends_every_connection():
    async with serving(json_answer({})) as server:
        async with HttpUpstream() as upstream:
            await read_to_end(await upstream.open(ask(server.url)))
        await server.connections[0].client_hung_up()


async def test_loopback_is_never_asked_through_a_proxy(monkeypatch):
    async with serving(json_answer({})) as server, serving(json_answer({})) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        async with HttpUpstream() as upstream:
            await read_to_end(await upstream.open(ask(server.url)))
            await read_to_end(await upstream.open(ask(server.url.replace("127.0.0.1", "localhost"))))
        assert (len(server.requests), len(proxy.requests)) == (2, 0)


async def test_metadata_servers_are_never_asked_through_a_proxy(monkeypatch):
    """They stand on the machine's own link and tell an access token without TLS."""
    async with serving(json_answer({"access_token": "from the proxy"})) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        async with HttpUpstream(connect_seconds=0.2) as upstream:
            await failure_of(upstream, "http://[fe80::7]:9/computeMetadata/v1/")
        assert proxy.requests == []


async def test_other_hosts_are_asked_through_the_configured_proxy(monkeypatch):
    async with serving(json_answer({"via": "proxy"})) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "")
        async with HttpUpstream() as upstream:
            reply = await upstream.open(ask("http://vendor.invalid/v1"))
            assert await read_to_end(reply) == b'{"via":"proxy"}'
        assert [request.target for request in proxy.requests] == ["http://vendor.invalid/v1"]
