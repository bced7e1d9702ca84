"""The raw server says what was scripted, suffers what was scripted, and sees the client leave."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import aiohttp
import pytest
from tests.support.http_answer import (
    Answer,
    Cut,
    GarbageChunkSize,
    Hold,
    Pause,
    Reset,
    Stall,
    Step,
    html_answer,
    json_answer,
    split_steps,
)
from tests.support.http_wire import WireRequest, WireServer


def serving(answer: Answer) -> WireServer:
    async def handler(request: WireRequest) -> Answer:
        del request
        return answer

    return WireServer(handler)


async def fetch(server: WireServer, method: str = "GET", **options: Any) -> tuple[int, bytes]:
    timeout = aiohttp.ClientTimeout(total=5)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.request(method, server.url, **options) as reply,
    ):
        return reply.status, await reply.read()


async def raw_exchange(server: WireServer, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(request)
    try:
        return await asyncio.wait_for(reader.read(), 5)
    finally:
        writer.close()


GET = b"GET /x?y=1 HTTP/1.1\r\nHost: here\r\nX-Twice: a\r\nX-Twice: b\r\nConnection: close\r\n\r\n"


async def test_request_is_recorded_as_it_came() -> None:
    async with serving(Answer(body=(b"ok",), keep_alive=False)) as server:
        reply = await raw_exchange(server, GET)
    request = server.requests[0]
    assert reply.endswith(b"\r\n\r\nok")
    assert (request.method, request.target, request.path) == ("GET", "/x?y=1", "/x")
    assert [value for name, value in request.headers if name == "X-Twice"] == ["a", "b"]
    assert request.header("host") == "here"
    assert request.sent == b"ok"
    assert request.answered


@pytest.mark.parametrize("framing", ["chunked", "length", "close"])
@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("split", [None, 1, (3, 7)])
async def test_body_arrives_whole_in_every_framing(
    framing: Any, zipped: bool, split: int | Sequence[int]
) -> None:
    answer = Answer(body=(b"hello ", b"world"), framing=framing, gzip=zipped, split=split)
    async with serving(answer) as server:
        assert await fetch(server) == (200, b"hello world")


async def test_chunked_request_body_is_read() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one "
        yield b"two"

    async with serving(json_answer({})) as server:
        assert await fetch(server, "POST", data=pieces()) == (200, b"{}")
    assert server.requests[0].body == b"one two"


async def test_connection_is_kept_for_the_next_request() -> None:
    async with serving(json_answer({})) as server:
        async with aiohttp.ClientSession() as session:
            for _ in range(2):
                async with session.get(server.url) as reply:
                    await reply.read()
        assert [connection.requests for connection in server.connections] == [2]


@pytest.mark.parametrize(
    ("split", "pieces"),
    [
        (None, [b"abc", Stall(), b"defg"]),
        (1, [b"a", b"b", b"c", Stall(), b"d", b"e", b"f", b"g"]),
        ((1, 3, 5), [b"a", b"bc", Stall(), b"de", b"fg"]),
    ],
)
def test_split_cuts_bytes_and_keeps_faults_in_place(
    split: int | Sequence[int] | None, pieces: list[Step]
) -> None:
    assert list(split_steps([b"abc", Stall(), b"defg"], split)) == pieces


async def test_head_gets_no_body() -> None:
    async with serving(html_answer()) as server:
        assert await fetch(server, "HEAD") == (200, b"")


async def test_pause_and_hold_delay_the_answer() -> None:
    event = asyncio.Event()
    answer = Answer(before_head=(Pause(0.05),), body=(b"a", Hold(event), b"b"), framing="chunked")
    async with serving(answer) as server:
        began = time.monotonic()
        task = asyncio.ensure_future(fetch(server))
        await asyncio.sleep(0.15)
        assert not task.done()
        event.set()
        assert await task == (200, b"ab")
        assert time.monotonic() - began >= 0.15


@pytest.mark.parametrize(
    "answer",
    [
        Answer(before_head=(Reset(),)),
        Answer(before_head=(Cut(),)),
        Answer(body=(b"HTTP/1.1 20", Cut()), framing="raw"),
        Answer(body=(b"data", Reset()), framing="chunked"),
        Answer(body=(b"data", Cut()), framing="chunked"),
        Answer(body=(b"data", GarbageChunkSize()), framing="chunked"),
        Answer(body=(b"data",), declared_length=9, keep_alive=False),
    ],
    ids=["reset", "cut", "cut in head", "reset in body", "cut in body", "bad chunk size", "wrong length"],
)
async def test_fault_is_an_error_for_the_client(answer: Answer) -> None:
    async with serving(answer) as server:
        with pytest.raises(aiohttp.ClientError):
            await fetch(server)


async def test_reset_is_a_real_reset() -> None:
    async with serving(Answer(body=(b"data", Reset()), framing="chunked")) as server:
        with pytest.raises(ConnectionResetError):
            await raw_exchange(server, GET)


async def test_hang_up_is_seen_while_the_answer_stalls() -> None:
    async with serving(Answer(body=(b"data", Stall()), framing="chunked")) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(GET)
        await reader.readuntil(b"data")
        connection = server.connections[0]
        with pytest.raises(AssertionError, match="kept the connection open"):
            await connection.client_hung_up(within=0.1)
        left = asyncio.get_running_loop().time()
        writer.close()
        assert 0 <= await connection.client_hung_up(within=1) - left < 1
        assert not server.requests[0].answered


async def test_client_that_does_not_read_blocks_the_server() -> None:
    async with serving(Answer(body=(b"x" * 65536,) * 400, framing="chunked")) as server:
        client = socket.create_connection(("127.0.0.1", server.port))
        client.sendall(GET)
        async with asyncio.timeout(10):
            while not (server.connections and server.connections[0].blocked):
                await asyncio.sleep(0.02)
        assert server.connections[0].written < 20_000_000
        client.close()
        await server.connections[0].client_hung_up()


async def test_stopped_server_refuses_new_connections() -> None:
    async with serving(json_answer({})) as server:
        server.stop_listening()
        with pytest.raises(aiohttp.ClientConnectorError):
            await fetch(server)


async def test_failing_handler_fails_the_test() -> None:
    async def handler(request: WireRequest) -> Answer:
        raise ValueError(request.target)

    server = WireServer(handler)
    await server.__aenter__()
    with pytest.raises(aiohttp.ClientError):
        await fetch(server)
    with pytest.raises(ExceptionGroup, match="the scripted upstream failed"):
        await server.__aexit__(None, None, None)
