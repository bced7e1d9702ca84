"""The shape of Google's errors, for every dialect behind Google (spec/gemini.md section 15).

`{"error": {"code": 429, "message": "...", "status": "RESOURCE_EXHAUSTED", "details": [...]}}`, alone or in an array.
The message may be such an error again, as text.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

import msgspec

from dragoman.dialects.retry_after import duration_seconds
from dragoman.wire.jsonbytes import JsonError, decode
from dragoman.wire.jsonvalues import objects_in
from dragoman.wire.redact import MASK, redact_text

DEEPEST_MESSAGE = 5
"""How often an error's message may be an error again."""
LONGEST_MESSAGE = 2000
"""Characters of Google's text that are passed on."""


class GoogleError(msgspec.Struct, frozen=True):
    """What Google said; the message is redacted, on one line and not long."""

    message: str
    status: str = ""
    """Such as `RESOURCE_EXHAUSTED`."""
    code: int = 0
    """The HTTP status in the error; 0 if there is none."""
    reason: str = ""
    """Of `ErrorInfo`, such as `API_KEY_INVALID`."""
    retry_delay: float | None = None
    """Seconds, of `RetryInfo`."""
    quota_ids: tuple[str, ...] = ()
    """Of `QuotaFailure`, such as `GenerateRequestsPerDayPerProjectPerModel`."""


def parse_google_error(body: bytes) -> GoogleError | None:
    """The error in a reply's body, or in a line of a stream that lost its framing; None if there is none."""
    for text in _json_texts(body):
        try:
            error = google_error_of(decode(text))
        except JsonError:
            continue
        if error is not None:
            return error
    return None


def google_error_of(value: Any) -> GoogleError | None:
    """The error in decoded JSON; None if it is not of Google's shape."""
    fields = _fields_of(value)
    return None if fields is None else _read(fields)


def _json_texts(body: bytes) -> Iterator[bytes]:
    text = body.strip().removeprefix(b"data:").strip()
    yield text
    # An array that never ended, or one element of it.
    yield text.strip(b",[] \r\n")
    for line in text.splitlines() if b"\n" in text else ():
        yield line.strip().removeprefix(b"data:").strip(b",[] ")


def _fields_of(value: Any) -> dict[str, Any] | None:
    """The fields of the error in `value`."""
    if isinstance(value, list):
        entries = cast("list[Any]", value)
        return next((fields for entry in entries if (fields := _fields_of(entry)) is not None), None)
    if not isinstance(value, dict):
        return None
    outer = cast("dict[str, Any]", value)
    inner: Any = outer.get("error")
    fields = cast("dict[str, Any]", inner) if isinstance(inner, dict) else outer
    code, status = fields.get("code"), fields.get("status")
    if inner is None and not (isinstance(code, int) and isinstance(status, str)):
        return None
    # Anthropic's and OpenAI's errors have a type.
    if "type" in outer or "type" in fields:
        return None
    return fields if isinstance(code, int) or (isinstance(status, str) and status.isupper()) else None


def _read(fields: dict[str, Any]) -> GoogleError:
    details = objects_in(fields.get("details"))
    message: Any = fields.get("message")
    for _ in range(DEEPEST_MESSAGE):
        nested = _nested_error(message)
        if nested is None:
            break
        # The innermost error is the cause; what it does not say, the ones around it say.
        fields = fields | {name: nested[name] for name in ("code", "status") if nested.get(name)}
        details = objects_in(nested.get("details")) + details
        message = nested.get("message")
    code, status = fields.get("code"), fields.get("status")
    return GoogleError(
        message=clean_message(message) if isinstance(message, str) else "",
        status=status if isinstance(status, str) else "",
        code=code if isinstance(code, int) and 400 <= code < 600 else 0,
        reason=next((_text(detail.get("reason")) for detail in details if detail.get("reason")), ""),
        retry_delay=next(
            (wait for d in details if (wait := duration_seconds(_text(d.get("retryDelay")))) is not None),
            None,
        ),
        quota_ids=tuple(
            _text(violation["quotaId"])
            for detail in details
            for violation in objects_in(detail.get("violations"))
            if violation.get("quotaId")
        ),
    )


def _nested_error(message: Any) -> dict[str, Any] | None:
    """The error that a message is, if it is one: Google's, or Anthropic's behind Google's front."""
    if not isinstance(message, str) or not message.lstrip().startswith(("{", "[")):
        return None
    try:
        value = decode(message.encode("utf-8", "replace"))
    except JsonError:
        return None
    found = _fields_of(value)
    if found is None and isinstance(value, dict):
        inner: Any = cast("dict[str, Any]", value).get("error")
        found = cast("dict[str, Any]", inner) if isinstance(inner, dict) else None
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


_WORDING = (
    r"quota\w*|limit\w*|settings?|number|owners?|admin\w*|does|has|have|with\w*|which|that|before|after|where|when"
    r"|because|using|under|should|cannot|could|must|level|resources?|location\w*|region\w*|and|billing|permission\w*"
    r"|policy|policies|access|enabled|disabled|first|instead|being"
)
"""What stands behind the word `project` without being its name."""
_OWNERS = (
    r"\b(?P<kept>(?:projects|organizations|folders)/)[^/\s'\"`?&),;]+",
    # `service-123@gcp-sa-x.iam.gserviceaccount.com`: both sides of the `@` may name the project.
    r"(?P<kept>)(?<![\w.+-])[\w.+-]{1,100}@[\w.-]{1,100}\.gserviceaccount\.com",
    r"\b(?P<kept>(?:consumer|project[ _-]?number|organization|folder)s?\s*[:=]?\s*['\"`]?)\d{4,}",
    r"\b(?P<kept>project(?:[ _-]?(?:number|id))?(?:\s*[:=#]\s*|\s+)['\"`]?)"
    r"(?:\d{4,}|(?<=['\"`=:])[\w.:-]+|(?<=[:=] )[a-z][\w.:-]+|[a-z][a-z0-9]*-[a-z0-9-]*[a-z0-9])",
    # A project whose name is one word: `in project myproject before`, but not `in project settings`.
    r"\b(?P<kept>(?:in|of|for|on|to|from|by)\s+(?:the\s+)?project\s+)"
    rf"(?!(?:{_WORDING})\b)[a-z][a-z0-9]{{5,29}}\b(?![\w-])",
)
_OWNER = tuple(re.compile(shape, re.IGNORECASE) for shape in _OWNERS)


_USUAL = frozenset({"", "STOP", "MAX_TOKENS"})
"""How nearly every answer ends; searching such a word for secrets would cost a thirtieth of a small request."""


def clean_message(text: str) -> str:
    """Google's words on one line and not long, without credentials and without the project, which is not the
    client's to know (spec/vertex.md section 4.5)."""
    if text in _USUAL:
        return text
    text = redact_text(text[: 2 * LONGEST_MESSAGE]).strip()[:LONGEST_MESSAGE]
    for shape in _OWNER:
        text = shape.sub(rf"\g<kept>{MASK}", text)
    return text
