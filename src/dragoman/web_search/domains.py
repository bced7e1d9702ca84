"""Which pages a search may find, by the rules of emulation/domains.py, and how a provider is told."""

from collections.abc import Sequence

from dragoman.emulation import domains
from dragoman.emulation.domains import Domain, NotADomain, is_permitted
from dragoman.relay.ports import Found, SearchQuery, WebFailure

MOST_SITES = 5
"""Domains that are worth operators in a query; beyond them the results are filtered alone."""
MOST_FOUND = 10
"""Results of one search."""
MOST_ASKED = 20
"""Results that are asked for where some will be filtered out."""


def read_domain(written: str) -> Domain:
    """A domain as a request writes it. Raises WebFailure."""
    try:
        return domains.read_domain(written)
    except NotADomain as fault:
        raise WebFailure("invalid_tool_input", str(fault)) from None


def asked_for(query: SearchQuery) -> int:
    """How many results to ask a provider for."""
    return MOST_ASKED if query.allowed_domains or query.blocked_domains else MOST_FOUND


def permitted(found: Sequence[Found], query: SearchQuery) -> list[Found]:
    """What of it the query's domains permit, the first MOST_FOUND. Raises WebFailure."""
    allowed = [read_domain(written) for written in query.allowed_domains]
    blocked = [read_domain(written) for written in query.blocked_domains]
    kept = [one for one in found if is_permitted(one.url, allowed, blocked)]
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
