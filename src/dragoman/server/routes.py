"""Everything but the Messages routes: models, health, launches, and an error of the Messages API for the rest."""

from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dragoman.messages.errors import ApiError
from dragoman.server.errors import render
from dragoman.server.health import health_routes
from dragoman.server.launches_api import UsageOf, launches_routes
from dragoman.server.messages_api import COUNT_PATHS, MESSAGES_PATHS
from dragoman.server.models_api import ModelEntry, models_routes

NewRequestId = Callable[[], str]


def build_router(
    models: Sequence[ModelEntry],
    usage_of: UsageOf,
    ready: Callable[[], bool],
    keys: tuple[str, ...],
    new_request_id: NewRequestId,
) -> ASGIApp:
    """An ASGI app whose every answer carries a `request-id`; unknown paths are a 404, wrong methods a 405."""
    app = Starlette(
        routes=[
            *health_routes(ready),
            *models_routes(models, keys),
            *launches_routes(usage_of, keys),
            *_post_only_routes(),
        ],
        exception_handlers={HTTPException: _refuse, ApiError: _show},
    )
    # A redirect would make clients drop the body and proxies leak the key.
    app.router.redirect_slashes = False

    async def with_request_id(scope: Scope, receive: Receive, send: Send) -> None:
        request_id = new_request_id()
        scope.setdefault("state", {})["request_id"] = request_id

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [pair for pair in message["headers"] if pair[0] != b"request-id"]
                message["headers"] = [*headers, (b"request-id", request_id.encode())]
            await send(message)

        await app(scope, receive, send_with_id)

    return with_request_id


def _post_only_routes() -> list[Route]:
    """Paths that another app answers for POST; here they only get the 405."""

    async def answered_elsewhere(request: Request) -> Response:
        raise HTTPException(405)

    return [Route(path, answered_elsewhere, methods=["POST"]) for path in (*MESSAGES_PATHS, *COUNT_PATHS)]


async def _refuse(request: Request, refusal: Exception) -> Response:
    status = refusal.status_code if isinstance(refusal, HTTPException) else 500
    if status == 405:
        error = ApiError(405, f"{request.method} is not allowed here", headers=_allowed(refusal))
    else:
        error = ApiError(status, "no such route")
    return await _show(request, error)


def _allowed(refusal: Exception) -> tuple[tuple[str, str], ...]:
    headers = refusal.headers if isinstance(refusal, HTTPException) else None
    return tuple((name.lower(), value) for name, value in (headers or {}).items())


async def _show(request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    status, headers, body = render(error, request.state.request_id)
    response = Response(body, status_code=status)
    response.raw_headers = headers
    return response
