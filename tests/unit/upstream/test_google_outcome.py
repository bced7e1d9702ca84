import math
from pathlib import Path

import pytest

from dragoman.upstream.google_outcome import (
    LOGIN,
    MISSING_EXTRA,
    NONSENSE,
    NOT_FOUND,
    STOPPED,
    TOO_SLOW,
    CredentialsFile,
    NoToken,
    foreign_universe,
    grant,
    refused,
    unusable_file,
)

NAMED = CredentialsFile(Path("/secret/place/key.json"), "VERTEX_CREDENTIALS_PATH")
GCLOUD = CredentialsFile(Path("/secret/place/adc.json"))


@pytest.mark.parametrize(
    ("fault", "kind", "type", "retried"),
    [
        (MISSING_EXTRA, "refused", "api_error", False),
        (NOT_FOUND, "refused", "authentication_error", False),
        (refused(NAMED, False), "refused", "permission_error", False),
        (STOPPED, "overloaded", "overloaded_error", True),
        (TOO_SLOW, "unreachable", "timeout_error", True),
        (NONSENSE, "unreachable", "api_error", True),
    ],
)
def test_only_what_may_pass_by_itself_is_tried_again(fault, kind, type, retried):
    failure = fault.failure()
    assert (failure.kind, failure.error.status, failure.error.type) == (kind, fault.status, type)
    assert failure.error.headers == (() if retried else (("x-should-retry", "false"),))
    # It would look like the upstream's own answer to the token.
    assert failure.status is None


def test_everybody_who_waits_gets_a_failure_of_their_own():
    first, second = NOT_FOUND.failure(), NOT_FOUND.failure()
    first.error.message = "changed"
    assert second.error.message == NOT_FOUND.message


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (MISSING_EXTRA, ["uv sync --extra vertex", "pip install 'dragoman[vertex]'"]),
        (NOT_FOUND, [LOGIN, "VERTEX_CREDENTIALS_PATH"]),
        (unusable_file(NAMED, "is not JSON"), ["VERTEX_CREDENTIALS_PATH names is not JSON", LOGIN]),
        (unusable_file(GCLOUD, "is not JSON"), [LOGIN]),
        (
            refused(NAMED, False, "invalid_grant"),
            ["(invalid_grant)", "VERTEX_CREDENTIALS_PATH", LOGIN, "clock"],
        ),
        (refused(NAMED, True), [LOGIN]),
        (refused(GCLOUD, False), [LOGIN]),
        (refused(None, False), ["service account of the machine"]),
        (foreign_universe("s3nsapis.fr"), ["`s3nsapis.fr`", "`googleapis.com`"]),
        (foreign_universe("a b\nc"), ["universe domain;"]),
    ],
)
def test_message_says_what_to_do_and_shows_no_path(fault, words):
    """V10"""
    for word in words:
        assert word in fault.message
    assert "/secret" not in fault.message


@pytest.mark.parametrize("value", [None, "", 5, "two words", "line\nbreak", "ключ", "x" * 16385])
def test_what_cannot_be_a_header_is_no_token(value):
    with pytest.raises(NoToken) as caught:
        grant(value, math.inf, None, "a test")
    assert caught.value.fault == NONSENSE


def test_an_empty_quota_project_is_none():
    assert grant("t", 1.0, "", "a test").token.quota_project is None
    assert grant("t", 1.0, "payer", "a test").token.quota_project == "payer"
