"""web_search/search_api.py"""

import pytest

from dragoman.web_search.search_api import headers, refusal


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "invalid_tool_input"),
        (401, "unavailable"),
        (402, "too_many_requests"),
        (403, "unavailable"),
        (404, "unavailable"),
        (301, "unavailable"),
        (413, "request_too_large"),
        (414, "request_too_large"),
        (422, "invalid_tool_input"),
        (429, "too_many_requests"),
        (500, "unavailable"),
        (503, "unavailable"),
    ],
)
def test_every_status_is_one_of_the_apis_codes(status: int, code: str) -> None:
    failure = refusal("brave", status)
    assert failure.code == code
    assert f"HTTP {status}" in failure.reason


def test_a_wrong_key_names_its_setting() -> None:
    assert "SEARCH_API_KEY" in refusal("brave", 401).reason


def test_nothing_but_the_gateways_own_headers_goes_out() -> None:
    assert dict(headers(("x-key", "test-key"))) == {
        "accept": "application/json",
        "accept-encoding": "gzip",
        "user-agent": "dragoman",
        "x-key": "test-key",
    }
