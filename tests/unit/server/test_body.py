import gzip
import tracemalloc
import zlib

import pytest

from dragoman.messages.errors import ApiError
from dragoman.server.body import BODY_SECONDS, LARGEST_BODY, ClientGone, read_body
from tests.support.asgi import DISCONNECT, AsgiClient, part
from tests.support.virtual_time import in_virtual_time, now

MEGABYTE = bytes(1024 * 1024)


async def body_of(*steps, **headers: str) -> bytes:
    return await read_body(
        AsgiClient(*steps).receive, tuple((name.replace("_", "-"), value) for name, value in headers.items())
    )


async def refusal_of(*steps, **headers: str) -> ApiError:
    with pytest.raises(ApiError) as caught:
        await body_of(*steps, **headers)
    return caught.value


async def test_body_in_one_piece():
    assert await body_of(part(b'{"a":1}')) == b'{"a":1}'


async def test_body_in_many_pieces_some_of_them_empty():
    assert await body_of(part(b"a", True), part(b"", True), part(b"b", True), part()) == b"ab"


async def test_body_of_exactly_the_limit_is_read():
    pieces = [part(MEGABYTE, True)] * 31 + [part(MEGABYTE)]
    assert len(await body_of(*pieces, content_length=str(LARGEST_BODY))) == LARGEST_BODY


async def test_declared_length_over_the_limit_is_a_413_before_anything_is_read():
    error = await refusal_of(content_length=str(LARGEST_BODY + 1))
    assert (error.status, error.type) == (413, "request_too_large")
    assert ("x-should-retry", "false") in error.headers


@pytest.mark.parametrize(
    "pieces",
    [
        [part(MEGABYTE, True)] * 33,
        [part(MEGABYTE, True)] * 32 + [part(b"x")],
        [part(MEGABYTE * 32 + b"x")],
        [part(MEGABYTE * 32 + b"x", True)],
    ],
    ids=["endless", "last byte", "one piece", "first piece"],
)
async def test_undeclared_body_over_the_limit_is_a_413(pieces):
    assert (await refusal_of(*pieces)).status == 413


@pytest.mark.parametrize("length", ["nonsense", "-1", "\xb2", ""])
async def test_length_that_is_no_number_is_not_believed(length):
    assert await body_of(part(b"a"), content_length=length) == b"a"


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", "GZip", " gzip "])
async def test_gzip_is_unpacked(encoding):
    assert await body_of(part(gzip.compress(b"hello", mtime=0)), content_encoding=encoding) == b"hello"


async def test_deflate_is_unpacked():
    assert await body_of(part(zlib.compress(b"hello")), content_encoding="deflate") == b"hello"


async def test_identity_is_no_encoding():
    assert await body_of(part(b"hello"), content_encoding="identity") == b"hello"


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, br", "compress"])
async def test_other_encodings_are_a_400_that_says_what_works(encoding):
    error = await refusal_of(part(b"hello"), content_encoding=encoding)
    assert (error.status, error.type) == (400, "invalid_request_error")
    assert f"`{encoding}`" in error.message
    assert "gzip" in error.message


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"plain text", "not valid"),
        (gzip.compress(b"hello", mtime=0)[:-4], "incomplete"),
        (b"", "incomplete"),
    ],
)
async def test_damaged_gzip_is_a_400(body, why):
    error = await refusal_of(part(body), content_encoding="gzip")
    assert error.status == 400
    assert why in error.message


async def test_gzip_bomb_is_a_413_and_is_not_unpacked():
    packer = zlib.compressobj(wbits=31)
    head = packer.compress(MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    bomb = head + (packer.compress(MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)) * 300
    tracemalloc.start()
    try:
        error = await refusal_of(part(bomb), content_encoding="gzip")
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert error.status == 413
    assert most < 3 * LARGEST_BODY


async def test_gzip_of_exactly_the_limit_is_read():
    body = await body_of(part(gzip.compress(MEGABYTE * 32, 1, mtime=0)), content_encoding="gzip")
    assert len(body) == LARGEST_BODY


@pytest.mark.parametrize("steps", [[DISCONNECT], [part(b"{", True), DISCONNECT]], ids=["at once", "midway"])
async def test_client_that_leaves_is_gone(steps):
    with pytest.raises(ClientGone):
        await body_of(*steps)


@pytest.mark.parametrize("steps", [[part(b"{", True)], [part(b"x", True), 50.0] * 3], ids=["{", "drip"])
def test_body_that_does_not_arrive_in_time_is_a_408(steps):
    async def wait() -> tuple[int, str, float]:
        began = now()
        error = await refusal_of(*steps)
        return error.status, error.type, now() - began

    assert in_virtual_time(wait()) == (408, "timeout_error", BODY_SECONDS)
