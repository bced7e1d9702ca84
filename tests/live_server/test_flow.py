"""Many streams at once keep apart, and one that nobody reads does not fill our memory."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from tests.live_server.backends import Scene, every_backend, last_words, question, served
from tests.support.grammar_table import check_stream, fold_stream
from tests.support.http_answer import Hold
from tests.support.raw_client import Call, ask, calling
from tests.support.replies import Reply, Text, reply

AT_ONCE = 1.0
"""Seconds within which an upstream must know (R6, T75)."""


@every_backend
async def test_concurrent_streams_do_not_mix(backend: str) -> None:
    """Issue point 8: twelve at once over the same pool, each with its own words in its own pace."""
    turn = asyncio.Event()

    def script(body: dict[str, Any]) -> Reply:
        name = last_words(body)
        return reply(Text(f"{name} " * 50, 9), Hold(turn), Text(f"end of {name}"), split=100)

    async def one(name: str) -> str:
        body = question(messages=[{"role": "user", "content": name}])
        async with calling(scene.url, body) as call:
            await call.until(name.encode())
            arrived.release()
            answer = await call.rest()
        return "".join(block["text"] for block in fold_stream(check_stream(answer.body))["content"])

    names = [f"stream{number:02}" for number in range(12)]
    arrived = asyncio.Semaphore(0)
    async with served(backend, script) as scene:
        streams = [asyncio.ensure_future(one(name)) for name in names]
        for _ in names:
            await arrived.acquire()
        turn.set()
        texts = await asyncio.gather(*streams)
    assert texts == [f"{name} " * 50 + f"end of {name}" for name in names]


@every_backend
async def test_client_that_stops_reading_stops_the_upstream_from_filling_our_memory(backend: str) -> None:
    """R7, R12: the upstream's writes block, and a hang-up frees everything."""
    script = reply(Text("x" * 40_000_000, 50_000))
    async with served(backend, script) as scene:
        async with small_window(scene.url) as call:
            connection = await blocked(scene)
            written = connection.written
            assert written < 30_000_000
            assert (await ask(scene.url, target="/health", method="GET")).status == 200
            call.hang_up()
        await connection.client_hung_up(AT_ONCE)


@asynccontextmanager
async def small_window(url: str) -> AsyncGenerator[Call]:
    """A client that asks and then never reads."""
    async with calling(url, question(max_tokens=20_000)) as call:
        call.stop_reading()
        yield call


async def blocked(scene: Scene) -> Any:
    """The upstream's connection, once nobody takes its bytes any more."""
    async with asyncio.timeout(10):
        while not scene.upstream.wire.connections:
            await asyncio.sleep(0.01)
        connection = scene.upstream.wire.connections[0]
        before = -1
        while not connection.blocked or connection.written != before:
            before = connection.written
            await asyncio.sleep(0.1)
    return connection
