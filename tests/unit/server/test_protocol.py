import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import ClassVar

import pytest
from typing_extensions import override
from uvicorn.config import Config
from uvicorn.server import ServerState

from dragoman.server.protocol import LimitedProtocol

HOST = b"Host: localhost\r\n"
POST = b"POST / HTTP/1.1\r\n" + HOST
END = b"0\r\n\r\n"


class HastyProtocol(LimitedProtocol):
    head_seconds: ClassVar[float] = 0.3
    body_seconds: ClassVar[float] = 0.3


async def echo(scope, receive, send):
    """Says what arrived; `/slow` begins to answer and never ends."""
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body += message["body"]
        if not message["more_body"]:
            break
    said = f"{scope['method']} {scope['path']} {len(body)}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": said, "more_body": scope["path"] == "/slow"})
    if scope["path"] == "/slow":
        await receive()


@asynccontextmanager
async def listening(protocol: type[LimitedProtocol] = LimitedProtocol) -> AsyncIterator[int]:
    config = Config(echo, http=protocol, ws="none", lifespan="off", log_config=None, access_log=False)
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: protocol(config, state, {}), "127.0.0.1", 0
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()
        await asyncio.gather(*state.tasks)


class Talk:
    """One connection of a client that says exactly these bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def hear(self, seconds: float = 2.0, until: bytes | None = None) -> bytes:
        """Everything until the server closes, falls silent for `seconds`, or says `until`."""
        heard = b""
        try:
            while until is None or until not in heard:
                piece = await asyncio.wait_for(self.reader.read(65536), seconds)
                if not piece:
                    break
                heard += piece
        except TimeoutError:
            pass
        return heard

    async def is_closed(self) -> bool:
        return await asyncio.wait_for(self.reader.read(1), 3) == b""


@asynccontextmanager
async def talking(port: int, said: bytes = b"") -> AsyncIterator[Talk]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(said)
    try:
        yield Talk(reader, writer)
    finally:
        writer.close()


def statuses(heard: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1.1 (\d{3}) ", heard)]


REFUSED = {
    "content-length and transfer-encoding": (POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + END, 400),
    "transfer-encoding and content-length": (POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n" + END, 400),
    "two content-lengths": (POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
    "the same content-length twice": (POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
    "content-length list": (POST + b"Content-Length: 3, 3\r\n\r\nabc", 400),
    "negative content-length": (POST + b"Content-Length: -3\r\n\r\nabc", 400),
    "signed content-length": (POST + b"Content-Length: +3\r\n\r\nabc", 400),
    "hexadecimal content-length": (POST + b"Content-Length: 0x3\r\n\r\nabc", 400),
    "huge content-length": (POST + b"Content-Length: 99999999999999999999999\r\n\r\nabc", 400),
    "transfer-encoding identity": (POST + b"Transfer-Encoding: identity\r\n\r\nabc", 400),
    "transfer-encoding gzip": (POST + b"Transfer-Encoding: gzip\r\n\r\nabc", 400),
    "chunked not last": (POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n" + END, 400),
    "chunked misspelt": (POST + b"Transfer-Encoding: xchunked\r\n\r\n" + END, 400),
    "two transfer-encodings": (POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n" + END, 400),
    "chunked in 1.0": (b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n" + END, 400),
    "chunk size of letters": (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n" + END, 400),
    "negative chunk": (POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n" + END, 400),
    "huge chunk": (POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc\r\n" + END, 400),
    "chunk longer than its size": (POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n" + END, 400),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: localhost\n\n", 400),
    "a bare line feed": (b"GET / HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n", 400),
    "a bare carriage return": (b"GET / HTTP/1.1\r\nHost: localhost\rX: y\r\n\r\n", 400),
    "folded header": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n", 400),
    "space before colon": (b"GET / HTTP/1.1\r\nHost : localhost\r\n\r\n", 400),
    "space before transfer-encoding's colon": (POST + b"Transfer-Encoding : chunked\r\n\r\n" + END, 400),
    "header without colon": (b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n", 400),
    "nul in header": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n", 400),
    "space in header name": (b"GET / HTTP/1.1\r\n" + HOST + b"X Y: a\r\n\r\n", 400),
    "space before first header": (b"GET / HTTP/1.1\r\n X: a\r\n\r\n", 400),
    "HTTP/0.9": (b"GET /\r\n\r\n", 400),
    "HTTP/1.2": (b"GET / HTTP/1.2\r\n" + HOST + b"\r\n", 400),
    "HTTP/2.0": (b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", 400),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "garbage": (b"\x00\x01\x02\r\n\r\n", 400),
    "lower-case method": (b"get / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "no target": (b"GET  HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "byte beyond ASCII in target": (b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "space in target": (b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "CONNECT": (b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n", 501),
    "websocket": (b"GET / HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n", 501),
    "offer of HTTP/2": (POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc", 501),
    "long target": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    "endless target": (b"GET /" + b"a" * 300_000, 414),
    "101 fields": (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 100 + b"\r\n", 431),
    "a large field": (b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"b" * 66_000 + b"\r\n\r\n", 431),
    "an endless field": (b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"b" * 300_000, 431),
    "an endless field name": (b"GET / HTTP/1.1\r\n" + HOST + b"a" * 300_000, 431),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
async def test_a_bad_request_is_answered_once_in_the_envelope_and_closed(case):
    said, status = REFUSED[case]
    async with listening() as port, talking(port, said) as talk:
        heard = await talk.hear()
        assert statuses(heard) == [status]
        assert talk.reader.at_eof()
    head, _, body = heard.partition(b"\r\n\r\n")
    error = json.loads(body)
    assert error["type"] == "error"
    assert error["error"]["type"] in ("invalid_request_error", "api_error")
    assert f"request-id: {error['request_id']}".encode() in head
    assert b"connection: close" in head
    assert b"content-type: application/json" in head
    assert f"content-length: {len(body)}".encode() in head


ANSWERED = {
    "a plain request": (b"GET /a HTTP/1.1\r\n" + HOST + b"\r\n", b"GET /a 0"),
    "a body": (POST + b"Content-Length: 3\r\n\r\nabc", b"POST / 3"),
    "a chunked body": (POST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n" + END, b"POST / 3"),
    "a large body": (POST + b"Content-Length: 400000\r\n\r\n" + b"x" * 400_000, b"POST / 400000"),
    "100 fields": (b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n" * 99 + b"\r\n", b"GET / 0"),
    "63 KiB of headers": (b"GET / HTTP/1.1\r\n" + HOST + b"A: " + b"b" * 64_000 + b"\r\n\r\n", b"GET / 0"),
    "a target of 8 KiB": (b"GET /" + b"a" * 8000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", b"a 0"),
    "expect 100-continue": (POST + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\nabc", b"POST / 3"),
    "an absolute target": (b"GET http://h/a HTTP/1.1\r\n" + HOST + b"\r\n", b"GET /a 0"),
}


@pytest.mark.parametrize("case", ANSWERED)
async def test_a_good_request_is_answered(case):
    said, expected = ANSWERED[case]
    async with listening() as port, talking(port, said) as talk:
        heard = await talk.hear(until=expected)
    assert [status for status in statuses(heard) if status != 100] == [200]
    assert expected in heard


async def test_a_connection_serves_one_request_after_the_other():
    async with listening() as port, talking(port) as talk:
        for number in range(3):
            talk.writer.write(b"POST /%d HTTP/1.1\r\n" % number + HOST + b"Content-Length: 3\r\n\r\nabc")
            assert f"POST /{number} 3".encode() in await talk.hear(until=f"POST /{number} 3".encode())


async def test_headers_that_come_in_pieces_are_put_together():
    request = b"GET /pieces HTTP/1.1\r\n" + HOST + b"X: " + b"y" * 300 + b"\r\n\r\n"
    async with listening() as port, talking(port) as talk:
        for start in range(0, len(request), 7):
            talk.writer.write(request[start : start + 7])
            await talk.writer.drain()
            await asyncio.sleep(0)
        assert b"GET /pieces 0" in await talk.hear(until=b"GET /pieces 0")


@pytest.mark.parametrize(
    "said", [b"", b"GET / HTTP/1.1\r\nHost: lo", b"\r\n\r\n"], ids=["nothing", "half", "newlines"]
)
async def test_a_head_that_does_not_arrive_in_time_closes_the_connection(said):
    async with listening(HastyProtocol) as port, talking(port, said) as talk:
        assert await talk.is_closed()


async def test_a_body_that_never_begins_closes_the_connection():
    async with listening(HastyProtocol) as port, talking(port, POST + b"Content-Length: 5\r\n\r\n") as talk:
        assert await talk.is_closed()


async def test_a_body_that_began_is_left_to_its_reader():
    async with listening(HastyProtocol) as port, talking(port, POST + b"Content-Length: 5\r\n\r\nab") as talk:
        await asyncio.sleep(0.5)
        talk.writer.write(b"cde")
        assert b"POST / 5" in await talk.hear(until=b"POST / 5")


async def test_head_and_first_piece_of_an_answer_leave_together():
    async with listening() as port, talking(port, b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n") as talk:
        first = await asyncio.wait_for(talk.reader.read(65536), 2)
        assert first.startswith(b"HTTP/1.1 200")
        assert first.endswith(b"GET /slow 0\r\n")


async def test_a_head_that_trickles_is_not_given_more_time():
    async with listening(HastyProtocol) as port, talking(port, b"GET / HTTP/1.1\r\n") as talk:

        async def trickle() -> None:
            for _ in range(100):
                talk.writer.write(b"A: b\r\n")
                await asyncio.sleep(0.05)

        trickling = asyncio.ensure_future(trickle())
        try:
            assert await talk.is_closed()
        finally:
            trickling.cancel()


async def test_newlines_after_an_answer_do_not_hold_the_connection():
    async with (
        listening(HastyProtocol) as port,
        talking(port, b"GET /a HTTP/1.1\r\n" + HOST + b"\r\n") as talk,
    ):
        await talk.hear(until=b"GET /a 0\r\n0\r\n\r\n")
        talk.writer.write(b"\r\n")
        assert await talk.is_closed()


async def test_a_body_and_an_answer_may_take_longer_than_a_head():
    async with listening(HastyProtocol) as port, talking(port, POST + b"Content-Length: 3\r\n\r\nab") as talk:
        await asyncio.sleep(0.5)
        talk.writer.write(b"c")
        assert b"POST / 3" in await talk.hear(until=b"POST / 3")


async def test_garbage_during_an_answer_cuts_it_and_is_not_answered_inside_it():
    async with listening() as port, talking(port, b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n") as talk:
        assert b"GET /slow 0" in await talk.hear(until=b"GET /slow 0")
        talk.writer.write(b"\x00garbage\r\n\r\n")
        assert await talk.hear() == b""
        assert talk.reader.at_eof()


async def test_an_endless_head_behind_an_answer_cuts_it():
    async with listening() as port, talking(port, b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n") as talk:
        assert b"GET /slow 0" in await talk.hear(until=b"GET /slow 0")
        talk.writer.write(b"GET / HTTP/1.1\r\nA: " + b"a" * 1_000_000)
        with suppress(ConnectionError):
            assert await talk.hear() == b""
            assert talk.reader.at_eof()


async def test_a_refused_request_does_not_wait_for_the_app():
    class Counting(LimitedProtocol):
        started: ClassVar[list[str]] = []

        @override
        def _start_asgi_task(self, cycle, app):
            self.started.append(cycle.scope["path"])
            super()._start_asgi_task(cycle, app)

    async with listening(Counting) as port, talking(port, REFUSED["101 fields"][0]) as talk:
        assert statuses(await talk.hear()) == [431]
    assert Counting.started == []
