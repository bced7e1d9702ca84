"""Notices that the client has hung up, and stops the work for it.

uvicorn swallows writes to a closed connection, so nobody would notice otherwise (libraries.md section 4).
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from types import TracebackType
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Scope = MutableMapping[str, Any]


HANGUP_LISTENERS = "dragoman.hangup"
"""An ASGI extension: a list of functions that the server calls when the connection is lost (server/protocol.py)."""


class CancelOnHangup:
    """Inside the block, a disconnect of the client cancels the task that entered it; the block swallows that.

    `answered` is set once the response is complete: what comes then is no hang-up. Where the server has no
    HANGUP_LISTENERS, a task waits for the disconnect.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        extensions: Any = scope.get("extensions") or {}
        self._listeners: list[Callable[[], None]] | None = extensions.get(HANGUP_LISTENERS)
        self._receive = receive
        self._watch: asyncio.Task[None] | None = None
        self._task: asyncio.Task[Any] | None = None
        self.happened = False
        self.answered = False

    async def __aenter__(self) -> "CancelOnHangup":
        self._task = asyncio.current_task()
        if self._listeners is not None:
            self._listeners.append(self._hung_up)
        else:
            self._watch = asyncio.get_running_loop().create_task(self._wait())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._listeners is not None:
            self._listeners.remove(self._hung_up)
        if self._watch is not None:
            self._watch.cancel()
        if self.happened and self._task is not None and kind is asyncio.CancelledError:
            return self._task.uncancel() == 0
        return False

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._hung_up()

    def _hung_up(self) -> None:
        if not self.answered and not self.happened and self._task is not None:
            self.happened = True
            self._task.cancel()
