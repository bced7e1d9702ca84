"""Failures of a server that speaks Messages: its own words reach the client, byte for byte.

Clients recover by matching the wording (spec/anthropic-passthrough.md sections 5 to 7). There are two exceptions. The
credential: a relayed 401 would ask the user to log in, while it is this proxy's key that was refused. And Google, where
it stands in front of Claude: its errors have no meaning for such clients (spec/vertex.md section 4.5).
"""

from typing import Any

from dragoman.dialects.google_envelope import GoogleError, google_error_of
from dragoman.dialects.google_error import judge_google_error
from dragoman.messages.errors import FINAL, ApiError, FailureKind, UpstreamFailure
from dragoman.wire.exchange import Headers, ReplyHead
from dragoman.wire.jsonbytes import JsonError, decode
from dragoman.wire.jsonvalues import as_object
from dragoman.wire.redact import redact_text

STATUS_BY_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}

GOOGLES_WAIT = 10
"""Seconds to wait for a quota of which Google does not say when it is there again."""

_OVERLOADED = frozenset({408, 409, 429, 500, 502, 503, 504, 529})
_RETRY_HEADERS = frozenset({"retry-after", "retry-after-ms", "x-should-retry"})


def read_failure(
    head: ReplyHead,
    body: bytes,
    clients_credential: bool = False,
    model: str = "",
    max_tokens: int = 0,
) -> UpstreamFailure:
    """A reply with an error status. Redirects are failures too: following one would carry the key away.

    `model` and `max_tokens` are the client's, for errors that are not told in the upstream's own words.
    """
    if 300 <= head.status < 400:
        return UpstreamFailure(
            "refused", ApiError(502, "the upstream answered with a redirect, which is not followed")
        )
    decoded = _decoded(body)
    google = find_google_error(decoded)
    if google is not None:
        failure = judge_google(google, head.status, model, max_tokens, head)
        failure.error.headers += tuple(
            pair for pair in relayed_headers(head) if pair[0] not in _RETRY_HEADERS
        )
        return failure
    value = _envelope(decoded)
    headers = relayed_headers(head)
    kind: FailureKind = "overloaded" if head.status in _OVERLOADED else "refused"
    if head.status == 401 and not clients_credential:
        message = _message_of(value)
        return UpstreamFailure(
            "refused", rejected_credential(message or "HTTP 401"), status=401, vendor_message=message
        )
    if value is None:
        text = "" if b"<" in body[:200] else redact_text(body[:500].decode("utf-8", "replace")).strip()
        message = f"the upstream answered {head.status}" + (
            f": {text}" if text else " without an error of the Messages API"
        )
        return UpstreamFailure(kind, ApiError(head.status, message, headers=headers), status=head.status)
    message = _message_of(value)
    if value.get("type") == "error":
        type = str(value["error"].get("type"))
        error = ApiError(head.status, message, type=type, headers=headers, body=body)
    else:
        # OpenAI's shape, as other gateways say it: clients of the Messages API look for `type`.
        message = redact_text(message) or f"the upstream answered {head.status} without a message"
        error = ApiError(head.status, message, headers=headers)
    return UpstreamFailure(kind, error, status=head.status, vendor_message=message)


def find_google_error(value: Any) -> GoogleError | None:
    """Google's error in decoded JSON. Without a status it may as well be another gateway's."""
    error = google_error_of(value)
    return error if error is not None and error.status else None


def judge_google(
    error: GoogleError, status: int, model: str, max_tokens: int, head: ReplyHead | None = None
) -> UpstreamFailure:
    """Google's error in Anthropic's terms. `status` is the reply's."""
    return judge_google_error(
        error,
        status,
        vendor="Vertex AI",
        model=model,
        max_tokens=max_tokens,
        head=head,
        default_wait=GOOGLES_WAIT,
    )


def rejected_credential(vendor_message: str) -> ApiError:
    """The upstream refused the proxy's own key."""
    return ApiError(
        403,
        "the upstream rejected Dragoman's own credential for this channel (not yours): check the key that the "
        f"proxy is configured with. The upstream said: {redact_text(vendor_message)[:300]}",
        headers=FINAL,
    )


def read_error_value(value: dict[str, Any], body: bytes | None) -> UpstreamFailure:
    """An `error` event inside a stream, or an error object in a 200 answer."""
    fields = as_object(value.get("error"))
    type = str(fields.get("type") or "api_error")
    status = STATUS_BY_TYPE.get(type, 500)
    message = redact_text(str(fields.get("message") or "the upstream reported an error without a message"))
    kind: FailureKind = "overloaded" if status in _OVERLOADED else "refused"
    return UpstreamFailure(
        kind, ApiError(status, message, type=type, body=body), status=status, vendor_message=message
    )


def relayed_headers(head: ReplyHead) -> Headers:
    """The upstream's headers that clients of the Messages API read (section 5)."""
    return tuple(
        (name, value)
        for name, value in head.headers
        if name in _RETRY_HEADERS or name == "request-id" or name.startswith("anthropic-")
    )


def _message_of(value: dict[str, Any] | None) -> str:
    return str(value["error"].get("message") or "") if value is not None else ""


def _decoded(body: bytes) -> Any:
    try:
        return decode(body)
    except JsonError:
        return None


def _envelope(value: Any) -> dict[str, Any] | None:
    fields = as_object(value)
    return fields if isinstance(fields.get("error"), dict) else None
