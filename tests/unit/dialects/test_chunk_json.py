import msgspec
import pytest

from dragoman.dialects.chunk_json import decode_chunk, decode_object
from dragoman.messages.errors import UpstreamNonsense


class Shape(msgspec.Struct):
    number: int | None = None
    text: str | None = None


SHAPE = msgspec.json.Decoder(Shape)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b'{"number": 7}', Shape(7)),
        (b'{"number": "7", "unknown": [1]}', Shape(7)),
        (b'{"text": "\\ud83d"}', Shape(text="\ud83d")),
    ],
)
def test_chunk_is_read_by_the_fast_decoder_or_without_it(data, expected):
    assert decode_chunk(data, SHAPE) == decode_chunk(data, SHAPE, in_array=True) == expected


def test_object_alone_in_an_array_is_read_only_where_that_is_expected():
    assert decode_chunk(b'[{"number": 7}]', SHAPE, in_array=True) == Shape(7)
    with pytest.raises(UpstreamNonsense, match="not a JSON object"):
        decode_chunk(b'[{"number": 7}]', SHAPE)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"null", b"7", b"[]", b"[{}, {}]", b"[7]", b"\xff", b"[" * 100_000]
)
def test_anything_else_is_nonsense(data):
    for in_array in (True, False):
        with pytest.raises(UpstreamNonsense, match="not a JSON object"):
            decode_chunk(data, SHAPE, in_array=in_array)
    with pytest.raises(UpstreamNonsense, match="not a JSON object"):
        decode_object(data)


def test_wrong_type_is_named():
    with pytest.raises(UpstreamNonsense, match=r"unknown shape .*number"):
        decode_chunk(b'{"number": []}', SHAPE)
