from dragoman.relay.ports import KeptState
from dragoman.stores.memory import LIFETIME, MemoryKeptState
from tests.support.clock import ManualClock


def found(kept):
    """The keys of which something is kept, all of them asked for in this order."""
    return [key for key in "abcde" if kept.get(key) is not None]


def store(largest=1000):
    clock = ManualClock()
    return MemoryKeptState(clock, largest), clock


def test_store_fits_its_port():
    kept: KeptState = MemoryKeptState(ManualClock())
    assert kept.get("a") is None


def test_envelope_is_found_by_its_key():
    kept, _ = store()
    kept.keep({"a": "1", "b": "2"})
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == ("1", "2", None)
    assert kept.get("a") == "1"


def test_newest_envelope_of_a_key_counts():
    kept, _ = store()
    kept.keep({"a": "1"})
    kept.keep({"a": "2"})
    assert kept.get("a") == "2"


def test_envelope_is_forgotten_after_its_lifetime():
    kept, clock = store()
    kept.keep({"a": "1"})
    clock.advance(LIFETIME)
    assert kept.get("a") == "1"
    clock.advance(1)
    assert kept.get("a") is None


def test_envelope_that_is_kept_again_lives_on():
    kept, clock = store()
    kept.keep({"a": "1"})
    clock.advance(LIFETIME)
    kept.keep({"a": "1"})
    clock.advance(LIFETIME)
    assert kept.get("a") == "1"


def test_oldest_envelopes_go_when_the_store_is_full():
    kept, _ = store(largest=30)
    for key in "abc":
        kept.keep({key: "x" * 9})
    assert found(kept) == ["a", "b", "c"]
    kept.keep({"d": "x" * 9})
    assert found(kept) == ["b", "c", "d"]
    kept.keep({"e": "x" * 19})
    assert found(kept) == ["d", "e"]


def test_envelope_that_was_asked_for_goes_later():
    kept, _ = store(largest=30)
    for key in "abc":
        kept.keep({key: "x" * 9})
    kept.get("a")
    kept.keep({"d": "x" * 9})
    assert found(kept) == ["a", "c", "d"]


def test_envelope_in_place_of_another_frees_its_room():
    kept, _ = store(largest=30)
    for _ in range(10):
        kept.keep({"a": "x" * 9, "b": "x" * 9})
    kept.keep({"c": "x" * 9})
    assert found(kept) == ["a", "b", "c"]


def test_envelope_that_is_too_old_frees_its_room():
    kept, clock = store(largest=30)
    kept.keep({"a": "x" * 19})
    clock.advance(LIFETIME + 1)
    kept.get("a")
    kept.keep({"b": "x" * 9, "c": "x" * 9, "d": "x" * 9})
    assert found(kept) == ["b", "c", "d"]


def test_envelope_that_never_fits_leaves_the_others():
    kept, _ = store(largest=30)
    kept.keep({"a": "x" * 9, "b": "x" * 99})
    assert found(kept) == ["a"]
