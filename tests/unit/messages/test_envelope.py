import base64
import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dragoman.messages.envelope import (
    MAX_EXPANSION,
    MAX_PAYLOAD_BYTES,
    MAX_SEPARATORS,
    MAX_WORK,
    SEPARATOR_WORK,
    EnvelopeOpener,
    Seal,
    carry_text,
    is_raw,
    is_sealed,
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
payloads = st.dictionaries(st.text(max_size=10), json_values, max_size=5)

OURS = Seal("openai_chat", "account", "deepseek", b"secret")
SEALED = OURS.close({"reasoning_content": "think " * 30}, "gAAAA-_=")
GEMINI = Seal("gemini")
"""Without a key: anybody can make what it opens."""


def forged(sealed: str) -> str:
    digest = hashlib.blake2b(sealed.encode(), digest_size=16).digest()
    return f"{sealed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def open_envelope(signature: str, seal: Seal = GEMINI) -> dict[str, object] | None:
    opened = EnvelopeOpener(seal).open(signature)
    return None if opened is None else opened.payload


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(data)).rstrip(b"=").decode()


@given(payloads)
def test_what_was_sealed_comes_back(payload):
    assert open_envelope(GEMINI.close(payload)) == payload


@given(payloads)
def test_sealing_twice_gives_the_same_text(payload):
    assert GEMINI.close(payload) == GEMINI.close(dict(payload))


def test_an_envelope_is_plain_text_that_fits_a_header_and_a_url():
    assert SEALED.isascii()
    assert set(SEALED) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-=")


@given(st.integers(0, len(SEALED) - 1), st.characters())
def test_any_changed_character_closes_the_envelope(position, character):
    edited = SEALED[:position] + character + SEALED[position + 1 :]
    assert (open_envelope(edited, OURS) is None) == (edited != SEALED)


@given(st.integers(0, len(SEALED)), st.text(min_size=1, max_size=3))
def test_any_insertion_closes_the_envelope(position, added):
    assert open_envelope(SEALED[:position] + added + SEALED[position:], OURS) is None


@given(st.integers(0, len(SEALED) - 1))
def test_any_cut_closes_the_envelope(length):
    assert open_envelope(SEALED[:length], OURS) is None
    assert open_envelope(SEALED[length + 1 :], OURS) is None


@given(st.text())
def test_foreign_signatures_are_none_and_never_raise(signature):
    assert open_envelope(signature) is None


@pytest.mark.parametrize(
    "signature",
    ["", "EqQBCgIYAhIkAB", "\ud800.x.y.z", "dgm2...", "dgm2.a.b.c.d", "....", "dgm2", "dgm2.gemini..."],
)
def test_signatures_of_others_are_not_opened(signature):
    assert open_envelope(signature) is None


def test_a_newer_version_is_ours_but_closed():
    newer = forged("dgm3.gemini." + packed(b'["","",{"a":1}]') + ".")
    assert is_sealed(newer)
    assert open_envelope(newer) is None


@pytest.mark.parametrize(
    "content",
    [b"[]", b"[{}]", b'["","",[]]', b'["",{}]', b'["","",1,{}]', b'{"a":1}']
    + [b"not json", b'"text"', b"\xff", b"[" * 500 + b"]" * 500, b'["","",{}] x'],
)
def test_a_payload_that_is_no_object_is_not_opened(content):
    assert open_envelope(forged("dgm2.gemini." + packed(content) + ".")) is None


def test_a_well_checked_envelope_of_garbage_is_not_opened():
    assert open_envelope(forged("dgm2.gemini.AAAA.")) is None
    assert open_envelope(forged("dgm2.gemini.A.")) is None
    assert open_envelope(forged("dgm2.gemini.é.")) is None


def test_the_dialect_is_compared_and_nothing_else_is_opened():
    opener = EnvelopeOpener(GEMINI)
    assert open_envelope(SEALED, replace(OURS, dialect="openai")) is None
    assert open_envelope(SEALED, replace(OURS, dialect="gemini")) is None
    assert opener.open(SEALED) is None
    assert opener.open(forged("dgm2.gemini.x.AAAA.")) is None
    assert opener.work == 0


