"""Laws of the SSE decoder, against a parser that is written line by line from the standard."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.wire.sse import Frame, SseDecoder
from tests.support.strategies import byte_splits

BOM = b"\xef\xbb\xbf"

lines = st.sampled_from(
    [
        *(
            b"",
            b"",
            b"",
            b"data: x",
            b"data:",
            b"data",
            b"event: ping",
            b"event:a",
            b"id: 1",
            b": note",
            b":",
        ),
        *(b"data: {}", "data: \u2028".encode(), "data: \x85".encode(), b"data: \x0b\0", b"database: no", BOM),
    ]
)
line_ends = st.sampled_from([[b"\n"], [b"\n"], [b"\r\n"], [b"\r"], [b"\n", b"\r\n", b"\r"]])


@st.composite
def event_streams(draw: st.DrawFn) -> bytes:
    """Lines of every kind, many of them empty, with one kind of line end or all of them."""
    ends = st.sampled_from(draw(line_ends))
    stream = b"".join(draw(lines) + draw(ends) for _ in range(draw(st.integers(0, 12))))
    return (
        draw(st.sampled_from([b"", b"", BOM])) + stream + draw(st.sampled_from([b"", b"data: cut", b"\n\n"]))
    )


split_streams = event_streams().flatmap(lambda stream: st.tuples(st.just(stream), byte_splits(stream)))


def decoded(pieces: list[bytes]) -> list[Frame]:
    decoder = SseDecoder()
    return [frame for piece in pieces for frame in decoder.feed(piece)] + decoder.finish()


def dispatched(stream: bytes) -> list[tuple[bytes, bytes]]:
    """Name and data of each event, as the WHATWG standard processes lines."""
    events: list[tuple[bytes, bytes]] = []
    name, data = b"", None
    *lines, _unfinished = re.split(rb"\r\n|\n|\r", stream.removeprefix(BOM))
    for line in lines:
        if not line:
            if data is not None:
                events.append((name, data))
            name, data = b"", None
            continue
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data = value if data is None else data + b"\n" + value
        elif field == b"event":
            name = value
    return events


@settings(max_examples=300, deadline=None)
@given(split_streams)
def test_any_split_of_the_bytes_gives_the_same_frames(case):
    stream, pieces = case
    assert decoded(pieces) == decoded([stream])


@settings(max_examples=150, deadline=None)
@given(split_streams)
def test_frames_are_what_the_standard_says(case):
    stream, pieces = case
    assert [(f.event, f.data) for f in decoded(pieces) if f.data is not None] == dispatched(stream)


@settings(max_examples=150, deadline=None)
@given(split_streams)
def test_bytes_of_all_frames_are_the_stream_up_to_its_last_blank_line(case):
    stream, pieces = case
    relayed = b"".join(frame.raw for frame in decoded(pieces))
    rest = stream.removeprefix(BOM).removeprefix(relayed)
    assert BOM * stream.startswith(BOM) + relayed + rest == stream
    assert decoded([rest]) == []
