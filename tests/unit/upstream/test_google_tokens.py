"""R21: tokens come ahead of expiry, one refresh at a time, and nothing of it holds up the event loop."""

import asyncio
import contextlib
import logging
import sys
import threading
import time
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from dragoman.messages.errors import UpstreamFailure
from dragoman.relay.ports import AccessToken
from dragoman.upstream.client import HttpUpstream
from dragoman.upstream.google_http import BlockingHttp
from dragoman.upstream.google_outcome import CredentialsFile, Grant
from dragoman.upstream.google_tokens import (
    AHEAD_SECONDS,
    BETWEEN_REFRESHES,
    BETWEEN_REJECTIONS,
    FAULT_SECONDS,
    MARGIN_SECONDS,
    GoogleTokens,
)
from tests.support.clock import ManualClock
from tests.support.google_identity import Rerouted, ScriptedIdentity, written
from tests.support.http_answer import Hold, Pause, Stall

LOGGER = GoogleTokens.__module__
STALL_SECONDS = 2.0
MOST_LAG = 0.05
"""Seconds by which anything else on the loop may be late."""
OFFLINE = {"NO_GCE_CHECK": "true", "HOME": "/does/not/exist"}


class Bench:
    """A scripted Google and the source of its tokens, on a clock that the test moves."""

    def __init__(self, google: ScriptedIdentity, upstream: HttpUpstream, folder: Path) -> None:
        self.google = google
        self.clock = ManualClock(time.time())
        self.file = CredentialsFile(written(folder, google.service_account()), "VERTEX_CREDENTIALS_PATH")
        self.upstream = Rerouted(upstream, google)
        self.tokens = self.source()

    def source(self, environ: Mapping[str, str] | None = None, **options: Any) -> GoogleTokens:
        named = self.file if environ is None else None
        return GoogleTokens(self.upstream, named, environ or OFFLINE, now=self.clock, **options)

    async def value(self) -> str:
        return (await self.tokens.token()).value.removeprefix("ya29.test-")

    def pass_until(self, left: float) -> None:
        """Only `left` seconds are left of the hour of the last token."""
        self.clock.now = max(self.clock.now, time.time() + 3600 - left)

    async def refreshed(self, times: int) -> None:
        """Waits for what goes on behind the tokens."""
        async with asyncio.timeout(5):
            while len(self.google.requests) < times or not self.google.requests[-1].answered:
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)


@pytest_asyncio.fixture
async def bench(tmp_path: Path) -> AsyncGenerator[Bench]:
    async with ScriptedIdentity() as google, HttpUpstream() as upstream:
        made = Bench(google, upstream, tmp_path)
        yield made
        await made.tokens.close()


async def failure_of(tokens: GoogleTokens) -> UpstreamFailure:
    with pytest.raises(UpstreamFailure) as caught:
        await tokens.token()
    return caught.value


async def threads_ended() -> None:
    async with asyncio.timeout(2):
        while any(thread.name == "google-token" for thread in threading.enumerate()):
            await asyncio.sleep(0.01)


async def test_a_token_serves_until_it_is_nearly_over(bench):
    """E13"""
    assert await bench.value() == "token-1"
    bench.pass_until(AHEAD_SECONDS + 10)
    assert [await bench.value() for _ in range(50)] == ["token-1"] * 50
    assert bench.google.granted == 1


async def test_a_token_is_replaced_ahead_of_its_expiry_while_it_still_serves(bench):
    assert await bench.value() == "token-1"
    bench.pass_until(AHEAD_SECONDS - 1)
    more = asyncio.Event()
    bench.google.before = (Hold(more),)
    assert [await bench.value() for _ in range(50)] == ["token-1"] * 50
    more.set()
    await bench.refreshed(2)
    assert await bench.value() == "token-2"
    assert bench.google.granted == 2


async def test_the_same_token_again_is_not_asked_for_at_every_request(bench):
    """As the metadata server gives it in the last minutes."""
    bench.google.same_token = True
    bench.google.expires_in = 250
    for _ in range(5):
        assert await bench.value() == "token-1"
        await asyncio.sleep(0.02)
    assert bench.google.granted == 1
    bench.clock.advance(BETWEEN_REFRESHES)
    assert await bench.value() == "token-1"
    await bench.refreshed(2)
    assert bench.google.granted == 2


async def test_nobody_gets_a_token_that_may_be_over_on_arrival(bench):
    assert await bench.value() == "token-1"
    bench.pass_until(MARGIN_SECONDS)
    assert await bench.value() == "token-2"


