"""One round of measurements of two proxies in turn, on one upstream.

The speed of a shared machine changes by half within seconds, so the two proxies take turns every 50 ms, and only
the ratio between them is to be trusted. CPU time is read before the first turn and after the last.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.cases import CONCURRENCY, Case
from bench.load import Clients, paced_events, run_paced
from bench.processes import Server

SETTLING = 0.05
"""Seconds for what a proxy does after the last byte: its log line, its books."""


class Effort(NamedTuple):
    """How long to measure."""

    rounds: int
    seconds: float
    """For both proxies together in one case of one round."""
    streams: int
    watched: int
    """Seconds for which the paced streams are watched."""


FULL = Effort(rounds=7, seconds=1.5, streams=1000, watched=4)
QUICK = Effort(rounds=1, seconds=0.6, streams=200, watched=2)


@dataclass
class Series:
    """What one server did in one case: a number a round, and the waiting times of all rounds."""

    cpu: list[float] = field(default_factory=list[float])
    """Seconds of CPU for a request (small, large, a whole burst) or for a paced event, one a round."""
    seconds: list[float] = field(default_factory=list[float])
    """From request to the end of the answer; for paced events from the upstream's write to our read."""


@dataclass
class Vitals:
    """What one proxy needs besides CPU, one number a round."""

    ready: list[float] = field(default_factory=list[float])
    """Seconds from the start of the process to /readyz."""
    megabytes: list[float] = field(default_factory=list[float])
    """Resident after the load."""


Measurements = dict[str, dict[str, Series]]
"""By case, then by server: `floor`, the contender and `direct`."""


def series(measurements: Measurements, case: Case, server: str) -> Series:
    """The place for what `server` does in `case`."""
    return measurements.setdefault(case.name, {}).setdefault(server, Series())


async def measure_cpu(case: Case, proxies: Sequence[Server], effort: Effort, into: Measurements) -> None:
    """CPU seconds a request under a closed loop."""
    loop = asyncio.get_running_loop()
    clients = [Clients(p.port, case.through_proxy(p.port), CONCURRENCY, case.last_words) for p in proxies]
    asked = 0
    try:
        for client in clients:
            await client.connect()
            await client.run(case.kind.batch)
        await asyncio.sleep(SETTLING)
        before = [proxy.cpu_seconds() for proxy in proxies]
        end = loop.time() + effort.seconds
        while loop.time() < end:
            for client in clients:
                await client.run(case.kind.batch)
            asked += case.kind.batch
            clients.reverse()
        await asyncio.sleep(SETTLING)
        after = [proxy.cpu_seconds() for proxy in proxies]
    finally:
        for client in clients:
            client.close()
    for proxy, start, stop in zip(proxies, before, after, strict=True):
        series(into, case, proxy.name).cpu.append((stop - start) / asked)


async def measure_latency(
    case: Case, proxies: Sequence[Server], upstream: Server, effort: Effort, into: Measurements
) -> None:
    """Waiting times of one request at a time, the upstream itself and each proxy in turn."""
    loop = asyncio.get_running_loop()
    clients = {p.name: Clients(p.port, case.through_proxy(p.port), 1, case.last_words) for p in proxies}
    clients["direct"] = Clients(upstream.port, case.direct(upstream.port), 1, case.last_direct_words)
    try:
        for client in clients.values():
            await client.connect()
            await client.run(2)
        end = loop.time() + effort.seconds / 2
        while loop.time() < end:
            for name, client in clients.items():
                series(into, case, name).seconds += (await client.run(5)).seconds
    finally:
        for client in clients.values():
            client.close()


async def measure_paced(case: Case, proxies: Sequence[Server], effort: Effort, into: Measurements) -> None:
    """CPU seconds an event and the delay of each, with `streams` slow streams open on each proxy at the same time."""
    runs = [
        run_paced(
            proxy.port,
            case.through_proxy(proxy.port, events=paced_events(effort.watched)),
            streams=effort.streams,
            watched=effort.watched,
            interval=1.0,
            phase=place / len(proxies),
            read_cpu=proxy.cpu_seconds,
        )
        for place, proxy in enumerate(proxies)
    ]
    for proxy, paced in zip(proxies, await asyncio.gather(*runs), strict=True):
        seen = series(into, case, proxy.name)
        seen.cpu.append(paced.cpu / paced.events)
        seen.seconds += paced.delays


async def measure_case(
    case: Case, proxies: Sequence[Server], upstream: Server, effort: Effort, into: Measurements
) -> None:
    """All numbers of one case in one round."""
    if case.kind.paced:
        await measure_paced(case, proxies, effort, into)
        return
    await measure_cpu(case, proxies, effort, into)
    await measure_latency(case, proxies, upstream, effort, into)
