"""Does what README.md says, line by line, as a new user would: in an empty home, with a clone of the files at hand.

    uv run python -m scripts.follow_readme [PAGE ...]

Further pages are followed in the clone that the README has made, with a key for OpenAI in an otherwise empty `.env`.
One bash a terminal. What is changed of a line is printed with it: ports are moved to free ones, blanks are filled in,
Claude Code is given something to say, `dragoman init` a key, and of the suite a small part is run. Services of others are
not asked: gcloud and systemctl are stubs, channels lead to scripted upstreams. What needs an engine, a supervisor or root is named and
not run (scripts/container_steps.py runs the Dockerfile's steps). A line of a kind that readme_steps.py does not know is
an error.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from scripts.clean_place import ROOT, Place, said_by
from scripts.readme_steps import (
    Command,
    EnvFile,
    Kind,
    UnknownCommand,
    clone_of,
    fill_blanks,
    move_ports,
    ports_of,
    steps,
)
from scripts.readme_upstreams import Upstreams, upstreams
from scripts.terminal import Ended, Lost, Terminal
from tests.docs.pages import code_blocks
from tests.support.claude_code import PACKAGE
from tests.support.dragoman_process import free_port, http_status
from tests.support.gcloud_stub import GcloudStub
from tests.support.systemctl_stub import SystemctlStub

from dragoman.cli.exit_codes import INTERRUPTED
from dragoman.wire.jsonbytes import JsonError, decode
from dragoman.wire.jsonvalues import as_object

EACH = 120
"""Seconds for one command."""

ALL = 600
"""Seconds for the page; a quiet machine needs 45."""

ANSWERS = {"YOUR_PROJECT_ID": "my-project-1"}

LATER_PAGES = ('OPENAI_API_KEY="your-openai-key"', 'OPENAI_BASE_URL="https://api.example.com/v1"')
"""The `.env` of somebody who opens a further page, and in place of one that `dragoman init` wrote for a vendor."""

CLAUDE_CODE = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_TELEMETRY": "1",
    "DISABLE_ERROR_REPORTING": "1",
}
"""Keeps Claude Code from asking anybody but the gateway."""

ADDED = {
    Kind.CLAUDE: ' -p "Hello"',
    Kind.SUITE: " -n 0 tests/architecture/test_dependencies.py",
    Kind.QUESTIONS: " --yes --force",
}
DURING_SERVICE = frozenset({Kind.CLIENT, Kind.MESSAGE, Kind.CLAUDE, Kind.NPM})
"""What a reader types into a second terminal while the gateway runs."""


@dataclass
class Report:
    run: int = 0
    failed: list[str] = field(default_factory=list[str])
    not_run: list[str] = field(default_factory=list[str])

    def told(self) -> str:
        lines = [f"{self.run} commands run, {len(self.failed)} failed, {len(self.not_run)} not run"]
        lines += [f"failed: {line}" for line in self.failed]
        lines += [f"not run, as it {Kind.NOT_HERE.value}: {line}" for line in self.not_run]
        return "\n".join(lines) + "\n"


class Reader:
    """Somebody who follows the page. `report` says what came of it."""

    def __init__(
        self, place: Place, running: Upstreams, supervisor: SystemctlStub, stack: AsyncExitStack
    ) -> None:
        self.report = Report()
        self._place = place
        self._upstreams = running
        self._supervisor = supervisor
        self._stack = stack
        self._ports = {8082: free_port()}
        self._environment = place.environment(
            **CLAUDE_CODE,
            PORT=str(self._ports[8082]),
            npm_config_prefix=str(place.home / ".npm"),
            **({"npm_config_cache": said_by("npm", "config", "get", "cache")} if shutil.which("npm") else {}),
        )
        self._serving: str | None = None
        self._last_served: str | None = None
        self._folder = place.home

    async def follow(self, todo: Sequence[Command | EnvFile]) -> None:
        """Raises Lost when a terminal can be used no more."""
        self._first = await self._stack.enter_async_context(Terminal(self._folder, self._environment))
        self._second: AsyncExitStack | None = None
        for step in todo:
            match step:
                case EnvFile(lines, anew):
                    await self._stop_serving()
                    await self._look_where()
                    self._write_settings(lines, anew=anew)
                case Command(typed, Kind.NOT_HERE):
                    say(f"$ {typed}\n    not run: it {Kind.NOT_HERE.value}")
                    self.report.not_run.append(typed)
                case Command(typed, kind):
                    if kind not in DURING_SERVICE:
                        await self._stop_serving()
                    if kind is not Kind.SERVICE:
                        self._supervisor.stop()
                    await self._do(self._as_here(typed, kind), kind)
        await self._stop_serving()

    async def _do(self, line: str, kind: Kind) -> None:
        if kind is Kind.SERVE:
            await self._serve(line)
        elif kind in DURING_SERVICE and (self._serving or needs_gateway(line, kind)):
            if self._serving is None:
                assert self._last_served is not None, f"nothing was started before `{line}`"
                say("(the gateway was stopped; started again)")
                await self._serve(self._last_served)
            self._judge(line, kind, await self._timed(await self._second_terminal(), line))
        else:
            if kind is Kind.SERVICE:
                await self._look_where()
                # A supervisor hands no environment on.
                self._write_settings([f'PORT="{self._ports[8082]}"'])
            ended = await self._timed(self._first, line)
            self._judge(line, kind, ended)
            if kind is Kind.QUESTIONS:
                await self._look_where()
                self._write_settings(LATER_PAGES, anew=True)
            if ended.code != 0 and (kind is Kind.CLONE or line.startswith("cd ")):
                raise Lost(f"everything that follows needs what `{line}` should have done")

    def _as_here(self, typed: str, kind: Kind) -> str:
        """The line with what has to be another here."""
        say(f"$ {typed}")
        line = typed
        if kind is Kind.CLONE:
            line = clone_of(line, str(self._place.origin))
        if kind is Kind.NPM:
            line = line.replace(PACKAGE.rpartition("@")[0], PACKAGE)
        line = fill_blanks(line, ANSWERS)
        line += "" if " -p " in line else ADDED.get(kind, "")
        if kind is Kind.QUESTIONS:
            line = f"OPENAI_API_KEY=test-key {line}"
        for port in ports_of(line):
            self._ports.setdefault(port, free_port())
        line = move_ports(line, self._ports)
        if line != typed:
            say(f"    here: {line}")
        return line

    async def _serve(self, line: str) -> None:
        await self._look_where()
        [port] = ports_of(line)[:1] or [self._ports[8082]]
        began = time.monotonic()
        self._first.type(line)
        self._serving = self._last_served = line
        while await http_status(port, "/readyz") != 200:
            if not self._first.busy or time.monotonic() > began + EACH:
                await self._stop_serving(never_ready=True)
                return
            await asyncio.sleep(0.1)
        say(f"    ready after {time.monotonic() - began:.1f} s")

    async def _look_where(self) -> None:
        """The folder of the first terminal, in which a reader opens the second, and an editor."""
        self._folder = Path((await self._first.run("pwd", EACH)).stdout.strip())

    async def _stop_serving(self, *, never_ready: bool = False) -> None:
        """Ctrl-C; the second terminal is closed, too."""
        if self._second is not None:
            await self._second.aclose()
            self._second = None
        if (line := self._serving) is None:
            return
        how = "stopped with Ctrl-C" if self._first.busy else "ended by itself"
        if self._first.busy:
            self._first.interrupt()
        self._serving = None
        ended = await self._first.ended(30)
        say(f"    {how}: {ended.code}")
        stopped_well = ended.code == INTERRUPTED or ("uvicorn" in line and ended.code == 0)
        self._note(line, ended, None if stopped_well and not never_ready else "did not serve until Ctrl-C")

    async def _second_terminal(self) -> Terminal:
        if self._second is None:
            self._second = await self._stack.enter_async_context(AsyncExitStack())
            self._other = await self._second.enter_async_context(Terminal(self._folder, self._environment))
        return self._other

    async def _timed(self, terminal: Terminal, line: str) -> Ended:
        began = time.monotonic()
        ended = await terminal.run(line, EACH)
        first = next((text for text in ended.stdout.splitlines() if text.strip()), "")
        say(f"    {ended.code} after {time.monotonic() - began:.1f} s  {first[:90]}".rstrip())
        return ended

    def _judge(self, line: str, kind: Kind, ended: Ended) -> None:
        fault = f"exit code {ended.code}" if ended.code != 0 else None
        if fault is None and kind is Kind.MESSAGE and not is_message(ended.stdout):
            fault = "the answer is no message"
        if fault is None and kind is Kind.CLAUDE and not ended.stdout.strip():
            fault = "Claude Code said nothing"
        self._note(line, ended, fault)

    def _note(self, line: str, ended: Ended, fault: str | None) -> None:
        self.report.run += 1
        if fault is not None:
            self.report.failed.append(f"{line}: {fault}")
            printed = [*ended.stdout.splitlines()[-20:], *ended.stderr.splitlines()[-20:]]
            say("\n".join(["    FAILED: " + fault, *(f"    | {text}" for text in printed)]))

    def _write_settings(self, lines: Sequence[str], *, anew: bool = False) -> None:
        """Into `.env`, in place of lines of the same name, or of all."""
        file = self._folder / ".env"
        names = {line.partition("=")[0] for line in lines}
        before = file.read_text("utf-8").splitlines() if file.exists() and not anew else []
        kept = [line for line in before if line.partition("=")[0] not in names]
        written = [self._upstreams.in_place_of_examples(fill_blanks(line, ANSWERS)) for line in lines]
        file.write_text("\n".join([*kept, *written]) + "\n", "utf-8")
        say(f"(into .env: {', '.join(sorted(names))})")


def needs_gateway(line: str, kind: Kind) -> bool:
    """Whether there is nothing to talk to without one; `dragoman claude` starts its own."""
    return kind is not Kind.NPM and "dragoman claude" not in line


def is_message(answer: str) -> bool:
    """Whether it is one of the Messages API's, whole or streamed to its end."""
    if answer.startswith("event: message_start"):
        return "event: message_stop" in answer
    try:
        decoded = decode(answer.encode())
    except JsonError:
        return False
    return as_object(decoded).get("type") == "message"


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def follow(*pages: Path) -> Report:
    """Raises UnknownCommand before anything was run, Lost when it cannot go on."""
    todo: list[Command | EnvFile] = []
    for number, page in enumerate(pages):
        todo += [EnvFile(LATER_PAGES, anew=True)] if number else []
        todo += steps((block.language, block.text) for block in code_blocks(page))
    commands = [step.typed for step in todo if isinstance(step, Command)]
    with tempfile.TemporaryDirectory(prefix="dragoman-readme-") as folder:
        place = Place(Path(folder))
        place.furnish()
        GcloudStub(place.programs, Path(folder) / "gcloud")
        supervisor = SystemctlStub(place.programs, Path(folder) / "supervisor")
        async with asyncio.timeout(ALL), upstreams(commands) as running, AsyncExitStack() as stack:
            stack.callback(supervisor.stop)
            reader = Reader(place, running, supervisor, stack)
            await reader.follow(todo)
            reader.report.failed += running.violations
    return reader.report


def main() -> int:
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument(
        "pages", nargs="*", type=Path, default=[ROOT / "README.md"], help="README.md comes first."
    )
    given = options.parse_args()
    try:
        report = asyncio.run(follow(*given.pages))
    except (UnknownCommand, Lost, TimeoutError) as fault:
        sys.stderr.write(f"{fault!r}\n")
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED
    say(f"\n{report.told()}")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
