import asyncio

import pytest

from dragoman.messages.errors import UpstreamFailure
from dragoman.relay.upstream_counts import ABSENCE_SECONDS, AT_ONCE, MOST_ABSENT, UpstreamCounts
from tests.support.clock import ManualClock
from tests.support.ports import unreachable


class Endpoint:
    """Counts when it is let to, and how often and how many at once it was asked."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.asked = self.running = self.most_running = self.cancelled = 0
        self.open = asyncio.Event()
        self.failure = failure

    async def ask(self) -> int:
        self.asked += 1
        self.running += 1
        self.most_running = max(self.running, self.most_running)
        try:
            await self.open.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        if self.failure is not None:
            raise self.failure
        return self.asked


async def breathe() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def counts_of(**fields) -> UpstreamCounts:
    return UpstreamCounts(ManualClock(), **fields)


async def test_a_count_is_kept_by_its_content():
    endpoint, counts = Endpoint(), counts_of()
    endpoint.open.set()
    assert [await counts.count(key, "c", endpoint.ask) for key in (b"a", b"a", b"b", b"a")] == [1, 1, 2, 1]


async def test_only_the_newest_counts_are_kept():
    endpoint, counts = Endpoint(), counts_of(most_kept=2)
    endpoint.open.set()
    for key in (b"a", b"b", b"a", b"c"):
        await counts.count(key, "c", endpoint.ask)
    assert endpoint.asked == 3
    await counts.count(b"a", "c", endpoint.ask)
    assert endpoint.asked == 3
    await counts.count(b"b", "c", endpoint.ask)
    assert endpoint.asked == 4


async def test_equal_counts_at_once_are_one_question():
    endpoint, counts = Endpoint(), counts_of()
    askers = [asyncio.ensure_future(counts.count(b"a", "c", endpoint.ask)) for _ in range(25)]
    await breathe()
    endpoint.open.set()
    assert await asyncio.gather(*askers) == [1] * 25


async def test_a_failure_is_everybodys_who_waits_and_is_not_kept():
    endpoint, counts = Endpoint(unreachable()), counts_of()
    askers = [asyncio.ensure_future(counts.count(b"a", "c", endpoint.ask)) for _ in range(3)]
    await breathe()
    endpoint.open.set()
    told = await asyncio.gather(*askers, return_exceptions=True)
    assert [type(failure) for failure in told] == [UpstreamFailure] * 3
    endpoint.failure = None
    assert await counts.count(b"a", "c", endpoint.ask) == 2


async def test_who_leaves_does_not_take_the_count_from_the_others():
    endpoint, counts = Endpoint(), counts_of()
    first, second = (asyncio.ensure_future(counts.count(b"a", "c", endpoint.ask)) for _ in range(2))
    await breathe()
    first.cancel()
    await breathe()
    endpoint.open.set()
    assert await second == 1
    assert (first.cancelled(), endpoint.cancelled) == (True, 0)


async def test_a_count_for_which_nobody_waits_any_more_is_stopped():
    endpoint, counts = Endpoint(), counts_of()
    asker = asyncio.ensure_future(counts.count(b"a", "c", endpoint.ask))
    await breathe()
    asker.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asker
    assert (endpoint.cancelled, endpoint.running) == (1, 0)
    endpoint.open.set()
    assert await counts.count(b"a", "c", endpoint.ask) == 2


async def test_a_channel_is_asked_a_few_at_a_time_and_another_one_does_not_wait():
    busy, idle, counts = Endpoint(), Endpoint(), counts_of()
    askers = [asyncio.ensure_future(counts.count(b"%d" % n, "busy", busy.ask)) for n in range(25)]
    await breathe()
    assert busy.running == AT_ONCE
    idle.open.set()
    assert await counts.count(b"x", "idle", idle.ask) == 1
    busy.open.set()
    await asyncio.gather(*askers)
    assert (busy.asked, busy.most_running) == (25, AT_ONCE)


async def test_who_gives_up_while_waiting_for_a_place_never_asks():
    endpoint, counts = Endpoint(), counts_of()
    askers = [asyncio.ensure_future(counts.count(b"%d" % n, "c", endpoint.ask)) for n in range(AT_ONCE + 1)]
    await breathe()
    askers[-1].cancel()
    await breathe()
    endpoint.open.set()
    await asyncio.gather(*askers[:-1])
    assert endpoint.asked == AT_ONCE


def test_a_missing_endpoint_is_remembered_for_a_while():
    clock = ManualClock()
    counts = UpstreamCounts(clock)
    counts.note_absent("here")
    assert (counts.is_absent("here"), counts.is_absent("there")) == (True, False)
    clock.advance(ABSENCE_SECONDS)
    assert not counts.is_absent("here")


def test_only_so_many_missing_endpoints_are_remembered():
    counts = counts_of()
    for number in range(MOST_ABSENT + 1):
        counts.note_absent(f"place {number}")
    assert [counts.is_absent(f"place {number}") for number in (0, 1, MOST_ABSENT)] == [False, True, True]
