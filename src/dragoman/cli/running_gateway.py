"""Asks whether a Dragoman answers at an address, and whether it takes a token."""

import http.client
from typing import Any
from urllib.parse import urlsplit

from dragoman.routing.model_map import DEMO_PICKER_ID
from dragoman.wire.jsonbytes import JsonError, decode
from dragoman.wire.jsonvalues import as_object, objects_in

PATIENCE = 2.0
"""Seconds for each of the two answers; a gateway of this machine needs milliseconds."""

LARGEST = 1024 * 1024


def is_gateway(url: str, token: str) -> bool:
    """Whether a Dragoman is ready at `url` and serves whoever shows `token`.

    No other server lists the built-in demo among its models. The token is shown only to what looks like one already.
    """
    if "version" not in as_object(_answer(url, "/readyz", {})):
        return False
    models = as_object(_answer(url, "/v1/models?limit=1000", {"authorization": f"Bearer {token}"}))
    return any(model.get("id") == DEMO_PICKER_ID for model in objects_in(models.get("data")))


def _answer(url: str, path: str, headers: dict[str, str]) -> Any:
    """The JSON of an answer with status 200, else None."""
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return decode(answer.read(LARGEST)) if answer.status == 200 else None
    except (OSError, http.client.HTTPException, JsonError, ValueError):
        return None
    finally:
        connection.close()
