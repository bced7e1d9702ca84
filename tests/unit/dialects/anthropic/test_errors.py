import json

import pytest

from dragoman.dialects.anthropic.errors import read_error_value, read_failure, relayed_headers
from dragoman.wire.exchange import ReplyHead


def error(type, message, **fields):
    return json.dumps({"type": "error", "error": {"type": type, "message": message}, **fields}).encode()


TOO_LONG = error(
    "invalid_request_error", "prompt is too long: 215000 tokens > 200000 maximum", request_id="req_1"
)


def fail(status, body, *headers, clients_credential=False):
    return read_failure(ReplyHead(status, headers), body, clients_credential)


@pytest.mark.parametrize(
    ("status", "type", "kind"),
    [
        (400, "invalid_request_error", "refused"),
        (402, "billing_error", "refused"),
        (403, "permission_error", "refused"),
        (404, "not_found_error", "refused"),
        (409, "conflict_error", "overloaded"),
        (413, "request_too_large", "refused"),
        (429, "rate_limit_error", "overloaded"),
        (500, "api_error", "overloaded"),
        (504, "timeout_error", "overloaded"),
        (529, "overloaded_error", "overloaded"),
    ],
)
def test_errors_are_relayed_byte_for_byte(status, type, kind):
    body = (
        b'{ "type":"error","error":{"details":{"error_code":"x"},"message":"M","type":"%s"}}\n'
        % type.encode()
    )
    failure = fail(status, body)
    assert (failure.kind, failure.status, failure.vendor_message) == (kind, status, "M")
    assert (failure.error.status, failure.error.type, failure.error.body) == (status, type, body)


def test_the_wording_that_clients_match_is_kept():
    failure = fail(400, TOO_LONG)
    assert failure.error.body == TOO_LONG
    assert failure.error.message == "prompt is too long: 215000 tokens > 200000 maximum"


def test_an_error_without_a_message_is_relayed_too():
    body = b'{"type":"error","error":{"type":"api_error"}}'
    assert fail(500, body).error.body == body


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (b'{"message":"no such thing","type":"None","param":null}', "no such thing"),
        (b'{"code":5}', "the upstream answered 404 without a message"),
    ],
)
def test_an_error_in_the_shape_of_another_api_gets_the_envelope(error, message):
    failure = fail(404, b'{"error":' + error + b"}")
    assert (failure.kind, failure.error.status, failure.error.type) == ("refused", 404, "not_found_error")
    assert (failure.error.message, failure.error.body) == (message, None)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the upstream answered 502 without an error of the Messages API"),
        (
            b"<html><title>Bad gateway</title>",
            "the upstream answered 502 without an error of the Messages API",
        ),
        (b"upstream connect error", "the upstream answered 502: upstream connect error"),
        (b'{"message":"no route"}', 'the upstream answered 502: {"message":"no route"}'),
        (b'{"error":"no route"}', 'the upstream answered 502: {"error":"no route"}'),
        (b"[1]", "the upstream answered 502: [1]"),
    ],
)
def test_an_error_of_something_else_is_worded_anew(body, message):
    failure = fail(502, body)
    assert (failure.kind, failure.error.status, failure.error.type) == ("overloaded", 502, "api_error")
    assert (failure.error.message, failure.error.body) == (message, None)


def test_an_error_of_something_else_is_short_and_without_keys():
    body = b"key sk-ant-api03-" + b"a" * 60 + b" is wrong " + b"x" * 2000
    message = fail(500, body).error.message
    assert len(message) < 600
    assert "aaaaaaaa" not in message


REFUSED_KEY = error("authentication_error", "invalid x-api-key")


@pytest.mark.parametrize("body", [REFUSED_KEY, b"", b"Unauthorized", b"<html>"])
def test_a_refused_key_of_the_proxy_is_not_the_clients_fault(body):
    failure = fail(401, body, ("x-should-retry", "true"))
    assert (failure.kind, failure.status) == ("refused", 401)
    assert (failure.error.status, failure.error.type, failure.error.body) == (403, "permission_error", None)
    assert failure.error.headers == (("x-should-retry", "false"),)
    assert "Dragoman's own credential" in failure.error.message
    assert "not yours" in failure.error.message


def test_the_upstreams_words_on_the_proxys_key_are_told():
    assert "invalid x-api-key" in fail(401, REFUSED_KEY).error.message


def test_a_refused_key_of_the_client_is_relayed():
    failure = fail(401, REFUSED_KEY, clients_credential=True)
    assert (failure.error.status, failure.error.body) == (401, REFUSED_KEY)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_a_failure(status):
    failure = fail(status, b"", ("location", "https://elsewhere.example/"))
    assert (failure.kind, failure.error.status) == ("refused", 502)
    assert "redirect" in failure.error.message
    assert failure.error.headers == ()


