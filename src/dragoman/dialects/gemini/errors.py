"""Gemini's failures as Anthropic's (spec/gemini.md section 15)."""

from typing import Any, cast

from dragoman.dialects.google_envelope import GoogleError, clean_message, parse_google_error
from dragoman.dialects.google_error import judge_google_error
from dragoman.messages.errors import ApiError, UpstreamFailure
from dragoman.messages.request import MessagesRequest
from dragoman.wire.exchange import ReplyHead

VENDOR = "Gemini"
LONGEST_WORDS = 500
"""Characters of an upstream that does not speak Google's form."""


def read_failure(head: ReplyHead, body: bytes, request: MessagesRequest) -> UpstreamFailure:
    """A reply whose status is not 2xx."""
    if 300 <= head.status < 400:
        return UpstreamFailure(
            "refused", ApiError(502, "the upstream answered with a redirect, which is not followed")
        )
    error = parse_google_error(body)
    if error is None:
        page = b"<" in body[:200]
        error = GoogleError("" if page else clean_message(body[:LONGEST_WORDS].decode("utf-8", "replace")))
    return judge_google_error(
        error, head.status, vendor=VENDOR, model=request.model, max_tokens=request.max_tokens, head=head
    )


def said_of(error: Any) -> str:
    """The words of an error that is not in Google's form."""
    message: Any = cast("dict[str, Any]", error).get("message") if isinstance(error, dict) else error
    return clean_message(message)[:LONGEST_WORDS] if isinstance(message, str) and message else "no words"


def read_stream_error(data: bytes, model: str) -> UpstreamFailure | None:
    """An error inside a reply that began with 200; None if it is not in Google's form."""
    error = parse_google_error(data)
    if error is None:
        return None
    return judge_google_error(error, 200, vendor=VENDOR, model=model, max_tokens=0)