async def test_a_hundred_who_wait_share_one_refresh(bench):
    assert set(await asyncio.gather(*(bench.value() for _ in range(100)))) == {"token-1"}
    assert len(bench.google.requests) == 1


async def test_one_who_gives_up_leaves_the_refresh_to_the_others(bench):
    more = asyncio.Event()
    bench.google.before = (Hold(more),)
    first, second, third = [asyncio.ensure_future(bench.value()) for _ in range(3)]
    while not bench.google.requests:
        await asyncio.sleep(0.005)
    first.cancel()
    third.cancel()
    await asyncio.wait([first, third])
    more.set()
    assert await second == "token-1"
    assert await bench.value() == "token-1"
    assert len(bench.google.requests) == 1


async def test_all_may_give_up_and_the_token_is_there_for_the_next(bench):
    more = asyncio.Event()
    bench.google.before = (Hold(more),)
    waiting = asyncio.ensure_future(bench.value())
    await asyncio.sleep(0.05)
    waiting.cancel()
    more.set()
    await bench.refreshed(1)
    assert (await bench.value(), len(bench.google.requests)) == ("token-1", 1)


async def test_a_refresh_that_fails_leaves_the_old_token_in_use(bench, caplog):
    """R21"""
    assert await bench.value() == "token-1"
    bench.pass_until(AHEAD_SECONDS - 1)
    bench.google.fail("invalid_grant")
    caplog.clear()
    with caplog.at_level(logging.WARNING, LOGGER):
        for _ in range(50):
            assert await bench.value() == "token-1"
            await asyncio.sleep(0.005)
    assert len(bench.google.requests) == 2
    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith("Vertex AI: no new access token, the old one serves 2")
    assert str(bench.file.path) not in line
    bench.clock.advance(BETWEEN_REFRESHES)
    assert await bench.value() == "token-1"
    await bench.refreshed(3)
    bench.google.failure = None
    bench.clock.advance(BETWEEN_REFRESHES)
    assert await bench.value() == "token-1"
    await bench.refreshed(4)
    assert await bench.value() == "token-2"


async def test_failures_without_a_token_are_no_hot_loop(bench):
    bench.google.fail("server is busy", 503)
    failures = [await failure_of(bench.tokens) for _ in range(100)]
    assert len(bench.google.requests) == 1
    assert {(failure.kind, failure.error.status) for failure in failures} == {("overloaded", 529)}
    assert len(set(map(id, failures))) == 100
    bench.clock.advance(FAULT_SECONDS)
    bench.google.failure = None
    assert await bench.value() == "token-1"


async def test_a_clock_that_was_set_back_does_not_stop_refreshes(bench):
    bench.google.fail("server is busy", 503)
    await failure_of(bench.tokens)
    bench.google.failure = None
    bench.clock.now -= 86400
    assert await bench.value() == "token-1"


async def test_a_rejected_token_is_not_handed_out_again(bench):
    first = await bench.tokens.token()
    bench.tokens.reject(first)
    second = await bench.tokens.token()
    assert (first.value, second.value) == ("ya29.test-token-1", "ya29.test-token-2")
    # The others who had the first one come too late to reject the second.
    bench.tokens.reject(first)
    bench.tokens.reject(AccessToken("another"))
    assert await bench.tokens.token() == second
    assert bench.google.granted == 2


async def test_an_upstream_that_refuses_every_token_does_not_make_google_busy(bench):
    values: list[str] = []
    for _ in range(20):
        token = await bench.tokens.token()
        values.append(token.value)
        bench.tokens.reject(token)
    assert set(values) == {"ya29.test-token-1", "ya29.test-token-2"}
    assert bench.google.granted == 2
    bench.clock.advance(BETWEEN_REJECTIONS)
    bench.tokens.reject(await bench.tokens.token())
    assert await bench.value() == "token-3"


async def test_a_setting_says_who_pays(bench):
    """It beats what the credentials and Google's own variable say."""
    environ = {**OFFLINE, "GOOGLE_CLOUD_QUOTA_PROJECT": "other"}
    tokens = GoogleTokens(bench.upstream, bench.file, environ, now=bench.clock, quota_project="payer")
    assert await tokens.token() == AccessToken("ya29.test-token-1", "payer")
    tokens = GoogleTokens(bench.upstream, bench.file, environ, now=bench.clock)
    assert (await tokens.token()).quota_project == "other"


async def test_the_source_of_the_credentials_is_told_once(bench, caplog):
    with caplog.at_level(logging.INFO, LOGGER):
        bench.tokens.reject(await bench.tokens.token())
        await bench.tokens.token()
    [line] = [record.getMessage() for record in caplog.records]
    assert line == "Vertex AI: credentials from the file that VERTEX_CREDENTIALS_PATH names"


