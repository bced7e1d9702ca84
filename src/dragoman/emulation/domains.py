"""The domain rules of the API's web tools (spec/anthropic-messages.md section 4.3).

A domain is written without scheme. `example.com` covers its subdomains, `docs.example.com` only itself and what is below
it, `example.com/blog` only that path and what is below it. One `*` may stand in the path (Anthropic's page on the web
search tool, "Domain filtering").
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

_HOST = re.compile(r"[^\s/:?#@*\\%]+")


class NotADomain(ValueError):
    """What was written is none; the message says how one is written."""


class Domain(msgspec.Struct, frozen=True):
    """A host with all below it, or one path of them."""

    host: str
    """In lower case, as it stands in DNS."""
    path: str = ""
    """Begins with a slash and ends with none; empty for every path."""

    def covers(self, url: str) -> bool:
        """Whether the page at this URL belongs to the domain."""
        try:
            parts = urlsplit(url)
            host = _as_in_dns(parts.hostname or "")
        except ValueError:
            return False
        if host != self.host and not host.endswith("." + self.host):
            return False
        start, star, end = self.path.partition("*")
        # One star, so that there is nothing to backtrack into.
        pattern = re.escape(start) + (".*" if star else "") + re.escape(end) + r"(?:/.*)?"
        return re.fullmatch(pattern, parts.path, re.DOTALL) is not None


def read_domain(written: str) -> Domain:
    """A domain as a request writes it. Raises NotADomain."""
    host, slash, path = written.strip().partition("/")
    if not _HOST.fullmatch(host) or path.count("*") > 1 or "//" in written:
        raise NotADomain("a domain is written like example.com or example.com/blog")
    return Domain(_as_in_dns(host), (slash + path).rstrip("/"))


def is_permitted(url: str, allowed: Sequence[Domain], blocked: Sequence[Domain]) -> bool:
    """Whether a client that allows and blocks these domains wants the page; none allowed means all."""
    if any(domain.covers(url) for domain in blocked):
        return False
    return not allowed or any(domain.covers(url) for domain in allowed)


def _as_in_dns(host: str) -> str:
    host = host.lower().rstrip(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host
