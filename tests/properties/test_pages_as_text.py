"""A page may hold anything: whoever answers for it is never let down (docs/decisions/0032)."""

from hypothesis import given
from hypothesis import strategies as st

from dragoman.emulation.pages.html_tokens import Text, tokens
from dragoman.emulation.pages.page_text import page_text

PIECES = st.sampled_from(
    [
        "<a",
        "href='",
        "<div",
        "hidden>",
        "</",
        "<",
        ">",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<pre>",
        "<td>",
        "<li>",
        "</ul>",
        "&#999999999999;",
        "&#xD800;",
        "&am",
        "=",
        "'",
        '"',
        "<title>",
        "<![CDATA[",
        "\x00",
        "\ufffe",
        "é",
        "<meta",
        "charset=utf-16>",
        "<svg>",
        "<nav>",
        "<code>",
        "</p>",
        "<br/",
    ]
)


@given(st.one_of(st.binary(), st.lists(PIECES).map(lambda pieces: "".join(pieces).encode())), st.text())
def test_no_bytes_raise_and_the_text_can_be_sent(body: bytes, charset: str) -> None:
    for media_type in ("text/html", "text/plain"):
        title, text = page_text(body, media_type, charset)
        assert b"\x00" not in (title + text).encode()


@given(st.lists(PIECES).map("".join))
def test_the_tokens_of_a_page_hold_no_more_than_the_page(page: str) -> None:
    said = [token for token in tokens(page) if isinstance(token, Text)]
    assert sum(len(token.text) for token in said) <= len(page)
