"""HTML cut into texts and tags, in one pass of linear time whatever the page holds.

The parsers that there are take time in the square of the length for some pages, of which 2 MB keep them busy for
minutes (docs/decisions/0032). Source: WHATWG HTML section 13.2.5; what a browser drops at the end of the file is dropped.
"""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

RAW = frozenset({"script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes"})
"""Elements whose content has no tags."""

_MARKUP = re.compile(r"<(?=[a-zA-Z/!?])")
_NAME = re.compile(r"[a-zA-Z][^\s/>]*")
_TAG_END_OR_QUOTE = re.compile(r">|=\s*[\"']")
_ATTRIBUTE = re.compile(r"([^\s\"'>/=]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]*)))?")
_LONG_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{8,};?")
"""html.unescape raises for thousands of digits; no character has more than seven."""


class Text(NamedTuple):
    """What stands between tags, references resolved."""

    text: str


class Start(NamedTuple):
    """A start tag."""

    name: str
    """In lower case."""
    attributes: str
    """As written; see `read_attributes`."""


class End(NamedTuple):
    """An end tag."""

    name: str


Token = Text | Start | End


def tokens(page: str) -> Iterator[Token]:
    """The page's texts and tags in order. Never raises."""
    at = 0
    while found := _MARKUP.search(page, at):
        begin = found.start()
        if begin > at:
            yield Text(unescape(page[at:begin]))
        name = _NAME.match(page, begin + 1)
        if name is None:
            ending = _NAME.match(page, begin + 2) if page[begin + 1] == "/" else None
            at = _end_of_tag(page, ending.end()) if ending else _end_of_other(page, begin)
            if ending and at >= 0:
                yield End(ending[0].lower())
        else:
            at = _end_of_tag(page, name.end())
            if at >= 0:
                start = Start(name[0].lower(), page[name.end() : at - 1])
                yield start
                if start.name in RAW:
                    end = _end_of_raw(page, start.name, at)
                    yield Text(
                        unescape(page[at:end]) if start.name in ("title", "textarea") else page[at:end]
                    )
                    at = end
        if at < 0:
            return
    if at < len(page):
        yield Text(unescape(page[at:]))


def read_attributes(written: str) -> dict[str, str]:
    """Names in lower case with their values, the first of each name."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(written):
        found.setdefault(name.lower(), unescape(double or single or bare))
    return found


def unescape(text: str) -> str:
    """The text with its character references resolved. Never raises."""
    return html.unescape(_LONG_REFERENCE.sub("\ufffd", text)) if "&" in text else text


def _end_of_tag(page: str, at: int) -> int:
    """Behind the `>` of a tag, of which there may be more in quotes; -1 if there is none."""
    while found := _TAG_END_OR_QUOTE.search(page, at):
        if found[0] == ">":
            return found.end()
        at = page.find(found[0][-1], found.end()) + 1
        if not at:
            return -1
    return -1


def _end_of_other(page: str, begin: int) -> int:
    """Behind a comment, a doctype or what is treated like one; -1 if it has no end."""
    if page.startswith("<!--", begin):
        if page.startswith((">", "->"), begin + 4):
            return page.index(">", begin + 4) + 1
        return page.find("-->", begin + 4) + 3 if page.find("-->", begin + 4) >= 0 else -1
    return page.find(">", begin) + 1 or -1


def _end_of_raw(page: str, name: str, at: int) -> int:
    """Where the end tag of a raw element begins, or the end of the page."""
    found = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(page, at)
    return found.start() if found else len(page)
