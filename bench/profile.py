"""Show where a proxy's CPU time goes in one case: `python -m bench.profile burst/openai` (add `--floor` to compare).

The profiler (cProfile) is switched on by a signal after the warm-up and off before the end, so the start does not
show. It makes Python calls dearer than calls into C: read the order, not the sum.
"""

import argparse
import asyncio
import cProfile
import pstats
import runpy
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.cases import ALL_CASES, CONCURRENCY, Case
from bench.load import Clients, paced_events, run_paced
from bench.measure import SETTLING
from bench.processes import Server, start_dragoman, start_floor, start_upstream

STREAMS = 200
BEGIN, END = signal.SIGUSR1, signal.SIGUSR2


def serve_profiled(file: Path, module: str, arguments: Sequence[str]) -> None:
    """Run `module`; profile between the two signals and then write `file`."""
    profiler = cProfile.Profile()

    def write(_number: int, _frame: object) -> None:
        profiler.disable()
        profiler.dump_stats(file.with_suffix(".part"))
        file.with_suffix(".part").rename(file)

    signal.signal(BEGIN, lambda _number, _frame: profiler.enable())
    signal.signal(END, write)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


async def load(case: Case, proxy: Server, seconds: float) -> None:
    """Warm up, then profile the proxy under the load of `case`."""
    client = Clients(
        proxy.port,
        case.through_proxy(proxy.port, events=paced_events(int(seconds))),
        CONCURRENCY,
        case.last_words,
    )
    if case.kind.paced:
        proxy.process.send_signal(BEGIN)
        await run_paced(
            proxy.port,
            client.request,
            streams=STREAMS,
            watched=int(seconds),
            interval=1.0,
            phase=0,
            read_cpu=proxy.cpu_seconds,
        )
        return
    try:
        await client.connect()
        await client.run(case.kind.batch)
        proxy.process.send_signal(BEGIN)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await client.run(case.kind.batch)
        await asyncio.sleep(SETTLING)
    finally:
        client.close()


def profile(case: Case, *, floor: bool, seconds: float, order: str, lines: int) -> None:
    """Start the upstream and one proxy, load it, print its profile, stop both."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stats = folder / "stats"
        upstream = start_upstream(folder)
        try:
            upstream.wait_until_ready()
            launcher = ("-m", "bench.profile", "--serve", str(stats))
            proxy = (start_floor if floor else start_dragoman)(folder, upstream, launcher)
            try:
                proxy.wait_until_ready()
                asyncio.run(load(case, proxy, seconds))
                proxy.process.send_signal(END)
                patience = time.monotonic() + 10
                while not stats.exists() and time.monotonic() < patience:
                    time.sleep(0.05)
            finally:
                proxy.stop()
        finally:
            upstream.stop()
        pstats.Stats(str(stats)).strip_dirs().sort_stats(order).print_stats(lines)


def main() -> None:
    names = {case.name: case for case in ALL_CASES}
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("case", choices=names, metavar="CASE", help=", ".join(names))
    parser.add_argument("--floor", action="store_true", help="profile the floor instead of Dragoman")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--sort", default="tottime", choices=("tottime", "cumtime", "ncalls"))
    parser.add_argument("--lines", type=int, default=40)
    options = parser.parse_args()
    profile(
        names[options.case],
        floor=options.floor,
        seconds=options.seconds,
        order=options.sort,
        lines=options.lines,
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        serve_profiled(Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
    else:
        main()
