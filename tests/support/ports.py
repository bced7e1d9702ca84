"""The relay's ports, scripted: an upstream that answers in given pieces, an observer that remembers."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dragoman.dialects.quirks import Quirks
from dragoman.dialects.registry import DIALECTS
from dragoman.messages.errors import ApiError, UpstreamFailure, UpstreamNonsense, invalid_request
from dragoman.messages.parse import parse_request
from dragoman.messages.request import MessagesRequest
from dragoman.relay.gateway import Gateway
from dragoman.relay.ports import (
    AccessToken,
    Fetched,
    Fetcher,
    Found,
    SchemaChecker,
    SearchQuery,
    Tokenizer,
    WebFailure,
    WebSearch,
)
from dragoman.relay.relay import Relay
from dragoman.relay.trace import Trace
from dragoman.routing.channel import Channel, Target
from dragoman.stores.memory import MemoryKeptState
from dragoman.wire.exchange import Headers, HttpRequest, ReplyHead
from dragoman.wire.jsonbytes import encode
from tests.support.clock import CountingIds, ManualClock
from tests.support.plain_dialect import PlainDialect

EVENT_STREAM: Headers = (("content-type", "text/event-stream"),)

Piece = bytes | float | asyncio.Event | Exception
"""Bytes of one read; seconds or an event to wait for; or the failure of a read."""


class FakeReply:
    """Implements `UpstreamReply`."""

    def __init__(self, status: int, headers: Headers, pieces: Iterable[Piece]) -> None:
        self.head = ReplyHead(status, headers)
        self._pieces = list(pieces)
        self.reads = 0
        self.drained = False
        self.closed = 0

    async def read(self) -> bytes:
        assert not self.closed, "read after close"
        self.reads += 1
        while self._pieces:
            piece = self._pieces.pop(0)
            if isinstance(piece, bytes):
                return piece
            await _suffer(piece)
        return b""

    async def read_all(self, limit: int) -> bytes:
        body = b""
        while piece := await self.read():
            body += piece
        if len(body) > limit:
            raise UpstreamNonsense("too large")
        return body

    async def drain(self) -> None:
        assert not self.closed, "drained after close"
        self.drained = True

    def close(self) -> None:
        self.closed += 1


async def _suffer(piece: float | asyncio.Event | Exception) -> None:
    if isinstance(piece, Exception):
        raise piece
    if isinstance(piece, asyncio.Event):
        await piece.wait()
    else:
        await asyncio.sleep(piece)


def streamed(*pieces: Piece, headers: Headers = ()) -> FakeReply:
    """A 200 with an event stream; each piece of bytes is one read."""
    return FakeReply(200, (*EVENT_STREAM, *headers), pieces)


def whole(
    body: bytes, status: int = 200, content_type: str = "application/json", headers: Headers = ()
) -> FakeReply:
    """A reply with all its body in one read."""
    return FakeReply(status, (("content-type", content_type), *headers), [body] if body else [])


class FakeUpstream:
    """Implements `Upstream`: one scripted reply (or failure) for each request, after the waits before it."""

    def __init__(self, *script: FakeReply | Piece) -> None:
        self._script = list(script)
        self.requests: list[HttpRequest] = []
        self.replies = [reply for reply in script if isinstance(reply, FakeReply)]

    async def open(self, request: HttpRequest) -> FakeReply:
        self.requests.append(request)
        while True:
            assert self._script, f"request {len(self.requests)} was not scripted"
            step = self._script.pop(0)
            if isinstance(step, FakeReply):
                return step
            assert not isinstance(step, bytes)
            await _suffer(step)


class FakeTokens:
    """Implements `TokenSource`: a new token after each one that was refused, or a failure."""

    def __init__(self, failure: UpstreamFailure | None = None, quota_project: str | None = None) -> None:
        self._failure = failure
        self._quota_project = quota_project
        self.rejected: list[str] = []

    async def token(self) -> AccessToken:
        if self._failure is not None:
            raise self._failure
        return AccessToken(f"test-token-{len(self.rejected) + 1}", self._quota_project)

    def reject(self, token: AccessToken) -> None:
        self.rejected.append(token.value)


class FakeTokenizer:
    """Implements `Tokenizer`: a token for each word; `missing` vocabularies are not here."""

    def __init__(self, *missing: str) -> None:
        self._missing = missing
        self.asked: list[str] = []

    async def count(self, texts: Sequence[str], vocabulary: str) -> int | None:
        self.asked.append(vocabulary)
        return None if vocabulary in self._missing else sum(len(text.split()) for text in texts)


class FakeSearch:
    """Implements `WebSearch`: one page for each query, or a failure."""

    def __init__(self, failure: Exception | None = None) -> None:
        self._failure = failure
        self.asked: list[SearchQuery] = []

    async def search(self, query: SearchQuery) -> Sequence[Found]:
        self.asked.append(query)
        if self._failure is not None:
            raise self._failure
        url = f"https://pages.example.com/{len(self.asked)}"
        return [
            Found(url=url, title=f"On {query.text}", text=f"All about {query.text}.", page_age="May 2026")
        ]


class FakeFetcher:
    """Implements `Fetcher` with pages by their URL, each after so many seconds; whatever else is asked for cannot be
    reached."""

    def __init__(self, *pages: Fetched, seconds: float = 0.0) -> None:
        self._pages = {page.url: page for page in pages}
        self._seconds = seconds
        self.asked: list[str] = []
        self.under_way = 0
        self.most_at_once = 0

    async def fetch(self, url: str) -> Fetched:
        self.asked.append(url)
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        try:
            await asyncio.sleep(self._seconds)
        finally:
            self.under_way -= 1
        if url not in self._pages:
            raise WebFailure("url_not_accessible", "there is no such page")
        return self._pages[url]


class FakeSchemaChecker:
    """Implements `SchemaChecker`: every answer has the same mismatch, or none."""

    def __init__(self, mismatch: str | None = None) -> None:
        self._mismatch = mismatch
        self.asked: list[tuple[Mapping[str, Any], str]] = []

    async def mismatch(self, schema: Mapping[str, Any], answer: str) -> str | None:
        self.asked.append((schema, answer))
        return self._mismatch


class RecordingObserver:
    """Implements `Observer`."""

    def __init__(self) -> None:
        self.traces: list[Trace] = []
        self.bugs: list[str] = []

    def settled(self, trace: Trace) -> None:
        self.traces.append(replace(trace))

    def bug(self, message: str, error: BaseException) -> None:
        self.bugs.append(message)


@dataclass
class OneTarget:
    """Stands for a ModelMap that sends every name to one target."""

    target: Target
    asked: list[str] = field(default_factory=list[str])

    def resolve(self, requested: str) -> Target:
        self.asked.append(requested)
        if requested == "no/such":
            raise invalid_request("model: expected another name")
        return self.target


VERTEX = {
    "access": "vertex",
    "base_url": "https://vertex.test/locations/here",
    "credential": "",
    "credential_required": False,
    "location": "here",
}
"""Fields of a channel whose credential is an access token."""


def target(
    dialect: str = "plain", model: str = "plain-1", quirks: Quirks | None = None, **channel: Any
) -> Target:
    """A model behind one channel; `channel` are the fields of Channel that matter."""
    fields = {
        "name": "somewhere",
        "base_url": "https://upstream.test",
        "credential": "test-key-upstream",
        "credential_setting": "SOMEWHERE_API_KEY",
        **channel,
    }
    return Target(Channel(dialect=dialect, **fields), model, quirks or Quirks(), "test")


@dataclass
class Bench:
    """A relay and everything around it that a test looks at."""

    upstream: Any
    target: Target = field(default_factory=target)
    strict: bool = False
    shared: bool = False
    plain: PlainDialect = field(default_factory=PlainDialect)
    observer: RecordingObserver = field(default_factory=RecordingObserver)
    tokens: FakeTokens = field(default_factory=FakeTokens)
    clock: Callable[[], float] = field(default_factory=ManualClock)
    tokenizer: Tokenizer | None = None
    web_search: WebSearch | None = None
    fetcher: Fetcher | None = None
    schema_checker: SchemaChecker | None = None

    def __post_init__(self) -> None:
        self.kept = MemoryKeptState(self.clock)
        self.gateway = Gateway(
            model_map=OneTarget(self.target),
            dialects={**DIALECTS, "plain": self.plain},
            upstream=self.upstream,
            clock=self.clock,
            new_id=CountingIds(),
            observer=self.observer,
            tokens=self.tokens,
            kept=self.kept,
            tokenizer=self.tokenizer,
            web_search=self.web_search,
            fetcher=self.fetcher,
            schema_checker=self.schema_checker,
            strict=self.strict,
            shared=self.shared,
        )
        self.relay = Relay(self.gateway)

    def answer(self, **fields: Any) -> Any:
        """An Answer to a streamed request; `fields` of its body."""
        return self.relay.answer(ask(**fields), "req_1")

    @property
    def trace(self) -> Trace:
        """The one settled request."""
        assert len(self.observer.traces) == 1, self.observer.traces
        return self.observer.traces[0]


def body_of(**fields: Any) -> dict[str, Any]:
    """The body of a request; `fields` replace its own, None removes one."""
    body = {
        "model": "claude-sonnet-5",
        "max_tokens": 100,
        "stream": True,
        "messages": [{"role": "user", "content": "hi"}],
        **fields,
    }
    return {name: value for name, value in body.items() if value is not None}


def ask(headers: Headers = (), counting: bool = False, **fields: Any) -> MessagesRequest:
    """A parsed request."""
    return parse_request(encode(body_of(**fields)), headers, counting=counting)


def unreachable(message: str = "nobody is there") -> UpstreamFailure:
    """What an upstream raises that does not answer."""
    return UpstreamFailure("unreachable", ApiError(502, message))
