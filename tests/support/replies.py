"""What a scripted model says, in no vendor's language: both scripted upstreams render it in theirs.

A Reply is a list of parts in the order in which the model says them; faults of the wire may stand anywhere
between them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.http_answer import Answer, Fault, Split, Step, json_bytes

Sizes = int | Sequence[int] | None
"""How a text is cut into deltas, in characters: None for one delta, an int for even pieces, or the sizes in turn
(what is left over is the last delta)."""


@dataclass(frozen=True)
class Text:
    """Visible text. Written as two surrogates, a character outside the BMP can be cut into halves."""

    text: str
    sizes: Sizes = None


@dataclass(frozen=True)
class Reasoning:
    """Hidden thoughts; each upstream has its own field or block for them."""

    text: str
    sizes: Sizes = None


@dataclass(frozen=True)
class Call:
    """A tool call. `arguments` may be a string, to say broken JSON."""

    name: str
    arguments: Mapping[str, Any] | str
    id: str | None = None
    """None: the upstream makes one in its own form."""
    sizes: Sizes = None

    @property
    def arguments_json(self) -> str:
        if isinstance(self.arguments, str):
            return self.arguments
        return json_bytes(self.arguments).decode()


@dataclass(frozen=True)
class Refusal:
    """The model declines; OpenAI has a field for it, Anthropic a stop reason."""

    text: str


@dataclass(frozen=True)
class StreamError:
    """An error inside a reply whose status was 200; nothing follows it."""

    message: str
    type: str = "server_error"
    code: str | int | None = None


@dataclass(frozen=True)
class Comment:
    """An SSE comment line."""

    text: str = "keep-alive"


@dataclass(frozen=True)
class Ping:
    """Anthropic's ping; a comment elsewhere."""


@dataclass(frozen=True)
class Item:
    """One chunk or event in the vendor's own words, framed as SSE; left out of a whole JSON answer."""

    value: Mapping[str, Any]


@dataclass(frozen=True)
class Raw:
    """Bytes of the stream as they are."""

    data: bytes


Part = Text | Reasoning | Call | Refusal | StreamError | Comment | Ping | Item | Raw | Fault


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What the vendor bills, counted as OpenAI does: `prompt` holds `cached` and `cache_written`, `completion`
    holds `reasoning`."""

    prompt: int = 100
    completion: int = 20
    cached: int = 0
    cache_written: int = 0
    reasoning: int = 0
    searches: int = 0
    """Of the web, by the server itself."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An HTTP error in the vendor's own shape; `type` None is what the vendor uses for the status."""

    status: int
    message: str
    type: str | None = None
    code: str | int | None = None
    param: str | None = None
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One answer of the model."""

    parts: tuple[Part, ...] = ()
    finish: str | None = None
    """The vendor's own finish or stop reason; None for the fitting one."""
    usage: Usage | None = Usage()
    """None: the vendor tells nothing."""
    split: Split = None
    """How the bytes of the stream are cut into chunks on the wire."""
    ends: bool = True
    """Whether the vendor's end is said ([DONE], message_stop); without it HTTP still ends cleanly."""
    finishes: bool = True
    """Whether the finish reason and usage are said at all."""
    headers: tuple[tuple[str, str], ...] = ()
    gzip: bool = False
    before_head: tuple[Fault, ...] = ()
    failure: Failure | None = None
    """Answered instead of the parts."""
    answer: Answer | None = None
    """Sent instead of everything above: whatever HTTP can carry."""

    @property
    def calls(self) -> tuple[Call, ...]:
        return tuple(part for part in self.parts if isinstance(part, Call))


Script = Reply | Sequence[Reply] | Callable[[dict[str, Any]], Reply]
"""One reply for every request, one after the other (too few fails the test), or decided from the request."""


def reply(*parts: Part | str, **fields: Any) -> Reply:
    """A reply of these parts, a plain string being a Text; `fields` are those of Reply."""
    return Reply(parts=tuple(Text(part) if isinstance(part, str) else part for part in parts), **fields)


def failing(status: int, message: str, **fields: Any) -> Reply:
    """An HTTP error instead of a reply; `fields` are those of Failure."""
    return Reply(failure=Failure(status=status, message=message, **fields))


def cut(text: str, sizes: Sizes) -> list[str]:
    """`text` in deltas; empty for an empty text."""
    if sizes is None:
        return [text] if text else []
    if isinstance(sizes, int):
        return [text[at : at + sizes] for at in range(0, len(text), sizes)]
    deltas: list[str] = []
    for size in sizes:
        deltas.append(text[:size])
        text = text[size:]
    return [delta for delta in [*deltas, text] if delta]


def unsaid(part: Ping | Comment | Raw | Fault) -> Step:
    """What is none of the model's words, as it goes over the wire between its events. A Ping is a comment, for only
    Anthropic has an event for it."""
    match part:
        case Ping():
            return b": ping\n\n"
        case Comment(text):
            return f": {text}\n\n".encode()
        case Raw(data):
            return data
        case fault:
            return fault


class ScriptReader:
    """Hands out the replies of a script in order."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._used = 0

    def next_reply(self, body: dict[str, Any]) -> Reply:
        """The reply for a request. AssertionError when a list of replies is used up."""
        if isinstance(self._script, Reply):
            return self._script
        if callable(self._script):
            return self._script(body)
        self._used += 1
        assert self._used <= len(self._script), (
            f"request {self._used} came, {len(self._script)} were scripted"
        )
        return self._script[self._used - 1]
