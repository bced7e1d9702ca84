"""The error of an OpenAI-compatible server, in whichever shape it came (spec/openai-chat.md section 10)."""

import re
from typing import Any, cast

import msgspec

from dragoman.wire.jsonbytes import JsonError, decode
from dragoman.wire.jsonvalues import as_object
from dragoman.wire.redact import redact_text

CONTENT_FILTER = "content_filter"
"""The code of every failure that a content filter caused: to be told as a refusal."""

LONGEST_MESSAGE = 2000
"""Characters of an upstream's text that are passed on."""

_TITLE = re.compile(rb"<(title|h1)[^>]*>\s*(.*?)\s*</\1>", re.IGNORECASE | re.DOTALL)


class VendorError(msgspec.Struct, frozen=True):
    """What the server said; texts are redacted, on one line and not long."""

    message: str = ""
    code: str = ""
    """Its `code`, else its `type`."""
    type: str = ""
    param: str = ""
    status: int | None = None
    """An HTTP status inside the body."""
    prompt_tokens: int | None = None
    context_tokens: int | None = None
    """llama.cpp's `n_prompt_tokens` and `n_ctx`."""

    @property
    def words(self) -> str:
        """All that tells what kind of error it is, in lower case."""
        return f"{self.code} {self.type} {self.message}".lower()


def parse_error_body(body: bytes) -> VendorError:
    """The error in a reply's body; a page or an empty body says so in its message."""
    if not body.strip():
        return VendorError("the reply has no body")
    try:
        value = decode(body)
    except JsonError:
        return VendorError(_from_text(body))
    if isinstance(value, list) and value:
        value = cast("list[Any]", value)[0]
    return parse_error(value)


def parse_error(value: Any) -> VendorError:
    """The error in a decoded reply or stream chunk."""
    if not isinstance(value, dict):
        return VendorError(_clean(_as_text(value)))
    outer = cast("dict[str, Any]", value)
    inner: Any = outer.get("error")
    if isinstance(inner, str) and inner:
        return _from_fields(outer | {"message": outer.get("message") or inner})
    if isinstance(inner, dict):
        return _from_fields(cast("dict[str, Any]", inner))
    return _from_fields(outer)


def _from_fields(fields: dict[str, Any]) -> VendorError:
    raw = _raw_error(fields)
    message = next(
        (fields[key] for key in ("message", "detail", "errors", "msg", "title") if fields.get(key)), ""
    )
    code = fields.get("code")
    kind = fields.get("type") if isinstance(fields.get("type"), str) else fields.get("status")
    status = next((n for n in (_status(code), _status(fields.get("status"))) if n is not None), None)
    text = _clean(_as_text(message))
    if raw is not None and raw.message:
        text = raw.message
    kind_text = kind if isinstance(kind, str) else ""
    code_text = str(code) if isinstance(code, (str, int)) and not isinstance(code, bool) else ""
    if raw is not None and raw.code:
        code_text = raw.code
    return VendorError(
        message=text,
        code=_clean(code_text or kind_text)[:100],
        type=_clean(kind_text)[:100],
        param=_clean(_as_text(fields.get("param") or ""))[:100],
        status=status,
        prompt_tokens=_count(fields.get("n_prompt_tokens")),
        context_tokens=_count(fields.get("n_ctx")),
    )


def _raw_error(fields: dict[str, Any]) -> VendorError | None:
    """OpenRouter puts the provider's own error, as text, into `metadata.raw`."""
    raw: Any = as_object(fields.get("metadata")).get("raw")
    if isinstance(raw, str) and raw.strip():
        return parse_error_body(raw.encode("utf-8", "replace"))
    return parse_error(raw) if isinstance(raw, dict) else None


def _from_text(body: bytes) -> str:
    if body.lstrip()[:1] != b"<":
        return _clean(body[: LONGEST_MESSAGE * 4].decode("utf-8", "replace"))
    title = _TITLE.search(body[: LONGEST_MESSAGE * 4])
    named = f" ({_clean(title[2].decode('utf-8', 'replace'))[:200]})" if title else ""
    return f"the reply is a web page, not JSON{named}"


def _as_text(value: Any) -> str:
    """A message as servers write it: text, FastAPI's list of `{loc, msg}`, or objects around either."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "; ".join(filter(None, (_as_text(entry) for entry in cast("list[Any]", value)[:20])))
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        said = next((_as_text(fields[key]) for key in ("msg", "message", "detail") if fields.get(key)), "")
        where = fields.get("loc")
        if isinstance(where, list):
            return ".".join(str(step) for step in cast("list[Any]", where)[:20]) + f": {said}"
        return said
    return "" if value is None else str(value)


def _clean(text: str) -> str:
    return redact_text(text[: LONGEST_MESSAGE * 2]).strip()[:LONGEST_MESSAGE]


def _status(value: Any) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 400 <= value < 600:
        return value
    return None


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
