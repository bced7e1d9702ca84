"""What providers say of a page, as plain text of a bounded length."""

import html
import re
from typing import Any
from urllib.parse import urlsplit

LONGEST_TEXT = 4000
"""Characters of one result's text."""
LONGEST_TITLE = 300
LONGEST_URL = 2048

_TAG = re.compile(
    r"</?(?:strong|b|em|i|u|mark|span|p|br|a|code|sup|sub|small)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
_LONG_REFERENCE = re.compile(r"&#[xX]?[0-9a-fA-F]{8,};?")
"""html.unescape raises for thousands of digits; no character has more than seven."""


def plain(text: Any, longest: int = LONGEST_TEXT) -> str:
    """Text without markup, entities and line breaks, at most `longest` characters; empty for what is no text.

    Only tags that highlight are taken out: `vector<int>` may be what a page is about.
    """
    if not isinstance(text, str):
        return ""
    without = _LONG_REFERENCE.sub("\ufffd", _TAG.sub("", text[: 4 * longest]))
    return " ".join(html.unescape(without).split())[:longest]


def joined(*texts: Any) -> str:
    """Snippets one a line, each once, at most LONGEST_TEXT characters."""
    lines = dict.fromkeys(line for text in texts if (line := plain(text)))
    return "\n".join(lines)[:LONGEST_TEXT]


def is_page(url: Any) -> bool:
    """Whether this is the URL of a page on the web, and means the same to everybody who reads it."""
    if not isinstance(url, str) or len(url) > LONGEST_URL:
        return False
    # Browsers take a backslash for a slash and leave line breaks out, so that another host may be meant.
    if not url.isprintable() or " " in url or "\\" in url:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
