import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.dialects.quirks import Quirks
from dragoman.dialects.tool_ids import UpstreamIds, client_tool_id, original_tool_id

NONCE = "abcDEF12"
ANY = Quirks()
NINE = Quirks(tool_ids="nine", max_tool_id=9)
CLIENT_ID = re.compile(r"toolu_[A-Za-z0-9_-]+")


def test_a_plain_id_is_wrapped_and_comes_back():
    wrapped = client_tool_id("call_0", NONCE)
    assert wrapped == "toolu_dpabcDEF12_call_0"
    assert original_tool_id(wrapped) == "call_0"


@pytest.mark.parametrize("odd", ["functions.Bash:0", "a/b", "id mit ü", "日本", "a b", "::"])
def test_an_id_with_other_characters_is_coded_and_comes_back(odd):
    wrapped = client_tool_id(odd, NONCE)
    assert CLIENT_ID.fullmatch(wrapped)
    assert len(wrapped) <= 64
    assert original_tool_id(wrapped) == odd


def test_a_long_id_becomes_a_digest_that_stays_the_same():
    long = "x" * 205
    wrapped = client_tool_id(long, NONCE)
    assert len(wrapped) <= 40
    assert wrapped == client_tool_id(long, NONCE)
    assert wrapped != client_tool_id(long + "y", NONCE)
    assert original_tool_id(wrapped) is None


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_missing_id_is_made_from_the_nonce(nothing):
    assert client_tool_id(nothing, NONCE) == "toolu_dnabcDEF12"


def test_an_id_equal_to_the_tool_name_is_an_id_like_any_other():
    assert original_tool_id(client_tool_id("Bash", NONCE)) == "Bash"


@given(st.text(max_size=300))
def test_every_upstream_id_gives_a_client_id_that_the_api_would_accept(upstream_id):
    wrapped = client_tool_id(upstream_id, NONCE)
    assert CLIENT_ID.fullmatch(wrapped)
    assert len(wrapped) <= 64


@pytest.mark.parametrize(
    "foreign",
    [
        "toolu_01A09q90qw90lq917835lq9",
        "toolu_bdrk_01AbCdEf",
        "call_1",
        "",
        "toolu_dpshort_x",
        "toolu_dbabcDEF12_!",
    ],
)
def test_ids_of_others_carry_no_upstream_id(foreign):
    assert original_tool_id(foreign) is None


def test_coded_bytes_that_are_no_text_carry_no_upstream_id():
    assert original_tool_id("toolu_dbabcDEF12__w") is None
    assert original_tool_id("toolu_dbabcDEF12_A") is None


def test_the_upstream_gets_its_own_id_back():
    ids = UpstreamIds(ANY)
    assert ids.claim(client_tool_id("functions.Bash:0", NONCE)) == "functions.Bash:0"


def test_only_the_first_call_gets_an_id_that_the_upstream_repeated():
    ids = UpstreamIds(ANY)
    first = ids.claim(client_tool_id("call_0", "nonce001"))
    second = ids.claim(client_tool_id("call_0", "nonce002"))
    third = ids.claim(client_tool_id("call_0", "nonce003"))
    assert first == "call_0"
    assert len({first, second, third}) == 3


def test_a_foreign_id_that_is_valid_stays():
    assert UpstreamIds(ANY).claim("toolu_01A09q90qw90lq917835lq9") == "toolu_01A09q90qw90lq917835lq9"


@pytest.mark.parametrize("odd", ["", "a:b/c", "x" * 205, "ü", client_tool_id("x" * 39, NONCE) + "#"])
def test_a_foreign_id_that_is_not_valid_is_made_so(odd):
    made = UpstreamIds(ANY).claim(odd)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,40}", made)
    assert made == UpstreamIds(ANY).claim(odd)


def test_the_same_client_id_twice_gives_two_upstream_ids():
    ids = UpstreamIds(ANY)
    assert len({ids.claim("toolu_same"), ids.claim("toolu_same"), ids.claim("toolu_same")}) == 3


def test_an_original_that_is_too_long_for_this_upstream_is_replaced():
    wrapped = client_tool_id("x" * 45, NONCE)
    assert len(UpstreamIds(ANY).claim(wrapped)) <= 40
    assert UpstreamIds(Quirks(max_tool_id=64)).claim(wrapped) == "x" * 45


def test_an_upstream_that_wants_nine_characters_gets_nine():
    ids = UpstreamIds(NINE)
    given = ["toolu_01A", "call_0", "", "a:b", client_tool_id("call_0", NONCE), "toolu_01A"]
    made = [ids.claim(one) for one in given]
    assert all(re.fullmatch(r"[A-Za-z0-9]{9}", one) for one in made)
    assert len(set(made)) == len(given)


def test_an_upstreams_own_nine_characters_come_back():
    assert UpstreamIds(NINE).claim(client_tool_id("D681PevKs", NONCE)) == "D681PevKs"


@given(st.lists(st.text(max_size=20), max_size=12), st.sampled_from([ANY, NINE]))
def test_ids_are_unique_and_do_not_change_when_the_conversation_grows(client_ids, quirks):
    whole = UpstreamIds(quirks)
    made = [whole.claim(one) for one in client_ids]
    assert len(set(made)) == len(made)
    start = UpstreamIds(quirks)
    assert [start.claim(one) for one in client_ids[:5]] == made[:5]
