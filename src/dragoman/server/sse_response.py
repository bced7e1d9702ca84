"""Sends an answer as server-sent events, and keeps the line alive while the upstream is silent."""

import asyncio
from contextlib import aclosing

import msgspec

from dragoman.messages.errors import ApiError
from dragoman.messages.events import ErrorDetail, ErrorEvent, frame_of
from dragoman.relay.answer import Answer
from dragoman.server.hangup import CancelOnHangup, Send
from dragoman.wire.exchange import Headers, header


class Patience(msgspec.Struct, frozen=True):
    """How long clients may hear nothing, in seconds (reliability.md section 1, spec/claude-code.md section 7)."""

    ping: float = 10.0
    """Without bytes, once the upstream has begun to answer."""
    head: float = 25.0
    """Without our own head, while the upstream has not begun: after that an error can no longer be a status."""
    event: float = 240.0
    """Without an event: some clients' watchdogs do not count pings."""


class SseResponse:
    """One streamed response."""

    def __init__(
        self, send: Send, answer: Answer, request_id: str, patience: Patience, hangup: CancelOnHangup
    ) -> None:
        self._send = send
        self._answer = answer
        self._request_id = request_id
        self._patience = patience
        self._hangup = hangup
        self._loop = asyncio.get_running_loop()
        self._last_bytes = self._last_event = self._loop.time()
        self._head_sent = False
        self._sending = False
        self._keeping_alive: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Send everything. Raises ApiError only while an HTTP status can still be sent."""
        timer = self._loop.call_later(self._patience.ping, self._tick)
        self._timer = timer
        answer = self._answer
        try:
            async with aclosing(answer.events()) as batches:
                async for said in batches:
                    frames = [frame_of(event) for event in said]
                    self._last_event = self._loop.time()
                    await self._write(frames[0] if len(frames) == 1 else b"".join(frames), answer.complete)
            if not answer.complete:
                await self._write(b"", True)
        except ApiError as error:
            if not self._head_sent:
                raise
            event = ErrorEvent(ErrorDetail(error.type, error.message), self._request_id)
            await self._write(frame_of(event), True)
        finally:
            self._timer.cancel()
            if self._keeping_alive is not None and not self._keeping_alive.done():
                self._keeping_alive.cancel()

    async def _write(self, body: bytes, last: bool) -> None:
        self._sending = True
        try:
            if not self._head_sent:
                self._head_sent = True
                headers = self._answer.headers
                self._request_id = header(headers, "request-id") or self._request_id
                headers = sse_headers(headers, self._request_id)
                await self._send({"type": "http.response.start", "status": 200, "headers": headers})
            self._hangup.answered = last
            await self._send({"type": "http.response.body", "body": body, "more_body": not last})
            self._last_bytes = self._loop.time()
        finally:
            self._sending = False

    def _tick(self) -> None:
        """Runs when silence may have become too long; a busy stream only pays for one timer in ten seconds."""
        now = self._loop.time()
        wait = self._patience.ping
        if not self._head_sent and not self._answer.upstream_began:
            wait = self._patience.head
        left = self._last_bytes + wait - now
        if left <= 0 and not self._sending and not self._hangup.answered:
            self._keeping_alive = self._loop.create_task(self._keep_alive(now))
            left = self._patience.ping
        elif not self._head_sent:
            left = min(left, 1.0)
        self._timer = self._loop.call_later(max(left, 0.05), self._tick)

    async def _keep_alive(self, now: float) -> None:
        if self._sending or self._hangup.answered:
            return  # the upstream spoke between the tick and this task
        event_due = now - self._last_event >= self._patience.event
        frames = self._answer.keep_alive(event_due)
        if event_due:
            self._last_event = now
        if frames:
            await self._write(frames, False)


def sse_headers(headers: Headers, request_id: str) -> list[tuple[bytes, bytes]]:
    """The head of a stream; an upstream's own `request-id` stands in place of ours."""
    sent = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-cache"),
        (b"x-accel-buffering", b"no"),
    ]
    return sent + encoded_headers(headers, request_id)


def encoded_headers(headers: Headers, request_id: str) -> list[tuple[bytes, bytes]]:
    """Headers for ASGI, with a `request-id` in any case."""
    sent = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers]
    if not any(name == b"request-id" for name, _ in sent):
        sent.append((b"request-id", request_id.encode()))
    return sent
