"""What every provider's API has: how a search is written, and how its answer is read."""

from collections.abc import Callable

import msgspec

from dragoman.relay.ports import Found, SearchQuery, WebFailure
from dragoman.wire.exchange import Headers, HttpRequest

LONGEST_QUERY = 400
"""Characters. The limit of Brave and of Tavily; what SearXNG asks has limits of that size."""

USER_AGENT = "dragoman"


class SearchApi(msgspec.Struct, frozen=True, kw_only=True):
    """One provider's API, as pure functions."""

    name: str
    """As `SEARCH_PROVIDER` says it."""
    base_url: str = ""
    """The vendor's own; empty if there is none."""
    write_search: Callable[[SearchQuery, str, str], HttpRequest]
    """The request for a query, a base URL and a key. Raises WebFailure."""
    read_found: Callable[[bytes], list[Found]]
    """What a 200 found, best first. Raises JsonError for what is no such answer."""
    read_refusal: Callable[[int, bytes], WebFailure]
    """Why a search with another status than 200 was refused; never in the provider's own words."""


def headers(*more: tuple[str, str]) -> Headers:
    """What goes out with every search, and more."""
    return (
        ("accept", "application/json"),
        ("accept-encoding", "gzip"),
        ("user-agent", USER_AGENT),
        *more,
    )


def refusal(name: str, status: int) -> WebFailure:
    """What a status means at any provider, as the API's error code."""
    match status:
        case 401 | 403:
            return key_refused(name, status)
        case 400 | 422:
            return WebFailure("invalid_tool_input", f"{name} did not accept the search (HTTP {status})")
        case 402 | 429:
            return WebFailure("too_many_requests", f"{name} has a limit that is used up (HTTP {status})")
        case 413 | 414:
            return WebFailure("request_too_large", f"{name} found the search too large (HTTP {status})")
        case _ if status < 500:
            return WebFailure(
                "unavailable", f"{name} is not where it was looked for (HTTP {status}): check SEARCH_BASE_URL"
            )
        case _:
            return WebFailure("unavailable", f"{name} has a fault (HTTP {status})")


def key_refused(name: str, status: int) -> WebFailure:
    """The operator's key is wrong, or its plan does not include searches."""
    return WebFailure("unavailable", f"{name} refused SEARCH_API_KEY (HTTP {status})")
