"""Holds a reply back until it has said something, so that an early failure can still be an HTTP error.

The commit point is the first event that is neither `message_start` nor `ping`. After it there is no second voice.
"""

from collections.abc import Sequence

from dragoman.messages.events import MessageStart, Ping, Relayed, Said

_SILENT_NAMES = frozenset({"", "ping", "message_start"})


class CommitGate:
    """One attempt's gate."""

    def __init__(self) -> None:
        self.committed = False
        self._held: list[Said] = []

    def admit(self, said: Sequence[Said]) -> Sequence[Said]:
        """What may go out now, of `said` and of what was held."""
        if self.committed:
            return said
        self._held += said
        if all(_is_silent(event) for event in said):
            return ()
        return self.commit()

    def commit(self) -> list[Said]:
        """Open the gate and hand out what was held; also done when the line must be kept alive."""
        self.committed = True
        held, self._held = self._held, []
        return held


def _is_silent(said: Said) -> bool:
    if isinstance(said, Relayed):
        return said.name in _SILENT_NAMES
    return isinstance(said, (MessageStart, Ping))
