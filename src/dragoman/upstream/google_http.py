"""HTTP for code that blocks in a thread of its own, over the connections of the event loop."""

import asyncio
import concurrent.futures
from typing import Any

from yarl import URL

from dragoman.messages.errors import UpstreamFailure
from dragoman.relay.ports import Upstream
from dragoman.upstream.google_outcome import STOPPED, TOO_SLOW, Fault, NoToken
from dragoman.wire.exchange import HttpRequest, ReplyHead

LARGEST_ANSWER = 1024 * 1024
_GRACE_SECONDS = 5.0
"""How much longer than its own limit a thread waits for a loop that was stopped without being closed."""


class BlockingHttp:
    """`seconds` limits one exchange, whatever the caller allows beyond. Made on the loop, called in a thread."""

    def __init__(self, upstream: Upstream, seconds: float) -> None:
        self._upstream = upstream
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._open: set[asyncio.Task[Any]] = set()
        self._closed = False

    def __call__(self, request: HttpRequest, seconds: float | None = None) -> tuple[ReplyHead, bytes]:
        """Blocks until the whole answer is there, of any status. Raises NoToken."""
        allowed = min(seconds or self._seconds, self._seconds)
        exchange = self._exchange(request, allowed)
        try:
            answer = asyncio.run_coroutine_threadsafe(exchange, self._loop)
        except RuntimeError:
            # The loop is closed.
            exchange.close()
            raise NoToken(STOPPED) from None
        try:
            return answer.result(allowed + _GRACE_SECONDS)
        except concurrent.futures.CancelledError:
            raise NoToken(STOPPED) from None
        except TimeoutError:
            raise NoToken(TOO_SLOW) from None

    def close(self) -> None:
        """End what is under way and let nothing new begin, so that the thread ends too. On the loop only."""
        self._closed = True
        for task in self._open:
            task.cancel()

    async def _exchange(self, request: HttpRequest, seconds: float) -> tuple[ReplyHead, bytes]:
        if self._closed:
            raise NoToken(STOPPED)
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            async with asyncio.timeout(seconds):
                reply = await self._upstream.open(request)
                try:
                    return reply.head, await reply.read_all(LARGEST_ANSWER)
                finally:
                    reply.close()
        except TimeoutError:
            raise NoToken(_silent(request)) from None
        except UpstreamFailure as failure:
            raise NoToken(_lost(request, failure)) from None
        finally:
            self._open.discard(task)


def _silent(request: HttpRequest) -> Fault:
    return Fault(504, f"`{_host(request)}`, which gives access tokens for Vertex AI, did not answer in time")


def _lost(request: HttpRequest, failure: UpstreamFailure) -> Fault:
    if failure.kind == "broke_midway" and failure.error.status == 504:
        return _silent(request)
    what = "cannot be reached" if failure.kind == "unreachable" else "broke off its answer"
    return Fault(529, f"`{_host(request)}`, which gives access tokens for Vertex AI, {what}")


def _host(request: HttpRequest) -> str:
    return URL(request.url).host or "the host"
