"""One bash to which lines are typed, with what it prints and how each line ended. For POSIX systems."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

MARK = "dragoman-line-ended"
LONGEST_LINE = 2**24


class Lost(Exception):
    """The shell is gone, or a command does not end."""


@dataclass(frozen=True)
class Ended:
    """How a line ended."""

    code: int
    stdout: str
    stderr: str


class Terminal:
    """`async with Terminal(folder, environment) as terminal`; all that runs in it ends with it.

    Commands see no keyboard: their standard input is empty. Ctrl-C reaches what runs, as a terminal would send it.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = dict(environment)
        self._waiting: list[asyncio.Future[tuple[str, str]]] = []

    async def __aenter__(self) -> Self:
        reading, self._keyboard = os.pipe()
        try:
            # Not by its standard input, which the commands share and would read.
            self._bash = await asyncio.create_subprocess_exec(
                *("bash", "--noprofile", "--norc", f"/dev/fd/{reading}"),
                cwd=self._folder,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                pass_fds=(reading,),
                start_new_session=True,
                limit=LONGEST_LINE,
            )
        except BaseException:
            os.close(self._keyboard)
            raise
        finally:
            os.close(reading)
        # The shell outlives Ctrl-C, and its children do not inherit that.
        self._write("trap : INT\n")
        return self

    async def __aexit__(self, *_: object) -> None:
        os.close(self._keyboard)
        for waiting in self._waiting:
            waiting.cancel()
        await asyncio.gather(*self._waiting, return_exceptions=True)
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._bash.pid, number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._drain(), 10)

    async def run(self, line: str, timeout: float) -> Ended:
        """Types a line and waits for its end. Raises Lost after `timeout` seconds."""
        self.type(line)
        return await self.ended(timeout)

    def type(self, line: str) -> None:
        """Types a line without waiting; one at a time."""
        self._write(f"{line}\nprintf '\\n%s %d\\n' {MARK} $?; printf '\\n%s\\n' {MARK} >&2\n")
        self._waiting = [
            asyncio.ensure_future(self._until_mark(stream))
            for stream in (self._bash.stdout, self._bash.stderr)
        ]

    @property
    def busy(self) -> bool:
        """Whether the last line still runs."""
        return not all(waiting.done() for waiting in self._waiting)

    async def ended(self, timeout: float) -> Ended:
        """How the line that was typed ended. Raises Lost after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                (out, code), (error, _) = await asyncio.gather(*self._waiting)
        except TimeoutError:
            raise Lost(f"still running after {timeout:.0f} s") from None
        return Ended(int(code), out, error)

    def interrupt(self) -> None:
        """Ctrl-C"""
        os.killpg(self._bash.pid, signal.SIGINT)

    def _write(self, text: str) -> None:
        try:
            os.write(self._keyboard, text.encode())
        except BrokenPipeError:
            raise Lost("the shell has ended") from None

    async def _until_mark(self, stream: asyncio.StreamReader | None) -> tuple[str, str]:
        """What was printed, and what stands after the mark."""
        assert stream is not None
        lines: list[str] = []
        while raw := await stream.readline():
            line = raw.decode(errors="replace")
            if line.startswith(MARK):
                return "".join(lines).removesuffix("\n"), line.removeprefix(MARK).strip()
            lines.append(line)
        raise Lost("the shell has ended:\n" + "".join(lines))

    async def _drain(self) -> None:
        """Until nobody is left who could print."""
        for stream in (self._bash.stdout, self._bash.stderr):
            assert stream is not None
            while await stream.read(LONGEST_LINE):
                pass
        await self._bash.wait()
