"""LiteLLM's exceptions as OpenAI's errors, which the dialect reads: a status, an error object, `retry-after`.

They are told by the names of their classes, so that nothing of LiteLLM is imported. Its texts wrap the vendor's own words
in its own, and hold stack traces now and then.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from dragoman.wire.exchange import Headers
from dragoman.wire.jsonbytes import JsonError, decode, encode
from dragoman.wire.jsonvalues import as_object
from dragoman.wire.redact import redact_exception

STATUSES = {"APIConnectionError": 502, "Timeout": 504, "MidStreamFallbackError": 502}
"""Where LiteLLM's own status says something else (500, 408) than what happened."""
CODES = {
    "ContextWindowExceededError": "context_length_exceeded",
    "ContentPolicyViolationError": "content_filter",
}
"""In OpenAI's words."""

LONGEST_MESSAGE = 4000

_WRAPPING = re.compile(r"\A(?:litellm\.\w+: |\w+(?:Error|Exception|Exceeded)(?:: | - )|Error code: \d+ - )+")
_ADVICE = re.compile(
    r"\s*(?:To drop (?:these|it from the call), |Learn more: |LiteLLM Retried: ).*", re.DOTALL
)
_TRACEBACK = re.compile(r"\s*Traceback \(most recent call last\).*", re.DOTALL)

_NO_CREDENTIAL = re.compile(
    r"missing credentials|api_key client option must be set|missing \w+ api key|no key is set"
    r"|unable to locate credentials",
    re.IGNORECASE,
)

Scrub = Callable[[str], str]


class Failure(msgspec.Struct, frozen=True):
    """A failed call."""

    status: int
    error: dict[str, Any]
    """With `message`, `type`, `code` and, for what comes inside a stream, `status`."""
    headers: Headers = ()

    @property
    def body(self) -> bytes:
        return encode({"error": self.error})

    @property
    def lacks_credential(self) -> bool:
        """Whether the vendor was not even asked, for want of a key. The message names its variable."""
        return _NO_CREDENTIAL.search(self.error["message"]) is not None


def read_exception(error: BaseException, scrub: Scrub) -> Failure:
    """What LiteLLM raised, or a library below it. `scrub` takes known secrets out of a text."""
    names = [kind.__name__ for kind in type(error).__mro__]
    status = _status(error, names)
    vendor = as_object(getattr(error, "body", None))
    vendor = as_object(vendor.get("error")) or vendor
    code = next((CODES[name] for name in names if name in CODES), vendor.get("code"))
    return Failure(
        status,
        {
            "message": scrub(_message(error))[:LONGEST_MESSAGE],
            "type": vendor.get("type") if isinstance(vendor.get("type"), str) else names[0],
            "code": code if isinstance(code, (str, int)) else None,
            "status": status,
        },
        _retry_after(error),
    )


def _status(error: BaseException, names: list[str]) -> int:
    for name in names:
        if name in STATUSES:
            return STATUSES[name]
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) and 400 <= status < 600 else 502


def _message(error: BaseException) -> str:
    told = getattr(error, "message", None)
    text = _TRACEBACK.sub("", told if isinstance(told, str) else str(error))
    text = _ADVICE.sub("", _WRAPPING.sub("", text)).strip()
    text = _vendors_words(text) or text
    return redact_exception(text) or type(error).__name__


def _vendors_words(text: str) -> str | None:
    """The message inside the vendor's own error, where LiteLLM passes its JSON on as text."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        return None
    try:
        value = decode(text[start : end + 1].encode())
    except JsonError:
        return None
    fields = as_object(value)
    inner = as_object(fields.get("error")) or fields
    message = inner.get("message")
    return message if isinstance(message, str) else None


def _retry_after(error: BaseException) -> Headers:
    sources: tuple[Any, ...] = (
        getattr(error, "headers", None),
        getattr(error, "litellm_response_headers", None),
        getattr(getattr(error, "response", None), "headers", None),
    )
    for source in sources:
        if isinstance(source, Mapping):
            headers = cast("Mapping[Any, Any]", source)
            value = headers.get("retry-after")
            if isinstance(value, str) and value.isprintable():
                return (("retry-after", value),)
    return ()
