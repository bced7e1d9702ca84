"""Brave's Web Search API.

Source: https://api-dashboard.search.brave.com/api-reference/web/search/get (parameters and limits, read 2026-11-25),
.../documentation/resources/search-operators (`site:`, OR, NOT), brave/brave-search-mcp-server (countries).
"""

from urllib.parse import urlencode

from dragoman.relay.ports import Found, SearchQuery, WebFailure
from dragoman.web_search.domains import asked_for, with_sites
from dragoman.web_search.search_api import LONGEST_QUERY, SearchApi, headers, key_refused, refusal
from dragoman.web_search.snippets import LONGEST_TITLE, is_page, joined, plain
from dragoman.wire.exchange import HttpRequest
from dragoman.wire.jsonbytes import JsonError, decode
from dragoman.wire.jsonvalues import as_list, as_object, objects_in

MOST_WORDS = 50

COUNTRIES = frozenset(
    [
        "AR",
        "AU",
        "AT",
        "BE",
        "BR",
        "CA",
        "CL",
        "DK",
        "FI",
        "FR",
        "DE",
        "HK",
        "IN",
        "ID",
        "IT",
        "JP",
        "KR",
        "MY",
        "MX",
        "NL",
        "NZ",
        "NO",
        "CN",
        "PL",
        "PT",
        "PH",
        "RU",
        "SA",
        "ZA",
        "ES",
        "SE",
        "CH",
        "TW",
        "TR",
        "GB",
        "US",
    ]
)
"""Any other is a 422."""


def write_search(query: SearchQuery, base_url: str, key: str) -> HttpRequest:
    """A GET. Domains become operators, because there is no parameter for them. Raises WebFailure."""
    if len(query.text.split()) > MOST_WORDS:
        raise WebFailure("query_too_long", f"a query has at most {MOST_WORDS} words")
    parameters = {
        "q": with_sites(query, minus="NOT ", longest=LONGEST_QUERY, most_words=MOST_WORDS),
        "count": str(asked_for(query)),
        "result_filter": "web",
        "text_decorations": "false",
        "extra_snippets": "true",
    }
    if query.country:
        country = query.country.upper()
        # Without the parameter Brave searches as in the United States.
        parameters["country"] = country if country in COUNTRIES else "ALL"
    url = f"{base_url}/res/v1/web/search?{urlencode(parameters)}"
    return HttpRequest("GET", url, headers(("x-subscription-token", key)), b"")


def read_found(body: bytes) -> list[Found]:
    """The web results: the description and up to five further excerpts of each page. Raises JsonError."""
    answer = as_object(decode(body))
    if answer.get("type") != "search":
        raise JsonError("it is no answer of Brave's")
    return [
        Found(
            url=one["url"],
            title=plain(one.get("title"), LONGEST_TITLE),
            text=joined(one.get("description"), *as_list(one.get("extra_snippets"))),
            page_age=plain(one.get("page_age")) or plain(one.get("age")) or None,
        )
        for one in objects_in(as_object(answer.get("web")).get("results"))
        if is_page(one.get("url"))
    ]


def read_refusal(status: int, body: bytes) -> WebFailure:
    """By the code in `error`: a wrong key is a 422, an option that the plan lacks a 400."""
    try:
        code = as_object(as_object(decode(body)).get("error")).get("code")
    except JsonError:
        code = None
    if code in ("SUBSCRIPTION_TOKEN_INVALID", "OPTION_NOT_IN_PLAN", "RESOURCE_NOT_ALLOWED"):
        return key_refused(BRAVE.name, status)
    return refusal(BRAVE.name, status)


BRAVE = SearchApi(
    name="brave",
    base_url="https://api.search.brave.com",
    write_search=write_search,
    read_found=read_found,
    read_refusal=read_refusal,
)
