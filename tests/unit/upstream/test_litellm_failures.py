import json

import pytest

from dragoman.upstream.litellm_failures import Failure, read_exception
from dragoman.wire.redact import SecretScrubber


class Raised(Exception):
    """As LiteLLM's: a message, a status, and more where there is more."""

    def __init__(self, message: str, status: int | None = None, **more) -> None:
        super().__init__(message)
        self.message = message
        if status is not None:
            self.status_code = status
        for name, value in more.items():
            setattr(self, name, value)


def of_class(name: str, *arguments, **more) -> Exception:
    return type(name, (Raised,), {})(*arguments, **more)


def read(error: BaseException) -> Failure:
    return read_exception(error, SecretScrubber(("test-key-secret-word",)).scrub)


def message(text: str) -> str:
    return read(Raised(text, 400)).error["message"]


@pytest.mark.parametrize(
    ("name", "own", "status"),
    [
        ("AuthenticationError", 401, 401),
        ("RateLimitError", 429, 429),
        ("InternalServerError", 500, 500),
        ("ServiceUnavailableError", 503, 503),
        ("Timeout", 408, 504),
        ("APIConnectionError", 500, 502),
        ("MidStreamFallbackError", 503, 502),
        ("KeyError", None, 502),
        ("Odd", 200, 502),
    ],
)
def test_status_says_what_happened(name, own, status):
    failure = read(of_class(name, "words", own))
    assert (failure.status, failure.error["status"]) == (status, status)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ContextWindowExceededError", "context_length_exceeded"),
        ("ContentPolicyViolationError", "content_filter"),
        ("BadRequestError", None),
    ],
)
def test_code_is_openais(name, code):
    assert read(of_class(name, "words", 400)).error["code"] == code


def test_vendors_own_type_and_code_are_kept():
    body = {"error": {"message": "words", "type": "some_type", "code": "some_code"}}
    error = read(Raised("words", 400, body=body)).error
    assert (error["type"], error["code"]) == ("some_type", "some_code")
    error = read(Raised("words", 400, body=body["error"])).error
    assert (error["type"], error["code"]) == ("some_type", "some_code")


@pytest.mark.parametrize(
    "text",
    [
        "slow down",
        "litellm.RateLimitError: slow down",
        "litellm.RateLimitError: RateLimitError: OpenAIException - slow down",
        'litellm.BadRequestError: AnthropicException - {"type":"error","error":{"message":"slow down"}}',
        "litellm.UnsupportedParamsError: slow down. To drop these, set `litellm.drop_params=True`",
        'slow down\nTraceback (most recent call last):\n  File "/usr/lib/x.py", line 1',
    ],
)
def test_only_the_vendors_words_are_told(text):
    assert message(text).rstrip(".") == "slow down"


def test_neither_keys_nor_paths_are_told():
    told = message("in /usr/lib/python3/site.py: wrong key test-key-secret-word")
    assert told == "in ***: wrong key ***"


def test_exception_without_words_is_told_by_its_name():
    assert read(ValueError()).error["message"] == "ValueError"


def test_long_messages_are_cut():
    assert len(message("x" * 10_000)) == 4000


@pytest.mark.parametrize("where", ["headers", "litellm_response_headers", "response"])
def test_wait_is_passed_on(where):
    headers = {"retry-after": "7"}
    value = type("Response", (), {"headers": headers})() if where == "response" else headers
    assert read(Raised("words", 429, **{where: value})).headers == (("retry-after", "7"),)


@pytest.mark.parametrize("value", ["7\r\nx: y", 7, None])
def test_odd_wait_is_not(value):
    assert read(Raised("words", 429, headers={"retry-after": value})).headers == ()


@pytest.mark.parametrize(
    ("text", "lacks"),
    [
        ("Missing credentials. Please pass an `api_key`", True),
        ("The api_key client option must be set either by passing api_key", True),
        ("Missing Anthropic API Key - A call is being made", True),
        ("Unable to locate credentials", True),
        ("Incorrect API key provided", False),
    ],
)
def test_missing_credential_is_recognised(text, lacks):
    assert read(Raised(text, 500)).lacks_credential == lacks


def test_body_is_openais_envelope():
    assert json.loads(read(Raised("words", 400)).body)["error"]["message"] == "words"
