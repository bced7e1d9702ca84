"""Counts that upstreams made: kept by content, asked for once at a time, a few at once on a channel.

Claude Code asks for some 25 at once to draw `/context` (spec/anthropic-messages.md section 9).
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from dragoman.relay.ports import Clock

MOST_KEPT = 2000
AT_ONCE = 8
"""On one channel: a count costs quota like a request."""

ABSENCE_SECONDS = 600.0
"""How long a server that has no count is left in peace."""

MOST_ABSENT = 200


class _Running:
    """A count under way, for everybody who waits for it."""

    def __init__(self, task: asyncio.Task[int]) -> None:
        self.task = task
        self.waiting = 0


class UpstreamCounts:
    """Lives as long as the process."""

    def __init__(self, clock: Clock, most_kept: int = MOST_KEPT) -> None:
        self._clock = clock
        self._most_kept = most_kept
        self._kept: OrderedDict[bytes, int] = OrderedDict()
        self._running: dict[bytes, _Running] = {}
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._absent: OrderedDict[str, float] = OrderedDict()

    async def count(self, key: bytes, channel: str, ask: Callable[[], Awaitable[int]]) -> int:
        """The count whose content `key` stands for: a kept one, one that is under way, or what `ask` gets.

        Raises what `ask` raises, for everybody who waits; it is cancelled when nobody waits any more.
        """
        known = self._kept.get(key)
        if known is not None:
            self._kept.move_to_end(key)
            return known
        running = self._running.get(key) or self._begin(key, channel, ask)
        running.waiting += 1
        try:
            # Not by `shield`: whoever leaves first must not be told of a failure that others wait for.
            await asyncio.wait((running.task,))
            return running.task.result()
        finally:
            running.waiting -= 1
            if not running.waiting and not running.task.done():
                self._running.pop(key, None)
                running.task.cancel()
                await asyncio.wait((running.task,))

    def is_absent(self, place: str) -> bool:
        """Whether this endpoint was found missing a short while ago."""
        until = self._absent.get(place)
        return until is not None and self._clock() < until

    def note_absent(self, place: str) -> None:
        """The server has no such endpoint."""
        self._absent[place] = self._clock() + ABSENCE_SECONDS
        self._absent.move_to_end(place)
        if len(self._absent) > MOST_ABSENT:
            self._absent.popitem(last=False)

    def _begin(self, key: bytes, channel: str, ask: Callable[[], Awaitable[int]]) -> _Running:
        task = asyncio.get_running_loop().create_task(self._fetch(key, channel, ask))
        running = self._running[key] = _Running(task)

        def forget(ended: asyncio.Task[int]) -> None:
            if self._running.get(key) is running:
                del self._running[key]
            if not ended.cancelled():
                ended.exception()  # it was seen, also where the last one who waited has just left

        task.add_done_callback(forget)
        return running

    async def _fetch(self, key: bytes, channel: str, ask: Callable[[], Awaitable[int]]) -> int:
        slots = self._slots.get(channel)
        if slots is None:
            slots = self._slots[channel] = asyncio.Semaphore(AT_ONCE)
        async with slots:
            counted = await ask()
        self._kept[key] = counted
        if len(self._kept) > self._most_kept:
            self._kept.popitem(last=False)
        return counted
