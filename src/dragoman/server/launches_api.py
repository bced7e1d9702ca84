"""GET /dragoman/launches/{name}: what a launch of `dragoman claude` has used so far."""

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dragoman.accounting.usage import LaunchUsage
from dragoman.server.caller import identify_request
from dragoman.wire.jsonbytes import encode

LAUNCHES_PATH = "/dragoman/launches"

UsageOf = Callable[[str], LaunchUsage]


def launches_routes(usage_of: UsageOf, keys: tuple[str, ...]) -> list[Route]:
    """Its name is a secret of whoever launched it, so that nobody reads another's numbers."""

    async def show_usage(request: Request) -> Response:
        identify_request(request, keys)
        return Response(encode(usage_of(request.path_params["name"])), media_type="application/json")

    return [Route(f"{LAUNCHES_PATH}/{{name}}", show_usage)]
