"""emulation/pages/html_tokens.py"""

import pytest

from dragoman.emulation.pages.html_tokens import End, Start, Text, read_attributes, tokens, unescape


def test_texts_and_tags_come_in_order() -> None:
    assert list(tokens('a &amp; b<P class="x">c</P >d')) == [
        Text("a & b"),
        Start("p", ' class="x"'),
        Text("c"),
        End("p"),
        Text("d"),
    ]


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("a<!-- <p> -->b", "ab"),
        ("a<!-->b", "ab"),
        ("a<!--->b", "ab"),
        ("a<!doctype html>b", "ab"),
        ("a<?xml version='1.0'?>b", "ab"),
        ("a</ >b", "ab"),
        ("1 < 2 <3", "1 < 2 <3"),
        ("a<!-- never closed", "a"),
        ("a<p class='never closed>b", "a"),
        ("a<p", "a"),
        ("a<", "a<"),
        ("a<?", "a"),
        ("a</p", "a"),
        ("", ""),
    ],
)
def test_what_is_no_tag_is_taken_as_a_browser_does(page: str, said: str) -> None:
    assert "".join(token.text for token in tokens(page) if isinstance(token, Text)) == said


def test_an_angle_bracket_in_quotes_ends_no_tag() -> None:
    assert list(tokens("<a title='x > y' href = \"p>q\">z")) == [
        Start("a", " title='x > y' href = \"p>q\""),
        Text("z"),
    ]


def test_a_quote_outside_a_value_opens_nothing() -> None:
    assert list(tokens('<p " x>y</p>')) == [Start("p", ' " x'), Text("y"), End("p")]


def test_scripts_hold_no_tags() -> None:
    assert list(tokens("<script>if (a<b) '<p>&amp;'</SCRIPT >x")) == [
        Start("script", ""),
        Text("if (a<b) '<p>&amp;'"),
        End("script"),
        Text("x"),
    ]


def test_titles_hold_references_but_no_tags() -> None:
    assert list(tokens("<title>a &lt; <b></title>"))[1] == Text("a < <b>")


def test_attributes_are_read_in_every_notation() -> None:
    read = read_attributes(" A=1 b = '2' c=\"3 &amp; 4\" d e='' a=9")
    assert read == {"a": "1", "b": "2", "c": "3 & 4", "d": "", "e": ""}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("&lt;&#65;&#x42;", "<AB"),
        ("&unheard;", "&unheard;"),
        ("&#" + "9" * 10_000 + ";x", "\ufffdx"),
        ("a", "a"),
    ],
)
def test_references_are_resolved(written: str, said: str) -> None:
    """html.unescape itself raises ValueError for more digits than Python makes a number of."""
    assert unescape(written) == said
