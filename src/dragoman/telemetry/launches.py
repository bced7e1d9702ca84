"""Keeps in memory what each launch of `dragoman claude` has used, for whoever launched it to ask at its end."""

from collections import OrderedDict

from typing_extensions import override

from dragoman.accounting.usage import LaunchUsage
from dragoman.relay.ports import Observer
from dragoman.relay.trace import Trace
from dragoman.telemetry.request_line import failed, losses_of, route_of

MOST_LAUNCHES = 64
"""The one that was silent longest is forgotten first."""

LONGEST_NAME = 64


class LaunchObserver(Observer):
    """Counts what names a launch, and tells `following` of everything."""

    def __init__(self, following: Observer) -> None:
        self._following = following
        self._launches: OrderedDict[str, LaunchUsage] = OrderedDict()

    def usage(self, launch: str) -> LaunchUsage:
        """What the requests with this name have used; nothing for a name that nobody used."""
        return self._launches.get(launch) or LaunchUsage()

    @override
    def settled(self, trace: Trace) -> None:
        if trace.launch is not None and not trace.counting and len(trace.launch) <= LONGEST_NAME:
            self._count(trace.launch, trace)
        self._following.settled(trace)

    @override
    def bug(self, message: str, error: BaseException) -> None:
        self._following.bug(message, error)

    def _count(self, launch: str, trace: Trace) -> None:
        usage = self._launches.setdefault(launch, LaunchUsage())
        self._launches.move_to_end(launch)
        if len(self._launches) > MOST_LAUNCHES:
            self._launches.popitem(last=False)
        usage.add(route_of(trace), failed=failed(trace), usage=trace.usage, losses=losses_of(trace))
