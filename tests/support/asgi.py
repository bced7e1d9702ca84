"""An ASGI client that says what a test wants and insists on the protocol."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from dragoman.server.hangup import Message, Scope

DISCONNECT: Message = {"type": "http.disconnect"}


def part(body: bytes = b"", more: bool = False) -> Message:
    """One piece of a request's body."""
    return {"type": "http.request", "body": body, "more_body": more}


class AsgiClient:
    """`receive` hands out the steps (messages, seconds to wait, events to wait for) and then waits for a hang-up.

    `send` records. AssertionError for a message that ASGI forbids. `drain` is awaited in every send, as a server
    does whose client reads slowly.
    """

    def __init__(
        self, *steps: Message | float | asyncio.Event, drain: Callable[[], Any] | None = None
    ) -> None:
        self._steps = list(steps)
        self._hung_up = asyncio.Event()
        self._drain = drain
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.chunks: list[tuple[float, bytes]] = []
        """Loop time and bytes of each piece of the response."""
        self.complete = False

    async def receive(self) -> Message:
        while self._steps:
            step = self._steps.pop(0)
            if isinstance(step, asyncio.Event):
                await step.wait()
            elif isinstance(step, float):
                await asyncio.sleep(step)
            else:
                return step
        await self._hung_up.wait()
        return DISCONNECT

    def hang_up(self) -> None:
        self._hung_up.set()

    async def send(self, message: Message) -> None:
        if self._drain is not None:
            await self._drain()
        assert not self.complete, f"sent after the end: {message}"
        if message["type"] == "http.response.start":
            assert self.status is None, "a second head"
            self.status = message["status"]
            for name, value in message["headers"]:
                assert name == name.lower(), name
                assert name.decode() not in self.headers, f"{name} twice"
                self.headers[name.decode()] = value.decode("latin-1")
            return
        assert self.status is not None, "a body before the head"
        assert message["type"] == "http.response.body"
        self.complete = not message.get("more_body", False)
        self.chunks.append((asyncio.get_running_loop().time(), message.get("body", b"")))
        if self.complete:
            self.hang_up()  # uvicorn reports a disconnect once the response is complete

    @property
    def body(self) -> bytes:
        return b"".join(body for _, body in self.chunks)

    def json(self) -> Any:
        return json.loads(self.body)


def scope_of(path: str = "/v1/messages", **headers: str) -> Scope:
    """A POST; `_` in the names of headers stands for `-`."""
    raw = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http", "method": "POST", "path": path, "query_string": b"beta=true", "headers": raw}
