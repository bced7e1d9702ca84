"""URLs that others wrote, read in one way only: what is checked here is what is resolved and connected to.

Strict on purpose. Wherever parsers of URLs disagree (userinfo, backslashes, escapes in the host, odd spellings of
addresses) the URL is refused and not understood.
"""

import re
from urllib.parse import quote

import msgspec
from yarl import URL

from dragoman.relay.ports import WebFailure

LONGEST_URL = 8192
"""Characters; signed URLs of stores are about 2,000 long."""
PORT = 443

_PARTS = re.compile(r"https://([^/?#]*)([^#]*)", re.IGNORECASE)
_ODD_IN_HOST = frozenset("@%\\[] ")
_LABEL = r"[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_OF_NETWORKS = frozenset(
    {
        "arpa",
        "corp",
        "home",
        "internal",
        "intranet",
        "lan",
        "local",
        "localdomain",
        "localhost",
        "onion",
        "private",
    }
)
"""Last labels of names that are never public, whatever a resolver says of them (RFC 6761, RFC 6762, ICANN)."""
_KEPT = "%!$&'()*+,;=:@/?[]"
"""Beside letters, digits and `-._~`: what stays as it is behind the host. Signatures count on it."""


class PublicUrl(msgspec.Struct, frozen=True):
    """An https URL whose host is a name that may be public."""

    host: str
    """In lower case, in ASCII, with a dot in it, without one at its end."""
    url: str
    """In ASCII, without a fragment."""


def read_public_url(text: str) -> PublicUrl:
    """Raises WebFailure: `invalid_tool_input`, `url_too_long` or `url_not_allowed`."""
    if len(text) > LONGEST_URL:
        raise WebFailure("url_too_long", f"the URL is longer than {LONGEST_URL} characters")
    # Halves of surrogate pairs and what cannot be seen are no printable characters.
    if not text.isprintable():
        raise WebFailure("invalid_tool_input", "the URL holds characters that no URL has")
    parts = _PARTS.fullmatch(text.partition("#")[0])
    if parts is None:
        raise WebFailure("url_not_allowed", "only https URLs are fetched")
    host = _host(parts[1])
    return PublicUrl(host, f"https://{host}{quote(_rooted(parts[2]), safe=_KEPT)}")


def _host(authority: str) -> str:
    if _ODD_IN_HOST.intersection(authority):
        raise WebFailure("url_not_allowed", "the URL's host is not written as a plain name")
    written, colon, port = authority.partition(":")
    if colon and port != str(PORT):
        raise WebFailure("url_not_allowed", f"only port {PORT} is asked")
    try:
        # Names of other alphabets come back in ASCII, their dots and digits too.
        host = (URL.build(scheme="https", host=written).raw_host or "").lower()
    except ValueError:
        host = ""
    last = host.rpartition(".")[2]
    if len(host) > 253 or not _NAME.fullmatch(host):
        raise WebFailure("url_not_allowed", "the URL's host is no full name of the internet")
    if _NUMBER.fullmatch(last):
        raise WebFailure("url_not_allowed", "the URL's host is an address and no name")
    if last in _OF_NETWORKS:
        raise WebFailure("url_not_allowed", "the URL's host is no name of the public internet")
    return host


def _rooted(rest: str) -> str:
    return rest if rest.startswith("/") else f"/{rest}"
