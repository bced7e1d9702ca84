import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.messages.errors import ApiError
from dragoman.server.caller import Caller, identify

KEYS = ("first-test-key", "second-test-key-schlüssel")
FIRST, SECOND = KEYS


def outcome(headers, keys=KEYS) -> str:
    try:
        return identify(tuple(headers), keys).name
    except ApiError as error:
        assert_is_401(error)
        return "401"


def assert_is_401(error: ApiError) -> None:
    assert (error.status, error.type) == (401, "authentication_error")
    assert ("x-should-retry", "false") in error.headers
    assert all(key not in error.message for key in KEYS)


def on_the_wire(text: str) -> str:
    """As a server reads the bytes of a header."""
    return text.encode().decode("latin-1")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([("x-api-key", FIRST)], "key 1"),
        ([("x-api-key", f" {FIRST} ")], "key 1"),
        ([("x-api-key", on_the_wire(SECOND))], "key 2"),
        ([("authorization", f"Bearer {FIRST}")], "key 1"),
        ([("authorization", f"bearer {FIRST}")], "key 1"),
        ([("authorization", f"BEARER   {FIRST}  ")], "key 1"),
        ([("authorization", on_the_wire(f"Bearer {SECOND}"))], "key 2"),
        ([("x-api-key", FIRST), ("authorization", "Bearer of-something-else")], "key 1"),
        ([("x-api-key", "placeholder"), ("authorization", f"Bearer {FIRST}")], "key 1"),
        ([("x-api-key", FIRST), ("authorization", f"Bearer {FIRST}")], "key 1"),
        ([("host", "localhost"), ("x-api-key", FIRST), ("x-app", "cli")], "key 1"),
        ([], "401"),
        ([("x-api-key", "")], "401"),
        ([("authorization", "")], "401"),
        ([("authorization", "Bearer")], "401"),
        ([("authorization", "Bearer ")], "401"),
        ([("x-api-key", FIRST[:-1])], "401"),
        ([("x-api-key", FIRST + "x")], "401"),
        ([("x-api-key", FIRST.upper())], "401"),
        ([("x-api-key", f"{FIRST},{SECOND}")], "401"),
        ([("x-api-key", f"Bearer {FIRST}")], "401"),
        ([("authorization", FIRST)], "401"),
        ([("authorization", f"Bearer{FIRST}")], "401"),
        ([("authorization", f"Basic {base64.b64encode(FIRST.encode()).decode()}")], "401"),
        ([("authorization", f"Bearer Bearer {FIRST}")], "401"),
        ([("authorization", f"Token {FIRST}")], "401"),
        ([("x-api-key", FIRST), ("x-api-key", "other")], "401"),
        ([("x-api-key", "other"), ("x-api-key", FIRST)], "401"),
        ([("x-api-key", FIRST), ("x-api-key", FIRST)], "401"),
        ([("authorization", f"Bearer {FIRST}"), ("authorization", "Bearer x")], "401"),
        ([("proxy-authorization", f"Bearer {FIRST}")], "401"),
        ([("x-goog-api-key", FIRST)], "401"),
        ([("cookie", f"x-api-key={FIRST}")], "401"),
        ([("anthropic-api-key", FIRST)], "401"),
    ],
)
def test_who_may_pass(headers, expected):
    assert outcome(headers) == expected


@pytest.mark.parametrize(
    "headers", [[], [("x-api-key", "anything")], [("x-api-key", "a"), ("x-api-key", "b")]]
)
def test_with_no_keys_everyone_passes(headers):
    assert identify(tuple(headers), ()) == Caller("anyone")


@given(
    st.lists(
        st.tuples(st.sampled_from(["x-api-key", "authorization", "x"]), st.text(max_size=30)), max_size=4
    )
)
def test_nobody_passes_by_chance(headers):
    assert outcome(headers) == "401"


header_values = st.sampled_from([FIRST, f"Bearer {FIRST}", "other", "Bearer other", f"Basic {FIRST}", ""])


@given(st.lists(st.tuples(st.sampled_from(["x-api-key", "authorization"]), header_values), max_size=4))
def test_the_order_of_headers_means_nothing(headers):
    assert outcome(headers) == outcome(headers[::-1])
