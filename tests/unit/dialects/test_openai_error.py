import json

import pytest

from dragoman.dialects.openai_error import read_failure, read_stream_error
from dragoman.wire.exchange import ReplyHead
from tests.support.chat_requests import ask

REQUEST = ask(max_tokens=32000)


def fail(status, message="", headers=(), **fields):
    body = json.dumps({"error": {"message": message, **fields}}).encode()
    return read_failure(ReplyHead(status, tuple(headers)), body, REQUEST, "groq")


def told(failure):
    return failure.kind, failure.error.status, failure.error.type


def headers(failure):
    return dict(failure.error.headers)


PERMANENT = {"x-should-retry": "false"}


@pytest.mark.parametrize(
    ("status", "fields", "expected"),
    [
        (400, {"code": "unsupported_parameter"}, ("refused", 400, "invalid_request_error")),
        (422, {}, ("refused", 400, "invalid_request_error")),
        (402, {}, ("refused", 402, "billing_error")),
        (403, {"code": "unsupported_country_region_territory"}, ("refused", 403, "permission_error")),
        (404, {"code": "model_not_found"}, ("refused", 404, "not_found_error")),
        (413, {}, ("refused", 413, "request_too_large")),
        (408, {}, ("overloaded", 504, "timeout_error")),
        (504, {}, ("overloaded", 504, "timeout_error")),
        (429, {"code": "rate_limit_exceeded"}, ("overloaded", 429, "rate_limit_error")),
        (429, {"code": "insufficient_quota"}, ("refused", 402, "billing_error")),
        (429, {"code": "billing_hard_limit_reached"}, ("refused", 402, "billing_error")),
        (429, {"type": "engine_overloaded_error"}, ("overloaded", 529, "overloaded_error")),
        (503, {}, ("overloaded", 529, "overloaded_error")),
        (529, {}, ("overloaded", 529, "overloaded_error")),
        (500, {}, ("overloaded", 502, "api_error")),
        (502, {}, ("overloaded", 502, "api_error")),
        (307, {}, ("overloaded", 502, "api_error")),
        (418, {}, ("refused", 400, "invalid_request_error")),
    ],
)
def test_each_status_has_its_counterpart(status, fields, expected):
    assert told(fail(status, "words", **fields)) == expected


def test_a_quota_that_comes_back_is_a_rate_limit():
    message = "You exceeded your current quota, please check your plan and billing details."
    assert told(fail(429, message)) == ("refused", 402, "billing_error")
    assert told(fail(429, message + " Please retry in 33.4s.")) == ("overloaded", 429, "rate_limit_error")


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_permanent_errors_tell_the_client_not_to_retry(status):
    assert headers(fail(status, "words")) == PERMANENT


@pytest.mark.parametrize("status", [500, 503, 504])
def test_passing_errors_do_not(status):
    assert headers(fail(status, "words")) == {}


def test_the_words_of_the_upstream_stand_behind_its_name():
    assert fail(400, "Unknown parameter: 'foo'.").error.message == "groq: Unknown parameter: 'foo'."


def test_an_error_without_words_names_the_status():
    assert fail(500).error.message == "groq: HTTP 500 without a message"


def test_the_failure_keeps_status_code_and_words_for_mending():
    failure = fail(400, "Not supported.", code="unsupported_parameter", param="stop")
    assert (failure.status, failure.vendor_code) == (400, "unsupported_parameter")
    assert failure.vendor_message == "Not supported. (param: stop)"


def test_a_param_that_the_words_name_is_not_repeated():
    assert fail(400, "'stop' is not supported", param="stop").vendor_message == "'stop' is not supported"


def test_a_wait_is_passed_on_in_whole_seconds():
    assert headers(fail(429, "slow down", [("retry-after", "1.2")])) == {"retry-after": "2"}
    assert headers(fail(429, "Please try again in 3.5s")) == {"retry-after": "4"}
    assert headers(fail(503, "busy", [("retry-after-ms", "500")])) == {"retry-after": "1"}
    assert headers(fail(429, "slow down", [("x-ratelimit-reset-tokens", "6m0s")])) == {"retry-after": "60"}


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        (401, {"message": "Incorrect API key provided: sk-tes***key.", "code": "invalid_api_key"}),
        (401, {"message": "User not found."}),
        (403, {"message": "Invalid API key"}),
        (400, {"message": "API key not valid. Please pass a valid API key."}),
    ],
)
def test_a_rejected_backend_key_is_told_as_such_and_never_quoted(status, fields):
    failure = read_failure(ReplyHead(status, ()), json.dumps({"error": fields}).encode(), REQUEST)
    assert told(failure) == ("refused", 403, "permission_error")
    assert failure.error.message.startswith("the upstream rejected Dragoman's credential")
    assert "login of this client" in failure.error.message
    assert "sk-" not in failure.error.message
    assert headers(failure) == PERMANENT


def test_an_unknown_model_is_named_as_the_client_named_it():
    failure = fail(404, "The model `x` does not exist", code="model_not_found")
    assert failure.error.message == "model: claude-x (groq: The model `x` does not exist)"
    assert told(fail(400, "deepseek-v9 is not a valid model ID")) == ("refused", 404, "not_found_error")


def test_a_wrong_path_shows_what_answered():
    failure = read_failure(ReplyHead(404, ()), b"<html><title>Not Found</title></html>", REQUEST, "groq")
    assert failure.error.message == "model: claude-x (groq: the reply is a web page, not JSON (Not Found))"


def test_a_prompt_that_is_too_long_is_told_in_the_words_that_make_clients_compact():
    message = "This model's maximum context length is 128000 tokens. However, your messages resulted in 130001 tokens."
    failure = fail(400, message, code="context_length_exceeded")
    assert failure.error.message == "prompt is too long: 130001 tokens > 128000 maximum"
    assert told(failure) == ("refused", 400, "invalid_request_error")


