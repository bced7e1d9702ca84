import pytest

from dragoman.access.vertex import address
from dragoman.dialects.dialect import Written

BASE = "https://us-east5-aiplatform.googleapis.com/v1/projects/p/locations/us-east5"
WRITTEN = Written("/models/m:rawPredict", b"{}", streaming=False)


@pytest.mark.parametrize(("dialect", "publisher"), [("gemini", "google"), ("anthropic", "anthropic")])
def test_model_is_asked_below_its_publisher_with_the_token(dialect: str, publisher: str) -> None:
    request = address(WRITTEN, BASE, "test-token", dialect)
    assert (request.method, request.url) == ("POST", f"{BASE}/publishers/{publisher}/models/m:rawPredict")
    assert request.body == b"{}"
    headers = dict(request.headers)
    assert headers["authorization"] == "Bearer test-token"
    assert headers["content-type"] == "application/json"
    assert "x-goog-user-project" not in headers


def test_streams_are_asked_for_as_they_are() -> None:
    headers = dict(
        address(Written("/models/m:streamGenerateContent?alt=sse", b"{}"), BASE, "t", "gemini").headers
    )
    assert (headers["accept"], headers["accept-encoding"]) == ("text/event-stream", "identity")


def test_nothing_of_the_clients_credentials_goes_out() -> None:
    """E07 E08"""
    written = Written(
        "/p",
        b"",
        headers=(("x-api-key", "test-a"), ("authorization", "Bearer test-b"), ("x-goog-api-key", "c")),
    )
    client = (("x-api-key", "test-d"), ("authorization", "Bearer test-e"))
    sent = address(written, BASE, "test-token", "anthropic", client).headers
    assert [value for name, value in sent if name in ("authorization", "x-api-key", "x-goog-api-key")] == [
        "Bearer test-token"
    ]


def test_project_that_pays_is_named() -> None:
    headers = dict(address(WRITTEN, BASE, "t", "gemini", quota_project="payer").headers)
    assert headers["x-goog-user-project"] == "payer"
    assert "x-goog-user-project" not in dict(
        address(WRITTEN, BASE, "t", "gemini", quota_project="a\nb").headers
    )
