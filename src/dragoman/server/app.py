"""The ASGI app: the Messages routes on the shortest way, everything else through the router, both behind the guard."""

from collections.abc import Awaitable, Callable

from dragoman.server.hangup import Receive, Scope, Send
from dragoman.server.messages_api import COUNT_PATHS, MESSAGES_PATHS, MessagesApi

AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class GatewayApp:
    """The app behind the guard. `others` is called for other paths, `stop` after the last request."""

    def __init__(
        self,
        messages: MessagesApi,
        others: Callable[["GatewayApp"], AsgiApp],
        stop: Callable[[], Awaitable[None]],
    ) -> None:
        self._messages = messages
        self._stop = stop
        self.ready = False
        """Requests are welcome."""
        self._others = others(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            path = scope["path"]
            if scope["method"] == "POST" and (path in MESSAGES_PATHS or path in COUNT_PATHS):
                await self._messages(scope, receive, send)
            else:
                await self._others(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.ready = True
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self.ready = False
                await self._stop()
                await send({"type": "lifespan.shutdown.complete"})
                return
