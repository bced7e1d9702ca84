import pytest

from dragoman.dialects.retry_after import retry_after_seconds
from dragoman.wire.exchange import ReplyHead


def seconds(message="", **headers):
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return retry_after_seconds(ReplyHead(429, named), message)


def test_whole_seconds_are_passed_on():
    assert seconds(retry_after="7") == 7


@pytest.mark.parametrize(("value", "wait"), [("1.2", 2), ("0", 1), ("0.01", 1), ("-5", 1), ("3600", 60)])
def test_waits_are_rounded_up_and_kept_between_one_and_sixty(value, wait):
    assert seconds(retry_after=value) == wait


def test_milliseconds_are_understood():
    assert seconds(retry_after_ms="1500") == 2


def test_an_http_date_counts_from_the_date_of_the_reply():
    assert seconds(retry_after="Sat, 21 Nov 2026 10:00:30 GMT", date="Sat, 21 Nov 2026 10:00:00 GMT") == 30
    assert seconds(retry_after="Sat, 21 Nov 2026 10:00:30 GMT") is None


@pytest.mark.parametrize(
    ("value", "wait"), [("6m0s", 60), ("1.2s", 2), ("200ms", 1), ("1m", 60), ("12", 12), ("0s", 1)]
)
def test_durations_of_rate_headers_are_understood(value, wait):
    assert seconds(x_ratelimit_reset_requests=value) == wait


def test_the_limit_that_is_used_up_decides():
    headers = {
        "x_ratelimit_reset_requests": "3s",
        "x_ratelimit_remaining_requests": "0",
        "x_ratelimit_reset_tokens": "50s",
        "x_ratelimit_remaining_tokens": "900",
    }
    assert seconds(**headers) == 3


def test_the_longest_reset_decides_if_nobody_says_which_limit_is_used_up():
    assert seconds(x_ratelimit_reset_requests="3s", x_ratelimit_reset_tokens="9s") == 9


@pytest.mark.parametrize(
    ("message", "wait"),
    [
        ("Rate limit reached. Please try again in 1.2s. Visit the site", 2),
        ("Please try again in 20ms.", 1),
        ("Please try again in 1m12.5s.", 60),
        ("Please retry after 5 seconds", 5),
        ("Please wait 2 minutes", 60),
        ("retry in 33.4 s", 34),
        ("try again in 500 milliseconds", 1),
        ("try again in 1 hour", 60),
    ],
)
def test_waits_in_the_text_are_found(message, wait):
    assert seconds(message) == wait


def test_headers_beat_the_text():
    assert seconds("try again in 50s", retry_after="2") == 2


@pytest.mark.parametrize("value", ["soon", "nan", "inf", "1763719200000", ""])
def test_what_is_no_wait_is_ignored(value):
    assert seconds(x_ratelimit_reset_requests=value) is None


@pytest.mark.parametrize("value", ["soon", "nan", "inf", ""])
def test_a_header_that_says_nothing_is_ignored(value):
    assert seconds(retry_after=value) is None


def test_no_wait_is_invented():
    assert seconds("slow down") is None
    assert retry_after_seconds(None) is None
    assert retry_after_seconds(None, "try again in 3s") == 3
