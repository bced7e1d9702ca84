"""Replies of LiteLLM's: what it answers, whole or in chunks, as the bytes of a Chat Completions server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from dragoman.messages.errors import ApiError, UpstreamFailure, UpstreamNonsense
from dragoman.upstream.client import read_within
from dragoman.upstream.litellm_failures import Failure, Scrub, read_exception
from dragoman.wire.exchange import Headers, ReplyHead
from dragoman.wire.jsonbytes import encode

DRAIN_SECONDS = 1.0
DONE = b"data: [DONE]\n\n"
CUT = Failure(
    502, {"message": "the answer broke off before it was complete", "type": "server_error", "status": 502}
)


class WholeReply:
    """Implements `UpstreamReply` over a body that is here already."""

    def __init__(self, status: int, body: bytes, headers: Headers = ()) -> None:
        self.head = ReplyHead(status, (("content-type", "application/json"), *headers))
        self._body = body

    async def read(self) -> bytes:
        body, self._body = self._body, b""
        return body

    async def read_all(self, limit: int) -> bytes:
        if len(self._body) > limit:
            raise UpstreamNonsense(f"the answer of LiteLLM is larger than {limit} bytes")
        return await self.read()

    async def drain(self) -> None:
        self._body = b""

    def close(self) -> None:
        self._body = b""


class StreamReply:
    """Implements `UpstreamReply` over a stream of LiteLLM's whose first chunk is here already.

    `let_go` closes the stream, in a task that somebody keeps; whoever closes a reply cannot wait for it.
    """

    def __init__(
        self,
        stream: Any,
        first: bytes,
        scrub: Scrub,
        idle_seconds: float,
        let_go: Callable[[Any], None],
    ) -> None:
        self.head = ReplyHead(200, (("content-type", "text/event-stream"),))
        self._stream = stream
        self._first = first
        self._scrub = scrub
        self._idle_seconds = idle_seconds
        self._let_go = let_go
        self._ended = False

    async def read(self) -> bytes:
        if self._first:
            first, self._first = self._first, b""
            return first
        if self._ended:
            return b""
        try:
            async with asyncio.timeout(self._idle_seconds):
                return await next_frame(self._stream)
        except StopAsyncIteration:
            self._end()
            return DONE
        except TimeoutError:
            self._end()
            raise silent() from None
        except Exception as error:  # noqa: BLE001 - whatever a hundred vendors' code raises, the stream is over
            self._end()
            return _frame({"error": read_exception(error, self._scrub).error})

    async def read_all(self, limit: int) -> bytes:
        return await read_within(self.read, limit, "LiteLLM")

    async def drain(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while await self.read():
                    pass
        except (TimeoutError, UpstreamFailure):
            return

    def close(self) -> None:
        if not self._ended:
            self._end()

    def _end(self) -> None:
        self._ended = True
        self._first = b""
        self._let_go(self._stream)


async def next_frame(stream: AsyncIterator[Any]) -> bytes:
    """The next chunk as a frame. Raises StopAsyncIteration, and whatever LiteLLM raises."""
    chunk: Any = await anext(stream)
    value: dict[str, Any] = chunk.model_dump(mode="json", exclude_none=True)
    finishes = any(choice.get("finish_reason") for choice in value.get("choices") or ())
    if finishes and not _is_finished(stream):
        return _frame({"error": CUT.error})
    return _frame(value)


def silent() -> UpstreamFailure:
    """Neither an answer nor a part of one came in time."""
    return UpstreamFailure(
        "broke_midway", ApiError(504, "the upstream behind LiteLLM was silent for too long")
    )


def _is_finished(stream: Any) -> bool:
    """Whether the vendor said why it ended. LiteLLM says `stop` for one that only broke off."""
    told = [
        getattr(stream, name, None)
        for name in ("received_finish_reason", "intermittent_finish_reason", "received_any_finish_reason")
    ]
    return any(told) or not hasattr(stream, "received_finish_reason")


def _frame(value: dict[str, Any]) -> bytes:
    return b"data: " + encode(value) + b"\n\n"
