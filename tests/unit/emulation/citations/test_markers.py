import pytest

from dragoman.emulation.citations.markers import Marker, MarkerScanner


def scan(*pieces: str) -> list:
    scanner = MarkerScanner()
    found = [one for piece in pieces for one in scanner.feed(piece)]
    held = scanner.finish()
    return found + ([held] if held else [])


def test_a_marker_is_written_as_it_is_read():
    for marker in (Marker(2, 5, 5), Marker(12, 1, 30)):
        assert scan(marker.text) == [(marker,)]
    assert (Marker(2, 5, 5).text, Marker(2, 5, 7).text) == ("【2-5】", "【2-5:7】")


@pytest.mark.parametrize(
    ("text", "markers"),
    [
        ("【1-2, 3-4】", (Marker(1, 2, 2), Marker(3, 4, 4))),
        ("【1-2;3-4:6】", (Marker(1, 2, 2), Marker(3, 4, 6))),
        ("【1–2】", (Marker(1, 2, 2),)),  # noqa: RUF001
    ],
)
def test_what_models_make_of_it_is_understood(text, markers):
    assert scan(text) == [markers]


@pytest.mark.parametrize(
    "text",
    [
        "【重要】",
        "【",
        "【1",
        "【1-",
        "【1-2",
        "【1-2:】",
        "【1-2,】",
        "【5】",
        "【1-2†source】",
        "[1-2]",
        "】",
        "【【1-】",
        "【1234567-1】",
    ],
)
def test_what_is_no_marker_stays(text):
    assert "".join(scan(f"a{text}b")) == f"a{text}b"
    assert "".join(scan(*text)) == text


def test_markers_are_found_however_the_text_is_cut():
    text = "green【1-2】, blue【【1-3:4, 2-1】 and 【重要】【9-9】"
    whole = ["green", (Marker(1, 2, 2),), ", blue【", (Marker(1, 3, 4), Marker(2, 1, 1)), " and 【重要】"]
    assert scan(text) == [*whole, (Marker(9, 9, 9),)]
    pieces = scan(*text)
    assert [one for one in pieces if not isinstance(one, str)] == [
        one for one in whole if not isinstance(one, str)
    ] + [(Marker(9, 9, 9),)]
    assert "".join(one for one in pieces if isinstance(one, str)) == "green, blue【 and 【重要】"


def test_nothing_waits_but_what_may_become_a_marker():
    scanner = MarkerScanner()
    assert scanner.feed("green【1-2") == ["green"]
    assert scanner.feed(" owls") == ["【1-2 owls"]
    assert scanner.feed("so") == ["so"]
    assert scanner.feed("") == []
    assert scanner.finish() == ""


def test_what_may_become_a_marker_has_an_end():
    scanner = MarkerScanner()
    assert "".join(map(str, scanner.feed("【" + "1-1, " * 30))) == "【" + "1-1, " * 30
