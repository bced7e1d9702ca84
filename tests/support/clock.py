"""Time and ids that tests decide."""


class ManualClock:
    """Monotonic seconds that pass only when a test says so; called like the real clock."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        """Lets time pass. AssertionError for a step back: monotonic clocks do not take one."""
        assert seconds >= 0, f"a monotonic clock cannot go back by {-seconds} s"
        self.now += seconds


class CountingIds:
    """Ids of 22 letters and digits, different at each call and the same in each run."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self) -> str:
        self._count += 1
        return f"{self._count:022d}"
