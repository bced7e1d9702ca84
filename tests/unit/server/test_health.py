import json

import pytest
from starlette.applications import Starlette

from dragoman import __version__
from dragoman.server.health import ALIVE_PATHS, EVENT_LOGGING_PATHS, health_routes
from tests.support.asgi_call import call_app


def app(ready=True) -> Starlette:
    return Starlette(routes=health_routes(lambda: ready))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", ALIVE_PATHS)
@pytest.mark.parametrize("ready", [True, False])
async def test_a_living_process_says_so_without_a_key(path, method, ready):
    reply = await call_app(app(ready), method, path)
    assert reply.status == 200
    assert json.loads(reply.body) == {"status": "ok", "version": __version__}


@pytest.mark.parametrize(("ready", "status"), [(True, 200), (False, 503)])
async def test_readiness_follows_the_gateway(ready, status):
    assert (await call_app(app(ready), "GET", "/readyz")).status == status


@pytest.mark.parametrize("path", EVENT_LOGGING_PATHS)
async def test_telemetry_is_taken_and_thrown_away(path):
    reply = await call_app(app(), "POST", path, [("content-type", "application/json")], b'{"events":[]}')
    assert (reply.status, reply.body) == (204, b"")
