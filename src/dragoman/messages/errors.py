"""What can go wrong, by whose fault it is.

    ApiError               what a client may see: Anthropic's type, status and message; the server renders it
    UpstreamFailure        one attempt failed; becomes an ApiError when no attempt is left
      UpstreamNonsense     their grammar is broken: not SSE, no end marker, not JSON
    TranslatorBug          our grammar is broken; logged loudly, shown as `api_error`

Types and statuses: spec/anthropic-messages.md section 8.
"""

from typing import Literal

from dragoman.wire.exchange import Headers

ERROR_TYPE_BY_STATUS = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    501: "api_error",
    502: "api_error",
    503: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}


FINAL: Headers = (("x-should-retry", "false"),)
"""Beside an error that the same request would get again: clients do not repeat it (spec/claude-code.md section 8)."""


def error_type(status: int) -> str:
    """Anthropic's error type for an HTTP status; unlisted 4xx are the request's fault, the rest ours."""
    known = ERROR_TYPE_BY_STATUS.get(status)
    if known is not None:
        return known
    return "invalid_request_error" if 400 <= status < 500 else "api_error"


class ApiError(Exception):
    """An error that the client sees.

    `headers` go out beside it (`retry-after`, `x-should-retry`). `body` is set when an upstream that speaks
    Messages already worded the error: clients match on that wording, so it goes out byte for byte.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str | None = None,
        headers: Headers = (),
        body: bytes | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.type = type or error_type(status)
        self.headers = headers
        self.body = body


def invalid_request(message: str) -> ApiError:
    """The client's request is wrong; `message` begins with the JSON path."""
    return ApiError(400, message, headers=FINAL)


def our_mistake() -> ApiError:
    """Something unforeseen was raised; the client is told no more than where more is said."""
    return ApiError(500, "Dragoman failed on this request; its log says more under this request id")


FailureKind = Literal["refused", "overloaded", "unreachable", "broke_midway"]
"""refused: the same request would fail again. overloaded: later or elsewhere it may work.
unreachable: nothing was answered. broke_midway: the reply began and did not end."""


class UpstreamFailure(Exception):
    """One attempt failed; `error` is what the client sees if it was the last one.

    `status`, `vendor_code` and `vendor_message` are the upstream's own words, for `Dialect.mend` and the log.
    """

    def __init__(
        self,
        kind: FailureKind,
        error: ApiError,
        *,
        status: int | None = None,
        vendor_code: str = "",
        vendor_message: str = "",
    ) -> None:
        super().__init__(error.message)
        self.kind: FailureKind = kind
        self.error = error
        self.status = status
        self.vendor_code = vendor_code
        self.vendor_message = vendor_message


class UpstreamNonsense(UpstreamFailure):
    """The upstream broke its own protocol; a cut reply is one of these, never an ending."""

    def __init__(self, message: str, *, kind: FailureKind = "broke_midway") -> None:
        super().__init__(kind, ApiError(502, message))


class TranslatorBug(Exception):
    """Our own events broke the grammar; the message names the rule and the event."""
