"""What the Gemini dialect makes of a Messages request, checked by the strict servers' own rules."""

import json
from typing import Any

from msgspec.structs import replace

from dragoman.dialects.dialect import NOWHERE, Origin, Written
from dragoman.dialects.gemini.request import write_count, write_request
from dragoman.dialects.gemini.signatures import DIALECT, Signature, model_family, seal_signatures
from dragoman.dialects.quirks import Quirks
from dragoman.messages.envelope import Seal
from dragoman.messages.request import MessagesRequest
from dragoman.routing.presets import quirks_for
from tests.support.gemini_flavor import AI_STUDIO, VERTEX, GeminiFlavor
from tests.support.gemini_rules import check_count, check_request

NEW = "gemini-3.8-flash"
OLD = "gemini-2.5-flash"
MODELS = ("gemini-4-neon", NEW, "gemini-3.5-flash-lite", "gemini-2.5-pro", OLD)
ACCOUNT = "account-1"
STUDIO_URL = "https://generativelanguage.googleapis.com/v1beta"
VERTEX_URL = "https://aiplatform.googleapis.com/v1beta1"


def quirks_of(model: str = NEW, *, vertex: bool = False, **fields: Any) -> Quirks:
    """The model's row at its server, with `fields` changed."""
    url, access = (VERTEX_URL, "vertex") if vertex else (STUDIO_URL, "direct")
    return replace(quirks_for(url, model, dialect="gemini", access=access), **fields)


def write(
    request: MessagesRequest,
    model: str = NEW,
    *,
    vertex: bool = False,
    origin: Origin = NOWHERE,
    strict_schemas: bool = False,
    **fields: Any,
) -> Written:
    """The written request, once the server takes it."""
    written = write_request(request, model, quirks_of(model, vertex=vertex, **fields), origin)
    flavor = GeminiFlavor(vertex=vertex, strict_schemas=strict_schemas)
    check_request(json.loads(written.body), model, flavor)
    return written


def body_of(request: MessagesRequest, model: str = NEW, **fields: Any) -> dict[str, Any]:
    return json.loads(write(request, model, **fields).body)


def contents_of(request: MessagesRequest, model: str = NEW, **fields: Any) -> list[dict[str, Any]]:
    return body_of(request, model, **fields)["contents"]


def parts_of(request: MessagesRequest, model: str = NEW, **fields: Any) -> list[dict[str, Any]]:
    """The parts of all contents."""
    return [part for content in contents_of(request, model, **fields) for part in content["parts"]]


def losses_of(request: MessagesRequest, model: str = NEW, **fields: Any) -> dict[str, str]:
    """Field to `dropped` or `approximated`."""
    return {loss.field: loss.what for loss in write(request, model, **fields).losses}


def count_of(request: MessagesRequest, model: str = NEW, *, vertex: bool = False) -> dict[str, Any]:
    """The body of the count, once the server takes it."""
    body = json.loads(write_count(request, model, quirks_of(model, vertex=vertex), NOWHERE).body)
    check_count(body, model, VERTEX if vertex else AI_STUDIO)
    return body


def sealed(*signatures: tuple[str, str, str], model: str = NEW, account: str = ACCOUNT, **more: Any) -> str:
    """The envelope of an earlier answer: (kind, key, value) for each signature."""
    seal = Seal(DIALECT, account, model_family(model))
    return seal_signatures(seal, [Signature(*signature) for signature in signatures], **more)  # type: ignore[arg-type]


def origin_of(kept: dict[str, str] | None = None, account: str = ACCOUNT) -> Origin:
    """An account, and what its earlier answers left."""
    return Origin(account, (kept or {}).get)
