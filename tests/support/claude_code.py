"""Drives the real Claude Code client, cut off from everything but 127.0.0.1.

The client is installed once into `.claude-code/` at the root of the repository, or found through
DRAGOMAN_CLAUDE_CODE (the path of the `claude` program).
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

VERSION = "2.1.330"
PACKAGE = f"@anthropic-ai/claude-code@{VERSION}"
INSTALL_DIR = Path(__file__).parents[2] / ".claude-code"


class ClaudeCodeMissing(Exception):
    """The client cannot be run here; the message says why."""


@dataclass(frozen=True)
class ClaudeRun:
    """How one `claude -p` ended."""

    exit_code: int | None
    """None: killed at the time limit."""
    events: list[dict[str, Any]]
    """The lines of `--output-format stream-json`."""
    stderr: str

    @property
    def result(self) -> dict[str, Any]:
        """The last `result` event; AssertionError if there is none."""
        results = [event for event in self.events if event.get("type") == "result"]
        assert results, f"no result: {self.story}"
        return results[-1]

    @property
    def result_text(self) -> str:
        return str(self.result.get("result", ""))

    @property
    def story(self) -> str:
        """What to show when a test fails: the exit code, the last events, stderr."""
        last = [json.dumps(event, ensure_ascii=False)[:1000] for event in self.events[-6:]]
        return "\n".join([f"exit {self.exit_code}", *last, self.stderr[-2000:]])

    @property
    def failed(self) -> bool:
        return self.exit_code != 0 or bool(self.result.get("is_error"))

    @property
    def tool_uses(self) -> list[tuple[str, dict[str, Any]]]:
        """Name and input of every tool call that the client was given, in order."""
        blocks = (
            block
            for event in self.events
            if event.get("type") == "assistant"
            for block in event["message"]["content"]
        )
        return [(block["name"], block["input"]) for block in blocks if block["type"] == "tool_use"]


class ClaudeCode:
    """The installed client."""

    def __init__(self, program: Path) -> None:
        self.program = program

    async def run(
        self,
        prompt: str,
        base_url: str,
        *,
        workdir: Path,
        model: str | None = None,
        token: str = "test-token",
        credential: Literal["auth_token", "api_key"] = "auth_token",
        extra_env: Mapping[str, str] | None = None,
        args: Sequence[str] = ("--permission-mode", "acceptEdits", "--allowedTools", "Bash Read Write Edit"),
        home: Path | None = None,
        timeout: float = 90,
    ) -> ClaudeRun:
        """One headless session in `workdir`, with a home of its own unless given one; killed after `timeout` seconds.

        `token` goes out as a bearer (`auth_token`) or as `x-api-key` (`api_key`).
        """
        variable = "ANTHROPIC_AUTH_TOKEN" if credential == "auth_token" else "ANTHROPIC_API_KEY"
        env = {variable: token, **(extra_env or {})}
        if model is not None:
            args = (*args, "--model", model)
        async with self.started(base_url, workdir=workdir, args=args, extra_env=env, home=home) as process:
            return await _collect(process, prompt, timeout)

    @contextlib.asynccontextmanager
    async def started(
        self,
        base_url: str,
        *,
        workdir: Path,
        args: Sequence[str],
        extra_env: Mapping[str, str],
        home: Path | None = None,
    ) -> AsyncGenerator[asyncio.subprocess.Process]:
        """The headless client as a process with pipes, the leader of its own session; gone after the `async with`."""
        command = [str(self.program), "-p", "--output-format", "stream-json", "--verbose", *args]
        with _home(home) as at_home, closed_port() as port:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=workdir,
                env=_environment(at_home, base_url, port) | extra_env,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
                limit=2**24,
            )
            try:
                yield process
            finally:
                if process.returncode is None:
                    _kill_session(process.pid)
                    await process.wait()


async def _collect(process: asyncio.subprocess.Process, prompt: str, timeout: float) -> ClaudeRun:
    talk = asyncio.ensure_future(process.communicate(prompt.encode()))
    exit_code: int | None
    try:
        out, err = await asyncio.wait_for(asyncio.shield(talk), timeout)
        exit_code = process.returncode
    except TimeoutError:
        _kill_session(process.pid)
        out, err = await talk
        exit_code = None
    events = [json.loads(line) for line in out.decode(errors="replace").splitlines() if line.startswith("{")]
    return ClaudeRun(exit_code, events, err.decode(errors="replace"))


def _kill_session(pid: int) -> None:
    # The client was started as the leader of its own session, so this reaches it and the tools it runs.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


@contextlib.contextmanager
def _home(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="claude-home-") as home:
        yield Path(home)


def _environment(home: Path, base_url: str, refusing_port: int) -> dict[str, str]:
    nowhere = f"http://127.0.0.1:{refusing_port}"
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CLAUDE_CONFIG_DIR": str(home / ".claude"),
        "LANG": "C.UTF-8",
        "SHELL": "/bin/bash",
        "ANTHROPIC_BASE_URL": base_url,
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
        "NO_PROXY": "127.0.0.1,localhost",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "DISABLE_TELEMETRY": "1",
        "DISABLE_ERROR_REPORTING": "1",
        "IS_SANDBOX": "1",
    }


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A loopback port that is taken and refuses every connection."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def installed_program() -> Path:
    """The client's program, installed on first use. Raises ClaudeCodeMissing."""
    named = os.environ.get("DRAGOMAN_CLAUDE_CODE")
    if named:
        if not Path(named).exists():
            raise ClaudeCodeMissing(f"DRAGOMAN_CLAUDE_CODE names `{named}`, which does not exist")
        return Path(named)
    if os.name != "posix":
        raise ClaudeCodeMissing("the driver of Claude Code needs a POSIX system")
    with _alone():
        return _found() or _install()


def _found() -> Path | None:
    # npm may be told not to run install scripts, so the native program is taken from its own package.
    packages = INSTALL_DIR.glob("node_modules/@anthropic-ai/claude-code-*/claude")
    return next((program for program in packages if _runs(program)), None)


def _install() -> Path:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise ClaudeCodeMissing("Claude Code needs Node and npm, which are not on the PATH")
    options = ["--prefix", str(INSTALL_DIR), "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact"]
    done = subprocess.run(
        [npm, "install", *options, PACKAGE], capture_output=True, text=True, timeout=170, check=False
    )
    program = _found()
    if program is None:
        raise ClaudeCodeMissing(f"`npm install {PACKAGE}` failed: {done.stderr[-500:]}")
    return program


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Keeps other test processes out while the client is looked for and installed."""
    import fcntl

    INSTALL_DIR.mkdir(exist_ok=True)
    with (INSTALL_DIR / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _runs(program: Path) -> bool:
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "PATH": os.environ["PATH"]}
        told = subprocess.run(
            [program, "--version"], env=environment, capture_output=True, timeout=60, check=False
        )
    return told.stdout.decode().startswith(VERSION)


@pytest.fixture(scope="session")
def claude_code() -> ClaudeCode:
    """The real client; skipped where it cannot be had, unless DRAGOMAN_NO_SKIP=1."""
    try:
        return ClaudeCode(installed_program())
    except ClaudeCodeMissing as missing:
        if os.environ.get("DRAGOMAN_NO_SKIP") == "1":
            pytest.fail(str(missing))
        pytest.skip(str(missing))