def envelope_of(data: bytes) -> str:
    return forged("dgm2.gemini." + packed(data) + ".")


def noise(size: int) -> bytes:
    """Text that packs to about half its size."""
    return hashlib.shake_128(b"noise").hexdigest(size // 2).encode()


BOMBS = {
    "repeats": envelope_of(b'["","",{"a":"' + b"a" * (MAX_PAYLOAD_BYTES // 2) + b'"}]'),
    "large": envelope_of(b'["","",{"a":"' + noise(MAX_PAYLOAD_BYTES + 2) + b'"}]'),
    "values": envelope_of(b'["","",{"a":[' + b"[]," * MAX_SEPARATORS + b'"' + noise(20_000) + b'"]}]'),
}


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=list(BOMBS))
def test_a_bomb_is_not_opened_and_costs_no_more_than_its_size_allows(bomb):
    opener = EnvelopeOpener(GEMINI)
    assert opener.open(bomb) is None
    assert open_envelope(bomb) is None
    assert 0 < opener.work <= min(MAX_EXPANSION * len(bomb), MAX_PAYLOAD_BYTES) + 1


def test_a_bomb_that_breaks_at_its_end_is_counted():
    broken = zlib.compress(b'["","",{"a":"' + noise(100_000) + b'"}]')[:-1] + b"x"
    opener = EnvelopeOpener(GEMINI)
    assert (
        opener.open(forged("dgm2.gemini." + base64.urlsafe_b64encode(broken).rstrip(b"=").decode() + "."))
        is None
    )
    assert opener.work >= 100_000


@pytest.mark.parametrize("text", ["again and again " * 40_000, noise(900_000).decode(), "ü, [x] " * 1000])
def test_whatever_is_sealed_within_the_limits_opens(text):
    sealed = GEMINI.close({"t": text})
    assert open_envelope(sealed) == {"t": text}
    assert sealed == GEMINI.close({"t": text})


def test_a_payload_of_the_largest_size_opens_and_a_larger_one_does_not():
    text = noise(MAX_PAYLOAD_BYTES).decode()[: MAX_PAYLOAD_BYTES - len('["","",{"t":""}]')]
    assert open_envelope(GEMINI.close({"t": text})) == {"t": text}
    assert open_envelope(GEMINI.close({"t": text + "x"})) is None


def test_values_count_more_than_text():
    opener = EnvelopeOpener(GEMINI)
    assert opener.open(GEMINI.close({"t": [1, 2]})) is not None
    assert opener.work == len('["","",{"t":[1,2]}]') + 6 * SEPARATOR_WORK


def test_a_request_opens_the_same_envelope_once_and_counts_every_use():
    opener = EnvelopeOpener(GEMINI)
    sealed = GEMINI.close({"a": 1})
    first = opener.open(sealed)
    once = opener.work
    assert opener.open(sealed) is first
    assert opener.work == 2 * once


def test_beyond_the_work_of_a_request_every_envelope_is_foreign():
    sealed = GEMINI.close({"a": "x" * 100})
    opener = EnvelopeOpener(GEMINI, max_work=600)
    opened = [opener.open(sealed) is not None for _ in range(5)]
    assert opened == [True, True, False, False, False]
    assert EnvelopeOpener(GEMINI, max_work=50).open(sealed) is None


def test_a_request_has_room_for_many_genuine_envelopes():
    opener = EnvelopeOpener(GEMINI)
    for number in range(1000):
        held = {"s": [["call", f"toolu_{number}", noise(8000).decode()]]}
        opened = opener.open(GEMINI.close(held))
        assert opened is not None
        assert opened.payload == held
    assert opener.work < MAX_WORK


@pytest.mark.parametrize(
    ("signature", "ours"),
    [
        (SEALED, True),
        ("dgm1.", True),
        ("dgm2.", True),
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


OTHERS = [replace(OURS, account="other"), replace(OURS, family="kimi"), replace(OURS, account="", family="")]


@pytest.mark.parametrize("other", OTHERS)
def test_another_account_or_family_does_not_open_it_and_nobody_is_at_fault(other):
    assert open_envelope(SEALED, OURS) is not None
    assert open_envelope(SEALED, other) is None
    assert EnvelopeOpener(other).fault(SEALED) is None


@pytest.mark.parametrize("key", [b"", b"secret2", b"Secret", b"x" * 64])
def test_whoever_has_another_key_does_not_open_it(key):
    other = replace(OURS, key=key)
    assert open_envelope(SEALED, other) is None
    assert EnvelopeOpener(other).fault(SEALED) == "its seal is broken"
    assert open_envelope(other.close({"a": 1}), OURS) is None


def test_whoever_has_no_key_can_make_nothing_that_a_gateway_with_one_opens():
    content = forged("dgm2.gemini." + packed(b'["","",{"a":1}]') + ".")
    assert open_envelope(content, GEMINI) == {"a": 1}
    assert open_envelope(content, replace(GEMINI, key=b"secret")) is None


def test_the_account_and_the_family_are_not_told_apart_by_where_they_are_joined():
    assert open_envelope(Seal("gemini", "ab", "c").close({}), Seal("gemini", "a", "bc")) is None


CUT = [SEALED[:length] for length in (len("dgm2.openai_chat."), 60, len(SEALED) - 1)]
ALTERED = [
    SEALED[:40] + ("A" if SEALED[40] != "A" else "B") + SEALED[41:],
    SEALED + "A",
    SEALED.replace("gAAAA", "gAAAB"),
]


@pytest.mark.parametrize("damaged", CUT + ALTERED)
def test_a_damaged_envelope_of_the_dialect_is_at_fault(damaged):
    opener = EnvelopeOpener(OURS)
    assert opener.open(damaged) is None
    assert opener.fault(damaged) == "its seal is broken"


@pytest.mark.parametrize("version", ["dgm1", "dgm3", "dgm20"])
def test_an_envelope_of_another_version_is_at_fault(version):
    other = SEALED.replace("dgm2", version)
    opener = EnvelopeOpener(OURS)
    assert opener.open(other) is None
    assert opener.fault(other) == "another version of Dragoman sealed it"


@pytest.mark.parametrize(
    "signature",
    [SEALED, GEMINI.close({}), "dgm2.gemini.broken", "", "EqQBCkYIBxgC", "gAAAAABo", "dgm2", "\ud800"],
)
def test_what_opens_and_what_is_anothers_is_nobodys_fault(signature):
    assert EnvelopeOpener(OURS).fault(signature) is None


@given(st.text("ABCxyz019_-=", max_size=40))
def test_raw_text_is_carried_as_it_is(raw):
    sealed = OURS.close({"a": 1}, raw)
    opened = EnvelopeOpener(OURS).open(sealed)
    assert opened is not None
    assert (opened.payload, opened.raw) == ({"a": 1}, raw)
    assert f".{raw}." in sealed
    assert sealed == OURS.close({"a": 1}, raw)


def test_raw_text_is_covered_by_the_check():
    parts = SEALED.split(".")
    for raw in ("", "gAAAA-_", "gAAAA-_==", "gAAAA-A="):
        assert open_envelope(".".join([*parts[:3], raw, parts[4]]), OURS) is None


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("gAAAAABo-_==", True),
        ("", True),
        ("a.b", False),
        ("a b", False),
        ("a\n", False),
        ("é", False),
        ("a+/", False),
    ],
)
def test_raw_text_is_what_ends_no_part(text, raw):
    assert is_raw(text) is raw
    assert (open_envelope(OURS.close({"a": 1}, text), OURS) == {"a": 1}) is raw


def test_the_length_of_raw_text_counts_as_work():
    bare, long = (EnvelopeOpener(OURS) for _ in range(2))
    assert bare.open(OURS.close({}))
    assert long.open(OURS.close({}, "A" * 1000))
    assert long.work == bare.work + 1000
    opener = EnvelopeOpener(OURS, max_work=2500)
    sealed = OURS.close({}, "A" * 1000)
    assert [opener.open(sealed) is not None for _ in range(3)] == [True, True, False]
    assert EnvelopeOpener(OURS, max_work=999).open(sealed) is None


def test_carried_text_is_no_sealed_state_and_can_be_read_by_anybody():
    carried = carry_text("é \ud83e")
    assert not is_sealed(carried)
    assert base64.urlsafe_b64decode(carried.removeprefix("dgt1.")).decode() == "é ?"
