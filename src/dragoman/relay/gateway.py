"""Everything that one request needs, as one immutable value; a reload builds a new one."""

from collections.abc import Mapping
from dataclasses import dataclass

from dragoman.dialects.dialect import Dialect, NewId
from dragoman.relay.ports import (
    Clock,
    Fetcher,
    KeptState,
    Observer,
    SchemaChecker,
    Tokenizer,
    TokenSource,
    Upstream,
    WebSearch,
)
from dragoman.routing.model_map import ModelMap


@dataclass(frozen=True)
class Gateway:
    """Built once by app.py."""

    model_map: ModelMap
    dialects: Mapping[str, Dialect]
    upstream: Upstream
    clock: Clock
    new_id: NewId
    observer: Observer
    tokens: TokenSource
    kept: KeptState
    seal_key: bytes = b""
    """The secret for envelopes (messages/envelope.py)."""
    tokenizer: Tokenizer | None = None
    """Without one, tokens are estimated from bytes."""
    web_search: WebSearch | None = None
    """Without one, a search that the upstream does not run itself is answered with `unavailable`."""
    fetcher: Fetcher | None = None
    """Without one, nothing is fetched: what a request names by URL is the upstream's to fetch, or lost."""
    schema_checker: SchemaChecker | None = None
    """Without one, an answer under a schema is only checked to be JSON."""
    strict: bool = False
    """A Loss is a 400 instead of a response header, and an answer that breaks its schema a 502."""
    shared: bool = False
    """Several people use this gateway, so one's quota is not shown to another."""
