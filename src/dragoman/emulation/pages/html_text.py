"""A page of HTML as text: headings, paragraphs, lists, links as `text (url)`, code, tables row by row."""

import re
from itertools import islice

from dragoman.emulation.pages.html_tokens import Start, Text, read_attributes, tokens
from dragoman.emulation.pages.html_tree import OpenElements
from dragoman.emulation.pages.markdown_writer import MarkdownWriter

MOST_TOKENS = 100_000
"""Texts and tags that are read, each in about six microseconds; large pages of the web have a quarter of it."""

_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_LOOSE = frozenset(
    [
        "p",
        "div",
        "section",
        "article",
        "main",
        "header",
        "footer",
        "aside",
        "nav",
        "figure",
        "dl",
        "address",
        "form",
        "fieldset",
        "center",
        "hr",
        "table",
        "body",
        "details",
    ]
)
"""Elements with an empty line before and behind them."""
_TIGHT = frozenset(
    ["dt", "dd", "figcaption", "caption", "summary", "legend", "option", "tbody", "thead", "tfoot"]
)
_LISTS = frozenset({"ul", "ol", "menu"})
_LANGUAGE = re.compile(r"\b(?:language|lang|highlight-source)-([A-Za-z0-9+#_-]{1,20})")


def html_text(page: str) -> tuple[str, str]:
    """Title and text. Where nothing is left without navigation and footers, they are the text. Never raises."""
    reading = _read(page, boilerplate=False)
    text = reading.writer.finish()
    if not text and reading.left_out:
        reading = _read(page, boilerplate=True)
        text = reading.writer.finish()
    return " ".join((reading.title or "").split()), text


def _read(page: str, *, boilerplate: bool) -> "_Reading":
    reading = _Reading(boilerplate)
    for token in islice(tokens(page), MOST_TOKENS):
        if isinstance(token, Text):
            reading.say(token.text)
        elif isinstance(token, Start):
            reading.begin(token.name, token.attributes)
        else:
            reading.finish(token.name)
    return reading


class _Reading:
    def __init__(self, boilerplate: bool) -> None:
        self.writer = MarkdownWriter()
        self.title: str | None = None
        self._open = OpenElements(boilerplate=boilerplate)

    @property
    def left_out(self) -> bool:
        """Whether there was navigation or the like."""
        return self._open.left_out

    def say(self, text: str) -> None:
        if self._open.is_open("title"):
            # The head is not read, and an SVG has titles of its own.
            if self.title is None and not self._open.is_open("svg"):
                self.title = text
        elif not self._open.hidden:
            self.writer.text(text)

    def begin(self, name: str, attributes: str) -> None:
        for ended in self._open.start(name, attributes):
            self._end_element(ended)
        if not self._open.hidden:
            self._begin_element(name, attributes)

    def finish(self, name: str) -> None:
        for ended in self._open.end(name):
            self._end_element(ended)

    def _begin_element(self, name: str, attributes: str) -> None:
        writer = self.writer
        if name in _HEADINGS:
            writer.block(_HEADINGS[name])
        elif name in _LOOSE:
            writer.block()
        elif name in _LISTS:
            writer.block()
            writer.lists.append(1 if name == "ol" else None)
        elif name == "li":
            writer.item()
        elif name == "blockquote":
            writer.block()
            writer.quotes += 1
        elif name in _TIGHT:
            writer.block(loose=False)
        else:
            self._begin_inline(name, attributes)

    def _begin_inline(self, name: str, attributes: str) -> None:
        writer = self.writer
        match name:
            case "br":
                writer.line_break()
            case "a":
                writer.link(read_attributes(attributes).get("href", ""))
            case "pre":
                writer.fence(_language(attributes))
            case "code" if writer.fenced:
                writer.language(_language(attributes))
            case "code":
                writer.text("`")
            case "img":
                if alt := read_attributes(attributes).get("alt", "").strip():
                    writer.text(f"[image: {alt}]")
            case "tr":
                writer.row()
            case "td" | "th":
                writer.next_cell()
            case _:
                pass

    def _end_element(self, name: str) -> None:
        writer = self.writer
        if name in _HEADINGS or name in _LOOSE:
            writer.block()
        elif name in _LISTS:
            if writer.lists:
                writer.lists.pop()
            writer.block()
        elif name == "blockquote":
            writer.block()
            writer.quotes = max(0, writer.quotes - 1)
        elif name in _TIGHT or name == "li":
            writer.block(loose=False)
        else:
            self._end_inline(name)

    def _end_inline(self, name: str) -> None:
        writer = self.writer
        match name:
            case "pre":
                writer.end_fence()
            case "code" if not writer.fenced:
                writer.text("`")
            case "a":
                writer.end_link()
            case "tr":
                writer.row()
            case "td" | "th":
                writer.cell = False
            case _:
                pass


def _language(attributes: str) -> str:
    """The programming language that a class names."""
    found = _LANGUAGE.search(read_attributes(attributes).get("class", "")) if "-" in attributes else None
    return found[1] if found else ""
