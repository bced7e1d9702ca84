"""What a fetched page says, as text for a model.

HTML is cut at LARGEST_HTML bytes and at a number of tags. Measured on CPython 3.11: half a second of CPU for 2 MB of dense
HTML, 0.9 s for the worst of 40 pages that were made to take long (docs/decisions/0032). Whoever must not wait calls from a
thread. Other texts are decoded and left as they are.
"""

import re

from dragoman.emulation.pages.html_text import html_text

LARGEST_HTML = 2 * 1024 * 1024
"""Bytes of a page that are read."""

_HTML = frozenset({"text/html", "application/xhtml+xml"})
_BYTE_ORDER_MARKS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_SEARCHED = 4096
"""Bytes at the start in which a page may name its encoding (1,024 by the standard, which pages do not keep to)."""
_DECLARED = re.compile(
    rb"<meta[^>]{0,400}?charset\s*=\s*[\"']?\s*([a-z0-9_:.-]{2,30})|<\?xml[^>]{0,100}encoding=[\"']([a-z0-9_:.-]{2,30})",
    re.IGNORECASE,
)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")

_ENCODINGS = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "utf-16": "utf-16-le",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    # Browsers read these as what they are mostly meant as (WHATWG Encoding section 4.2).
    **dict.fromkeys(("ascii", "us-ascii", "iso-8859-1", "latin1", "windows-1252", "cp1252"), "cp1252"),
    **{f"windows-{page}": f"cp{page}" for page in (1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258)},
    **{f"iso-8859-{part}": f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)},
    "iso-8859-9": "cp1254",
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "x-gbk"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs"), "big5hkscs"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j"), "cp932"),
    "euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp",
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "windows-949"), "cp949"),
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "ibm866": "cp866",
    "windows-874": "cp874",
    "tis-620": "cp874",
    "macintosh": "mac-roman",
}
"""Python knows codecs that are no encodings, and some that raise; a page chooses among these alone."""


def page_text(body: bytes, media_type: str, charset: str) -> tuple[str, str]:
    """Title and text of a page. The title is empty for everything but HTML. Never raises.

    `charset` is what the server says, `utf-8` if it says nothing.
    """
    is_html = media_type in _HTML
    text = _decoded(body[:LARGEST_HTML] if is_html else body, charset)
    title, text = html_text(text) if is_html else ("", text)
    return _clean(title), _clean(text).strip()


def _decoded(body: bytes, charset: str) -> str:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    encoding = _ENCODINGS.get(charset.strip().strip("\"'").lower(), "utf-8")
    if encoding == "utf-8":
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError as error:
            # A character that is cut off at the end is no sign of another encoding.
            if error.start < len(body) - 3:
                encoding = _declared(body)
    return body.decode(encoding, "replace")


def _declared(body: bytes) -> str:
    """The encoding that the page itself names, else UTF-8."""
    found = _DECLARED.search(body[:_SEARCHED])
    named = (found[1] or found[2]).decode("ascii", "replace").lower() if found else ""
    encoding = _ENCODINGS.get(named, "utf-8")
    # A page whose first bytes could be read is not in UTF-16, whatever it says.
    return "utf-8" if encoding.startswith("utf-16") else encoding


def _clean(text: str) -> str:
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
