"""config/seal_key.py"""

import pytest
from msgspec.structs import replace

from dragoman.config.seal_key import seal_key
from dragoman.config.secret import Secret
from dragoman.config.settings import ChannelSettings, Settings
from dragoman.dialects.dialect import Origin
from dragoman.messages.envelope import Seal
from tests.support.sealing import opened

KEYS = Settings(openai_api_key=Secret("canary-1"), gemini_api_key=Secret("canary-2"))
EXPLICIT = replace(KEYS, dragoman_seal_key=Secret("canary-3"))


def test_without_any_key_there_is_no_secret() -> None:
    assert seal_key(Settings()) == b""


def test_the_explicit_key_beats_all_others() -> None:
    alone = Settings(dragoman_seal_key=Secret("canary-3"))
    assert seal_key(EXPLICIT) == seal_key(alone) != seal_key(KEYS)
    assert seal_key(replace(EXPLICIT, dragoman_seal_key=Secret("canary-4"))) != seal_key(EXPLICIT)


def test_the_same_settings_give_the_same_key_after_a_restart() -> None:
    again = Settings(openai_api_key=Secret("canary-1"), gemini_api_key=Secret("canary-2"))
    assert seal_key(again) == seal_key(KEYS)


def test_the_order_of_the_keys_does_not_matter() -> None:
    """An environment has none."""
    swapped = Settings(openai_api_key=Secret("canary-2"), gemini_api_key=Secret("canary-1"))
    first, second = (ChannelSettings(name=name, api_key=Secret(f"canary-{name}")) for name in "ab")
    assert seal_key(swapped) == seal_key(KEYS)
    assert seal_key(Settings(channels=(first, second))) == seal_key(Settings(channels=(second, first)))
    assert seal_key(Settings(channels=(first, first))) == seal_key(Settings(channels=(first,)))


@pytest.mark.parametrize(
    "more",
    [
        {"anthropic_api_key": Secret("canary-4")},
        {"api_key": Secret("canary-4")},
        {"channels": (ChannelSettings(name="a", api_key=Secret("canary-4")),)},
        {"openai_api_key": Secret("canary-4")},
    ],
)
def test_every_key_for_an_upstream_is_part_of_it(more: dict[str, object]) -> None:
    assert seal_key(replace(KEYS, **more)) != seal_key(KEYS)


def test_the_keys_of_clients_are_no_secret_before_clients() -> None:
    shared = (Secret("canary-5"), Secret("canary-6"))
    assert seal_key(replace(KEYS, dragoman_api_key=shared)) == seal_key(KEYS)
    assert seal_key(Settings(dragoman_api_key=shared)) == b""


def test_the_key_can_seal() -> None:
    for settings in (Settings(), KEYS, EXPLICIT, Settings(dragoman_seal_key=Secret("é\ud800" * 500))):
        key = seal_key(settings)
        assert opened(Seal("gemini", key=key).close({"a": 1}), "gemini", key=key) == {"a": 1}
    assert len(seal_key(KEYS)) == 32


def test_no_log_shows_it() -> None:
    assert "canary-3" in EXPLICIT.secrets()
    assert "canary" not in repr(EXPLICIT)
    key = seal_key(EXPLICIT)
    holders = (key, Origin(seal_key=key), Origin(seal_key=key).seal("gemini", "gemini-3"))
    assert not any(repr(bytes(key)) in repr(holder) for holder in holders)
    assert [repr(holder).count("***") for holder in holders] == [1, 1, 1]


def test_a_key_for_searches_seals_nothing() -> None:
    """No conversation depends on who searches."""
    assert seal_key(Settings(search_api_key=Secret("canary-5"))) == b""
    assert seal_key(replace(KEYS, search_api_key=Secret("canary-5"))) == seal_key(KEYS)
