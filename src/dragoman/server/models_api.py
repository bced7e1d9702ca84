"""GET /v1/models: what Claude Code's picker and the SDKs can choose (spec/anthropic-messages.md section 9)."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from dragoman.messages.errors import ApiError, invalid_request
from dragoman.server.caller import identify_request
from dragoman.wire.jsonbytes import encode

DEFAULT_LIMIT = 20
LARGEST_LIMIT = 1000
UNKNOWN_DATE = "1970-01-01T00:00:00Z"
"""The real API's value for a model whose release date nobody knows."""

_MODELS_PATHS = ("/v1/models", "/v1/v1/models")


class ModelEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One model that clients may ask for."""

    id: str
    """What they write in `model`; Claude Code's picker keeps ids with `claude` or `anthropic` in them."""
    display_name: str
    max_input_tokens: int | None = None
    max_tokens: int | None = None
    """The most output tokens."""
    created_at: str = UNKNOWN_DATE


def models_routes(models: Sequence[ModelEntry], keys: tuple[str, ...]) -> list[Route]:
    """The list, with the real API's pagination, and one model of it."""
    by_id = {entry.id: entry for entry in models}

    async def list_models(request: Request) -> Response:
        identify_request(request, keys)
        return _json(_page(models, request.query_params))

    async def show_model(request: Request) -> Response:
        identify_request(request, keys)
        model = request.path_params["model"]
        entry = by_id.get(model)
        if entry is None:
            raise ApiError(404, f"model: {model[:256]}")
        return _json(_info(entry))

    listed = [Route(path, list_models) for path in _MODELS_PATHS]
    # Ids hold slashes, as in `openai/gpt-5.1`.
    shown = [Route(f"{path}/{{model:path}}", show_model) for path in _MODELS_PATHS]
    return listed + shown


def _page(models: Sequence[ModelEntry], query: Mapping[str, str]) -> dict[str, Any]:
    limit = _limit(query.get("limit"))
    after, before = query.get("after_id"), query.get("before_id")
    if after and before:
        raise invalid_request("before_id: Only one of `after_id` and `before_id` may be given")
    positions = {entry.id: position for position, entry in enumerate(models)}
    if before:
        end = _position(positions, "before_id", before)
        start = max(0, end - limit)
        more = start > 0
    else:
        start = _position(positions, "after_id", after) + 1 if after else 0
        end = start + limit
        more = end < len(models)
    page = models[start:end]
    return {
        "data": [_info(entry) for entry in page],
        "has_more": more,
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    # Only ASCII digits: int() would also take signs, spaces and underscores.
    limit = int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 0
    if not 1 <= limit <= LARGEST_LIMIT:
        raise invalid_request(f"limit: Input should be a whole number from 1 to {LARGEST_LIMIT}")
    return limit


def _position(positions: Mapping[str, int], name: str, model: str) -> int:
    position = positions.get(model)
    if position is None:
        raise invalid_request(f"{name}: no such model")
    return position


def _info(entry: ModelEntry) -> dict[str, Any]:
    return {
        "type": "model",
        "id": entry.id,
        "display_name": entry.display_name,
        "created_at": entry.created_at,
        "lifecycle": "active",
        "deprecated_at": None,
        "retires_at": None,
        "line": None,
        "max_input_tokens": entry.max_input_tokens,
        "max_tokens": entry.max_tokens,
        "capabilities": None,
    }


def _json(value: Any) -> Response:
    return Response(encode(value), media_type="application/json")
