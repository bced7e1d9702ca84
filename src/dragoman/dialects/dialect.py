"""What every dialect can do. Reading and writing are pure: bytes in, values out, no clock and no socket."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

import msgspec

from dragoman.dialects.quirks import Quirks
from dragoman.messages.envelope import Seal
from dragoman.messages.errors import UpstreamFailure
from dragoman.messages.events import Said, Usage
from dragoman.messages.request import MessagesRequest
from dragoman.messages.url_sources import Medium
from dragoman.wire.exchange import Headers, ReplyHead
from dragoman.wire.sse import Frame

NewId = Callable[[], str]
"""Gives a fresh id of letters and digits (22 characters of base 62), without a prefix."""


def _nothing_kept(key: str) -> str | None:
    return None


class Origin(msgspec.Struct, frozen=True):
    """Whose foreign state a request may carry (docs/decisions/0023)."""

    account: str = ""
    """Stands for an endpoint and a credential; what another account sealed is foreign."""
    kept: Callable[[str], str | None] = _nothing_kept
    """The envelope that an earlier answer left under the key of a block, or None."""
    seal_key: bytes = b""
    """The gateway's secret for its envelopes."""

    def seal(self, dialect: str, family: str) -> Seal:
        """With which a dialect seals and opens state of this account and of one family of models."""
        return Seal(dialect, self.account, family, self.seal_key)


NOWHERE = Origin()
"""An account that nobody knows, which left nothing."""


class Loss(msgspec.Struct, frozen=True):
    """Something of the request that the dialect could not carry."""

    field: str
    """The JSON path, such as `top_k` or `messages.3.content.0.citations`."""
    what: Literal["dropped", "approximated"]
    why: str = ""


class Written(msgspec.Struct, frozen=True):
    """A request in the upstream's language."""

    path: str
    """Appended to the channel's base URL, such as `/chat/completions`."""
    body: bytes
    headers: Headers = ()
    losses: tuple[Loss, ...] = ()
    streaming: bool = True
    """Whether the reply is expected as SSE."""
    estimated_input_tokens: int = 0
    """What `message_start` says until the upstream tells the true number (ADR 0013)."""
    empty_answer: str = ""
    """A stop reason: the answer is empty and the upstream need not be asked (`max_tokens: 0`)."""
    reading: object = None
    """What the same dialect's reader must know of the request."""


class ReplyReader(Protocol):
    """A machine that is fed frames and says events; it holds only what it has not said yet."""

    def feed(self, frame: Frame) -> Sequence[Said]:
        """The events that `frame` completes. Raises UpstreamFailure for an error inside the reply."""
        ...

    def read_whole(self, body: bytes) -> Sequence[Said]:
        """A reply that came as one JSON value, said as the events it would have been. Raises UpstreamFailure."""
        ...

    def finish(self, rest: bytes = b"") -> Sequence[Said]:
        """The last events, after the upstream closed. Raises UpstreamNonsense if it never said it was done.

        `rest`: bytes after the last complete frame.
        """
        ...

    def follow_up(self) -> Written | None:
        """A further request, whose reply goes on with this answer; asked for after `finish`, None if there is none."""
        ...

    def take_failure(self, failure: UpstreamFailure) -> Sequence[Said] | None:
        """What is said instead of a further request's answer, if the whole answer can do without; `follow_up` tells how it
        goes on. None if it fails, too."""
        ...

    def take_kept(self) -> Mapping[str, str]:
        """Envelopes to be kept for later requests, by the keys of their blocks; each is handed out once."""
        ...

    @property
    def finished(self) -> bool:
        """The last event was said: whatever the upstream still sends changes nothing."""
        ...

    @property
    def usage(self) -> Usage | None:
        """What is known by now; None before the upstream told anything."""
        ...

    @property
    def stop_reason(self) -> str | None:
        """Why the message ended, once it did."""
        ...

    @property
    def withheld(self) -> Mapping[str, int]:
        """Reasoning of earlier turns that came back and that the model was not shown, counted by the upstream's reason."""
        ...

    def start(self) -> Sequence[Said]:
        """`message_start` now, if this dialect can say it before the upstream spoke; else nothing."""
        ...

    def keep_alive(self) -> Sequence[Said]:
        """An empty delta that clients count as life, if one is legal now; else nothing."""
        ...


class Mended(msgspec.Struct, frozen=True):
    """What a refusal taught."""

    quirks: Quirks
    """With which the refused request may succeed."""
    lasting: bool = True
    """Whether it holds for later requests too, once it has helped."""
    speak: Literal["", "openai_responses"] = ""
    """The dialect that the server demands instead; where nobody chose one, it is spoken and the quirks do not count."""


class Dialect(Protocol):
    """One backend language."""

    @property
    def name(self) -> str: ...

    def runs(self, tool_type: str, quirks: Quirks) -> bool:
        """Whether the backend itself runs the API's server tool of this type, such as `web_search_20250305`."""
        ...

    @property
    def cites(self) -> bool:
        """The backend cites the client's documents and search results itself."""
        ...

    def write_request(
        self, request: MessagesRequest, model: str, quirks: Quirks, origin: Origin = NOWHERE
    ) -> Written:
        """Translate `request` for the upstream model `model`. Raises ApiError for what cannot be asked."""
        ...

    def write_count(
        self, request: MessagesRequest, model: str, quirks: Quirks, origin: Origin = NOWHERE
    ) -> Written | None:
        """The upstream's own token count, or None where it has none."""
        ...

    def read_count(self, body: bytes) -> int:
        """The number in the answer to `write_count`. Raises UpstreamNonsense."""
        ...

    def takes_urls(self, medium: Medium, quirks: Quirks) -> bool:
        """Whether an image or a document may stay a URL: the server fetches it itself, or the model could not use what
        is there either."""
        ...

    def open_reply(self, request: MessagesRequest, written: Written, new_id: NewId) -> ReplyReader:
        """A reader for one reply to `written`."""
        ...

    def read_failure(
        self, head: ReplyHead, body: bytes, request: MessagesRequest, clients_credential: bool
    ) -> UpstreamFailure:
        """A reply whose status is not 2xx. `clients_credential`: what was refused is the client's own."""
        ...

    def relayed_headers(self, head: ReplyHead) -> Headers:
        """The upstream's headers that clients of the Messages API read."""
        ...

    def mend(self, failure: UpstreamFailure, quirks: Quirks) -> Mended | None:
        """What the refusal teaches, or None if it says nothing to learn."""
        ...
