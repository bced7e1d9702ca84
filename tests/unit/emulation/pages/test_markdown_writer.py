"""emulation/pages/markdown_writer.py"""

from dragoman.emulation.pages.markdown_writer import DEEPEST, LONGEST_URL, MarkdownWriter


def test_white_space_is_one_space_and_blocks_have_one_empty_line() -> None:
    writer = MarkdownWriter()
    writer.text("  a\n\t b ")
    writer.block()
    writer.block()
    writer.block("## ")
    writer.text("c")
    assert writer.finish() == "a b\n\n## c"


def test_preformatted_text_is_kept_and_its_fence_is_longer_than_what_it_holds() -> None:
    writer = MarkdownWriter()
    writer.fence("md")
    writer.text("\n  ```\n  x  y\n  ```\n")
    writer.end_fence()
    writer.text("z")
    assert writer.finish() == "````md\n  ```\n  x  y\n  ```\n````\n\nz"


def linked(text: str, url: str) -> str:
    writer = MarkdownWriter()
    writer.link(url)
    writer.text(text)
    writer.end_link()
    return writer.finish()


def test_a_link_says_where_it_leads_if_that_helps() -> None:
    assert linked("here", " /docs ") == "here (/docs)"
    assert linked("https://example.com", "https://example.com") == "https://example.com"
    assert linked("", "/docs") == ""
    for useless in (
        "",
        "#top",
        "JavaScript:void(0)",
        "data:text/plain,x",
        "mailto:a@example.com",
        "x" * (LONGEST_URL + 1),
    ):
        assert linked("here", useless) == "here"


def test_items_are_numbered_and_indented_up_to_a_depth() -> None:
    writer = MarkdownWriter()
    for _ in range(DEEPEST + 5):
        writer.lists.append(1)
    writer.item()
    writer.text("a")
    writer.item()
    writer.text("b")
    indent = "  " * (DEEPEST - 1)
    assert writer.finish() == f"1. a\n{indent}2. b"


def test_a_row_is_one_line() -> None:
    writer = MarkdownWriter()
    for cells in (("a", "b"), ("", "d")):
        writer.row()
        for cell in cells:
            writer.next_cell()
            writer.block()
            writer.text(cell)
            writer.line_break()
    assert writer.finish() == "a | b\n| d"
