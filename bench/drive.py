"""Measure Dragoman against the floor: `python -m bench.drive` from the root of the repository (Linux only).

Starts the scripted upstream (bench/upstream.py) once; then, in every round, a fresh floor (bench/floor.py) and a fresh
Dragoman, because two processes of the same program can differ by 5 % for all their lives. Both are warmed up, then
take turns under the same load. Prints a Markdown table on stdout and progress on stderr. Ends by itself, and stops
what it started, whatever happens. How numbers are taken: bench/measure.py and bench/cases.py.
"""

import argparse
import asyncio
import contextlib
import resource
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import msgspec

from bench.cases import Case, selected_cases
from bench.load import LoadError
from bench.measure import FULL, QUICK, Effort, Measurements, Vitals, measure_case
from bench.processes import Server, StartError, start_dragoman, start_floor, start_upstream
from bench.report import as_json, row, table

TIME_LIMIT = 1800
"""Seconds after which a run is given up."""
DESCRIPTORS = 16_384
"""Open files that 1,000 streams through each of two proxies need, generously."""


def say(words: str) -> None:
    """Progress, apart from the table."""
    print(words, file=sys.stderr, flush=True)


def raise_descriptor_limit() -> None:
    """Raise the soft limit for this process and its children as far as the hard one lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < DESCRIPTORS:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(DESCRIPTORS, hard), hard))


async def run_round(
    number: int,
    cases: Sequence[Case],
    effort: Effort,
    upstream: Server,
    contender: str,
    folder: Path,
    measurements: Measurements,
    vitals: dict[str, Vitals],
) -> None:
    """One round with fresh proxies, the order of which changes from round to round."""
    start_contender = start_dragoman if contender == "dragoman" else start_floor
    with contextlib.ExitStack() as running:
        proxies: list[Server] = []
        starts = [("floor", start_floor), (contender, start_contender)]
        for name, start in starts if number % 2 else reversed(starts):
            server = start(folder, upstream)
            server.name = name
            running.callback(server.stop)
            vitals.setdefault(name, Vitals()).ready.append(server.wait_until_ready())
            proxies.append(server)
        for case in cases:
            say(f"round {number} of {effort.rounds}: {case.name}")
            try:
                await measure_case(case, proxies, upstream, effort, measurements)
            except (LoadError, TimeoutError) as error:
                wrote = "\n".join(f"{server.name} wrote:\n{server.last_words()}" for server in proxies)
                raise LoadError(f"{case.name}: {str(error) or 'no answer in time'}\n{wrote}") from error
        for server in proxies:
            vitals[server.name].megabytes.append(server.resident_megabytes())


async def measure(
    cases: Sequence[Case], effort: Effort, contender: str
) -> tuple[Measurements, dict[str, Vitals]]:
    """All rounds. Raises StartError, LoadError, TimeoutError."""
    stop = asyncio.current_task()
    assert stop is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.cancel)
    measurements: Measurements = {}
    vitals: dict[str, Vitals] = {}
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as running:
        upstream = start_upstream(Path(name))
        running.callback(upstream.stop)
        upstream.wait_until_ready()
        async with asyncio.timeout(TIME_LIMIT):
            for number in range(1, effort.rounds + 1):
                await run_round(number, cases, effort, upstream, contender, Path(name), measurements, vitals)
    return measurements, vitals


def parse_options(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--case", help="one case, such as burst or burst/openai (default: all)")
    parser.add_argument("--quick", action="store_true", help="one short round: whether it runs, not how fast")
    parser.add_argument("--rounds", type=int, help=f"rounds (default {FULL.rounds})")
    parser.add_argument(
        "--noise", action="store_true", help="compare the floor with itself: ratios should be 1"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers there too")
    return parser.parse_args(arguments)


def main() -> int:
    """Run, print the table. Exit status 1 when a server failed, 2 for a wrong option, 130 after Ctrl-C."""
    options = parse_options()
    try:
        cases = selected_cases(options.case)
    except ValueError as error:
        say(str(error))
        return 2
    effort = QUICK if options.quick else FULL
    if options.rounds:
        effort = effort._replace(rounds=options.rounds)
    contender = "floor again" if options.noise else "dragoman"
    raise_descriptor_limit()
    try:
        measurements, vitals = asyncio.run(measure(cases, effort, contender))
    except (StartError, LoadError) as error:
        say(str(error))
        return 1
    except TimeoutError:
        say(f"gave up after {TIME_LIMIT} s")
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        say("stopped")
        return 130
    rows = [row(case, contender, measurements) for case in cases]
    print(table(rows, vitals, contender, effort.rounds))
    if options.json:
        options.json.write_bytes(
            msgspec.json.format(msgspec.json.encode(as_json(rows, vitals, measurements)))
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
