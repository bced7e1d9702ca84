import base64
import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.messages.envelope import (
    MAX_EXPANSION,
    MAX_PAYLOAD_BYTES,
    MAX_SEPARATORS,
    MAX_WORK,
    SEPARATOR_WORK,
    EnvelopeOpener,
    is_sealed,
    open_envelope,
    seal,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
payloads = st.dictionaries(st.text(max_size=10), json_values, max_size=5)

SEALED = seal("openai_chat", {"reasoning_content": "think " * 30, "model": "m"})


def forged(sealed: str) -> str:
    return f"{sealed}.{hashlib.blake2b(sealed.encode(), digest_size=8).hexdigest()}"


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(data)).rstrip(b"=").decode()


@given(payloads)
def test_what_was_sealed_comes_back(payload):
    assert open_envelope(seal("gemini", payload), "gemini") == payload


@given(payloads)
def test_sealing_twice_gives_the_same_text(payload):
    assert seal("gemini", payload) == seal("gemini", dict(payload))


def test_an_envelope_is_plain_text_that_fits_a_header_and_a_url():
    assert SEALED.isascii()
    assert set(SEALED) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")


@given(st.integers(0, len(SEALED) - 1), st.characters())
def test_any_changed_character_closes_the_envelope(position, character):
    edited = SEALED[:position] + character + SEALED[position + 1 :]
    assert (open_envelope(edited, "openai_chat") is None) == (edited != SEALED)


@given(st.integers(0, len(SEALED)), st.text(min_size=1, max_size=3))
def test_any_insertion_closes_the_envelope(position, added):
    assert open_envelope(SEALED[:position] + added + SEALED[position:], "openai_chat") is None


@given(st.integers(0, len(SEALED) - 1))
def test_any_cut_closes_the_envelope(length):
    assert open_envelope(SEALED[:length], "openai_chat") is None
    assert open_envelope(SEALED[length + 1 :], "openai_chat") is None


@given(st.text())
def test_foreign_signatures_are_none_and_never_raise(signature):
    assert open_envelope(signature, "gemini") is None


@pytest.mark.parametrize(
    "signature", ["", "EqQBCgIYAhIkAB", "\ud800.x.y.z", "dgm1...", "dgm1.a.b.c", "....", "dgm1"]
)
def test_signatures_of_others_are_not_opened(signature):
    assert open_envelope(signature, "gemini") is None


def test_a_newer_version_is_ours_but_closed():
    newer = forged("dgm2.gemini." + packed(b'{"a":1}'))
    assert is_sealed(newer)
    assert open_envelope(newer, "gemini") is None


@pytest.mark.parametrize(
    "content",
    [b"[1]", b"not json", b'"text"', b"\xff", b"[" * 500 + b"]" * 500, b'{"a":1} x'],
    ids=["list", "no json", "string", "no utf-8", "too deep", "trailing"],
)
def test_a_payload_that_is_no_object_is_not_opened(content):
    assert open_envelope(forged("dgm1.gemini." + packed(content)), "gemini") is None


def test_a_well_checked_envelope_of_garbage_is_not_opened():
    assert open_envelope(forged("dgm1.gemini.AAAA"), "gemini") is None
    assert open_envelope(forged("dgm1.gemini.A"), "gemini") is None
    assert open_envelope(forged("dgm1.gemini.é"), "gemini") is None


def test_the_dialect_is_compared_and_nothing_else_is_opened():
    opener = EnvelopeOpener("gemini")
    assert open_envelope(SEALED, "gemini") is None
    assert open_envelope(SEALED, "openai") is None
    assert opener.open(SEALED) is None
    assert opener.open(forged("dgm1.gemini.x.AAAA")) is None
    assert opener.work == 0


def envelope_of(data: bytes) -> str:
    return forged("dgm1.gemini." + packed(data))


