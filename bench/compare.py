"""Measure other gateways on the load that Dragoman is measured on: `python -m bench.compare` (Linux only).

Each is installed at a pinned version into a folder of its own, started anew in each round, and takes turns with the
floor (bench/floor.py) on the scripted upstream (bench/upstream.py). Loopback only, but for the installation. Prints
Markdown on stdout and progress on stderr; a gateway that cannot be measured is named with the reason. `--behaviour`
asks instead what each makes of awkward answers and requests (bench/behaviour.py).
"""

import argparse
import asyncio
import contextlib
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.behaviour import QUESTIONS, behaviour_of
from bench.compare_table import Entry, answers, numbers, put
from bench.peers.claude_code_proxy import ClaudeCodeProxy
from bench.peers.claude_code_router import ClaudeCodeRouter
from bench.peers.dragoman import Dragoman, Floor
from bench.peers.litellm import LiteLLM
from bench.peers.peer import NotMeasured, Peer
from bench.processes import REPOSITORY, Server, StartError, start_upstream
from bench.turns import FULL, QUICK, Effort, Visit, visit

PEERS: tuple[type[Peer], ...] = (Dragoman, LiteLLM, ClaudeCodeRouter, ClaudeCodeProxy)
PAGE = REPOSITORY / "docs/concepts/comparison.md"
INSTALLATIONS = REPOSITORY / "bench/results/peers"
TIME_LIMIT = 2400
"""Seconds after which a run is given up."""


def say(words: str) -> None:
    """Progress, apart from the table."""
    print(words, file=sys.stderr, flush=True)


async def measure(peer: Peer, upstream: Server, folder: Path, effort: Effort) -> Entry:
    """All rounds of one gateway; why not, when it cannot be measured."""
    visits: list[Visit] = []
    try:
        say(f"{peer.name} {peer.version}: installing")
        floor = Floor(INSTALLATIONS)
        await asyncio.to_thread(peer.install)
        await asyncio.to_thread(floor.install)
        for number in range(1, effort.rounds + 1):
            say(f"{peer.name}: round {number} of {effort.rounds}")
            place = folder / f"{peer.slug}-{number}"
            visits.append(await visit(floor, peer, upstream, place, effort))
    except NotMeasured as error:
        say(f"{peer.name}: {error}")
        return Entry(peer.name, peer.version, peer.configuration, (), None, str(error))
    return Entry(peer.name, peer.version, peer.configuration, visits, peer.footprint())


async def all_numbers(peers: Sequence[Peer], folder: Path, effort: Effort) -> str:
    """The two tables of measurements."""
    with contextlib.ExitStack() as running:
        upstream = start_upstream(folder)
        running.callback(upstream.stop)
        upstream.wait_until_ready()
        entries = [await measure(peer, upstream, folder, effort) for peer in peers]
    return numbers(entries, effort.rounds)


async def all_behaviour(peers: Sequence[Peer], folder: Path) -> str:
    """The table of behaviours."""
    found: dict[str, dict[str, str]] = {}
    for peer in peers:
        say(f"{peer.name} {peer.version}")
        label = f"{peer.name} {peer.version}"
        try:
            await asyncio.to_thread(peer.install)
            found[label] = await behaviour_of(peer, folder / peer.slug)
        except NotMeasured as error:
            found[label] = dict.fromkeys(QUESTIONS, f"not tried: {error}")
    return answers(QUESTIONS, found)


async def run(options: argparse.Namespace) -> str:
    """The Markdown that was asked for. Raises StartError, TimeoutError."""
    stop = asyncio.current_task()
    assert stop is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.cancel)
    effort = QUICK if options.quick else FULL
    peers = [kind(INSTALLATIONS) for kind in PEERS if options.only in (None, kind.name)]
    with tempfile.TemporaryDirectory() as name:
        async with asyncio.timeout(TIME_LIMIT):
            if options.behaviour:
                return await all_behaviour(peers, Path(name))
            return await all_numbers(peers, Path(name), effort)


def parse_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=[kind.name for kind in PEERS], help="one gateway (default: all)")
    parser.add_argument("--quick", action="store_true", help="one short round: whether it runs, not how fast")
    parser.add_argument("--behaviour", action="store_true", help="what each does, instead of what it costs")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {PAGE.name}, too")
    return parser.parse_args(arguments)


def main() -> int:
    """Run, print the tables. Exit status 1 when the run failed, 130 after Ctrl-C."""
    options = parse_options()
    try:
        text = asyncio.run(run(options))
    except (StartError, NotMeasured) as error:
        say(str(error))
        return 1
    except TimeoutError:
        say(f"gave up after {TIME_LIMIT} s")
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        say("stopped")
        return 130
    print(text)
    if options.write:
        put(PAGE, "behaviour" if options.behaviour else "comparison", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
