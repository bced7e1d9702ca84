"""Gemini's failures as Anthropic's (spec/gemini.md section 15)."""

from dragoman.dialects.gemini.mending import mend
from dragoman.dialects.google_error import judge_google_error, parse_google_error
from dragoman.messages.errors import ApiError, FailureKind, UpstreamFailure
from dragoman.messages.request import MessagesRequest
from dragoman.wire.exchange import ReplyHead
from dragoman.wire.redact import redact_text

__all__ = ["mend", "read_failure", "read_stream_error"]

VENDOR = "Gemini"

_LATER = frozenset({408, 429, 500, 502, 503, 504, 529})
_STATUSES = {408: 504, 503: 529}


def read_failure(head: ReplyHead, body: bytes, request: MessagesRequest) -> UpstreamFailure:
    """A reply whose status is not 2xx."""
    if 300 <= head.status < 400:
        return UpstreamFailure(
            "refused", ApiError(502, "the upstream answered with a redirect, which is not followed")
        )
    error = parse_google_error(body)
    if error is not None:
        return judge_google_error(
            error, head.status, vendor=VENDOR, model=request.model, max_tokens=request.max_tokens, head=head
        )
    text = "" if b"<" in body[:200] else redact_text(body[:500].decode("utf-8", "replace")).strip()
    message = f"{VENDOR}: HTTP {head.status}" + (f": {text}" if text else " without a message")
    kind: FailureKind = "overloaded" if head.status in _LATER else "refused"
    status = _STATUSES.get(head.status, head.status)
    return UpstreamFailure(kind, ApiError(status, message), status=head.status, vendor_message=text)


def read_stream_error(data: bytes, model: str) -> UpstreamFailure | None:
    """An error inside a reply that began with 200; None if it is none."""
    error = parse_google_error(data)
    if error is None:
        return None
    return judge_google_error(error, 200, vendor=VENDOR, model=model, max_tokens=0)
