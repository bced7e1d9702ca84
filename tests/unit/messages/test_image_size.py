import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.messages.image_size import image_size


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\x00\x00\x00"


def jpeg(width: int, height: int, before: bytes = b"", marker: int = 0xC0) -> bytes:
    exif = b"\xff\xe1" + struct.pack(">H", 2 + 300) + b"\xff\xc0" * 150
    size = bytes([0xFF, marker]) + struct.pack(">HBHHB", 17, 8, height, width, 3)
    return b"\xff\xd8" + exif + before + b"\xff\xc4\x00\x04ab" + size + bytes(20)


def webp(kind: bytes, rest: bytes) -> bytes:
    return b"RIFF\x00\x00\x00\x00WEBP" + kind + b"\x00\x00\x00\x00" + rest + bytes(20)


def webp_lossless(width: int, height: int) -> bytes:
    return webp(b"VP8L", b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little"))


def webp_lossy(width: int, height: int) -> bytes:
    return webp(b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", width, height))


def webp_extended(width: int, height: int) -> bytes:
    return webp(b"VP8X", bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"))


FORMATS = [png, gif, jpeg, webp_lossless, webp_lossy, webp_extended]


@pytest.mark.parametrize("make", FORMATS)
@given(st.integers(1, 16_000), st.integers(1, 16_000))
def test_the_size_is_read_from_the_header(make, width, height):
    assert image_size(make(width, height)) == (width, height)


def test_a_progressive_jpeg_with_fill_bytes_has_a_size():
    assert image_size(jpeg(640, 480, before=b"\xff\xff", marker=0xC2)) == (640, 480)


@pytest.mark.parametrize("make", FORMATS)
def test_a_cut_header_has_no_size_or_the_right_one(make):
    whole = make(640, 480)
    for length in range(len(whole)):
        assert image_size(whole[:length]) in (None, (640, 480))
    assert image_size(whole[:8]) is None


@pytest.mark.parametrize("make", [png, gif, jpeg, webp_lossy])
def test_an_image_without_pixels_has_no_size(make):
    assert image_size(make(0, 480)) is None


@given(
    st.binary(max_size=60),
    st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff", b"RIFF0000WEBPVP8X"]),
)
def test_any_bytes_have_a_size_or_none(rest, start):
    size = image_size(start + rest)
    assert size is None or (size[0] > 0 and size[1] > 0)
