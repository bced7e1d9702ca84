import pytest

from dragoman.access.vertex_hints import with_hint
from dragoman.messages.errors import ApiError, UpstreamFailure


def hinted(status: int, message: str = "no", body: bytes | None = None, location: str = "us-east5") -> str:
    failure = UpstreamFailure(
        "refused", ApiError(status, message, body=body), status=status, vendor_message=message
    )
    return with_hint(failure, "claude-sonnet-5", location).error.message


def test_missing_model_names_id_region_and_model_garden() -> None:
    """V07"""
    message = hinted(404, "Publisher Model was not found.")
    assert message.startswith("Publisher Model was not found. ")
    assert all(
        part in message for part in ("`claude-sonnet-5`", "`us-east5`", "VERTEX_LOCATION", "Model Garden")
    )


def test_missing_permission_names_the_role() -> None:
    """V08"""
    message = hinted(403, "Permission 'aiplatform.endpoints.predict' denied")
    assert "roles/aiplatform.user" in message
    assert "aiplatform.googleapis.com" in message


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "Unsupported region for this model"),
        (400, "User location is not supported for the API use."),
        (403, "The model is in an unavailable location"),
        (400, "location us-east5 does not exist"),
    ],
)
def test_wrong_region_names_the_setting(status: int, words: str) -> None:
    """V09"""
    message = hinted(status, words)
    assert "VERTEX_LOCATION is `us-east5`" in message
    assert "`global`" in message


def test_refused_credentials_name_the_command_and_the_file() -> None:
    """V10"""
    message = hinted(401)
    assert "gcloud auth application-default login" in message
    assert "VERTEX_CREDENTIALS_PATH" in message


def test_a_refused_login_is_not_told_as_a_key() -> None:
    """V10: there is no key on Vertex AI, whatever the dialect says."""
    message = hinted(401, "Gemini rejected Dragoman's credential (HTTP 401). The backend key is missing")
    assert message.startswith("Google refused Dragoman's credentials, which are not yours")
    assert "key is missing" not in message


@pytest.mark.parametrize(
    ("status", "words"), [(404, "Publisher Model was not found."), (400, "Unsupported region for this model")]
)
def test_who_asks_the_global_location_is_not_sent_there(status: int, words: str) -> None:
    """V07 V09"""
    message = hinted(status, words, location="global")
    assert "a region that has" in message
    assert message.count("`global`") == 1


@pytest.mark.parametrize(
    "words",
    [
        "The aiplatform.googleapis.com API requires a quota project, which is not set by default.",
        "SERVICE_DISABLED",
        "Vertex AI API has not been used in project 1 before or it is disabled.",
        "Caller does not have required permission to use project p.",
        "set the x-goog-user-project header",
    ],
)
def test_a_missing_payer_names_the_setting(words: str) -> None:
    """V08"""
    message = hinted(403, words)
    assert "VERTEX_QUOTA_PROJECT" in message
    assert "aiplatform.googleapis.com" in message


def test_any_other_refusal_stays_as_it_is() -> None:
    assert hinted(400, "temperature: too hot") == "temperature: too hot"
    assert hinted(429, "quota") == "quota"


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ((), (("retry-after", "5"),)),
        ((("retry-after", "30"),), (("retry-after", "30"),)),
        ((("x-should-retry", "false"),), (("x-should-retry", "false"),)),
    ],
)
def test_used_up_quota_says_when_to_come_back(headers, told) -> None:
    failure = UpstreamFailure("overloaded", ApiError(429, "quota", headers=headers), status=429)
    assert with_hint(failure, "gemini-3.8-flash", "global").error.headers == told


def test_error_in_anthropics_words_stays_as_it_is() -> None:
    assert hinted(404, "not there", body=b"{}") == "not there"
