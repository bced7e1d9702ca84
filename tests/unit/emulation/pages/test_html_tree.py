"""emulation/pages/html_tree.py"""

import pytest

from dragoman.emulation.pages.html_tree import OpenElements


def opened(*tags: str, boilerplate: bool = False) -> OpenElements:
    """After these tags: `p`, `p hidden` or `/p`."""
    elements = OpenElements(boilerplate=boilerplate)
    for tag in tags:
        name, _, attributes = tag.partition(" ")
        if name.startswith("/"):
            elements.end(name[1:])
        else:
            elements.start(name, f" {attributes}" if attributes else "")
    return elements


@pytest.mark.parametrize(
    "tag",
    [
        "script",
        "svg",
        "nav",
        "footer",
        "div hidden",
        "div HIDDEN=''",
        "div aria-hidden='true'",
        "div style='color:red; display : none'",
        "div style=visibility:hidden",
        "div role='navigation'",
    ],
)
def test_what_a_reader_does_not_see_is_hidden_until_it_ends(tag: str) -> None:
    name = tag.partition(" ")[0]
    assert opened(tag, "span").hidden
    assert not opened(tag, "span", f"/{name}").hidden


@pytest.mark.parametrize(
    "tag",
    [
        "div",
        "div title='a hidden gem'",
        "div class=none",
        "div hidden=until-found",
        "div aria-hidden=false",
        "body hidden",
        "main aria-hidden=true",
        "div role=main",
    ],
)
def test_what_a_reader_sees_is_not(tag: str) -> None:
    assert not opened(tag).hidden


def test_the_footer_of_an_article_belongs_to_it() -> None:
    assert not opened("article", "footer").hidden
    assert opened("article", "/article", "footer").hidden


def test_boilerplate_is_read_where_it_is_asked_for() -> None:
    elements = opened("nav", "div role=search", boilerplate=True)
    assert not elements.hidden
    assert not elements.left_out
    assert opened("nav").left_out


def test_a_hidden_element_without_end_tag_ends_with_its_neighbour() -> None:
    assert not opened("ul", "li hidden", "li").hidden
    assert not opened("p hidden", "div").hidden
    assert not opened("section", "div hidden", "/section").hidden


def test_elements_that_end_by_themselves_are_told_innermost_first() -> None:
    elements = opened("table", "tr", "td")
    assert elements.start("tr", "") == ["td", "tr"]
    assert elements.end("table") == ["tr", "table"]
    assert elements.end("table") == []


def test_elements_without_content_are_never_open() -> None:
    assert not opened("br", "img hidden").is_open("br")
    assert not opened("img hidden").hidden
