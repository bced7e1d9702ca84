import json

import pytest

from dragoman.dialects.gemini.errors import read_failure, read_stream_error, said_of
from dragoman.wire.exchange import ReplyHead
from tests.support.chat_requests import ask
from tests.support.gemini_refusal import TYPE

TOO_LONG = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
RETRY = {"@type": f"{TYPE}RetryInfo", "retryDelay": "34.07s"}


def quota(name):
    return {"@type": f"{TYPE}QuotaFailure", "violations": [{"quotaId": name}]}


def info(reason):
    return {"@type": f"{TYPE}ErrorInfo", "reason": reason, "domain": "googleapis.com"}


def body_of(code, message, status, *details):
    return {"error": {"code": code, "message": message, "status": status, "details": list(details)}}


def failed(code, message, status, *details, in_array=False):
    body = body_of(code, message, status, *details)
    return read_failure(ReplyHead(code, ()), json.dumps([body] if in_array else body).encode(), ask())


def headers_of(failure):
    return dict(failure.error.headers)


@pytest.mark.parametrize("in_array", [True, False])
@pytest.mark.parametrize(
    ("code", "status", "message", "seen", "type"),
    [
        (400, "INVALID_ARGUMENT", TOO_LONG, 400, "invalid_request_error"),
        (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", 403, "permission_error"),
        (400, "INVALID_ARGUMENT", "API key expired.", 403, "permission_error"),
        (
            400,
            "FAILED_PRECONDITION",
            "User location is not supported for the API use.",
            403,
            "permission_error",
        ),
        (400, "FAILED_PRECONDITION", "Billing is off.", 400, "invalid_request_error"),
        (400, "INVALID_ARGUMENT", "Request contains an invalid argument.", 400, "invalid_request_error"),
        (401, "UNAUTHENTICATED", "No.", 403, "permission_error"),
        (403, "PERMISSION_DENIED", "No.", 403, "permission_error"),
        (404, "NOT_FOUND", "models/x is not found.", 404, "not_found_error"),
        (409, "ABORTED", "Again.", 529, "overloaded_error"),
        (413, "INVALID_ARGUMENT", "Request entity too large", 413, "request_too_large"),
        (429, "RESOURCE_EXHAUSTED", "Quota.", 429, "rate_limit_error"),
        (503, "UNAVAILABLE", "The model is overloaded.", 529, "overloaded_error"),
        (499, "CANCELLED", "Cancelled.", 529, "overloaded_error"),
        (500, "INTERNAL", "Internal.", 500, "api_error"),
        (504, "DEADLINE_EXCEEDED", "Late.", 504, "timeout_error"),
    ],
)
def test_each_failure_is_the_one_of_the_specification(code, status, message, seen, type, in_array):
    failure = failed(code, message, status, in_array=in_array)
    assert (failure.error.status, failure.error.type) == (seen, type)
    assert (failure.status, failure.vendor_code, failure.vendor_message) == (code, status, message)


def test_overflow_has_the_words_that_clients_look_for():
    failure = failed(400, TOO_LONG, "INVALID_ARGUMENT")
    assert failure.error.message == "prompt is too long: 1200000 tokens > 1048576 maximum"


def test_messages_name_the_vendor():
    assert failed(403, "No.", "PERMISSION_DENIED").error.message == "Gemini: No."


def test_backend_key_is_not_the_login_of_the_client():
    failure = failed(400, "API key not valid.", "INVALID_ARGUMENT", info("API_KEY_INVALID"))
    assert "the login of this client is not concerned" in failure.error.message
    assert headers_of(failure) == {"x-should-retry": "false"}


@pytest.mark.parametrize(
    ("message", "details", "headers"),
    [
        ("Quota.", [RETRY], {"retry-after": "35"}),
        ("Quota.", [], {}),
        ("Quota.", [quota("GenerateRequestsPerMinutePerProject")], {"retry-after": "60"}),
        ("Quota.", [quota("GenerateRequestsPerDayPerProject"), RETRY], {"x-should-retry": "false"}),
        ("Quota exceeded, limit: 0, model: x", [RETRY], {"x-should-retry": "false"}),
        ("Quota.", [RETRY | {"retryDelay": "3600s"}], {"x-should-retry": "false"}),
    ],
)
def test_quota_tells_when_to_come_back(message, details, headers):
    failure = failed(429, message, "RESOURCE_EXHAUSTED", *details)
    assert headers_of(failure) == headers
    assert failure.error.status == 429


def test_lack_of_capacity_is_an_overload():
    assert (
        failed(429, "No capacity.", "RESOURCE_EXHAUSTED", info("MODEL_CAPACITY_EXHAUSTED")).error.status
        == 529
    )


def test_missing_model_is_named():
    assert failed(404, "models/x is not found.", "NOT_FOUND").error.message.startswith("model: ")


def test_error_inside_an_error_is_read():
    inner = json.dumps(body_of(429, "Quota.", "RESOURCE_EXHAUSTED", RETRY))
    failure = failed(429, inner, "")
    assert failure.error.message == "Gemini: Quota."
    assert headers_of(failure) == {"retry-after": "35"}


def test_keys_are_not_passed_on():
    key = "AIza" + "x" * 35
    assert key not in failed(400, f"The key {key} is odd. ?key={key}", "INVALID_ARGUMENT").error.message


@pytest.mark.parametrize(
    ("status", "seen", "kind"),
    [
        (400, 400, "refused"),
        (401, 403, "refused"),
        (403, 403, "refused"),
        (404, 404, "refused"),
        (408, 504, "overloaded"),
        (413, 413, "refused"),
        (429, 429, "overloaded"),
        (500, 500, "overloaded"),
        (502, 502, "overloaded"),
        (503, 529, "overloaded"),
        (504, 504, "overloaded"),
    ],
)
@pytest.mark.parametrize(
    "body", [b"", b"<html><title>Error</title></html>", b"upstream connect error", b"{}", b"\xff"]
)
def test_status_decides_where_google_did_not_speak(status, seen, kind, body):
    failure = read_failure(ReplyHead(status, ()), body, ask())
    assert (failure.error.status, failure.kind, failure.status) == (seen, kind, status)
    assert "<" not in failure.error.message
    if seen not in (403, 404):
        assert failure.error.message.startswith("Gemini: ")


def test_words_in_plain_text_are_passed_on_without_secrets():
    failure = read_failure(ReplyHead(502, ()), b"upstream connect error, Bearer abcdefghijklmnop", ask())
    assert failure.error.message.startswith("Gemini: upstream connect error")
    assert "abcdefghijklmnop" not in failure.error.message
    assert read_failure(ReplyHead(502, ()), b"", ask()).error.message == "Gemini: HTTP 502 without a message"


def test_wait_in_the_head_is_passed_on():
    failure = read_failure(ReplyHead(503, (("retry-after", "7"),)), b"", ask())
    assert headers_of(failure) == {"retry-after": "7"}


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status):
    failure = read_failure(ReplyHead(status, ()), b"", ask())
    assert (failure.kind, failure.error.status) == ("refused", 502)


def test_error_inside_a_stream_has_the_status_that_it_says():
    failure = read_stream_error(json.dumps(body_of(429, "Quota.", "RESOURCE_EXHAUSTED")).encode(), "m")
    assert failure is not None
    assert failure.error.status == 429


@pytest.mark.parametrize("data", [b"", b"{", b'{"candidates": []}', b'{"error": null}', b"[]", b": comment"])
def test_what_is_no_error_is_none(data):
    assert read_stream_error(data, "m") is None


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ({"message": "the model fell over"}, "the model fell over"),
        ("just words", "just words"),
        ({"message": "bad key sk-abcdefgh12345678"}, "bad key ***"),
        ({"message": {}}, "no words"),
        ([], "no words"),
        ({"message": "x" * 900}, "x" * 500),
    ],
)
def test_words_of_an_error_in_another_form_are_told(error, words):
    assert said_of(error) == words


def test_words_in_another_form_tell_no_project_either():
    body = b'{"error":"consumer:123456789012 is unknown in projects/my-proj/x"}'
    failure = read_failure(ReplyHead(500, ()), body, ask())
    assert "my-proj" not in failure.error.message
    assert "123456789012" not in failure.error.message
    assert said_of({"message": "in projects/my-proj/x"}) == "in projects/***/x"
