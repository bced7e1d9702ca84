import json

import pytest

from dragoman.dialects.google_envelope import GoogleError, parse_google_error
from dragoman.dialects.google_error import judge_google_error
from dragoman.wire.exchange import ReplyHead


def judge(error, http_status=None, **options):
    known = {"vendor": "Vertex AI", "model": "m-1", "max_tokens": 100} | options
    return judge_google_error(error, error.code if http_status is None else http_status, **known)


def headers(failure):
    return dict(failure.error.headers)


@pytest.mark.parametrize(
    ("code", "status", "client_status", "type", "kind"),
    [
        (400, "INVALID_ARGUMENT", 400, "invalid_request_error", "refused"),
        (400, "FAILED_PRECONDITION", 400, "invalid_request_error", "refused"),
        (403, "PERMISSION_DENIED", 403, "permission_error", "refused"),
        (404, "NOT_FOUND", 404, "not_found_error", "refused"),
        (409, "ABORTED", 529, "overloaded_error", "overloaded"),
        (413, "INVALID_ARGUMENT", 413, "request_too_large", "refused"),
        (429, "RESOURCE_EXHAUSTED", 429, "rate_limit_error", "overloaded"),
        (499, "CANCELLED", 529, "overloaded_error", "overloaded"),
        (500, "INTERNAL", 500, "api_error", "overloaded"),
        (501, "UNIMPLEMENTED", 501, "api_error", "refused"),
        (502, "", 502, "api_error", "overloaded"),
        (503, "UNAVAILABLE", 529, "overloaded_error", "overloaded"),
        (504, "DEADLINE_EXCEEDED", 504, "timeout_error", "overloaded"),
    ],
)
def test_each_status_has_its_type(code, status, client_status, type, kind):
    failure = judge(GoogleError("M", status, code))
    assert (failure.error.status, failure.error.type, failure.kind) == (client_status, type, kind)
    assert failure.error.message == ("model: m-1 (Vertex AI: M)" if code == 404 else "Vertex AI: M")
    assert (headers(failure).get("x-should-retry") == "false") is (kind == "refused")
    assert (failure.status, failure.vendor_code, failure.vendor_message) == (code, status, "M")


@pytest.mark.parametrize(
    ("error", "client_status"),
    [
        (GoogleError("M", "RESOURCE_EXHAUSTED", 429), 429),
        (GoogleError("M", "UNAVAILABLE"), 529),
        (GoogleError("M", "PERMISSION_DENIED"), 403),
    ],
)
def test_inside_a_stream_the_error_tells_its_status(error, client_status):
    assert judge(error, 200).error.status == client_status


def test_a_server_error_inside_a_stream_broke_the_answer():
    assert judge(GoogleError("M", "INTERNAL", 500), 200).kind == "broke_midway"
    assert judge(GoogleError("M", "NEW_WORD"), 200).kind == "broke_midway"


@pytest.mark.parametrize(
    "error",
    [
        GoogleError("M", "UNAUTHENTICATED", 401),
        GoogleError("API key not valid. Please pass a valid API key.", "INVALID_ARGUMENT", 400),
        GoogleError("API key expired. Please renew the API key.", "INVALID_ARGUMENT", 400),
        GoogleError("M", "INVALID_ARGUMENT", 400, "API_KEY_INVALID"),
        GoogleError("Your API key was reported as leaked.", "PERMISSION_DENIED", 403),
    ],
)
def test_a_refused_credential_is_dragomans_own(error):
    failure = judge(error)
    assert failure.error.status == 403
    assert failure.error.message.startswith(f"Vertex AI rejected Dragoman's credential (HTTP {error.code}).")
    assert headers(failure) == {"x-should-retry": "false"}
    assert failure.status == error.code


def test_too_long_a_prompt_is_said_as_anthropic_says_it():
    words = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
    failure = judge(GoogleError(words, "INVALID_ARGUMENT", 400))
    assert failure.error.message == "prompt is too long: 1200000 tokens > 1048576 maximum"
    assert failure.error.status == 400


def test_an_output_that_does_not_fit_is_told_with_the_clients_limit():
    words = "exceed context limit: 150000 + 64000 > 200000"
    failure = judge(GoogleError(words, "FAILED_PRECONDITION", 400), max_tokens=64000)
    assert failure.error.message.startswith(
        "input length and `max_tokens` exceed context limit: 150000 + 64000"
    )


@pytest.mark.parametrize("subject", ["request", "message"])
def test_too_large_a_request_is_said_in_the_words_that_clients_know(subject):
    failure = judge(GoogleError(f"The {subject} size (31457281 bytes) exceeds 30.000MB limit.", "", 400))
    assert (failure.error.status, failure.error.message) == (400, "Input is too long.")


