"""What earlier requests taught, as answers and counts ask for it."""

from typing import Protocol

from dragoman.dialects.quirks import Quirks
from dragoman.relay.meter import Meter
from dragoman.routing.channel import Target


class Knowledge(Protocol):
    """Lives as long as the process."""

    meter: Meter

    def target(self, requested: str) -> Target:
        """Where a requested model goes, in the language that its server wants. Raises ApiError."""
        ...

    def quirks(self, target: Target) -> Quirks:
        """A target's quirks as far as they are known by now."""
        ...
