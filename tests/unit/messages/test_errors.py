import pytest

from dragoman.messages.errors import (
    ApiError,
    UpstreamFailure,
    UpstreamNonsense,
    error_type,
    invalid_request,
)


@pytest.mark.parametrize(
    ("status", "named"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (402, "billing_error"),
        (403, "permission_error"),
        (404, "not_found_error"),
        (409, "conflict_error"),
        (413, "request_too_large"),
        (429, "rate_limit_error"),
        (500, "api_error"),
        (502, "api_error"),
        (503, "api_error"),
        (504, "timeout_error"),
        (529, "overloaded_error"),
    ],
)
def test_status_has_the_type_of_the_api(status, named):
    assert error_type(status) == named


@pytest.mark.parametrize("status", [405, 418, 422, 451])
def test_other_status_of_the_400s_is_the_fault_of_the_request(status):
    assert error_type(status) == "invalid_request_error"


@pytest.mark.parametrize("status", [301, 505, 599])
def test_any_other_status_is_ours(status):
    assert error_type(status) == "api_error"


def test_error_takes_its_type_from_its_status():
    assert ApiError(529, "busy").type == "overloaded_error"


def test_type_can_be_given_beside_the_status():
    error = ApiError(429, "spend limit reached", type="billing_error", headers=(("x-should-retry", "false"),))
    assert (error.status, error.type, str(error)) == (429, "billing_error", "spend limit reached")


def test_invalid_request_is_not_retried():
    error = invalid_request("max_tokens: Field required")
    assert (error.status, error.type) == (400, "invalid_request_error")
    assert error.headers == (("x-should-retry", "false"),)


def test_failure_says_what_the_client_sees():
    failure = UpstreamFailure(
        "overloaded", ApiError(529, "busy"), status=503, vendor_code="x", vendor_message="y"
    )
    assert (str(failure), failure.kind, failure.error.status) == ("busy", "overloaded", 529)
    assert (failure.status, failure.vendor_code, failure.vendor_message) == (503, "x", "y")


def test_nonsense_is_a_failure_with_a_502():
    nonsense = UpstreamNonsense("no end")
    assert isinstance(nonsense, UpstreamFailure)
    assert (nonsense.kind, nonsense.error.status, nonsense.error.type) == ("broke_midway", 502, "api_error")
