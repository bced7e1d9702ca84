"""emulation/pages/page_text.py"""

import pytest

from dragoman.emulation.pages.page_text import _ENCODINGS, LARGEST_HTML, page_text

PAGE = "<title>Größe</title><p>naïve – café"


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        pytest.param(PAGE.encode(), "utf-8", id="utf-8"),
        pytest.param(PAGE.encode("cp1252"), "ISO-8859-1", id="said by the server"),
        pytest.param(
            b"<meta charset='windows-1252'>" + PAGE.encode("cp1252"), "utf-8", id="said by the page"
        ),
        pytest.param(
            b'<meta http-equiv=content-type content="text/html; charset=windows-1252">'
            + PAGE.encode("cp1252"),
            "",
            id="said by the page in the old way",
        ),
        pytest.param(
            b'<?xml version="1.0" encoding="windows-1252"?>' + PAGE.encode("cp1252"), "utf-8", id="xml"
        ),
        pytest.param(b"<meta charset='windows-1252'>" + PAGE.encode(), "utf-8", id="the page is wrong"),
        pytest.param(b"\xef\xbb\xbf" + PAGE.encode(), "windows-1252", id="mark"),
        pytest.param(b"\xff\xfe" + PAGE.encode("utf-16-le"), "utf-8", id="utf-16"),
        pytest.param(b"\xfe\xff" + PAGE.encode("utf-16-be"), "utf-8", id="utf-16, other order"),
    ],
)
def test_every_way_to_say_an_encoding_is_heard(body: bytes, charset: str) -> None:
    assert page_text(body, "text/html", charset) == ("Größe", "naïve – café")


@pytest.mark.parametrize(
    "charset", ["idna", "zip", "base64", "unicode_escape", "undefined", "nothing", "utf-7"]
)
def test_what_is_no_encoding_of_the_web_is_not_used(charset: str) -> None:
    assert page_text(b"+ADw-\\u0041", "text/plain", charset) == ("", "+ADw-\\u0041")


@pytest.mark.parametrize("encoding", sorted(set(_ENCODINGS.values())))
def test_every_encoding_exists_and_never_raises(encoding: str) -> None:
    bytes(range(256)).decode(encoding, "replace")


def test_other_texts_stay_as_they_are() -> None:
    assert page_text(b"# A\r\n\r\n<b>\x00 &amp;\n", "text/markdown", "utf-8") == ("", "# A\n\n<b> &amp;")
    assert page_text(b'{"a": 1}', "application/json", "utf-8") == ("", '{"a": 1}')


def test_only_the_beginning_of_a_large_page_is_read() -> None:
    assert page_text(b"a" + b" " * LARGEST_HTML + b"b", "text/html", "utf-8") == ("", "a")
    assert len(page_text(b"a" * (LARGEST_HTML + 1), "text/plain", "utf-8")[1]) == LARGEST_HTML + 1


def test_a_page_that_can_be_read_is_not_in_utf_16_whatever_it_says() -> None:
    page = b"<meta charset=utf-16>caf\xe9 au lait"
    assert page_text(page, "text/html", "utf-8") == ("", "caf\ufffd au lait")


def test_a_character_that_is_cut_off_is_no_other_encoding() -> None:
    page = b"<meta charset=windows-1252>" + "é".encode() + "–".encode()[:2]
    assert page_text(page, "text/html", "utf-8") == ("", "é\ufffd")
