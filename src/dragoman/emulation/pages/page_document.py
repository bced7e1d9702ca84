"""A page that was read as the document block that `web_fetch` answers with (spec/anthropic-messages.md section 5.1)."""

import base64

from dragoman.emulation.pages.page_text import page_text
from dragoman.messages.fields import Fields

CHARACTERS_OF_A_TOKEN = 4
"""About, in any language that is written with letters; `max_content_tokens` is a rough limit at Anthropic, too."""

_PDF = "application/pdf"
_TEXTS = ("text/", "application/json", "application/xml", "application/xhtml+xml", "application/javascript")


def page_document(body: bytes, media_type: str, charset: str, most_tokens: int | None) -> Fields | None:
    """The block; None for a type that no model reads. Text is cut after `most_tokens`, a PDF is not."""
    if media_type == _PDF:
        data = base64.b64encode(body).decode()
        return {
            "type": "document",
            "source": {"type": "base64", "media_type": _PDF, "data": data},
            "title": None,
        }
    if not media_type.startswith(_TEXTS) and not media_type.endswith(("+json", "+xml")):
        return None
    title, text = page_text(body, media_type, charset)
    if most_tokens is not None:
        text = text[: most_tokens * CHARACTERS_OF_A_TOKEN]
    source = {"type": "text", "media_type": "text/plain", "data": text}
    return {"type": "document", "source": source, "title": title or None}
