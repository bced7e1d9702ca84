"""Health and the probes that clients send of themselves; none of them needs a key or tells a secret."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dragoman import __version__
from dragoman.wire.jsonbytes import encode

ALIVE_PATHS = ("/", "/api/hello", "/health", "/healthz")
"""Claude Code warms its connection up with the first two."""

EVENT_LOGGING_PATHS = ("/api/event_logging/batch", "/api/event_logging/v2/batch")
"""Where Claude Code sends its telemetry, which is taken and thrown away."""


def health_routes(ready: Callable[[], bool]) -> list[Route]:
    """`/readyz` says whether new requests are welcome, the others that the process lives."""

    async def alive(request: Request) -> Response:
        return _status(200, "ok")

    async def readiness(request: Request) -> Response:
        return _status(200, "ok") if ready() else _status(503, "not ready")

    async def discard(request: Request) -> Response:
        return Response(status_code=204)

    return [
        *(Route(path, alive) for path in ALIVE_PATHS),
        Route("/readyz", readiness),
        *(Route(path, discard, methods=["POST"]) for path in EVENT_LOGGING_PATHS),
    ]


def _status(code: int, status: str) -> Response:
    body = encode({"status": status, "version": __version__})
    return Response(body, status_code=code, media_type="application/json")
