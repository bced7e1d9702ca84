"""Google's errors as Anthropic's, for every dialect behind Google (spec/gemini.md section 15, spec/vertex.md 4.5)."""

import re
from collections.abc import Callable

import msgspec

from dragoman.dialects.context_overflow import find_overflow, overflow_message
from dragoman.dialects.google_envelope import GoogleError
from dragoman.dialects.retry_after import told_wait, whole_seconds
from dragoman.messages.errors import FINAL, ApiError, FailureKind, UpstreamFailure
from dragoman.wire.exchange import Headers, ReplyHead

PER_MINUTE_WAIT = 60
"""Seconds until a quota of a minute is there again at the latest."""
LONGEST_HOPE = 300
"""Seconds; whoever is told to wait longer need not repeat the request."""
INPUT_TOO_LONG = "Input is too long."
"""Claude Code matches the whole message."""


def judge_google_error(
    error: GoogleError,
    http_status: int,
    *,
    vendor: str,
    model: str,
    max_tokens: int,
    head: ReplyHead | None = None,
    default_wait: int | None = None,
) -> UpstreamFailure:
    """The failure that `error` is. `vendor` names the server in messages.

    `http_status` is the reply's; of an error inside a stream that began with 200 it is what the error says itself.
    `max_tokens` is what the client asked for, 0 if unknown. `head` may tell how long to wait; `default_wait` are
    the seconds where a used-up quota came without a time.
    """
    midway = http_status < 400
    if midway:
        http_status = error.code or _CODES.get(error.status, 500)
    case = Case(error, http_status, vendor, model, max_tokens, _told_wait(error, head), default_wait)
    kind, judged = next(judge(case) for matches, judge in _RULES if matches(case))
    if midway and judged.status in (500, 502):
        kind = "broke_midway"
    return UpstreamFailure(
        kind, judged, status=http_status, vendor_code=error.status, vendor_message=error.message
    )


class Case(msgspec.Struct, frozen=True):
    """A failed reply, whole or inside a stream."""

    error: GoogleError
    status: int
    """Of HTTP, or what the error inside a stream stands for."""
    vendor: str
    model: str
    max_tokens: int
    wait: float | None
    """Seconds that Google told to wait."""
    default_wait: int | None

    @property
    def told(self) -> str:
        """Google's words with the vendor's name before them."""
        words = self.error.message or f"{self.error.status or f'HTTP {self.status}'} without a message"
        return f"{self.vendor}: {words}"


Judged = tuple[FailureKind, ApiError]

_CODES = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "ABORTED": 409,
    "ALREADY_EXISTS": 409,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "DATA_LOSS": 500,
    "UNIMPLEMENTED": 501,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
_KEY = re.compile(
    r"api[ _]key.{0,40}(?:not valid|not found|invalid|expired|leaked|disabled|required)"
    r"|(?:invalid|expired|missing|pass a valid) api[ _]key",
    re.IGNORECASE,
)
_REQUEST_SIZE = re.compile(
    r"(?:request|message) size \([\d,]+ bytes\) exceeds [\d.]+ ?MB limit", re.IGNORECASE
)
_PAYLOAD_SIZE = re.compile(
    r"payload size exceeds the limit|request (?:entity )?(?:is )?too large", re.IGNORECASE
)
_PLACE = re.compile(r"location is not supported|not available in your (?:country|region)", re.IGNORECASE)
_CAPACITY = re.compile(r"capacity|overloaded", re.IGNORECASE)
_NO_QUOTA = re.compile(r"\blimit\W{1,3}0(?!\d|\.\d)", re.IGNORECASE)
_PER_DAY = re.compile(r"per_?day|daily|per day", re.IGNORECASE)
_PER_MINUTE = re.compile(r"per_?minute|per minute", re.IGNORECASE)
_NO_CREDIT = re.compile(
    r"credits? (?:\w+ ){0,2}(?:depleted|exhausted|used up)|credit balance|out of credits|spending (?:cap|limit)",
    re.IGNORECASE,
)


def _refused(status: int, message: str) -> Judged:
    return "refused", ApiError(status, message, headers=FINAL)


def _told_wait(error: GoogleError, head: ReplyHead | None) -> float | None:
    return error.retry_delay if error.retry_delay is not None else told_wait(head, error.message)


def _overloaded(case: Case, status: int, wait: float | None = None) -> Judged:
    if wait is None:
        wait = case.wait
    headers: Headers = () if wait is None else (("retry-after", str(whole_seconds(wait))),)
    return "overloaded", ApiError(status, case.told, headers=headers)


def _is_credential(case: Case) -> bool:
    if case.status == 401:
        return True
    reason = case.error.reason.startswith("API_KEY_")
    return case.status in (400, 403) and (reason or _KEY.search(case.error.message) is not None)


def _judge_credential(case: Case) -> Judged:
    return _refused(
        403,
        f"{case.vendor} rejected Dragoman's credential (HTTP {case.status}). The backend key in Dragoman's settings "
        "is missing, wrong or expired; the login of this client is not concerned.",
    )


def _judge_quota(case: Case) -> Judged:
    """429: later it may work, unless there is no quota, or none before tomorrow."""
    error = case.error
    if _NO_QUOTA.search(error.message):
        return _refused(
            429, f"{case.told.rstrip('. ')}. There is none of this quota: request quota for this base model."
        )
    words = " ".join((error.message, *error.quota_ids))
    if _PER_DAY.search(words) or _NO_CREDIT.search(words) or (case.wait or 0) > LONGEST_HOPE:
        return _refused(429, case.told)
    wait: float | None = case.wait if case.wait is not None else case.default_wait
    if wait is None and _PER_MINUTE.search(words):
        wait = PER_MINUTE_WAIT
    return _overloaded(case, 429, wait)


def _judge_overflow(case: Case) -> Judged:
    message = case.error.message
    overflow = find_overflow(message)
    assert overflow is not None
    return _refused(400, overflow_message(overflow, case.max_tokens, message))


def _words(case: Case, pattern: re.Pattern[str]) -> bool:
    return pattern.search(case.error.message) is not None


_RULES: tuple[tuple[Callable[[Case], bool], Callable[[Case], Judged]], ...] = (
    (_is_credential, _judge_credential),
    (lambda case: _words(case, _REQUEST_SIZE), lambda case: _refused(400, INPUT_TOO_LONG)),
    (
        lambda case: case.status == 413 or (case.status == 400 and _words(case, _PAYLOAD_SIZE)),
        lambda case: _refused(413, case.told),
    ),
    (lambda case: case.status == 400 and find_overflow(case.error.message) is not None, _judge_overflow),
    (lambda case: case.status == 400 and _words(case, _PLACE), lambda case: _refused(403, case.told)),
    (lambda case: case.status == 404, lambda case: _refused(404, f"model: {case.model} ({case.told})")),
    (
        lambda case: (
            case.status in (409, 499, 503, 529)
            or case.error.reason == "MODEL_CAPACITY_EXHAUSTED"
            or (case.status == 429 and _words(case, _CAPACITY))
        ),
        lambda case: _overloaded(case, 529),
    ),
    (lambda case: case.status == 429, _judge_quota),
    (lambda case: case.status in (408, 504), lambda case: _overloaded(case, 504)),
    (lambda case: case.status == 403, lambda case: _refused(403, case.told)),
    (lambda case: case.status == 501, lambda case: _refused(501, case.told)),
    (lambda case: case.status < 500, lambda case: _refused(400, case.told)),
    (lambda case: case.status == 500, lambda case: _overloaded(case, 500)),
    (lambda case: True, lambda case: _overloaded(case, 502)),
)
"""The first that matches judges."""
