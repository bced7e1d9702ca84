import json

import pytest

from dragoman.dialects.google_envelope import GoogleError, google_error_of, parse_google_error

QUOTA = {
    "error": {
        "code": 429,
        "message": "Quota exceeded",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.QuotaFailure",
                "violations": [
                    {"quotaId": "RequestsPerDay"},
                    {"subject": "x"},
                    {"quotaId": "TokensPerMinute"},
                ],
            },
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.07s"},
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED"},
            {"@type": "type.googleapis.com/google.rpc.Help", "links": []},
        ],
    }
}
READ = GoogleError(
    "Quota exceeded",
    "RESOURCE_EXHAUSTED",
    429,
    "RATE_LIMIT_EXCEEDED",
    34.07,
    ("RequestsPerDay", "TokensPerMinute"),
)


def envelope(message, code=400, status="INVALID_ARGUMENT", **fields):
    return {"error": {"code": code, "message": message, "status": status, **fields}}


def parse(value):
    return parse_google_error(json.dumps(value).encode())


@pytest.mark.parametrize("value", [QUOTA, [QUOTA], [{"candidates": []}, QUOTA], QUOTA["error"]])
def test_an_error_is_read_alone_and_in_an_array(value):
    assert parse(value) == READ
    assert google_error_of(value) == READ


@pytest.mark.parametrize(
    "body",
    [
        b"data: %s\n\n",
        b"[%s",
        b",\r\n%s\r\n]",
        b'data: {"candidates":[]}\n\ndata: %s\n\n',
        b'{"candidates":[]}\n%s\n',
        b"  %s  ",
    ],
)
def test_an_error_is_found_in_a_stream_that_lost_its_framing(body):
    assert parse_google_error(body % json.dumps(QUOTA).encode()) == READ


def test_an_error_over_several_lines_is_read():
    assert parse_google_error(json.dumps([QUOTA], indent=2).encode()) == READ


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html>\n<html><title>Error 502</title></html>",
        b'{"error":{"message":"no model","type":"invalid_request_error","code":404}}',
        b'{"type":"error","error":{"message":"Overloaded","type":"overloaded_error"}}',
        b'{"error":"invalid_grant","error_description":"expired"}',
        b'{"error":{"message":"says nothing more"}}',
        b'{"candidates":[]}',
        b'{"code":400}',
        b'"text"',
        b"[]",
    ],
)
def test_what_is_no_error_of_google_is_none(body):
    assert parse_google_error(body) is None


@pytest.mark.parametrize(
    ("delay", "seconds"), [("900ms", 0.9), ("34s", 34), ("0s", 0), ("soon", None), (7, None)]
)
def test_a_delay_is_read_in_seconds(delay, seconds):
    error = parse(envelope("M", details=[{"retryDelay": delay}]))
    assert error is not None
    assert error.retry_delay == seconds


def test_the_innermost_error_is_the_cause():
    inner = json.dumps([envelope("the cause", 429, "RESOURCE_EXHAUSTED", details=[{"reason": "INNER"}])])
    outer = envelope(inner, 400, "FAILED_PRECONDITION", details=[{"reason": "OUTER"}, {"retryDelay": "3s"}])
    assert parse(outer) == GoogleError("the cause", "RESOURCE_EXHAUSTED", 429, "INNER", 3.0)


def test_an_error_of_anthropic_inside_is_read_with_the_outer_status():
    inner = {"type": "error", "error": {"type": "invalid_request_error", "message": "tools: too many"}}
    assert parse(envelope(json.dumps(inner), 400, "FAILED_PRECONDITION")) == GoogleError(
        "tools: too many", "FAILED_PRECONDITION", 400
    )


def test_messages_are_unwrapped_five_times_and_no_further():
    message = "the cause"
    for _ in range(5):
        message = json.dumps(envelope(message))
    error = parse(envelope(message))
    assert error is not None
    assert error.message == "the cause"
    deeper = parse(envelope(json.dumps(envelope(message))))
    assert deeper is not None
    assert deeper.message == json.dumps(envelope("the cause"))


def test_nothing_that_was_given_is_changed():
    value = envelope(json.dumps(envelope("M", 429, "RESOURCE_EXHAUSTED")))
    before = json.dumps(value)
    google_error_of(value)
    assert json.dumps(value) == before


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            "denied on resource '//h/projects/my-proj/locations/l'",
            "denied on resource '//h/projects/***/locations/l'",
        ),
        ("in project 123456789012 before", "in project *** before"),
        ("for consumer 'project_number:123456'.", "for consumer 'project_number:***'."),
        (
            "see https://console.cloud.google.com/x?project=12 then",
            "see https://console.cloud.google.com/x?project=*** then",
        ),
        ("Project 'example' not found", "Project '***' not found"),
        ("Project `example.com:p` not found", "Project `***` not found"),
        ("project id: example was", "project id: *** was"),
        ("Project my-proj-7 is disabled", "Project *** is disabled"),
        ("service-123456789012@gcp-sa-aiplatform.iam.gserviceaccount.com lacks", "*** lacks"),
        ("`x@my-proj-123.iam.gserviceaccount.com` lacks", "`***` lacks"),
        ("123456789012-compute@developer.gserviceaccount.com", "***"),
        ("quota of consumer:123456789012.", "quota of consumer:***."),
        ("Consumer '123456789012' has been suspended.", "Consumer '***' has been suspended."),
        ("in organizations/998877665544 and folders/123456789", "in organizations/*** and folders/***"),
        ("in project myproject before or it is", "in project *** before or it is"),
        ("on projects/my-proj/locations/us-east5", "on projects/***/locations/us-east5"),
        ("project 123456789012", "project ***"),
        (
            "API has not been used in project 123456789012 before",
            "API has not been used in project *** before",
        ),
        ("for project number 123456789012", "for project number ***"),
        ("key AIzaSyA1234567890abcdefghij is bad\nreally", "key *** is bad really"),
    ],
)
def test_a_message_tells_neither_project_nor_key(message, told):
    error = parse(envelope(message))
    assert error is not None
    assert error.message == told


@pytest.mark.parametrize(
    "message",
    [
        "the project has no quota, projects vary",
        "prompt is too long: 213456 tokens > 200000 maximum",
        "Publisher Model `claude-sonnet-4-5@20250929` was not found in us-east5",
        "publishers/anthropic/models/claude-sonnet-4-5@20250929 is not servable in region us-central1",
        "models/gemini-2.5-pro is not found for API version v1beta",
        "Permission 'aiplatform.endpoints.predict' denied on resource",
        "Vertex AI API (aiplatform.googleapis.com) is disabled",
        "quota metric aiplatform.googleapis.com/online_prediction_requests_per_base_model with base model: anthropic-claude",
        "The request size (31457281 bytes) exceeds 30.000MB limit.",
        "max_tokens: 128000 > 64000, which is the maximum allowed number of output tokens for claude-sonnet-4-5",
        "check the quota of the project settings, in project settings",
        "the consumer does not have permission; a folder or organization policy forbids it",
        "input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    ],
)
def test_what_hints_and_clients_read_stays(message):
    error = parse(envelope(message))
    assert error is not None
    assert error.message == message


def test_a_hostile_message_costs_no_more_than_its_length():
    for piece in ("a@", "project ", "projects/", "consumer:1", "in project a"):
        error = parse(envelope(piece * 100_000))
        assert error is not None
        assert len(error.message) <= 2000


def test_a_long_message_is_cut():
    error = parse(envelope("x" * 100_000))
    assert error is not None
    assert len(error.message) == 2000
