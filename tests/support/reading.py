"""Feeds a reader the way networks do, and tells what it said."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from dragoman.dialects.dialect import NewId, ReplyReader, Written
from dragoman.messages.errors import UpstreamFailure
from dragoman.messages.events import Event, Relayed, Said, Usage
from dragoman.messages.fold import fold
from dragoman.messages.grammar import Grammar
from dragoman.wire.sse import SseDecoder

OpenReader = Callable[[], ReplyReader]


@dataclass(frozen=True)
class Heard:
    """What a reader said to one stream, up to its end or its failure."""

    said: tuple[Said, ...]
    failure: UpstreamFailure | None
    reader: ReplyReader
    follow_ups: tuple[Written, ...] = ()
    """The further requests that the answer took."""
    kept: dict[str, str] = field(default_factory=dict[str, str])
    """What the reader wants to have kept."""

    @property
    def events(self) -> list[Event]:
        """The events of a reader that relays nothing."""
        events = [said for said in self.said if not isinstance(said, Relayed)]
        assert len(events) == len(self.said)
        return events

    @property
    def message(self) -> dict[str, object]:
        """The complete message. AssertionError if the reading failed."""
        assert self.failure is None, f"the reading failed: {self.failure}"
        return fold(self.events)


def counting_ids() -> NewId:
    """Ids in the order in which they are asked for, so that two readings of one stream are the same."""
    count = 0

    def new_id() -> str:
        nonlocal count
        count += 1
        return f"{count:08d}{0:014d}"

    return new_id


def said_to(reader: ReplyReader, pieces: Iterable[bytes]) -> Iterator[Sequence[Said]]:
    """What `reader` says to one stream of server-sent events that comes in these pieces: to each frame, then to its
    end. Raises what the reader raises."""
    decoder = SseDecoder()
    for piece in pieces:
        for frame in decoder.feed(piece):
            yield reader.feed(frame)
    for frame in decoder.finish():
        yield reader.feed(frame)
    yield reader.finish(decoder.rest)


def single_bytes(stream: bytes) -> list[bytes]:
    """The stream in the smallest pieces."""
    return [stream[at : at + 1] for at in range(len(stream))]


def random_pieces(stream: bytes) -> Iterator[bytes]:
    """The stream in pieces of 1 to 40 bytes, the same ones each time."""
    generator = random.Random(stream)
    at = 0
    while at < len(stream):
        size = generator.randint(1, 40)
        yield stream[at : at + size]
        at += size


def hear(open_reader: OpenReader, stream: bytes, *further: bytes) -> Heard:
    """Read `stream` whole, byte by byte and cut at random places; all three must say the same legal events.

    `further` are the replies to the requests that follow, each of which must be made.
    """
    streams = (stream, *further)
    whole = _hear_pieces(open_reader(), [[one] for one in streams])
    singly = _hear_pieces(open_reader(), [single_bytes(one) for one in streams])
    split = _hear_pieces(open_reader(), [list(random_pieces(one)) for one in streams])
    for other in (singly, split):
        assert dialogue(other.said) == dialogue(whole.said)
        assert _described(other.failure) == _described(whole.failure)
        assert (other.follow_ups, other.kept) == (whole.follow_ups, whole.kept)
        assert (other.reader.usage, other.reader.stop_reason) == (
            whole.reader.usage,
            whole.reader.stop_reason,
        )
    check_grammar(whole.said, complete=whole.failure is None)
    return whole


def hear_whole(open_reader: OpenReader, body: bytes) -> Heard:
    """Read a reply that came as one JSON value."""
    reader = open_reader()
    try:
        said = tuple(reader.read_whole(body))
    except UpstreamFailure as failure:
        return Heard((), failure, reader)
    assert reader.finished
    check_grammar(said, complete=True)
    return Heard(said, None, reader, kept=dict(reader.take_kept()))


def hear_once(reader: ReplyReader, pieces: Iterable[bytes]) -> Heard:
    """Read one stream as it comes. Whether what was said is legal is for the test to ask."""
    said: list[Said] = []
    failure = _hear_one(reader, pieces, said)
    return Heard(tuple(said), failure, reader)


def fields_of(message: Mapping[str, Any], kind: str, field: str) -> list[Any]:
    """What each block of this kind has in this field, in order."""
    return [block[field] for block in message["content"] if block["type"] == kind]


def calls_of(message: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Name and input of each call, in order."""
    return [(block["name"], block["input"]) for block in message["content"] if block["type"] == "tool_use"]


def tokens_of(usage: Usage) -> tuple[int, int, int, int]:
    """New input, input from the cache, input to the cache, output."""
    return (
        usage.input_tokens,
        usage.cache_read_input_tokens,
        usage.cache_creation_input_tokens,
        usage.output_tokens,
    )


def stops_where_it_says(message: Mapping[str, Any], stops: Sequence[str], whole: str) -> bool:
    """Whether the message ends with a stop sequence. AssertionError unless its text is the beginning of `whole`, up to
    that one of `stops`."""
    text = "".join(fields_of(message, "text", "text"))
    assert whole.startswith(text)
    if message["stop_reason"] != "stop_sequence":
        return False
    assert message["stop_sequence"] in stops
    assert whole[len(text) :].startswith(message["stop_sequence"])
    return True


def check_grammar(said: Sequence[Said], *, complete: bool) -> None:
    """Every event is legal, and a complete answer has its end. Relayed events are not judged."""
    if any(isinstance(one, Relayed) for one in said):
        return
    grammar = Grammar()
    for event in said:
        assert not isinstance(event, Relayed)
        grammar.check(event)
    assert grammar.state == "over" or not complete, f"the answer has no end: {grammar.state}"


def dialogue(said: Sequence[Said]) -> list[str]:
    """One readable line for each event."""
    return [
        one.frame.decode("utf-8", "replace")
        if isinstance(one, Relayed)
        else msgspec.json.encode(one).decode()
        for one in said
    ]


def _hear_pieces(reader: ReplyReader, streams: list[list[bytes]]) -> Heard:
    said: list[Said] = []
    follow_ups: list[Written] = []
    kept: dict[str, str] = {}
    failure: UpstreamFailure | None = None
    for number, pieces in enumerate(streams):
        assert len(follow_ups) == number, f"the answer took {number} requests, {len(streams)} were scripted"
        failure = _hear_one(reader, pieces, said)
        kept |= reader.take_kept()
        if failure is None and (written := reader.follow_up()) is not None:
            follow_ups.append(written)
    assert len(follow_ups) < len(streams), f"request {len(follow_ups) + 1} was not scripted"
    assert failure is not None or reader.finished
    return Heard(tuple(said), failure, reader, tuple(follow_ups), kept)


def _hear_one(reader: ReplyReader, pieces: Iterable[bytes], said: list[Said]) -> UpstreamFailure | None:
    """Read one stream to its end or failure; adds to `said`."""
    try:
        for some in said_to(reader, pieces):
            said += some
    except UpstreamFailure as failure:
        return failure
    return None


def _described(failure: UpstreamFailure | None) -> tuple[object, ...] | None:
    if failure is None:
        return None
    error = failure.error
    return failure.kind, failure.status, error.status, error.type, error.message, error.headers, error.body
