"""Asks an address whether a gateway answers there, whether it is ready, and whether it takes a token,
and what it counted.

Straight to the address: a proxy of the environment would answer for somebody else.
"""

import http.client
from typing import Any
from urllib.parse import urlsplit

import msgspec

from dragoman.accounting.usage import LaunchUsage
from dragoman.routing.model_map import DEMO_PICKER_ID
from dragoman.wire.jsonbytes import JsonError, decode
from dragoman.wire.jsonvalues import as_object, objects_in

PATIENCE = 2.0
"""Seconds for an answer; a gateway of this machine needs milliseconds."""

LARGEST = 1024 * 1024


def readiness(url: str, patience: float = PATIENCE) -> int | None:
    """The status of `/readyz`, or None if nothing there speaks HTTP within `patience` seconds."""
    answer = _get(url, "/readyz", patience)
    return None if answer is None else answer[0]


def is_gateway(url: str, token: str) -> bool:
    """Whether a Dragoman is ready at `url` and serves whoever shows `token`.

    No other server lists the built-in demo among its models. The token is shown only to what looks like one already.
    """
    if "version" not in as_object(_json(url, "/readyz", {})):
        return False
    models = as_object(_json(url, "/v1/models?limit=1000", {"authorization": f"Bearer {token}"}))
    return any(model.get("id") == DEMO_PICKER_ID for model in objects_in(models.get("data")))


def usage_of(url: str, token: str, launch: str) -> LaunchUsage | None:
    """What requests with this name have used, or None if the gateway at `url` does not tell."""
    told = _json(url, f"/dragoman/launches/{launch}", {"authorization": f"Bearer {token}"})
    try:
        return msgspec.convert(told, LaunchUsage)
    except msgspec.ValidationError:
        return None


def _json(url: str, path: str, headers: dict[str, str]) -> Any:
    """What an answer with status 200 says, else None."""
    answer = _get(url, path, PATIENCE, headers)
    if answer is None or answer[0] != 200:
        return None
    try:
        return decode(answer[1])
    except JsonError:
        return None


def _get(
    url: str, path: str, patience: float, headers: dict[str, str] | None = None
) -> tuple[int, bytes] | None:
    """Status and body, or None where nobody answers as HTTP has it."""
    try:
        address = urlsplit(url)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        connection = kind(address.hostname or "", address.port, timeout=patience)
        try:
            connection.request("GET", f"{address.path.rstrip('/')}{path}", headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(LARGEST)
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException):
        return None
