import asyncio
from collections.abc import AsyncIterator
from typing import ClassVar

import pytest
from bench.bodies import http_request, small_body
from bench.load import Clients, LoadError, paced_events, run_paced
from bench.replies import Shape
from bench.upstream import Connection, shape_of
from typing_extensions import override

GEMINI = "/v1beta/models/{model}:streamGenerateContent?alt=sse"


class Counted(Connection):
    """A connection that the fixture can wait for."""

    open: ClassVar[set["Counted"]] = set()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.open.add(self)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.open.discard(self)


@pytest.fixture
async def port() -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(Counted, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
    async with asyncio.timeout(5):
        while Counted.open:
            await asyncio.sleep(0.01)
    await asyncio.sleep(0)


async def reply_to(port: int, path: str, model: str, *, stream: bool) -> bytes:
    """The whole reply, as the load driver reads it."""
    replies: list[bytes] = []

    class Recording(Clients):
        @override
        def count(self, seconds: float, reply: bytes) -> None:
            replies.append(reply)
            super().count(seconds, reply)

    request = http_request(port, path.format(model=model), small_body(model, stream=stream))
    clients = Recording(port, request, 1, b"")
    await clients.connect()
    try:
        await clients.run(1)
    finally:
        clients.close()
    return replies[0]


@pytest.mark.parametrize(
    ("body", "shape"),
    [
        (b'{"model":"bench-small"}', Shape(4, None)),
        (b'{"text":"say \\"bench-small\\"","model": "bench-burst-200"}', Shape(200, 0.0)),
        (b'{"model":"bench-paced-12-250"}', Shape(12, 0.25)),
        (b"POST /v1beta/models/bench-burst-7:streamGenerateContent HTTP/1.1", Shape(7, 0.0)),
        (b'{"model":"gpt-5"}', None),
        (b'{"model":"other/bench-small"}', None),
        (b'{"model":"bench-small:other"}', None),
    ],
)
def test_shape_is_read_from_the_models_name(body: bytes, shape: Shape | None) -> None:
    assert shape_of(body) == shape


@pytest.mark.parametrize(
    ("path", "delta", "end"),
    [
        ("/v1/chat/completions", b'"delta":{"content":', b"data: [DONE]"),
        ("/v1/responses", b"event: response.output_text.delta\n", b"event: response.completed"),
        ("/v1/messages", b'"text_delta"', b"event: message_stop"),
        (GEMINI, b'"candidates": ', b'"finishReason": "STOP"'),
    ],
)
async def test_burst_has_as_many_deltas_as_its_name_says_and_ends(
    port: int, path: str, delta: bytes, end: bytes
) -> None:
    reply = await reply_to(port, path, "bench-burst-30", stream=True)

    # Gemini's end is one more chunk of the same kind.
    assert reply.count(delta) == 30 + (path == GEMINI)
    assert reply.count(end) == 1


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/messages"])
async def test_unstreamed_answer_says_what_the_streamed_one_says(port: int, path: str) -> None:
    assert b"Hello from the bench." in await reply_to(port, path, "bench-small", stream=False)


@pytest.mark.parametrize(
    ("path", "events", "end"),
    [(GEMINI, 5, b"\r\n\r\n\r\n0\r\n\r\n"), ("/v1/responses", 12, b"}\n\n\r\n0\r\n\r\n")],
)
async def test_some_stream_whatever_the_client_wants(port: int, path: str, events: int, end: bytes) -> None:
    reply = await reply_to(port, path, "bench-small", stream=False)

    assert reply.count(b"data: {") == events
    assert reply.endswith(end)


async def test_model_without_a_script_fails_the_load(port: int) -> None:
    with pytest.raises(LoadError, match="404"):
        await reply_to(port, "/v1/messages", "gpt-5", stream=True)


async def test_paced_events_are_seen_in_the_window_with_their_delay(port: int) -> None:
    model = f"bench-paced-{paced_events(2)}-100"
    request = http_request(port, "/v1/messages", small_body(model, stream=True))
    seen = await run_paced(
        port, request, streams=10, watched=2, interval=0.1, phase=0, read_cpu=iter((1.0, 3.5)).__next__
    )

    # The window is two intervals long, so each of the ten streams says two events in it.
    assert 10 <= seen.events <= 30
    assert all(0 <= delay < 5 for delay in seen.delays)
    assert seen.cpu == 2.5
