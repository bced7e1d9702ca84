"""Tavily's search API.

Source: https://docs.tavily.com/documentation/api-reference/endpoint/search (parameters, read 2026-11-25),
tavily-ai/tavily-python (statuses 432 and 433, fields), assafelovic/gpt-researcher#1263 (the 400 of a long query).
"""

from dragoman.relay.ports import Found, SearchQuery, WebFailure
from dragoman.web_search.domains import asked_for, read_domain
from dragoman.web_search.search_api import SearchApi, headers, refusal
from dragoman.web_search.snippets import LONGEST_TITLE, is_page, joined, plain
from dragoman.wire.exchange import HttpRequest
from dragoman.wire.jsonbytes import JsonError, decode, encode
from dragoman.wire.jsonvalues import as_object, objects_in

MOST_INCLUDED = 300
MOST_EXCLUDED = 150

COUNTRIES = {
    "AE": "united arab emirates",
    "AR": "argentina",
    "AT": "austria",
    "AU": "australia",
    "BE": "belgium",
    "BG": "bulgaria",
    "BR": "brazil",
    "CA": "canada",
    "CH": "switzerland",
    "CL": "chile",
    "CN": "china",
    "CO": "colombia",
    "CZ": "czech republic",
    "DE": "germany",
    "DK": "denmark",
    "EG": "egypt",
    "ES": "spain",
    "FI": "finland",
    "FR": "france",
    "GB": "united kingdom",
    "GR": "greece",
    "HU": "hungary",
    "ID": "indonesia",
    "IE": "ireland",
    "IL": "israel",
    "IN": "india",
    "IT": "italy",
    "JP": "japan",
    "KE": "kenya",
    "KR": "south korea",
    "MX": "mexico",
    "MY": "malaysia",
    "NG": "nigeria",
    "NL": "netherlands",
    "NO": "norway",
    "NZ": "new zealand",
    "PE": "peru",
    "PH": "philippines",
    "PK": "pakistan",
    "PL": "poland",
    "PT": "portugal",
    "RO": "romania",
    "SA": "saudi arabia",
    "SE": "sweden",
    "SG": "singapore",
    "TH": "thailand",
    "TR": "turkey",
    "TW": "taiwan",
    "UA": "ukraine",
    "US": "united states",
    "VN": "vietnam",
    "ZA": "south africa",
}
"""Tavily takes names in lower case, and refuses those that it does not know; other countries are not sent."""


def write_search(query: SearchQuery, base_url: str, key: str) -> HttpRequest:
    """A POST. A path of a domain is left to the filter. Raises WebFailure."""
    included = sorted({read_domain(written).host for written in query.allowed_domains})
    # The rest of a host may be wanted where one path is blocked.
    excluded = sorted({domain.host for domain in map(read_domain, query.blocked_domains) if not domain.path})
    if len(included) > MOST_INCLUDED:
        raise WebFailure("request_too_large", f"tavily takes at most {MOST_INCLUDED} allowed domains")
    parameters: dict[str, object] = {"query": query.text, "max_results": asked_for(query)}
    if included:
        parameters["include_domains"] = included
    if excluded:
        parameters["exclude_domains"] = excluded[:MOST_EXCLUDED]
    if country := COUNTRIES.get(query.country.upper()):
        parameters["country"] = country
    return HttpRequest(
        "POST",
        f"{base_url}/search",
        headers(("content-type", "application/json"), ("authorization", f"Bearer {key}")),
        encode(parameters),
    )


def read_found(body: bytes) -> list[Found]:
    """The results, each with a summary of its page. Raises JsonError."""
    answer = as_object(decode(body))
    if not isinstance(answer.get("results"), list):
        raise JsonError("it is no answer of Tavily's")
    return [
        Found(
            url=one["url"],
            title=plain(one.get("title"), LONGEST_TITLE),
            text=joined(one.get("content")),
            page_age=plain(one.get("published_date")) or None,
        )
        for one in objects_in(answer["results"])
        if is_page(one.get("url"))
    ]


def read_refusal(status: int, body: bytes) -> WebFailure:
    """432 and 433 are limits of the plan and of pay-as-you-go; a query that is too long is a 400 that says so."""
    if status in (432, 433):
        return WebFailure(
            "too_many_requests", f"the plan of SEARCH_API_KEY is used up at tavily (HTTP {status})"
        )
    if status == 400 and b"too long" in body:
        return WebFailure("query_too_long", "tavily found the query too long (HTTP 400)")
    return refusal(TAVILY.name, status)


TAVILY = SearchApi(
    name="tavily",
    base_url="https://api.tavily.com",
    write_search=write_search,
    read_found=read_found,
    read_refusal=read_refusal,
)