async def test_without_the_extra_it_is_named(bench):
    def nothing_installed() -> Any:
        raise ModuleNotFoundError("No module named 'google'", name="google")

    failure = await failure_of(bench.source(load=nothing_installed))
    assert (failure.error.status, failure.kind) == (501, "refused")
    assert "uv sync --extra vertex" in failure.error.message
    assert failure.error.headers == (("x-should-retry", "false"),)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
async def test_a_mistake_of_ours_is_a_failure_and_not_a_wait_without_end(bench):
    def mistaken(named: CredentialsFile | None, environ: Mapping[str, str], ask: BlockingHttp) -> Grant:
        raise ZeroDivisionError("/secret/path")

    failure = await failure_of(bench.source(load=lambda: mistaken))
    assert (failure.error.status, failure.error.type) == (502, "api_error")
    assert "/secret" not in failure.error.message
    await threads_ended()


@contextlib.asynccontextmanager
async def heartbeat() -> AsyncGenerator[list[float]]:
    """How late a task is that wants to run each 5 ms."""
    lags: list[float] = []
    loop = asyncio.get_running_loop()

    async def beat() -> None:
        while True:
            due = loop.time() + 0.005
            await asyncio.sleep(0.005)
            lags.append(loop.time() - due)

    beating = asyncio.ensure_future(beat())
    await asyncio.sleep(0.02)
    try:
        yield lags
    finally:
        beating.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beating


async def test_a_stalled_metadata_server_does_not_hold_up_the_loop(bench):
    """R21"""
    bench.google.before = (Pause(STALL_SECONDS),)
    tokens = bench.source({"GCE_METADATA_HOST": bench.google.host, "HOME": "/does/not/exist"})
    async with heartbeat() as lags:
        waiting = [asyncio.ensure_future(tokens.token()) for _ in range(100)]
        values = {token.value for token in await asyncio.gather(*waiting)}
    assert values == {"ya29.test-token-1"}
    assert len(lags) > 2 * STALL_SECONDS / 0.005 / 3
    assert max(lags) < MOST_LAG, sorted(lags)[-5:]


async def test_a_refresh_does_not_hold_up_the_loop(bench):
    """R21: reading the key and signing with it too; the first one also imports Google's library."""
    await bench.value()
    async with heartbeat() as lags:
        for _ in range(5):
            bench.clock.advance(BETWEEN_REJECTIONS)
            bench.tokens.reject(await bench.tokens.token())
            await bench.tokens.token()
    assert bench.google.granted == 6
    assert max(lags) < MOST_LAG, sorted(lags)[-5:]


async def test_a_metadata_server_that_never_answers_is_given_up(bench):
    bench.google.before = (Stall(),)
    environ = {"GCE_METADATA_HOST": bench.google.host, "HOME": "/does/not/exist"}
    failure = await failure_of(bench.source(environ, exchange_seconds=0.2))
    assert (failure.kind, failure.error.status, failure.error.type) == ("unreachable", 504, "timeout_error")


async def test_close_does_not_wait_for_a_stalled_refresh(bench):
    bench.google.before = (Stall(),)
    waiting = asyncio.ensure_future(failure_of(bench.tokens))
    while not bench.google.requests:
        await asyncio.sleep(0.005)
    started = time.monotonic()
    await bench.tokens.close()
    failure = await waiting
    assert time.monotonic() - started < 0.5
    assert (failure.kind, failure.error.status) == ("overloaded", 529)
    await threads_ended()


async def test_close_where_nothing_is_under_way(bench):
    await bench.source().close()
    await bench.value()
    await bench.tokens.close()


async def test_a_process_that_is_interrupted_in_a_stalled_refresh_ends_at_once(bench):
    bench.google.before = (Stall(),)
    code = (
        "import asyncio, os\n"
        "from dragoman.upstream.client import HttpUpstream\n"
        "from dragoman.upstream.google_tokens import GoogleTokens\n"
        "async def run():\n"
        "    await GoogleTokens(HttpUpstream(), None, os.environ).token()\n"
        "asyncio.run(run())\n"
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", code),
        env={"GCE_METADATA_HOST": bench.google.host, "HOME": "/does/not/exist"},
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(20):
        while not bench.google.requests:
            await asyncio.sleep(0.01)
        started = time.monotonic()
        process.send_signal(2)
        _, said = await process.communicate()
    assert time.monotonic() - started < 3
    assert b"KeyboardInterrupt" in said
    assert b"Exception in thread" not in said