def test_an_output_that_does_not_fit_is_told_in_the_words_that_make_clients_ask_for_less():
    message = (
        "'max_tokens' or 'max_completion_tokens' is too large: 32000. This model's maximum context length is "
        "32768 tokens and your request has 5000 input tokens (32000 > 32768 - 5000)."
    )
    assert fail(400, message).error.message == (
        "input length and `max_tokens` exceed context limit: 5000 + 32000 > 32768, "
        "decrease input length or `max_tokens` and try again"
    )


def test_llama_cpps_own_numbers_are_used():
    failure = fail(
        400,
        "the request exceeds the available context size, try increasing it",
        type="exceed_context_size_error",
        n_prompt_tokens=5000,
        n_ctx=4096,
    )
    assert failure.error.message == "prompt is too long: 5000 tokens > 4096 maximum"


def test_a_nested_overflow_is_found():
    raw = json.dumps({"error": {"message": "prompt is too long: 210000 tokens > 200000 maximum"}})
    failure = fail(400, "Provider returned error", metadata={"raw": raw})
    assert failure.error.message == "prompt is too long: 210000 tokens > 200000 maximum"


def test_a_request_larger_than_a_minutes_allowance_is_too_long():
    message = "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 90000."
    failure = fail(429, message, code="rate_limit_exceeded")
    assert failure.error.message == "prompt is too long: 58000 tokens > 30000 maximum"


def test_too_many_tokens_for_now_is_a_rate_limit():
    assert told(fail(429, "Too many tokens, please wait")) == ("overloaded", 429, "rate_limit_error")


@pytest.mark.parametrize(
    ("status", "fields"),
    [
        (400, {"message": "x", "code": "content_filter"}),
        (400, {"message": "x", "code": "content_policy_violation"}),
        (400, {"message": "x", "code": "ResponsibleAIPolicyViolation"}),
        (400, {"message": "Your prompt was flagged", "code": "invalid_prompt"}),
        (400, {"message": "The response was filtered due to Azure's content management policy."}),
        (400, {"message": "x", "code": "data_inspection_failed"}),
        (403, {"message": "Your input requires moderation on this model"}),
    ],
)
def test_a_content_filter_is_marked_for_a_refusal(status, fields):
    failure = fail(status, **fields)
    assert failure.vendor_code == "content_filter"
    assert failure.kind == "refused"
    assert failure.error.status == 400


def test_an_image_that_is_too_large_is_told_in_the_words_that_make_clients_drop_it():
    failure = fail(400, "Image too large: 20MB exceeds the limit", code="image_too_large")
    assert "image dimensions exceed max allowed size" in failure.error.message
    assert "Image too large" in failure.error.message


@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b"[]", b"\x00\xff", b'{"error":7}'])
@pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
def test_every_body_gives_an_error_with_words(status, body):
    failure = read_failure(ReplyHead(status, ()), body, REQUEST)
    assert failure.error.message
    assert failure.error.message.isprintable()


def test_messages_stay_short():
    assert len(fail(400, "x" * 100_000).error.message) < 2_100


def test_secrets_in_an_upstreams_words_reach_nobody():
    failure = fail(400, "bad url https://me:hunter22@a.example and key sk-test-abcdef-ghijkl")
    for text in (failure.error.message, failure.vendor_message):
        assert "hunter22" not in text
        assert "abcdef" not in text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"error": {"message": "boom", "type": "server_error"}}, ("broke_midway", 502, "api_error")),
        ({"error": {"code": 502, "message": "Provider disconnected"}}, ("broke_midway", 502, "api_error")),
        ({"error": {"code": 429, "message": "Rate limited"}}, ("overloaded", 429, "rate_limit_error")),
        (
            {"object": "error", "message": "bad", "type": "BadRequestError", "code": 400},
            ("refused", 400, "invalid_request_error"),
        ),
        (
            {"error": {"message": "slow", "type": "rate_limit_exceeded"}},
            ("overloaded", 429, "rate_limit_error"),
        ),
        (
            {"error": {"message": "x", "type": "invalid_request_error"}},
            ("refused", 400, "invalid_request_error"),
        ),
        (
            {"error": {"message": "Overloaded", "type": "overloaded_error"}},
            ("overloaded", 529, "overloaded_error"),
        ),
        ({"error": {"message": "x", "code": "invalid_api_key"}}, ("refused", 403, "permission_error")),
        ({"error": {"message": "Timed out"}}, ("overloaded", 504, "timeout_error")),
        ({"error": {"message": "x", "code": "model_not_found"}}, ("refused", 404, "not_found_error")),
        ({"error": {"message": "x", "type": "permission_denied"}}, ("refused", 403, "permission_error")),
        ({"choices": [{"finish_reason": "error"}]}, ("broke_midway", 502, "api_error")),
    ],
)
def test_errors_inside_a_stream_are_judged_by_their_words(value, expected):
    assert told(read_stream_error(value, REQUEST)) == expected


def test_an_error_inside_a_stream_keeps_the_upstreams_words():
    failure = read_stream_error({"error": {"message": "boom"}})
    assert failure.error.message == "the upstream: boom"


def test_an_overflow_inside_a_stream_is_told_without_a_request_too():
    message = (
        "This model's maximum context length is 100 tokens. However, your messages resulted in 200 tokens."
    )
    failure = read_stream_error({"error": {"message": message, "code": "context_length_exceeded"}})
    assert failure.error.message == "prompt is too long: 200 tokens > 100 maximum"
    assert (
        read_stream_error({"error": {"message": "x", "code": "model_not_found"}}).error.message
        == "the upstream: x"
    )
