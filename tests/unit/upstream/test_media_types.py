import pytest

from dragoman.relay.ports import WebFailure
from dragoman.upstream.media_types import charset_of, media_type_of, sniff

PNG = b"\x89PNG\r\n\x1a\n rest"
MAGIC = [
    (PNG, "image/png"),
    (b"\xff\xd8\xff\xe0 rest", "image/jpeg"),
    (b"GIF87a rest", "image/gif"),
    (b"GIF89a rest", "image/gif"),
    (b"RIFF1234WEBP rest", "image/webp"),
    (b"%PDF-1.7 rest", "application/pdf"),
]


@pytest.mark.parametrize(("body", "kind"), MAGIC)
@pytest.mark.parametrize("said", ["", "text/html", "application/octet-stream", "image/svg+xml"])
def test_the_first_bytes_beat_what_the_server_says(body, kind, said):
    assert media_type_of(said, body) == sniff(body) == kind


@pytest.mark.parametrize("body", [b"", b"RIFF1234WAVE", b"\x89PNG", b"GIF88a", b"<html>", b" %PDF-1.7"])
def test_other_bytes_tell_nothing(body):
    assert sniff(body) is None


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("text/html; charset=utf-8", "text/html"),
        ("TEXT/Plain", "text/plain"),
        ("application/json", "application/json"),
        ("application/ld+json; x=y", "application/ld+json"),
        ("application/rss+xml", "application/rss+xml"),
    ],
)
def test_texts_are_what_the_server_says(said, kind):
    assert media_type_of(said, b"words") == kind


@pytest.mark.parametrize(
    "said", ["", "image/png", "application/pdf", "image/svg+xml", "application/zip", "video/mp4"]
)
def test_what_is_only_said_to_be_an_image_or_a_pdf_is_none(said):
    with pytest.raises(WebFailure) as refused:
        media_type_of(said, b"\x00\x01 anything")
    assert refused.value.code == "unsupported_content_type"


@pytest.mark.parametrize(
    ("said", "charset"),
    [
        (None, "utf-8"),
        ("UTF8", "utf-8"),
        ("ISO-8859-1", "iso8859-1"),
        ("windows-1252", "cp1252"),
        ("Shift_JIS", "shift_jis"),
        ("gb2312", "gb2312"),
        ("utf-16", "utf-16"),
    ],
)
def test_encodings_of_the_web_are_known(said, charset):
    assert charset_of(said) == charset


@pytest.mark.parametrize(
    "said", ["nonsense", "", "punycode", "idna", "zlib", "unicode_escape", "undefined", "a\0b"]
)
def test_every_other_is_taken_for_utf_8(said):
    assert charset_of(said) == "utf-8"
