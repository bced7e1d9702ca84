"""cli/say.py"""

import io

import pytest
from typing_extensions import override

from dragoman.cli.say import paint, say, shows_colour, table


class Terminal(io.StringIO):
    @override
    def isatty(self) -> bool:
        return True


def test_colour_is_for_terminals_that_want_it() -> None:
    assert shows_colour(Terminal(), {"TERM": "xterm"})
    assert not shows_colour(io.StringIO(), {"TERM": "xterm"})
    assert not shows_colour(Terminal(), {"NO_COLOR": "1"})
    assert not shows_colour(Terminal(), {"TERM": "dumb"})


def test_paint_changes_nothing_without_colour() -> None:
    assert paint("x", "red", coloured=False) == "x"
    assert paint("x", "red", coloured=True) == "\x1b[31mx\x1b[0m"


def test_talk_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    say("hello", "red")
    assert capsys.readouterr() == ("", "hello\n")


def test_columns_are_aligned_and_lines_have_no_trailing_spaces() -> None:
    assert table([("a", "bb", ""), ("aaa", "b", "c")]) == ["  a    bb", "  aaa  b   c"]
