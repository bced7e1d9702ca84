"""Feeds a reader the way networks do, and tells what it said."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from dragoman.dialects.dialect import NewId, ReplyReader
from dragoman.messages.errors import UpstreamFailure
from dragoman.messages.events import Event, Relayed, Said
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


def hear(open_reader: OpenReader, stream: bytes) -> Heard:
    """Read `stream` whole, byte by byte and cut at random places; all three must say the same legal events."""
    whole = _hear_pieces(open_reader(), [stream])
    singly = _hear_pieces(open_reader(), [stream[at : at + 1] for at in range(len(stream))])
    split = _hear_pieces(open_reader(), list(_random_pieces(stream)))
    for other in (singly, split):
        assert dialogue(other.said) == dialogue(whole.said)
        assert _described(other.failure) == _described(whole.failure)
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
    return Heard(said, None, reader)


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


def _hear_pieces(reader: ReplyReader, pieces: list[bytes]) -> Heard:
    decoder = SseDecoder()
    said: list[Said] = []
    try:
        for piece in pieces:
            for frame in decoder.feed(piece):
                said += reader.feed(frame)
        for frame in decoder.finish():
            said += reader.feed(frame)
        said += reader.finish(decoder.rest)
    except UpstreamFailure as failure:
        return Heard(tuple(said), failure, reader)
    assert reader.finished
    return Heard(tuple(said), None, reader)


def _random_pieces(stream: bytes) -> Iterator[bytes]:
    generator = random.Random(stream)
    at = 0
    while at < len(stream):
        size = generator.randint(1, 40)
        yield stream[at : at + size]
        at += size


def _described(failure: UpstreamFailure | None) -> tuple[object, ...] | None:
    if failure is None:
        return None
    error = failure.error
    return failure.kind, failure.status, error.status, error.type, error.message, error.headers, error.body
