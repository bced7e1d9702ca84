"""Answers requests through one gateway, and remembers what refusals taught."""

from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import ApiError, our_mistake
from dragoman.messages.request import MessagesRequest
from dragoman.relay.answer import Answer
from dragoman.relay.count_tokens import TokenCounter
from dragoman.relay.gateway import Gateway
from dragoman.relay.meter import Meter
from dragoman.relay.trace import Trace
from dragoman.routing.channel import Target
from dragoman.routing.plan import plan

MOST_REMEMBERED_NAMES = 1000
"""Clients choose the names."""


class Relay:
    """Lives as long as the process; each request gets an Answer."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.meter = Meter()
        self._counter = TokenCounter(gateway, self)
        self._targets: dict[str, Target] = {}
        self._learned: dict[tuple[str, str, str], Quirks] = {}
        self._respoken: dict[tuple[str, str], Target] = {}

    def answer(self, request: MessagesRequest, request_id: str) -> Answer:
        """The answer to a request. Nothing happens before its events are asked for."""
        return Answer(self.gateway, self, request, request_id)

    async def count(self, request: MessagesRequest, request_id: str) -> int:
        """Input tokens of a request. Raises ApiError only for a request that is itself wrong."""
        return await self._counter.count(request, request_id)

    def refuse(self, error: ApiError, request_id: str) -> None:
        """Record a request that got no further than the door."""
        now = self.gateway.clock()
        self.gateway.observer.settled(
            Trace(
                request_id,
                "",
                streaming=False,
                started=now,
                ended=now,
                status=error.status,
                ending=error.type,
                error=error.message,
            )
        )

    def report(self, bug: Exception, request_id: str) -> ApiError:
        """Tell the observer of our own mistake; the client is told no more than that there was one."""
        self.gateway.observer.bug(f"{type(bug).__name__} while reading {request_id}", bug)
        error = our_mistake()
        self.refuse(error, request_id)
        return error

    def target(self, requested: str) -> Target:
        """Where a requested model goes; the model map never changes, so it is asked once for each name."""
        target = self._targets.get(requested)
        if target is None:
            if len(self._targets) >= MOST_REMEMBERED_NAMES:
                self._targets.clear()
            target = self._targets[requested] = plan(requested, self.gateway.model_map).targets[0]
        return self._respoken.get((target.channel.name, target.model), target)

    def quirks(self, target: Target) -> Quirks:
        """A target's quirks as far as they are known by now."""
        channel = target.channel
        return self._learned.get((channel.name, channel.dialect, target.model), target.quirks)

    def learn(self, target: Target, quirks: Quirks) -> None:
        """Keep what a refusal taught, so that the next request is not refused."""
        self._learned[target.channel.name, target.channel.dialect, target.model] = quirks

    def speaks(self, target: Target) -> None:
        """The server demanded another language than was chosen for this model: speak it from now on."""
        if len(self._respoken) < MOST_REMEMBERED_NAMES:
            self._respoken[target.channel.name, target.model] = target
