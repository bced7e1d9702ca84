"""web_search/snippets.py"""

import pytest

from dragoman.web_search.snippets import LONGEST_TEXT, LONGEST_URL, is_page, joined, plain


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("The <strong>best</strong> of<br/> all", "The best of all"),
        ("Tom &amp; Jerry&#x27;s &lt;b&gt;", "Tom & Jerry's <b>"),
        ("vector<int> and a < b > c", "vector<int> and a < b > c"),
        (" a\n\n b ", "a b"),
        ("&#" + "9" * 9999 + ";", "\ufffd"),
        (None, ""),
        (7, ""),
    ],
)
def test_snippets_are_plain_text(text: object, said: str) -> None:
    assert plain(text) == said


def test_snippets_have_a_bounded_length() -> None:
    assert len(plain("x" * 10_000)) == LONGEST_TEXT
    assert len(joined("x" * 3000, "y" * 3000)) == LONGEST_TEXT


def test_each_snippet_is_said_once() -> None:
    assert joined("a", "b", None, "<b>a</b>") == "a\nb"


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://example.com/a", True),
        ("http://example.com", True),
        ("javascript:alert(1)", False),
        ("ftp://example.com", False),
        ("/relative", False),
        ("https://[broken", False),
        ("https://", False),
        ("https://evil.test\\@example.com/", False),
        ("https://exam\nple.com/", False),
        ("https://example.com/a b", False),
        ("https://example.com/" + "x" * LONGEST_URL, False),
        (None, False),
        (["https://example.com"], False),
    ],
)
def test_only_pages_of_the_web_are_results(url: object, page: bool) -> None:
    assert is_page(url) is page
