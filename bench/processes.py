"""The processes of a run: start them, wait until they are ready, read what they use, stop them by their own id.

CPU time comes from the kernel's clock of the process, exact to nanoseconds (Linux only), because wall-clock time lies
on a shared machine.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


class StartError(Exception):
    """A process did not become ready; the message ends with what it wrote."""


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def family(pid: int) -> Iterator[int]:
    """The process and its descendants."""
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield from family(int(child))


def cpu_seconds(pid: int) -> float:
    """User and system time of the process, all threads, children included."""
    # The kernel names the CPU clock of a process by its inverted id, shifted left, plus 2 (CPUCLOCK_SCHED).
    return sum(time.clock_gettime((~member << 3) | 2) for member in family(pid))


def resident_megabytes(pid: int) -> float:
    """Resident memory of the process, children included."""
    pages = sum(int(Path(f"/proc/{member}/statm").read_text().split()[1]) for member in family(pid))
    return pages * os.sysconf("SC_PAGESIZE") / 1e6


def end_with_parent() -> None:
    """Have the kernel stop this process when its parent dies, even of SIGKILL: a run leaves nothing behind."""
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Server:
    """A child process that listens on `port`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        port: int,
        *,
        log: Path,
        cwd: Path,
        env: Mapping[str, str],
        ready_path: str = "/readyz",
    ) -> None:
        self.name = name
        self.port = port
        self.ready_path = ready_path
        self.log = log
        self.started = time.perf_counter()
        with log.open("ab") as output:
            # A session of its own: Ctrl-C reaches the driver alone, which then stops each child.
            self.process = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    def wait_until_ready(self, limit: float = 20) -> float:
        """Seconds from the start of the process to the first 200 on `ready_path`. Raises StartError."""
        while time.perf_counter() - self.started < limit:
            if answers(self.port, self.ready_path):
                return time.perf_counter() - self.started
            if self.process.poll() is not None:
                break
            time.sleep(0.005)
        raise StartError(f"{self.name} is not ready; it wrote:\n{self.last_words()}")

    def last_words(self) -> str:
        """The end of what it wrote."""
        return self.log.read_text(errors="replace")[-2000:]

    def cpu_seconds(self) -> float:
        return cpu_seconds(self.pid)

    def resident_megabytes(self) -> float:
        return resident_megabytes(self.pid)

    def stop(self) -> None:
        """Ask the process to end, end it after 5 s, and wait for it."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def answers(port: int, path: str) -> bool:
    """Whether something on `port` answers a GET of `path` with a 200."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(
                b"GET %b HTTP/1.1\r\nhost: 127.0.0.1:%d\r\nconnection: close\r\n\r\n" % (path.encode(), port)
            )
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def plain_environment(home: Path) -> dict[str, str]:
    """Nothing of the user's settings: a run must not find a key, a .env or a proxy. `bench` is found anywhere."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(REPOSITORY),
    }


def start_upstream(folder: Path) -> Server:
    """The scripted upstream."""
    port = free_port()
    command = [sys.executable, "-m", "bench.upstream", "--port", str(port)]
    return Server(
        "upstream", command, port, log=folder / "upstream.log", cwd=REPOSITORY, env=plain_environment(folder)
    )


def start_floor(folder: Path, upstream: Server, launcher: Sequence[str] = ("-m",)) -> Server:
    """The smallest possible relay; `launcher` is what runs a module."""
    port = free_port()
    origin = f"http://127.0.0.1:{upstream.port}"
    command = [sys.executable, *launcher, "bench.floor", "--port", str(port), "--upstream", origin]
    return Server(
        "floor", command, port, log=folder / "floor.log", cwd=REPOSITORY, env=plain_environment(folder)
    )


def dragoman_settings(origin: str) -> dict[str, str]:
    """The environment of a Dragoman whose backends are all at `origin`."""
    return {
        "OPENAI_API_KEY": "test-key",
        "OPENAI_BASE_URL": f"{origin}/v1",
        "CHANNEL_RESPONSES_BASE_URL": f"{origin}/v1",
        "CHANNEL_RESPONSES_API_KEY": "test-key",
        "CHANNEL_RESPONSES_DIALECT": "openai_responses",
        "GEMINI_API_KEY": "test-key",
        "GEMINI_BASE_URL": f"{origin}/v1beta",
        "ANTHROPIC_API_KEY": "test-key",
        "ANTHROPIC_UPSTREAM_BASE_URL": origin,
    }


def start_dragoman(folder: Path, upstream: Server, launcher: Sequence[str] = ("-m",)) -> Server:
    """Dragoman as a user starts it, its log in a file; `launcher` is what runs a module."""
    port = free_port()
    origin = f"http://127.0.0.1:{upstream.port}"
    command = [sys.executable, *launcher, "dragoman", "serve", "--host", "127.0.0.1", "--port", str(port)]
    return Server(
        "dragoman",
        command,
        port,
        log=folder / "dragoman.log",
        cwd=folder,
        env=plain_environment(folder) | dragoman_settings(origin),
    )
