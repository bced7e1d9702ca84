"""What the relay needs from the world: an upstream, a clock, ids, an observer."""

from collections.abc import Callable
from typing import Protocol

from dragoman.relay.trace import Trace
from dragoman.wire.exchange import HttpRequest, ReplyHead

Clock = Callable[[], float]
"""Monotonic seconds."""


class UpstreamReply(Protocol):
    """A reply whose head has arrived."""

    head: ReplyHead

    async def read(self) -> bytes:
        """The next bytes as they came, or b"" at the end. Raises UpstreamFailure."""
        ...

    async def read_all(self, limit: int) -> bytes:
        """The rest of the body, at most `limit` bytes. Raises UpstreamFailure."""
        ...

    async def drain(self) -> None:
        """Read what is left if it ends at once, so that the connection can serve the next request."""
        ...

    def close(self) -> None:
        """Let go of the connection; one that was not read to its end is cut, so the upstream stops."""
        ...


class Upstream(Protocol):
    """Opens replies."""

    async def open(self, request: HttpRequest) -> UpstreamReply:
        """Send the request and wait for the reply's head. Raises UpstreamFailure."""
        ...


class Observer(Protocol):
    """Told how each request ended."""

    def settled(self, trace: Trace) -> None: ...

    def bug(self, message: str, error: BaseException) -> None:
        """Our own mistake: a translator broke the grammar, or something unforeseen was raised."""
        ...