def test_too_large_a_payload_is_a_413():
    words = "Request payload size exceeds the limit: 20971520 bytes."
    assert judge(GoogleError(words, "INVALID_ARGUMENT", 400)).error.status == 413


def test_a_country_that_is_not_served_is_a_matter_of_permission():
    words = "User location is not supported for the API use."
    assert judge(GoogleError(words, "FAILED_PRECONDITION", 400)).error.status == 403


@pytest.mark.parametrize(
    ("error", "wait"),
    [
        (GoogleError("M", "RESOURCE_EXHAUSTED", 429, retry_delay=6.2), "7"),
        (GoogleError("M", "RESOURCE_EXHAUSTED", 429, retry_delay=120.0), "60"),
        (GoogleError("Please retry in 34.07s.", "RESOURCE_EXHAUSTED", 429), "35"),
        (GoogleError("M", "RESOURCE_EXHAUSTED", 429, quota_ids=("TokensPerMinute",)), "60"),
        (GoogleError("tokens_per_minute_per_base_model", "RESOURCE_EXHAUSTED", 429), "60"),
        (GoogleError("M", "RESOURCE_EXHAUSTED", 429), None),
        (GoogleError("M", "UNAVAILABLE", 503), None),
        (GoogleError("M", "UNAVAILABLE", 503, retry_delay=2), "2"),
    ],
)
def test_clients_are_told_when_to_come_back(error, wait):
    assert headers(judge(error)) == ({} if wait is None else {"retry-after": wait})


def test_a_header_tells_the_wait_and_else_the_caller_does():
    error = GoogleError("tokens_per_minute", "RESOURCE_EXHAUSTED", 429)
    head = ReplyHead(429, (("retry-after", "4"),))
    assert headers(judge(error, head=head, default_wait=10)) == {"retry-after": "4"}
    assert headers(judge(error, default_wait=10)) == {"retry-after": "10"}


@pytest.mark.parametrize(
    "error",
    [
        GoogleError("M", "RESOURCE_EXHAUSTED", 429, retry_delay=6, quota_ids=("RequestsPerDayPerProject",)),
        GoogleError("requests_per_day", "RESOURCE_EXHAUSTED", 429),
        GoogleError("M", "RESOURCE_EXHAUSTED", 429, retry_delay=301),
        GoogleError("Your prepayment credits are depleted.", "RESOURCE_EXHAUSTED", 429),
    ],
)
def test_a_quota_that_is_not_back_soon_is_not_worth_a_retry(error):
    failure = judge(error, default_wait=10)
    assert (failure.error.status, failure.kind) == (429, "refused")
    assert headers(failure) == {"x-should-retry": "false"}


@pytest.mark.parametrize("words", ["limit: 0, model: x", "with limit 0", 'quota limit "0".', "limit: 0."])
def test_no_quota_at_all_says_what_to_ask_for(words):
    failure = judge(GoogleError(words, "RESOURCE_EXHAUSTED", 429, retry_delay=3))
    assert failure.error.message.endswith("request quota for this base model.")
    assert headers(failure) == {"x-should-retry": "false"}


@pytest.mark.parametrize("words", ["limit: 05", "limit: 0.5", "limit: 10"])
def test_a_small_quota_is_not_none(words):
    assert headers(judge(GoogleError(words, "RESOURCE_EXHAUSTED", 429, retry_delay=3))) == {
        "retry-after": "3"
    }


@pytest.mark.parametrize(
    "error",
    [
        GoogleError("M", "RESOURCE_EXHAUSTED", 429, "MODEL_CAPACITY_EXHAUSTED"),
        GoogleError("No capacity available for model m-1", "RESOURCE_EXHAUSTED", 429),
        GoogleError("The model is overloaded. Please try again later.", "UNAVAILABLE", 503),
    ],
)
def test_a_lack_of_capacity_is_an_overload(error):
    assert judge(error).error.status == 529


def test_an_error_without_a_message_says_its_status():
    assert judge(GoogleError("", "INTERNAL", 500)).error.message == "Vertex AI: INTERNAL without a message"
    assert judge(GoogleError("", "", 502)).error.message == "Vertex AI: HTTP 502 without a message"


def test_parsing_and_judging_fit_together():
    inner = {"error": {"code": 400, "message": "The request size (31457281 bytes) exceeds 30.000MB limit."}}
    body = {"error": {"code": 400, "message": json.dumps(inner), "status": "FAILED_PRECONDITION"}}
    error = parse_google_error(json.dumps([body]).encode())
    assert error is not None
    assert judge(error, 400).error.message == "Input is too long."
