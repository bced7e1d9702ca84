"""telemetry/launches.py"""

import pytest

from dragoman.accounting.usage import LaunchUsage, Used
from dragoman.dialects.dialect import Loss
from dragoman.messages.events import Usage
from dragoman.relay.trace import Trace
from dragoman.telemetry.launches import LONGEST_NAME, MOST_LAUNCHES, LaunchObserver
from tests.support.ports import RecordingObserver


def trace(launch: str | None, **fields) -> Trace:
    told = {"status": 200, "channel": "openai", "upstream_model": "gpt-4.1", "usage": Usage(output_tokens=3)}
    return Trace("req_1", "opus", streaming=True, launch=launch, **told | fields)


def test_requests_of_a_launch_are_its_own_and_everything_is_told_on() -> None:
    following = RecordingObserver()
    observer = LaunchObserver(following)
    for launch in ("mine", "mine", "theirs", None):
        observer.settled(trace(launch, losses=(Loss("top_k", "dropped"),)))
    observer.settled(trace("mine", status=502, error="broken", usage=None))
    assert observer.usage("mine") == LaunchUsage(
        {"opus -> openai/gpt-4.1": Used(requests=3, failed=1, output=6)}, {"top_k dropped": 2}
    )
    assert len(following.traces) == 5
    observer.bug("a bug", ValueError("x"))
    assert following.bugs == ["a bug"]


@pytest.mark.parametrize("asked", [trace("mine", counting=True), trace("m" * (LONGEST_NAME + 1))])
def test_counts_of_tokens_and_overlong_names_are_no_use(asked: Trace) -> None:
    observer = LaunchObserver(RecordingObserver())
    observer.settled(asked)
    assert observer.usage(asked.launch or "") == LaunchUsage()


def test_the_launch_that_was_silent_longest_is_forgotten() -> None:
    observer = LaunchObserver(RecordingObserver())
    for number in range(MOST_LAUNCHES):
        observer.settled(trace(f"launch {number}"))
    observer.settled(trace("launch 0"))
    observer.settled(trace("one more"))
    assert observer.usage("launch 0").routes["opus -> openai/gpt-4.1"].requests == 2
    assert observer.usage("launch 1") == LaunchUsage()
    assert observer.usage("launch 2") != LaunchUsage()


def test_asking_makes_no_launch() -> None:
    observer = LaunchObserver(RecordingObserver())
    observer.usage("mine").add("x", failed=True, usage=None, losses=[])
    assert observer.usage("mine") == LaunchUsage()
