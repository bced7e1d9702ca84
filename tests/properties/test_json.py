"""Laws of the JSON codec."""

import contextlib
import json

from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.wire.jsonbytes import JsonError, decode, decode_repaired, decode_with_surrogates, encode
from tests.support.strategies import any_text

values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**70), 2**70),
        st.floats(allow_nan=False, allow_infinity=False),
        any_text,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(any_text, inner, max_size=4)),
    max_leaves=15,
)
surrogates = st.characters(categories=["Cs"])
broken_text = st.text(st.one_of(surrogates, st.sampled_from('aé🦉\\"u{}')), max_size=12)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """JSON with a few bytes overwritten, removed or put in."""
    text = bytearray(encode(draw(values)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(text)))
        text[at : at + draw(st.integers(0, 2))] = draw(
            st.one_of(
                st.binary(max_size=3), st.sampled_from([b"\\", b'"', b"\\ud83d", b"\xff", b"1e999", b"[["])
            )
        )
    return bytes(text)


def joined(text: str) -> str:
    """Surrogate pairs as the character that they stand for, halves of pairs as U+FFFD."""
    out, at = "", 0
    while at < len(text):
        high, low = ord(text[at]), ord(text[at + 1]) if at + 1 < len(text) else 0
        if 0xD800 <= high < 0xDC00 <= low < 0xE000:
            out += chr(0x10000 + (high - 0xD800) * 0x400 + low - 0xDC00)
            at += 2
        else:
            out += "\ufffd" if 0xD800 <= high < 0xE000 else text[at]
            at += 1
    return out


@settings(max_examples=120, deadline=None)
@given(values)
def test_what_is_encoded_is_decoded_again(value):
    assert decode(encode(value)) == value


@settings(max_examples=120, deadline=None)
@given(values)
def test_encoding_says_what_the_standard_library_reads(value):
    assert json.loads(encode(value)) == value


@settings(max_examples=120, deadline=None)
@given(st.one_of(damaged(), st.binary(max_size=40)))
def test_bad_bytes_only_ever_raise_the_one_error(data):
    for read in (decode, decode_repaired, decode_with_surrogates):
        with contextlib.suppress(JsonError):
            read(data)


@settings(max_examples=150, deadline=None)
@given(broken_text)
def test_escapes_of_lone_surrogates_are_accepted(text):
    assert decode(json.dumps({text: [text]}).encode()) == {joined(text): [joined(text)]}


@settings(max_examples=120, deadline=None)
@given(broken_text)
def test_repaired_bytes_say_the_same_to_any_reader(text):
    value, repaired = decode_repaired(json.dumps(["kept", text], indent=1).encode())
    assert json.loads(repaired) == value


@settings(max_examples=120, deadline=None)
@given(broken_text)
def test_lone_surrogates_can_be_encoded(text):
    assert decode(encode([text])) == [joined(text)]
