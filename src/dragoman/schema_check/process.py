"""Asks a process of its own whether an answer fits its schema, and ends that process when it takes long.

A schema can be made so that checking takes hours (branches of branches, `unevaluatedProperties` in each other), and the
library holds the interpreter all the while. A process can be ended; it is started by the first schema that comes.
"""

import asyncio
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from dragoman.wire.jsonbytes import JsonError, decode, encode

COMMAND = (sys.executable, "-I", "-m", "dragoman.schema_check.worker")

LARGEST = 2 * 1024 * 1024
"""Bytes of schema and answer together; more is not checked."""
MOST_SECONDS = 1.0
"""For one check, which takes a tenth of a millisecond."""
MOST_WAITING = 3.0
"""Seconds for everything: until it is one's turn, the start of the process, the check."""

KEPT_VARIABLES = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
"""What an interpreter may need to start. Keys are not among it."""


class SchemaProcess:
    """Implements `SchemaChecker`. One check at a time."""

    def __init__(
        self,
        environ: Mapping[str, str],
        command: Sequence[str] = COMMAND,
        most_seconds: float = MOST_SECONDS,
        most_waiting: float = MOST_WAITING,
    ) -> None:
        self._environ = {name: environ[name] for name in KEPT_VARIABLES if name in environ}
        self._command = command
        self._most_seconds = most_seconds
        self._most_waiting = most_waiting
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    async def mismatch(self, schema: Mapping[str, Any], answer: str) -> str | None:
        line = encode([schema, answer]) + b"\n"
        if len(line) > LARGEST:
            return None
        try:
            async with asyncio.timeout(self._most_waiting), self._turn:
                said = await self._asked(line)
        except (TimeoutError, OSError, NotImplementedError):
            # Also where no process can be started: not on every loop of Windows, and not in every sandbox.
            return None
        try:
            told: Any = decode(said)
        except JsonError:
            return None  # it ended instead of an answer
        return told if isinstance(told, str) and told else None

    async def close(self) -> None:
        """End the process; the next check would start another one."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

    async def _asked(self, line: bytes) -> bytes:
        """A line of the process's. One that did not answer is ended: what it still says would be the answer to another
        question."""
        if self._process is not None and self._process.returncode is not None:
            await self.close()  # it has ended by itself, or somebody ended it
        said = b""
        try:
            process = self._process or await self._start()
            assert process.stdin is not None
            assert process.stdout is not None
            async with asyncio.timeout(self._most_seconds):
                process.stdin.write(line)
                await process.stdin.drain()
                said = await process.stdout.readline()
        finally:
            if not said:
                await self.close()
        return said

    async def _start(self) -> Process:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env=self._environ,
            # Ctrl-C is for the gateway, which ends this process when its answers have been given.
            start_new_session=os.name == "posix",
        )
        assert self._process.stdout is not None
        # An empty line tells that it is ready: the time for a check does not begin before.
        if await self._process.stdout.readline() != b"\n":
            raise OSError("The process that checks schemas did not start")
        return self._process
