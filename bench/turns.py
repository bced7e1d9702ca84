"""What one gateway costs beside the floor: both are started anew, and take turns under the same load."""

import asyncio
import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.bodies import http_request, small_body
from bench.cases import CONCURRENCY, EVENTS_BETWEEN, KIND_BY_NAME, Kind
from bench.load import Clients, LoadError
from bench.measure import SETTLING
from bench.peers.peer import NotMeasured, Peer, reason
from bench.processes import Server, StartError

START_LIMIT = 120
"""Seconds that a gateway may take to start."""
BATCH = 16
"""Requests before it is the other one's turn: a gateway that takes 20 ms for one has a third of a second."""
KINDS = ("small", "small-stream", "burst")


class Effort(NamedTuple):
    """How long to measure."""

    rounds: int
    seconds: float
    """For both of a pair in one kind of request."""
    warming: float
    """Seconds of load before anything is counted: Node compiles what is called often, and after 10 s takes half the
    time for a request that it takes after 1 s."""


FULL = Effort(rounds=3, seconds=3.0, warming=8.0)
QUICK = Effort(rounds=1, seconds=1.0, warming=0.2)
FEW_SECONDS = 1.0
"""Of warming, for a kind of request that follows another one."""


class Cost(NamedTuple):
    """CPU seconds of one server."""

    request: float
    event: float
    """In a burst, beyond what the request costs."""


class Visit(NamedTuple):
    """One round of a gateway and the floor beside it."""

    costs: dict[str, Cost]
    """By backend."""
    floor: dict[str, Cost]
    ready: float
    """Seconds from its start to its first answer."""
    megabytes: float
    """Resident after the load."""
    floor_ready: float
    floor_megabytes: float


def request_of(peer: Peer, port: int, kind: Kind, backend: str) -> bytes:
    """What a client of `peer` sends for this kind of request."""
    body = small_body(peer.models[backend].format(model=kind.model), stream=kind.stream)
    return http_request(port, "/v1/messages?beta=true", body, peer.key)


async def cpu_of_requests(
    pair: Sequence[tuple[Peer, Server]], kind: Kind, backend: str, effort: Effort
) -> list[float]:
    """CPU seconds a request of each of the pair, under a closed loop."""
    last_words = b"message_stop" if kind.stream else b"the bench."
    loop = asyncio.get_running_loop()
    clients = [
        Clients(server.port, request_of(peer, server.port, kind, backend), CONCURRENCY, last_words)
        for peer, server in pair
    ]
    asked = 0
    try:
        for client in clients:
            await client.connect()
            warm = loop.time() + (
                effort.warming if kind.name == KINDS[0] else min(effort.warming, FEW_SECONDS)
            )
            while loop.time() < warm:
                await client.run(BATCH)
        await asyncio.sleep(SETTLING)
        before = [server.cpu_seconds() for _, server in pair]
        end = loop.time() + effort.seconds
        while loop.time() < end:
            for client in clients:
                await client.run(BATCH)
            asked += BATCH
        await asyncio.sleep(SETTLING)
        after = [server.cpu_seconds() for _, server in pair]
    finally:
        for client in clients:
            client.close()
    return [(stop - start) / asked for start, stop in zip(before, after, strict=True)]


async def costs_of(pair: Sequence[tuple[Peer, Server]], backend: str, effort: Effort) -> list[Cost]:
    """What each of the pair costs with this backend."""
    small, short, burst = [await cpu_of_requests(pair, KIND_BY_NAME[kind], backend, effort) for kind in KINDS]
    return [
        Cost(request, (long - base) / EVENTS_BETWEEN)
        for request, base, long in zip(small, short, burst, strict=True)
    ]


async def visit(floor: Peer, peer: Peer, upstream: Server, folder: Path, effort: Effort) -> Visit:
    """One round. Raises NotMeasured when the gateway does not start or does not answer as it must."""
    with contextlib.ExitStack() as running:
        pair: list[tuple[Peer, Server]] = []
        ready: list[float] = []
        for member in (floor, peer):
            server = member.start(folder / member.name, upstream.port)
            running.callback(server.stop)
            try:
                ready.append(server.wait_until_ready(START_LIMIT))
            except StartError as error:
                raise NotMeasured(f"not started: {reason(server.last_words())}") from error
            pair.append((member, server))
        costs: dict[str, Cost] = {}
        floor_costs: dict[str, Cost] = {}
        try:
            for backend in peer.models:
                floor_costs[backend], costs[backend] = await costs_of(pair, backend, effort)
        except (LoadError, TimeoutError) as error:
            raise NotMeasured(f"not a whole answer: {reason(str(error) or 'none in time')}") from error
        resident = [server.resident_megabytes() for _, server in pair]
    return Visit(costs, floor_costs, ready[1], resident[1], ready[0], resident[0])