def noise(size: int) -> bytes:
    """Text that packs to about half its size."""
    return hashlib.shake_128(b"noise").hexdigest(size // 2).encode()


BOMBS = {
    "repeats": envelope_of(b'{"a":"' + b"a" * (MAX_PAYLOAD_BYTES // 2) + b'"}'),
    "large": envelope_of(b'{"a":"' + noise(MAX_PAYLOAD_BYTES + 2) + b'"}'),
    "values": envelope_of(b'{"a":[' + b"[]," * MAX_SEPARATORS + b'"' + noise(20_000) + b'"]}'),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=list(BOMBS))
def test_a_bomb_is_not_opened_and_costs_no_more_than_its_size_allows(bomb):
    opener = EnvelopeOpener("gemini")
    assert opener.open(bomb) is None
    assert open_envelope(bomb, "gemini") is None
    assert 0 < opener.work <= min(MAX_EXPANSION * len(bomb), MAX_PAYLOAD_BYTES) + 1


def test_a_bomb_that_breaks_at_its_end_is_counted():
    broken = zlib.compress(b'{"a":"' + noise(100_000) + b'"}')[:-1] + b"x"
    opener = EnvelopeOpener("gemini")
    assert (
        opener.open(forged("dgm1.gemini." + base64.urlsafe_b64encode(broken).rstrip(b"=").decode())) is None
    )
    assert opener.work >= 100_000


@pytest.mark.parametrize("text", ["again and again " * 40_000, noise(900_000).decode(), "ü, [x] " * 1000])
def test_whatever_is_sealed_within_the_limits_opens(text):
    sealed = seal("gemini", {"t": text})
    assert open_envelope(sealed, "gemini") == {"t": text}
    assert sealed == seal("gemini", {"t": text})


def test_a_payload_of_the_largest_size_opens_and_a_larger_one_does_not():
    text = noise(MAX_PAYLOAD_BYTES).decode()[: MAX_PAYLOAD_BYTES - len('{"t":""}')]
    assert open_envelope(seal("gemini", {"t": text}), "gemini") == {"t": text}
    assert open_envelope(seal("gemini", {"t": text + "x"}), "gemini") is None


def test_values_count_more_than_text():
    opener = EnvelopeOpener("gemini")
    assert opener.open(seal("gemini", {"t": [1, 2]})) == {"t": [1, 2]}
    assert opener.work == len('{"t":[1,2]}') + 3 * SEPARATOR_WORK


def test_a_request_opens_the_same_envelope_once_and_counts_every_use():
    opener = EnvelopeOpener("gemini")
    sealed = seal("gemini", {"a": 1})
    first = opener.open(sealed)
    once = opener.work
    assert opener.open(sealed) is first
    assert opener.work == 2 * once


def test_beyond_the_work_of_a_request_every_envelope_is_foreign():
    sealed = seal("gemini", {"a": "x" * 100})
    opener = EnvelopeOpener("gemini", max_work=400)
    opened = [opener.open(sealed) is not None for _ in range(5)]
    assert opened == [True, True, False, False, False]
    assert EnvelopeOpener("gemini", max_work=50).open(sealed) is None


def test_a_request_has_room_for_many_genuine_envelopes():
    opener = EnvelopeOpener("gemini")
    for number in range(1000):
        held = {"a": "account", "m": "gemini-3", "s": [["call", f"toolu_{number}", noise(8000).decode()]]}
        assert opener.open(seal("gemini", held)) == held
    assert opener.work < MAX_WORK


@pytest.mark.parametrize(
    ("signature", "ours"),
    [
        (SEALED, True),
        ("dgm1.", True),
        ("dgm27.anything", True),
        ("dgm.x", False),
        ("dgmx.", False),
        ("xdgm1.", False),
        ("", False),
        ("EqQBCgIYAhIk", False),
    ],
)
def test_our_blocks_are_known_by_their_beginning(signature, ours):
    assert is_sealed(signature) is ours
