"""What never reaches a log, a terminal or a client: credentials and control characters.

Texts that others wrote (an upstream's error) are redacted by shape; a `SecretScrubber` also knows the configured
secrets by value. The replacement holds no quote and no backslash, so redacted JSON is still JSON.
"""

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from dragoman.wire.jsonbytes import encode

MASK = "***"

SHORTEST_SECRET = 8
"""Shorter values are stand-ins such as `ollama`, which also name channels."""

_LONG_SECRET = 20
_FIRST, _LAST = 12, 8
"""Characters of a long secret that are replaced on their own: vendors quote keys in part."""

_ANSI = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-_]")
_BREAKS = re.compile(r"[\t\r\n\v\f\x85\u2028\u2029]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")

_VALUE = r"""[^\s"'\\,;<>{}\[\]]"""


def _shape(hint: str, pattern: str) -> tuple[str, re.Pattern[str]]:
    return hint, re.compile(pattern, re.VERBOSE | re.IGNORECASE)


def _key(prefix: str, rest: str) -> tuple[str, re.Pattern[str]]:
    """A key that begins with `prefix`, but not in the middle of a word."""
    literal = re.escape(prefix)
    return prefix.lower(), re.compile(f"{literal}(?<![A-Za-z0-9]{literal})(?P<kept>){rest}")


def _scheme(name: str) -> tuple[str, re.Pattern[str]]:
    # Wording about the scheme itself (`Bearer token is missing`) is kept: clients match on it.
    wording = r"(?:tokens?|auth\w*|schemes?|headers?|realm|credentials?|keys?|error|is|or|and|in|not|was)\b"
    return _shape(name, rf"\b(?P<kept>{name}\s+)(?!{wording}){_VALUE}+")


def _field(hint: str, name: str) -> tuple[str, re.Pattern[str]]:
    opening = r"""\\?["']? \s*[:=]\s* \\?["']? (?:(?:bearer|basic)\s+)?"""
    return _shape(hint, rf"\b(?P<kept>(?:{name}){opening})[\w*+/.$~%-]{_VALUE}*")


def _google_field(name: str) -> tuple[str, re.Pattern[str]]:
    """Of key files and token answers, whose other values must stay what they are (`"id_token": null`)."""
    opening = r"""(?: \\?["'] \s*[:=]\s* \\?["'] | \s*[:=]\s* \\?["']? )"""
    return _shape(name, rf"\b(?P<kept>{name}{opening})[\w*+/.$~%-](?:(?!&){_VALUE})*")


_SHAPES = (
    _shape(
        "private key-----",
        r"""(?P<kept>)-----BEGIN[ ](?:[A-Z]{1,12}[ ]){0,3}PRIVATE[ ]KEY-----
        (?:\\+[nr]|[A-Za-z0-9+/=\s])* (?:-----END[ ](?:[A-Z]{1,12}[ ]){0,3}PRIVATE[ ]KEY-----)?""",
    ),
    _key("sk-", r"[\w*.\-]{3,}[\w*]"),
    _key("AIza", r"[\w*\-]{10,}"),
    _key("ya29.", r"[\w.\-*]{4,}"),
    _key("GOCSPX-", r"[\w*\-]{12,}"),
    _key("1//0", r"[\w*\-]{20,}"),
    _key("AKIA", r"[A-Z0-9]{12,}"),
    _key("eyJ", r"[\w\-]{6,}(?:\.[\w\-]+){0,2}"),
    _key("gsk_", r"[\w*\-]{12,}"),
    _key("hf_", r"[\w*\-]{12,}"),
    _key("ghp_", r"[\w*\-]{12,}"),
    _key("github_pat_", r"[\w*\-]{12,}"),
    _key("pplx-", r"[\w*\-]{12,}"),
    _key("xai-", r"[\w*\-]{12,}"),
    _key("nvapi-", r"[\w*\-]{12,}"),
    _shape("@", r"""(?P<kept>://)[^\s/@"'\\<>]+(?=@)"""),
    _scheme("bearer"),
    _scheme("basic"),
    _shape(
        "=",
        r"""(?<![a-z0-9])
        (?P<kept>(?:x-)?(?:goog-)?(?:(?:api|access|secret|private)[_-]?)?(?:key|token|secret)=)
        [^\s"'\\&;,<>{}\[\]]+""",
    ),
    _field("key", "x-api-key|api[_-]key|api[ ]key[ ]provided"),
    _field("authorization", "authorization"),
    *map(_google_field, ("private_key", "client_secret", "access_token", "refresh_token", "id_token")),
)
"""What a text with such a credential holds, in lower case (cheap to look for), and how the credential looks."""

_PATH = re.compile(
    r"(?<![\w:/.\-])(?:/(?:home|Users|root|usr|opt|var|etc|tmp|srv|mnt|work|app|private|Library|proc|run|lib)"
    r"(?:/[^\s\"'<>|:,;)]*)?(?![\w\-])|[A-Za-z]:\\{1,2}[^\s\"'<>|:,;)]*|\\\\[^\s\"'<>|:,;)]+)"
)


def redact_text(text: str) -> str:
    """An upstream's wording on one line, with the shapes of credentials replaced by `***`."""
    return _mask_shapes(_one_line(text))


def redact_exception(text: str) -> str:
    """An exception's message: as `redact_text`, and absolute file paths are replaced too."""
    return _PATH.sub(MASK, redact_text(text))


class SecretScrubber:
    """Replaces the configured secrets in every form in which they could come back, and the shapes of others.

    The forms: as it is, URL-encoded, JSON-escaped, base64 at any offset; and for a secret of 20 characters or
    more also its first 12 and its last 8. A value shorter than 8 characters is not taken for a secret.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        self._forms = sorted(forms, key=len, reverse=True)

    def scrub(self, text: str) -> str:
        """The text on one line, without secrets."""
        return _mask_shapes(self._mask_secrets(_one_line(text)))

    def scrub_bytes(self, body: bytes) -> bytes:
        """A body in UTF-8 with nothing but the secrets changed."""
        text = body.decode("utf-8", "surrogateescape")
        scrubbed = _mask_shapes(self._mask_secrets(text))
        return body if scrubbed == text else scrubbed.encode("utf-8", "surrogateescape")

    def _mask_secrets(self, text: str) -> str:
        for form in self._forms:
            if form in text:
                text = text.replace(form, MASK)
        return text


def _one_line(text: str) -> str:
    if text.isprintable():
        return text
    return _CONTROLS.sub("", _BREAKS.sub(" ", _ANSI.sub("", text)))


def _mask_shapes(text: str) -> str:
    lowered = text.lower()
    for hint, pattern in _SHAPES:
        if hint in lowered:
            text = pattern.sub(rf"\g<kept>{MASK}", text)
    return text


def _forms(secret: str) -> Iterable[str]:
    secret = secret.strip()
    if len(secret) < SHORTEST_SECRET:
        return
    fragments = [secret]
    if len(secret) >= _LONG_SECRET:
        fragments += [secret[:_FIRST], secret[-_LAST:]]
    for fragment in fragments:
        yield fragment
        yield quote(fragment, safe="")
        yield quote_plus(fragment)
        yield encode(fragment).decode()[1:-1]
    yield from _base64_forms(secret.encode())


def _base64_forms(secret: bytes) -> Iterable[str]:
    for offset in range(3):
        coded = base64.b64encode(bytes(offset) + secret).rstrip(b"=").decode()
        # The outermost characters also hold bits of whatever stands beside the secret.
        inner = coded[(0, 2, 3)[offset] : len(coded) - 1]
        yield inner
        yield inner.replace("+", "-").replace("/", "_")
