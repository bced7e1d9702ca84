"""Errors of OpenAI-compatible servers as Anthropic's (spec/openai-chat.md section 10, spec/openai-responses.md 14).

Claude Code acts on exact wordings, on `retry-after` and on `x-should-retry` (spec/claude-code.md section 8).
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from dragoman.dialects.context_overflow import Overflow, find_overflow, overflow_message
from dragoman.dialects.openai_envelope import (
    CONTENT_FILTER,
    VendorError,
    parse_error,
    parse_error_body,
)
from dragoman.dialects.retry_after import retry_after_seconds
from dragoman.messages.errors import FINAL, ApiError, FailureKind, UpstreamFailure
from dragoman.messages.request import MessagesRequest
from dragoman.wire.exchange import Headers, ReplyHead


class Case(msgspec.Struct, frozen=True):
    """A failed reply, whole or inside a stream."""

    vendor: VendorError
    status: int
    """Of HTTP, or what the error inside a stream stands for."""
    head: ReplyHead | None
    request: MessagesRequest | None
    upstream: str

    @property
    def told(self) -> str:
        """The server's words with its name before them."""
        return f"{self.upstream}: {self.vendor.message or f'HTTP {self.status} without a message'}"


def read_failure(
    head: ReplyHead, body: bytes, request: MessagesRequest, upstream: str = "the upstream"
) -> UpstreamFailure:
    """A reply whose status is not 2xx. `upstream` names the server in messages."""
    return _failure(Case(parse_error_body(body), head.status, head, request, upstream))


def read_stream_error(
    value: dict[str, Any], request: MessagesRequest | None = None, upstream: str = "the upstream"
) -> UpstreamFailure:
    """An error object inside a stream that began with 200: OpenAI's, OpenRouter's or vLLM's shape.

    `request`, if it is at hand, fills in the model and the limit that the upstream did not name.
    """
    vendor = parse_error(value)
    status = vendor.status or _status_of_words(vendor)
    return _failure(Case(vendor, status, None, request, upstream), midway=True)


def _failure(case: Case, *, midway: bool = False) -> UpstreamFailure:
    for matches, judge in _RULES:
        if matches(case):
            kind, error = judge(case)
            break
    else:
        kind, error = _server_error(case)
    if midway and kind == "overloaded" and error.status == 502:
        kind = "broke_midway"
    vendor = case.vendor
    param = f" (param: {vendor.param})" if vendor.param and vendor.param not in vendor.message else ""
    return UpstreamFailure(
        kind,
        error,
        status=case.status,
        vendor_code=CONTENT_FILTER if _is_filtered(case) else vendor.code,
        vendor_message=vendor.message + param,
    )


Judged = tuple[FailureKind, ApiError]

_FILTERED = re.compile(
    r"content_filter|content_policy|responsibleaipolicy|content management policy|data_inspection_failed"
    r"|content_moderation|invalid_prompt|violating our usage policy|requires moderation|risk_control"
    r"|content exists risk|unsafe or sensitive content|safety_check"
    r"|bio_policy|misalignment_policy_violation|image_content_policy_violation"
)
_CREDENTIAL = re.compile(
    r"invalid[ _]api[ _-]?key|incorrect api key|api key not valid|api[ _]key[ _](?:is )?(?:invalid|expired|disabled"
    r"|missing)|no auth credentials|authentication[ _](?:fail|error|required)|invalid_authentication|unauthorized"
    r"|invalid (?:authorization|credentials|token)|token (?:has )?expired|missing (?:api key|bearer|authorization)"
)
_UNPAID = re.compile(
    r"insufficient_quota|billing_hard_limit|insufficient[ _](?:balance|credit|funds)|credit balance"
    r"|billing_not_active|payment required|arrearage|more credits|exceeded_current_quota_error"
    r"|account.{0,40}(?:overdue|suspended)"
)
_QUOTA = re.compile(r"exceeded your current quota|quota_exceeded")
"""Of money if no time is told after which it is there again; else of a minute or a day."""
_OVERLOADED = re.compile(
    r"overloaded|slow_down|server_busy|server is busy|at capacity|no available capacity|insufficient_system_resource"
    r"|model is (?:currently )?loading|loading model|too busy"
)
_IMAGE_TOO_LARGE = re.compile(
    r"image.{0,80}(?:too large|too big|exceed|dimension|maximum (?:size|resolution))|image_too_large"
)
_NOT_ALLOWED = re.compile(r"must be verified to use|data_residency_mismatch")
"""Of the account, whatever the status: the model is there for others."""
_UNAVAILABLE_MODEL = re.compile(
    r"model_not_found|deploymentnotfound|model.{0,100}(?:not found|does not exist|not exist|no longer available)"
    r"|not a valid model|unknown model|invalid model|no such model"
)
_STREAM_STATUSES: tuple[tuple[str, int], ...] = (
    (_UNPAID.pattern, 402),
    (r"rate_limit|too many requests|tokens per min", 429),
    (r"invalid_request|badrequest|bad_request|invalid_prompt|context_length", 400),
    (r"authentication|invalid_api_key|unauthorized", 401),
    (r"permission", 403),
    (r"not_found", 404),
    (r"overloaded|slow_down|insufficient_system_resource|unavailable|capacity", 503),
    (r"(?:invalid|unsupported|empty|failed_to_download)_\w*image|image_\w+", 400),
    (r"timeout|timed out", 504),
)


