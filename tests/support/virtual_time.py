"""An event loop in which waiting takes no time: when nothing can run, its clock jumps to the next timer."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Impatient(selectors.DefaultSelector):
    """Skips the waiting and says how much was skipped."""

    skipped = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise AssertionError("everything waits for something that nobody will do")
        if not ready:
            self.skipped += timeout or 0.0
        return ready


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """For code without sockets and threads."""

    def __init__(self) -> None:
        self._impatient = _Impatient()
        super().__init__(self._impatient)

    def time(self) -> float:
        return 1000.0 + self._impatient.skipped


def in_virtual_time(scenario: Coroutine[Any, Any, T]) -> T:
    """Run a test to its end. AssertionError if it waits for what can never come."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(scenario)


def now() -> float:
    """Seconds on the running loop's clock."""
    return asyncio.get_running_loop().time()
