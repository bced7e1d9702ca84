"""What a Responses server sends, only the fields that are read; and what the reader must know of the request.

Source: openai 3.54 `ResponseStreamEvent` and `Response`; deviations in spec/openai-responses.md sections 12 and 13.
"""

from typing import Any, Literal, cast

import msgspec

from dragoman.dialects.chunk_json import decode_object
from dragoman.dialects.web_search_tool import SearchTool
from dragoman.messages.envelope import Seal
from dragoman.messages.errors import UpstreamNonsense
from dragoman.wire.jsonbytes import JsonError, decode, encode
from dragoman.wire.jsonvalues import as_object, objects_in

Thoughts = Literal["shown", "sealed", "kept"]
"""Where reasoning goes: into a thinking block with its summary; into one without text; into the gateway's store alone,
for clients that want no thinking blocks."""


class Event(msgspec.Struct, frozen=True, gc=False):
    """One `data:` line."""

    type: str = ""
    delta: str | None = None
    output_index: int | None = None
    content_index: int | None = None
    item: dict[str, Any] | None = None
    part: dict[str, Any] | None = None
    text: str | None = None
    refusal: str | None = None
    arguments: str | None = None
    annotation: dict[str, Any] | None = None
    response: msgspec.Raw = msgspec.Raw()
    """Decoded only where it is read: it repeats the request's tools."""
    sequence_number: int | None = None


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """The response object, which ends a stream or is the whole answer."""

    status: str | None = None
    output: list[dict[str, Any]] = []
    usage: dict[str, Any] | None = None
    incomplete_details: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    service_tier: str | None = None
    input_transformations: list[dict[str, Any]] = []


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What the reader must know of the request."""

    message_model: str
    """The model name that the client asked for, and sees again."""
    thoughts: Thoughts = "kept"
    stop_sequences: tuple[str, ...] = ()
    single_tool_call: bool = False
    """`disable_parallel_tool_use`: calls after the first are left out."""
    tool_names: dict[str, str] = {}
    """Upstream tool name to the client's, where they differ."""
    visible_tokens: int | None = None
    """Cut the visible text here: the output limit was raised (section 7.3)."""
    fenced: bool = False
    """A fence around the whole text is left out: JSON was asked for, by words alone."""
    seal: Seal = Seal("openai_responses")
    """Whose reasoning it is."""
    search: SearchTool | None = None


_EVENT = msgspec.json.Decoder(Event)
_RESPONSE = msgspec.json.Decoder(Response)


def decode_event(data: bytes) -> Event:
    """A `data:` line; fields of an unusual type count as missing. Raises UpstreamNonsense for what is no object."""
    try:
        return _EVENT.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _loosely(decode_object(data))


def decode_response(data: bytes) -> Response:
    """A response object. Raises UpstreamNonsense."""
    try:
        return _RESPONSE.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        value = decode_object(data)
    tier, status = value.get("service_tier"), value.get("status")
    return Response(
        status=status if isinstance(status, str) else None,
        output=objects_in(value.get("output")),
        usage=_object(value, "usage"),
        incomplete_details=_object(value, "incomplete_details"),
        error=_object(value, "error"),
        service_tier=tier if isinstance(tier, str) else None,
        input_transformations=objects_in(value.get("input_transformations")),
    )


def error_of(data: bytes) -> dict[str, Any]:
    """The object of an `error` event in its nested shape, also where it came flat (section 12.3)."""
    value = decode_object(data)
    if isinstance(value.get("error"), (dict, str)):
        return value
    return {"error": {name: value.get(name) for name in ("code", "message", "param")}}


def failure_of(response: Response) -> dict[str, Any]:
    """The error of a response that failed, in the shape of `error_of`."""
    return {"error": response.error or {"message": f"the answer ended as `{response.status}`"}}


def whole_response(body: bytes) -> Response:
    """The body of an answer that is no stream; an error that came with status 200 is a failed answer. Raises
    UpstreamNonsense for any other JSON."""
    try:
        value = as_object(decode(body))
    except JsonError:
        value = {}
    if "output" not in value and "status" not in value:
        if value.get("error") or value.get("type") == "error":
            return Response(status="failed", error=as_object(error_of(body).get("error")) or value)
        raise UpstreamNonsense("the upstream answered with JSON that is not a response")
    return decode_response(body)


def _loosely(value: dict[str, Any]) -> Event:
    arguments, response = value.get("arguments"), _object(value, "response")
    if isinstance(arguments, dict):
        arguments = encode(arguments).decode()
    return Event(
        _text(value, "type") or "",
        delta=_text(value, "delta"),
        output_index=_number(value, "output_index"),
        content_index=_number(value, "content_index"),
        item=_object(value, "item"),
        part=_object(value, "part"),
        text=_text(value, "text"),
        refusal=_text(value, "refusal"),
        arguments=arguments if isinstance(arguments, str) else None,
        annotation=_object(value, "annotation"),
        response=msgspec.Raw(encode(response)) if response is not None else msgspec.Raw(),
        sequence_number=_number(value, "sequence_number"),
    )


def _text(value: dict[str, Any], field: str) -> str | None:
    held = value.get(field)
    return held if isinstance(held, str) else None


def _number(value: dict[str, Any], field: str) -> int | None:
    held = value.get(field)
    return held if isinstance(held, int) and not isinstance(held, bool) else None


def _object(value: dict[str, Any], field: str) -> dict[str, Any] | None:
    held = value.get(field)
    return cast("dict[str, Any]", held) if isinstance(held, dict) else None
