import base64
import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.messages.envelope import MAX_PAYLOAD_BYTES, Envelope, is_sealed, open_envelope, seal

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
    assert open_envelope(seal("gemini", payload)) == Envelope("gemini", payload)


@given(payloads)
def test_sealing_twice_gives_the_same_text(payload):
    assert seal("gemini", payload) == seal("gemini", dict(payload))


def test_an_envelope_is_plain_text_that_fits_a_header_and_a_url():
    assert SEALED.isascii()
    assert set(SEALED) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")


@given(st.integers(0, len(SEALED) - 1), st.characters())
def test_any_changed_character_closes_the_envelope(position, character):
    edited = SEALED[:position] + character + SEALED[position + 1 :]
    assert (open_envelope(edited) is None) == (edited != SEALED)


@given(st.integers(0, len(SEALED)), st.text(min_size=1, max_size=3))
def test_any_insertion_closes_the_envelope(position, added):
    assert open_envelope(SEALED[:position] + added + SEALED[position:]) is None


@given(st.integers(0, len(SEALED) - 1))
def test_any_cut_closes_the_envelope(length):
    assert open_envelope(SEALED[:length]) is None
    assert open_envelope(SEALED[length + 1 :]) is None


@given(st.text())
def test_foreign_signatures_are_none_and_never_raise(signature):
    assert open_envelope(signature) is None


@pytest.mark.parametrize(
    "signature", ["", "EqQBCgIYAhIkAB", "\ud800.x.y.z", "dgm1...", "dgm1.a.b.c", "....", "dgm1"]
)
def test_signatures_of_others_are_not_opened(signature):
    assert open_envelope(signature) is None


def test_a_newer_version_is_ours_but_closed():
    newer = forged("dgm2.gemini." + packed(b'{"a":1}'))
    assert is_sealed(newer)
    assert open_envelope(newer) is None


@pytest.mark.parametrize(
    "content",
    [b"[1]", b"not json", b'"text"', b"\xff", b"[" * 500 + b"]" * 500, b'{"a":1} x'],
    ids=["list", "no json", "string", "no utf-8", "too deep", "trailing"],
)
def test_a_payload_that_is_no_object_is_not_opened(content):
    assert open_envelope(forged("dgm1.gemini." + packed(content))) is None


def test_a_well_checked_envelope_of_garbage_is_not_opened():
    assert open_envelope(forged("dgm1.gemini.AAAA")) is None
    assert open_envelope(forged("dgm1.gemini.A")) is None
    assert open_envelope(forged("dgm1.gemini.é")) is None


def test_a_compression_bomb_is_not_opened():
    bomb = b'{"a":"' + b"a" * MAX_PAYLOAD_BYTES + b'"}'
    signature = forged("dgm1.gemini." + packed(bomb))
    assert len(signature) < 20_000
    assert open_envelope(signature) is None


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
