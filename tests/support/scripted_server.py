"""What every scripted backend is: a server on a real socket that is there as long as its `async with`."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from tests.support.http_answer import Answer, Step
from tests.support.http_wire import WireRequest, WireServer
from tests.support.replies import Reply


class ScriptedServer(ABC):
    """`wire` has the exact requests and the life of each connection. A backend says how it answers."""

    def __init__(self) -> None:
        self.wire = WireServer(self._answer)

    async def __aenter__(self) -> Self:
        await self.wire.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.wire.__aexit__(kind, error, trace)

    @property
    def sent(self) -> list[bytes]:
        """The exact body bytes of each answer so far, in the order of the requests."""
        return [request.sent for request in self.wire.requests]

    async def answer_to(self, request: WireRequest) -> Answer:
        """What this backend says to a request that came to another server's port."""
        return await self._answer(request)

    @abstractmethod
    async def _answer(self, request: WireRequest) -> Answer: ...


def streamed(
    steps: Iterable[Step],
    reply: Reply,
    headers: tuple[tuple[str, str], ...],
    media: str = "text/event-stream; charset=utf-8",
) -> Answer:
    """The answer whose body is these steps, cut and encoded as `reply` says."""
    return Answer(
        headers=(("content-type", media), *headers),
        body=tuple(steps),
        framing="chunked",
        split=reply.split,
        gzip=reply.gzip,
        before_head=reply.before_head,
    )
