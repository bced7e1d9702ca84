"""What a body is: by its first bytes where they tell, else by what the server says of it."""

import codecs

from dragoman.relay.ports import WebFailure

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
_TEXTS = frozenset({"application/json", "application/xhtml+xml", "application/xml", "application/javascript"})
_UNICODE = frozenset({"utf-8", "utf-16", "utf-16-le", "utf-16-be"})
_CHARSETS = ("ascii", "iso8859", "cp125", "koi8", "shift_jis", "euc_", "gb", "big5", "cp932", "cp949")
"""Beginnings of Python's names of what web pages are written in. It knows others, of which some take long."""


def sniff(body: bytes) -> str | None:
    """The type that the first bytes are those of, or None for any other."""
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _MAGIC if body.startswith(magic)), None)


def media_type_of(said: str, body: bytes) -> str:
    """The type of a body that the server calls `said` (a content type with or without parameters, or empty).
    Raises WebFailure `unsupported_content_type` for what is neither text, image nor PDF, or only said to be one."""
    found = sniff(body)
    if found is not None:
        return found
    kind = said.partition(";")[0].strip().lower()
    if (
        kind.startswith("text/")
        or kind in _TEXTS
        or (kind.startswith("application/") and kind.endswith(("+json", "+xml")))
    ):
        return kind
    if kind.startswith("image/") or kind == "application/pdf":
        raise WebFailure(
            "unsupported_content_type", f"the server says `{kind[:60]}`, but the bytes are none that is read"
        )
    raise WebFailure(
        "unsupported_content_type",
        f"`{kind[:60] or 'what has no type'}` is neither text, nor an image, nor a PDF",
    )


def charset_of(said: str | None) -> str:
    """Python's name of a text's encoding; UTF-8 for what is none, or none of the web's."""
    try:
        name = codecs.lookup(said or "utf-8").name
    except (LookupError, ValueError):
        return "utf-8"
    return name if name in _UNICODE or name.startswith(_CHARSETS) else "utf-8"
