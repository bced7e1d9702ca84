"""How far estimates are from what upstreams count, learned from answers that told (docs/concepts/counting.md)."""

from collections import OrderedDict

from dragoman.routing.vocabularies import vocabulary_of

LEAST = 200
"""Tokens; below, what stands around the messages outweighs them."""

SMALLEST, LARGEST = 0.5, 2.0
"""Whatever is further off is not a matter of vocabularies."""

MOST_REMEMBERED = 2000
"""Conversations, and as many models: clients choose the names of both."""

_NEWEST = 0.3
"""What the newest answer weighs among those of a model: conversations differ."""

Key = tuple[str, str, str | None]
"""Channel, model there, session."""


class Meter:
    """Ratios of counted to estimated tokens: of each session the latest, of each model a running mean."""

    def __init__(self, most: int = MOST_REMEMBERED) -> None:
        self._sessions = _Ratios(most)
        self._models = _Ratios(most)

    def learn(self, channel: str, model: str, session: str | None, estimated: int, counted: int) -> None:
        """An upstream counted `counted` tokens where the bytes had given `estimated`."""
        if estimated < LEAST or counted < LEAST:
            return
        ratio = min(max(counted / estimated, SMALLEST), LARGEST)
        if session is not None:
            self._sessions.keep((channel, model, session), ratio)
        known = self._models.get((channel, model, None))
        mean = ratio if known is None else known + _NEWEST * (ratio - known)
        self._models.keep((channel, model, None), mean)

    def learned(self, channel: str, model: str, session: str | None) -> float | None:
        """What the session's own answers taught, else the model's; None where none has told yet."""
        ratio = self._sessions.get((channel, model, session)) if session is not None else None
        return ratio if ratio is not None else self._models.get((channel, model, None))

    def factor(self, channel: str, model: str, session: str | None) -> float:
        """By what an estimate from bytes is to be multiplied."""
        learned = self.learned(channel, model, session)
        return learned if learned is not None else vocabulary_of(model).factor


class _Ratios:
    """The newest, up to a number."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Key, float] = OrderedDict()

    def get(self, key: Key) -> float | None:
        ratio = self._kept.get(key)
        if ratio is not None:
            self._kept.move_to_end(key)
        return ratio

    def keep(self, key: Key, ratio: float) -> None:
        self._kept[key] = ratio
        self._kept.move_to_end(key)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
