"""Scripted time and ids do only what the test says."""

import pytest
from tests.support.clock import CountingIds, ManualClock


def test_clock_moves_only_when_told() -> None:
    clock = ManualClock(5)
    assert (clock(), clock()) == (5, 5)
    clock.advance(1.5)
    assert clock() == 6.5


def test_clock_does_not_go_back() -> None:
    with pytest.raises(AssertionError, match="cannot go back"):
        ManualClock().advance(-1)


def test_ids_differ_and_repeat_in_the_next_run() -> None:
    one, other = CountingIds(), CountingIds()
    assert [one(), one()] == [other(), other()]
    assert one() != one()
    assert len(one()) == 22
