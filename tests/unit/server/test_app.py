import asyncio

from dragoman.server.app import GatewayApp
from tests.support.asgi_call import call_app


class Part:
    """An app that tells its name."""

    def __init__(self, name: bytes) -> None:
        self.name = name

    async def __call__(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": self.name})


def gateway_app(stop=None) -> GatewayApp:
    async def nothing() -> None:
        return None

    return GatewayApp(Part(b"messages"), others=lambda app: Part(b"others"), stop=stop or nothing)


async def test_only_posts_to_the_messages_routes_take_the_short_way():
    app = gateway_app()
    for path in (
        "/v1/messages",
        "/v1/messages/count_tokens",
        "/v1/v1/messages",
        "/v1/v1/messages/count_tokens",
    ):
        assert (await call_app(app, "POST", path)).body == b"messages"
        assert (await call_app(app, "GET", path)).body == b"others"
    for path in ("/", "/v1/models", "/v1/messages/", "/v1/messages/batches"):
        assert (await call_app(app, "POST", path)).body == b"others"


async def test_the_app_is_ready_between_start_and_stop_and_stops_its_parts():
    stopped = []

    async def stop() -> None:
        stopped.append(True)

    app = gateway_app(stop)
    said: asyncio.Queue[str] = asyncio.Queue()
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def receive():
        return {"type": await said.get()}

    async def send(message):
        await heard.put(message["type"])

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(app({"type": "lifespan"}, receive, send))
        assert not app.ready
        await said.put("lifespan.startup")
        assert await heard.get() == "lifespan.startup.complete"
        assert app.ready
        assert not stopped
        await said.put("lifespan.shutdown")
        assert await heard.get() == "lifespan.shutdown.complete"
    assert not app.ready
    assert stopped == [True]
