"""Access tokens for Vertex AI: refreshed in a thread, ahead of expiry, one refresh at a time (acceptance row R21).

google-auth is an extra and slow to import, so it is imported by the first refresh.
"""

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol

from dragoman.relay.ports import AccessToken, Upstream
from dragoman.upstream.google_http import BlockingHttp
from dragoman.upstream.google_outcome import (
    MISSING_EXTRA,
    STOPPED,
    TOO_SLOW,
    UNFORESEEN,
    CredentialsFile,
    Fault,
    Grant,
    NoToken,
)

AHEAD_SECONDS = 300.0
"""Before its expiry a token is replaced, while it still serves."""
MARGIN_SECONDS = 20.0
"""Before its expiry a token no longer serves: a request takes its time to Google."""
BETWEEN_REFRESHES = 10.0
"""From the end of a refresh to the next one ahead of expiry. Also after success: the metadata server gives the same
token again until shortly before its end."""
BETWEEN_REJECTIONS = 5.0
"""From a refresh because of a rejected token to the next one: an upstream that refuses every token is not helped."""
FAULT_SECONDS = 1.5
"""How long a failure answers everybody while no token serves."""
EXCHANGE_SECONDS = 10.0
"""For one question to Google."""
WAIT_SECONDS = 30.0
"""For a refresh, which may be several questions."""

_log = logging.getLogger(__name__)

Outcome = Grant | Fault
_Refresh = asyncio.Future[Outcome]


class Fetch(Protocol):
    """Gets one token; blocks. Raises NoToken."""

    def __call__(
        self, named: CredentialsFile | None, environ: Mapping[str, str], ask: BlockingHttp
    ) -> Grant: ...


def load_fetch() -> Fetch:
    """Raises ImportError without the extra `vertex`."""
    from dragoman.upstream.google_credentials import fetch

    return fetch


class GoogleTokens:
    """Implements `TokenSource`.

    `named`: the credentials file that a setting names; without it they are looked for in `environ` and on this machine.
    `quota_project`: the project that pays, instead of the one that they name.
    `now`: Unix time, which goes on while a computer sleeps.
    """

    def __init__(
        self,
        upstream: Upstream,
        named: CredentialsFile | None,
        environ: Mapping[str, str],
        *,
        quota_project: str | None = None,
        load: Callable[[], Fetch] = load_fetch,
        now: Callable[[], float] = time.time,
        exchange_seconds: float = EXCHANGE_SECONDS,
    ) -> None:
        self._upstream = upstream
        self._named = named
        self._environ = environ
        self._quota_project = quota_project
        self._load = load
        self._now = now
        self._exchange_seconds = exchange_seconds
        self._grant: Grant | None = None
        self._fault: Fault | None = None
        self._refresh: _Refresh | None = None
        self._http: BlockingHttp | None = None
        self._ended: float | None = None
        """When the last refresh ended."""
        self._rejected: float | None = None
        """When a token was last thrown away."""
        self._source = ""

    async def token(self) -> AccessToken:
        grant = self._serving()
        if grant is not None:
            soon = self._now() >= grant.expires_at - AHEAD_SECONDS
            if soon and self._refresh is None and not self._within(BETWEEN_REFRESHES, self._ended):
                self._begin()
            return grant.token
        if self._refresh is None and self._fault is not None and self._within(FAULT_SECONDS, self._ended):
            raise self._fault.failure()
        outcome = await _outcome_of(self._refresh or self._begin())
        if isinstance(outcome, Fault):
            raise outcome.failure()
        return outcome.token

    def reject(self, token: AccessToken) -> None:
        handed_out = self._grant is not None and self._grant.token.value == token.value
        if handed_out and not self._within(BETWEEN_REJECTIONS, self._rejected):
            self._grant = None
            self._rejected = self._now()

    async def close(self) -> None:
        """End a refresh that is under way; its thread ends by itself."""
        if self._http is not None:
            self._http.close()
        if self._refresh is not None:
            self._settle(self._refresh, STOPPED)

    def _serving(self) -> Grant | None:
        grant = self._grant
        return grant if grant is not None and self._now() < grant.expires_at - MARGIN_SECONDS else None

    def _within(self, seconds: float, since: float | None) -> bool:
        # A clock that was set back must not stop refreshes until it has caught up.
        return since is not None and 0 <= self._now() - since < seconds

    def _begin(self) -> _Refresh:
        loop = asyncio.get_running_loop()
        refresh: _Refresh = loop.create_future()
        http = BlockingHttp(self._upstream, self._exchange_seconds)
        self._refresh, self._http = refresh, http

        def work() -> None:
            outcome: Outcome = UNFORESEEN
            try:
                outcome = self._attempt(http)
            finally:
                # A closed loop has nobody left who waits.
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(self._settle, refresh, outcome)

        # Not the loop's executor, which a process waits for when it ends.
        threading.Thread(target=work, name="google-token", daemon=True).start()
        return refresh

    def _attempt(self, http: BlockingHttp) -> Outcome:
        try:
            fetch = self._load()
        except ImportError:
            return MISSING_EXTRA
        try:
            grant = fetch(self._named, self._environ, http)
            return grant if self._quota_project is None else grant.paid_by(self._quota_project)
        except NoToken as failed:
            return failed.fault

    def _settle(self, refresh: _Refresh, outcome: Outcome) -> None:
        if refresh is not self._refresh:
            # It was given up by `close`.
            return
        self._refresh = self._http = None
        self._ended = self._now()
        if isinstance(outcome, Grant):
            self._grant, self._fault = outcome, None
            if outcome.source != self._source:
                self._source = outcome.source
                _log.info("Vertex AI: credentials from %s", outcome.source)
        else:
            self._fault = outcome
            serving = self._serving()
            if serving is not None and outcome is not STOPPED:
                seconds = round(serving.expires_at - self._now())
                _log.warning(
                    "Vertex AI: no new access token, the old one serves %d s more: %s",
                    seconds,
                    outcome.message,
                )
        refresh.set_result(outcome)


async def _outcome_of(refresh: _Refresh) -> Outcome:
    """Waits; a waiter that is cancelled, or has waited enough, leaves the refresh to the others."""
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            return await asyncio.shield(refresh)
    except TimeoutError:
        return TOO_SLOW
