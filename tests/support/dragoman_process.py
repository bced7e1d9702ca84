"""Runs the real `dragoman serve` as a process of its own, with a clean environment."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

SERVE = (sys.executable, "-m", "dragoman", "serve")
TRACEBACK = "Traceback (most recent call last)"


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def http_status(port: int, path: str, timeout: float = 2.0) -> int | None:
    """The status of GET `path`, or None if nothing answers."""
    with contextlib.suppress(OSError, TimeoutError, ValueError, IndexError):
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.closing(writer):
                writer.write(
                    f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\n\r\n".encode()
                )
                return int((await reader.readline()).split()[1])
    return None


class DragomanProcess:
    """`async with DragomanProcess(env, cwd) as dragoman`: `dragoman.url` answers `/readyz` from here on.

    `env` is the whole environment beside PATH, HOME, HOST and PORT; no public certificate is trusted. On leaving, the
    process gets SIGTERM; one that does not end within `patience` seconds, or that printed a traceback, fails the test.
    """

    def __init__(
        self,
        env: Mapping[str, str],
        cwd: Path,
        *,
        command: Sequence[str] = SERVE,
        ready_within: float = 20,
        patience: float = 10,
        tracebacks: bool = False,
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(cwd),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            # Reading every authority of the system takes a quarter of the start, and no server of a test has one's word.
            "SSL_CERT_FILE": os.devnull,
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            **env,
        }
        self._cwd = cwd
        self._command = command
        self._ready_within = ready_within
        self._patience = patience
        self._tracebacks = tracebacks
        self.stdout: list[str] = []
        self.stderr: list[str] = []

    @property
    def output(self) -> str:
        """Everything it printed so far."""
        return "\n".join([*self.stdout, *self.stderr])

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.returncode

    @property
    def pid(self) -> int:
        return self._process.pid

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            cwd=self._cwd,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        self._readers = [
            asyncio.ensure_future(_collect(self._process.stdout, self.stdout)),
            asyncio.ensure_future(_collect(self._process.stderr, self.stderr)),
        ]
        try:
            await self._until_ready()
        except BaseException:
            await self._kill()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.stop()
        finally:
            await self._kill()
        if error is None and not self._tracebacks:
            assert TRACEBACK not in self.output, self.output

    async def _until_ready(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._ready_within
        while await http_status(self.port, "/readyz") != 200:
            if self.exit_code is not None:
                await asyncio.gather(*self._readers)
                raise AssertionError(
                    f"dragoman ended with {self.exit_code} before it was ready:\n{self.output}"
                )
            assert loop.time() < deadline, f"not ready within {self._ready_within} s:\n{self.output}"
            await asyncio.sleep(0.05)

    async def stop(self) -> int:
        """SIGTERM, and the exit code; AssertionError if it does not end in time."""
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            code = await asyncio.wait_for(self._process.wait(), self._patience)
        except TimeoutError:
            raise AssertionError(f"still running {self._patience} s after SIGTERM:\n{self.output}") from None
        await asyncio.gather(*self._readers)
        return code

    async def _kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
            await self._process.wait()
        await asyncio.gather(*self._readers)


async def _collect(stream: asyncio.StreamReader | None, lines: list[str]) -> None:
    assert stream is not None
    while line := await stream.readline():
        lines.append(line.decode(errors="replace").rstrip("\n"))
