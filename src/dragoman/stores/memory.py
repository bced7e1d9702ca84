"""State in the memory of this process; a restart forgets it."""

from collections import OrderedDict
from collections.abc import Callable, Mapping

LARGEST = 16 * 1024 * 1024
"""Bytes of all envelopes together."""

LIFETIME = 7 * 24 * 3600.0
"""Seconds. A session that was left alone for longer goes on without its state."""


class MemoryKeptState:
    """Implements `KeptState`: the newest envelopes, up to a size and an age."""

    def __init__(self, clock: Callable[[], float], largest: int = LARGEST) -> None:
        self._clock = clock
        self._largest = largest
        self._size = 0
        self._entries: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def get(self, key: str) -> str | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if self._clock() - entry[0] > LIFETIME:
            self._forget(key)
            return None
        self._entries.move_to_end(key)
        return entry[1]

    def keep(self, envelopes: Mapping[str, str]) -> None:
        now = self._clock()
        for key, envelope in envelopes.items():
            self._forget(key)
            size = len(key) + len(envelope)
            if size > self._largest:
                continue  # it would drive out all others and stay no more than they
            self._entries[key] = (now, envelope)
            self._size += size
        while self._size > self._largest:
            self._forget(next(iter(self._entries)))

    def _forget(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._size -= len(key) + len(entry[1])
