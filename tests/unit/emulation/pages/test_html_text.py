"""emulation/pages/html_text.py"""

import pytest

from dragoman.emulation.pages.html_text import MOST_TOKENS, html_text


def text_of(page: str) -> str:
    return html_text(page)[1]


@pytest.mark.parametrize(
    ("page", "text"),
    [
        pytest.param("<h1>A <em>b</em></h1>c", "# A b\n\nc", id="heading"),
        pytest.param("<p>a<p>b<div>c</div>d", "a\n\nb\n\nc\n\nd", id="paragraphs without end tags"),
        pytest.param("a<br>b", "a\nb", id="line break"),
        pytest.param("<ul><li>a<li>b <b>c</b></ul>d", "- a\n- b c\n\nd", id="list"),
        pytest.param("<ol><li>a<ul><li>b</ul><li>c</ol>", "1. a\n  - b\n2. c", id="lists in lists"),
        pytest.param('see <a href="/x?a=1&amp;b=2">this</a>.', "see this (/x?a=1&b=2).", id="link"),
        pytest.param("<a href=/x><a href=/y>y</a>", "y (/y)", id="link without text"),
        pytest.param(
            '<pre><code class="language-js">if (a &lt; b) {\n  c\n}</code></pre>',
            "```js\nif (a < b) {\n  c\n}\n```",
            id="code",
        ),
        pytest.param("use <code>a  &lt; b</code>", "use `a < b`", id="code in a line"),
        pytest.param(
            "<table><tr><th>a<th>b<tr><td><p>1</p><p>2</p></td><td>3</td></tr></table>x",
            "a | b\n1 2 | 3\n\nx",
            id="table",
        ),
        pytest.param("<blockquote><p>a</p><p>b</p></blockquote>c", "> a\n\n> b\n\nc", id="quotation"),
        pytest.param('a<img alt="a cat" src=x><img src=y>', "a[image: a cat]", id="image"),
        pytest.param("<dl><dt>a<dd>b<dt>c<dd>d</dl>", "a\nb\nc\nd", id="definitions"),
        pytest.param("<script>x</script><style>y</style>a<template>b</template>", "a", id="scripts"),
        pytest.param("a<div hidden>b<p>c</div>d<span style='display:none'>e</span>f", "adf", id="hidden"),
        pytest.param("<nav>a</nav><main>b</main><footer>c</footer>", "b", id="boilerplate"),
        pytest.param("<body><nav><a href=/b>a</a></nav></body>", "a (/b)", id="nothing but boilerplate"),
        pytest.param("<ul><li hidden>a<li>b</ul>", "- b", id="hidden item"),
        pytest.param(
            "<ul><li><div hidden><ul><li>a</ul></div>b<li>c</ul>", "- b\n- c", id="hidden list in a list"
        ),
        pytest.param("<section><div hidden>a</section>b", "b", id="hidden to the end of what holds it"),
    ],
)
def test_a_page_reads_like_markdown(page: str, text: str) -> None:
    assert text_of(page) == text


def test_the_title_is_the_pages_own() -> None:
    page = (
        "<body><svg><title>icon</title></svg></body><head><title> A\n&amp; B </title></head><title>C</title>x"
    )
    assert html_text(page) == ("A & B", "x")


def test_a_page_without_title_has_none() -> None:
    assert html_text("<p>a") == ("", "a")


def test_a_flood_of_tags_is_read_up_to_a_number() -> None:
    page = "<i>x" * MOST_TOKENS
    assert len(text_of(page)) == MOST_TOKENS // 2


@pytest.mark.parametrize(
    "piece", ["<div>", "<td>x", "<ul><li>", "<a href=x><b>", "<pre>`", "<h1><b>", "<!--", '<a x="']
)
def test_no_page_takes_long(piece: str) -> None:
    """Parsers of C take minutes for some of these; here the test's own time limit would end it."""
    text_of(piece * (2 * 1024 * 1024 // len(piece)))
