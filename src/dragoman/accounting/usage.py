"""What one launch of Claude Code used, added up request by request."""

from collections.abc import Iterable

import msgspec

from dragoman.messages.events import Usage

MOST_ENTRIES = 64
"""Routes, and kinds of losses: clients choose the names in both. Further ones are added up under OTHERS."""

OTHERS = "others"


class Used(msgspec.Struct):
    """What the requests of one route came to, in tokens where nothing else is said."""

    requests: int = 0
    failed: int = 0
    input: int = 0
    """What the model read anew, with what went into its cache."""
    cached: int = 0
    """What came from the cache."""
    output: int = 0


class LaunchUsage(msgspec.Struct):
    """A launch so far."""

    routes: dict[str, Used] = msgspec.field(default_factory=dict[str, Used])
    """By `requested -> channel/model`, in the order of their first requests."""
    losses: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    """How many requests lost each, such as `top_k dropped`."""

    @property
    def failed(self) -> int:
        """Requests whose client did not get a whole answer."""
        return sum(used.failed for used in self.routes.values())

    def add(self, route: str, *, failed: bool, usage: Usage | None, losses: Iterable[str]) -> None:
        """Count one request for an answer; `usage` is None where the upstream told none."""
        used = self.routes.setdefault(_place(route, self.routes), Used())
        used.requests += 1
        used.failed += failed
        if usage is not None:
            used.input += usage.input_tokens + usage.cache_creation_input_tokens
            used.cached += usage.cache_read_input_tokens
            used.output += usage.output_tokens
        for loss in losses:
            place = _place(loss, self.losses)
            self.losses[place] = self.losses.get(place, 0) + 1


def _place(name: str, entries: dict[str, Used] | dict[str, int]) -> str:
    return name if name in entries or len(entries) < MOST_ENTRIES else OTHERS
