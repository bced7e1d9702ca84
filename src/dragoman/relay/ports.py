"""What the relay needs from the world: an upstream, a clock, ids, an observer."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec
from typing_extensions import override

from dragoman.relay.trace import Trace
from dragoman.wire.exchange import HttpRequest, ReplyHead

Clock = Callable[[], float]
"""Monotonic seconds."""


class UpstreamReply(Protocol):
    """A reply whose head has arrived."""

    head: ReplyHead

    async def read(self) -> bytes:
        """The next bytes as they came, or b"" at the end. Raises UpstreamFailure."""
        ...

    async def read_all(self, limit: int) -> bytes:
        """The rest of the body, at most `limit` bytes. Raises UpstreamFailure."""
        ...

    async def drain(self) -> None:
        """Read what is left if it ends at once, so that the connection can serve the next request."""
        ...

    def close(self) -> None:
        """Let go of the connection; one that was not read to its end is cut, so the upstream stops."""
        ...


class Upstream(Protocol):
    """Opens replies."""

    async def open(self, request: HttpRequest) -> UpstreamReply:
        """Send the request and wait for the reply's head. Raises UpstreamFailure."""
        ...


class AccessToken(msgspec.Struct, frozen=True):
    """A short-lived credential."""

    value: str
    quota_project: str | None = None
    """The project that pays for the requests of a person's own login."""

    @override
    def __repr__(self) -> str:
        return f"AccessToken(value='***', quota_project={self.quota_project!r})"


class TokenSource(Protocol):
    """Gives the access token of the one Google identity that is configured."""

    async def token(self) -> AccessToken:
        """A token that is valid now. Raises UpstreamFailure where none can be had."""
        ...

    def reject(self, token: AccessToken) -> None:
        """The upstream refused this token, so that it is not handed out again."""
        ...


class KeptState(Protocol):
    """Foreign state of earlier answers: an envelope for the key of a block, such as the id of a tool call
    (docs/decisions/0023)."""

    def get(self, key: str) -> str | None:
        """The envelope, or None if nothing is kept (any more)."""
        ...

    def keep(self, envelopes: Mapping[str, str]) -> None:
        """Keep envelopes for requests to come."""
        ...


class Tokenizer(Protocol):
    """Counts with real vocabularies, where they are installed (docs/decisions/0027)."""

    async def count(self, texts: Sequence[str], vocabulary: str) -> int | None:
        """Tokens of the texts together; None where they cannot be counted: there is no such vocabulary here, or too
        much text. Never raises."""
        ...


class WebFailure(Exception):
    """A search or a page that could not be had; `code` is the API's own word for why
    (spec/anthropic-messages.md section 5.1), such as `unavailable` or `url_not_allowed`."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        """For the operator's log and the model: one phrase without keys and addresses of this machine."""


class SearchQuery(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for."""

    text: str
    allowed_domains: tuple[str, ...] = ()
    """Only pages of these hosts, and of hosts below them."""
    blocked_domains: tuple[str, ...] = ()
    country: str = ""
    """Two letters (ISO 3166), or empty."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One page that a search found."""

    url: str
    title: str
    text: str = ""
    """What the page says about the query: plain text of the provider's."""
    page_age: str | None = None
    """When the page was written or found, as the provider says it."""


class WebSearch(Protocol):
    """The search provider that the operator configured."""

    async def search(self, query: SearchQuery) -> Sequence[Found]:
        """What was found, best first. Raises WebFailure."""
        ...


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """What stood at a URL."""

    url: str
    """Where it was found in the end."""
    media_type: str
    """By its first bytes where they tell, else as the server says; in lower case, without parameters."""
    body: bytes
    charset: str = "utf-8"
    """Of a text, as the server says."""


class Fetcher(Protocol):
    """Gets what others name by URL, without ever reaching a machine that is not public."""

    async def fetch(self, url: str) -> Fetched:
        """At most 10 MiB in at most 10 s. Raises WebFailure."""
        ...


class SchemaChecker(Protocol):
    """Checks answers against schemas, where the library for it is installed (docs/decisions/0037)."""

    async def mismatch(self, schema: Mapping[str, Any], answer: str) -> str | None:
        """Where an answer, which is JSON, breaks the client's schema, and by which keyword, such as `#/owls/3: required`;
        nothing of the answer is in it. None if it fits, or if that cannot be said: the schema is none, refers to
        another document, or takes too long. Never raises; fetches nothing."""
        ...


class Observer(Protocol):
    """Told how each request ended."""

    def settled(self, trace: Trace) -> None: ...

    def bug(self, message: str, error: BaseException) -> None:
        """Our own mistake: a translator broke the grammar, or something unforeseen was raised."""
        ...
