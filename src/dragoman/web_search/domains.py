"""Which pages a search may find: the domain rules of the API's web search (spec/anthropic-messages.md section 4).

A domain is written without scheme. `example.com` covers its subdomains, `docs.example.com` only itself and what is below
it, `example.com/blog` only that path and what is below it. One `*` may stand in the path (Anthropic's page on the web
search tool, "Domain filtering").
"""

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from dragoman.relay.ports import Found, SearchQuery, WebFailure

MOST_SITES = 5
"""Domains that are worth operators in a query; beyond them the results are filtered alone."""
MOST_FOUND = 10
"""Results of one search."""
MOST_ASKED = 20
"""Results that are asked for where some will be filtered out."""

_HOST = re.compile(r"[^\s/:?#@*\\%]+")


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
    """A domain as a request writes it. Raises WebFailure."""
    host, slash, path = written.strip().partition("/")
    if not _HOST.fullmatch(host) or path.count("*") > 1 or "//" in written:
        raise WebFailure("invalid_tool_input", "a domain is written like example.com or example.com/blog")
    return Domain(_as_in_dns(host), (slash + path).rstrip("/"))


def asked_for(query: SearchQuery) -> int:
    """How many results to ask a provider for."""
    return MOST_ASKED if query.allowed_domains or query.blocked_domains else MOST_FOUND


def permitted(found: Sequence[Found], query: SearchQuery) -> list[Found]:
    """What of it the query's domains permit, the first MOST_FOUND. Raises WebFailure."""
    allowed = [read_domain(written) for written in query.allowed_domains]
    blocked = [read_domain(written) for written in query.blocked_domains]
    kept = [
        one
        for one in found
        if (not allowed or any(domain.covers(one.url) for domain in allowed))
        and not any(domain.covers(one.url) for domain in blocked)
    ]
    return kept[:MOST_FOUND]


def with_sites(query: SearchQuery, *, minus: str, longest: int, most_words: int | None = None) -> str:
    """The query's text with `site:` operators for its domains, or without where they do not fit.

    `minus` is what stands before a site that is left out.
    """
    allowed = sorted({read_domain(written).host for written in query.allowed_domains})
    # The rest of a host may be wanted where one path is blocked.
    blocked = sorted({domain.host for domain in map(read_domain, query.blocked_domains) if not domain.path})
    if len(allowed) + len(blocked) > MOST_SITES:
        return query.text
    operators = [" OR ".join(f"site:{host}" for host in allowed)] if allowed else []
    operators += [f"{minus}site:{host}" for host in blocked]
    text = " ".join([query.text, *operators])
    fits = len(text) <= longest and (most_words is None or len(text.split()) <= most_words)
    return text if fits else query.text


def _as_in_dns(host: str) -> str:
    host = host.lower().rstrip(".")
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host