def test_the_headers_that_tell_when_to_retry_are_kept():
    headers = (("retry-after", "7"), ("retry-after-ms", "6500"), ("x-should-retry", "true"))
    for body in (error("rate_limit_error", "slow down"), b"busy"):
        assert fail(429, body, *headers, ("server", "cloud")).error.headers == headers


def test_headers_that_clients_read_are_relayed_in_order():
    headers = (
        ("request-id", "req_1"),
        ("anthropic-ratelimit-tokens-remaining", "10"),
        ("anthropic-ratelimit-unified-status", "rejected"),
        ("anthropic-organization-id", "org"),
        ("retry-after", "3"),
    )
    others = (
        ("content-type", "application/json"),
        ("content-length", "3"),
        ("content-encoding", "gzip"),
        ("transfer-encoding", "chunked"),
        ("connection", "close"),
        ("set-cookie", "a=b"),
        ("server", "cloud"),
        ("via", "1.1"),
        ("cf-ray", "1"),
        ("alt-svc", "h3"),
        ("strict-transport-security", "1"),
        ("x-envoy-upstream-service-time", "1"),
        ("server-timing", "x"),
    )
    mixed = (
        tuple(pair for both in zip(headers, others, strict=False) for pair in both) + others[len(headers) :]
    )
    assert relayed_headers(ReplyHead(200, mixed)) == headers


@pytest.mark.parametrize(
    ("type", "status", "kind"),
    [
        ("overloaded_error", 529, "overloaded"),
        ("rate_limit_error", 429, "overloaded"),
        ("api_error", 500, "overloaded"),
        ("invalid_request_error", 400, "refused"),
        ("brand_new_error", 500, "overloaded"),
    ],
)
def test_an_error_inside_a_stream_keeps_its_type(type, status, kind):
    failure = read_error_value({"type": "error", "error": {"type": type, "message": "M"}}, None)
    assert (failure.kind, failure.status, failure.error.status) == (kind, status, status)
    assert (failure.error.type, failure.error.message, failure.vendor_message) == (type, "M", "M")


@pytest.mark.parametrize("value", [{}, {"error": None}, {"error": "x"}, {"error": {}}])
def test_an_error_without_words_says_so(value):
    failure = read_error_value(value, None)
    assert (failure.error.type, failure.error.status) == ("api_error", 500)
    assert "without a message" in failure.error.message


def test_the_body_of_a_whole_error_goes_with_it():
    assert read_error_value(json.loads(TOO_LONG), TOO_LONG).error.body == TOO_LONG


def google(code, message, status, *headers, in_array=True, **fields):
    error = {"error": {"code": code, "message": message, "status": status, **fields}}
    body = json.dumps([error] if in_array else error).encode()
    return read_failure(ReplyHead(code, headers), body, False, "opus", 100).error


@pytest.mark.parametrize("in_array", [False, True])
def test_googles_errors_are_told_in_anthropics_terms(in_array):
    error = google(
        403,
        "Permission denied on projects/p-1/x",
        "PERMISSION_DENIED",
        ("request-id", "r"),
        in_array=in_array,
    )
    assert (error.status, error.type, error.body) == (403, "permission_error", None)
    assert error.message == "Vertex AI: Permission denied on projects/***/x"
    assert dict(error.headers) == {"x-should-retry": "false", "request-id": "r"}


def test_googles_missing_model_is_the_one_that_was_asked_for():
    assert google(404, "gone", "NOT_FOUND").message == "model: opus (Vertex AI: gone)"


def test_a_request_that_is_too_large_for_google_is_said_exactly():
    words = "The request size (31457281 bytes) exceeds 30.000MB limit."
    inner = json.dumps({"error": {"code": 400, "message": words, "status": "INVALID_ARGUMENT"}})
    error = google(400, inner, "FAILED_PRECONDITION")
    assert (error.status, error.type) == (400, "invalid_request_error")
    assert error.message == "Input is too long."


@pytest.mark.parametrize(
    ("headers", "fields", "wait"),
    [
        ((), {}, "10"),
        ((("retry-after", "4"),), {}, "4"),
        ((), {"details": [{"@type": "RetryInfo", "retryDelay": "2.5s"}]}, "3"),
    ],
)
def test_googles_used_up_quota_is_worth_a_wait(headers, fields, wait):
    words = "Quota exceeded for online_prediction_input_tokens_per_minute_per_base_model"
    error = google(429, words, "RESOURCE_EXHAUSTED", *headers, **fields)
    assert (error.status, error.headers) == (429, (("retry-after", wait),))


def test_googles_refused_token_is_not_the_clients():
    error = google(401, "invalid authentication credentials", "UNAUTHENTICATED")
    assert error.status == 403
    assert "Dragoman's credential" in error.message


def test_an_error_of_a_number_alone_is_not_googles():
    body = b'{"error":{"code":503,"message":"busy"}}'
    assert fail(503, body).error.status == 503