def _status_of_words(vendor: VendorError) -> int:
    return next((status for words, status in _STREAM_STATUSES if re.search(words, vendor.words)), 502)


def _is_filtered(case: Case) -> bool:
    return case.status < 500 and case.status != 429 and _FILTERED.search(case.vendor.words) is not None


def _is_credential(case: Case) -> bool:
    if case.status == 401:
        return True
    return case.status in (400, 403) and _CREDENTIAL.search(case.vendor.words) is not None


def _is_unpaid(case: Case) -> bool:
    if case.status == 402:
        return True
    if case.status not in (400, 403, 429):
        return False
    if _UNPAID.search(case.vendor.words):
        return True
    return (
        bool(_QUOTA.search(case.vendor.words)) and retry_after_seconds(case.head, case.vendor.message) is None
    )


def _overflow(case: Case) -> Overflow | None:
    vendor = case.vendor
    if case.status in (401, 403, 404) or (
        case.status == 429 and not vendor.message.lower().startswith("request too large")
    ):
        return None
    if vendor.prompt_tokens is not None and vendor.context_tokens is not None:
        return Overflow(limit=vendor.context_tokens, input=vendor.prompt_tokens)
    return find_overflow(vendor.message, vendor.code)


def _refused(status: int, message: str, type: str | None = None) -> Judged:
    return "refused", ApiError(status, message, type=type, headers=FINAL)


def _overloaded(case: Case, status: int) -> Judged:
    wait = retry_after_seconds(case.head, case.vendor.message)
    headers: Headers = (("retry-after", str(wait)),) if wait is not None else ()
    return "overloaded", ApiError(status, case.told, headers=headers)


def _judge_credential(case: Case) -> Judged:
    return _refused(
        403,
        f"{case.upstream} rejected Dragoman's credential (HTTP {case.status}). The backend key in Dragoman's "
        "settings is missing, wrong or expired; the login of this client is not concerned.",
    )


def _judge_overflow(case: Case) -> Judged:
    overflow = _overflow(case) or Overflow()
    max_tokens = case.request.max_tokens if case.request is not None else 0
    return _refused(400, overflow_message(overflow, max_tokens, case.vendor.message))


def _judge_image(case: Case) -> Judged:
    return _refused(400, f"image dimensions exceed max allowed size: {case.told}")


def _judge_missing(case: Case) -> Judged:
    return _refused(
        404, f"model: {case.request.model} ({case.told})" if case.request is not None else case.told
    )


def _server_error(case: Case) -> Judged:
    return "overloaded", ApiError(502, case.told)


_RULES: tuple[tuple[Callable[[Case], bool], Callable[[Case], Judged]], ...] = (
    (_is_filtered, lambda case: _refused(400, case.told)),
    (_is_credential, _judge_credential),
    (_is_unpaid, lambda case: _refused(402, case.told)),
    (lambda case: _overflow(case) is not None, _judge_overflow),
    (lambda case: bool(_NOT_ALLOWED.search(case.vendor.words)), lambda case: _refused(403, case.told)),
    (
        lambda case: case.status in (400, 413, 422) and bool(_IMAGE_TOO_LARGE.search(case.vendor.words)),
        _judge_image,
    ),
    (
        lambda case: (
            case.status == 404 or (case.status == 400 and bool(_UNAVAILABLE_MODEL.search(case.vendor.words)))
        ),
        _judge_missing,
    ),
    (lambda case: case.status == 413, lambda case: _refused(413, case.told)),
    (
        lambda case: (
            case.status in (503, 529) or bool(case.status >= 429 and _OVERLOADED.search(case.vendor.words))
        ),
        lambda case: _overloaded(case, 529),
    ),
    (lambda case: case.status == 429, lambda case: _overloaded(case, 429)),
    (lambda case: case.status in (408, 504, 524), lambda case: _overloaded(case, 504)),
    (lambda case: case.status == 403, lambda case: _refused(403, case.told)),
    (lambda case: 400 <= case.status < 500, lambda case: _refused(400, case.told)),
)
"""The first that matches judges; whatever matches none is the server's own failure."""
