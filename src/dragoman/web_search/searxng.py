"""The search API of SearXNG, a metasearch engine that operators run themselves; it takes no key.

Source: https://docs.searxng.org/dev/search_api.html, searxng/searxng `searx/webapp.py` (statuses),
`searx/webutils.py` (the JSON), `searx/limiter.py` (429 for whatever does not look like a browser).
"""

from urllib.parse import urlencode

from dragoman.relay.ports import Found, SearchQuery, WebFailure
from dragoman.web_search.domains import with_sites
from dragoman.web_search.search_api import LONGEST_QUERY, SearchApi, headers, refusal
from dragoman.web_search.snippets import LONGEST_TITLE, is_page, joined, plain
from dragoman.wire.exchange import HttpRequest
from dragoman.wire.jsonbytes import JsonError, decode
from dragoman.wire.jsonvalues import as_object, objects_in


def write_search(query: SearchQuery, base_url: str, key: str) -> HttpRequest:
    """A GET. Operators go on to the engines, which may not know them. There is no parameter for a country, and none
    for a number of results. Raises WebFailure."""
    text = with_sites(query, minus="-", longest=LONGEST_QUERY)
    return HttpRequest("GET", f"{base_url}/search?{urlencode({'q': text, 'format': 'json'})}", headers(), b"")


def read_found(body: bytes) -> list[Found]:
    """The results of all engines, merged and ranked. Raises JsonError."""
    answer = as_object(decode(body))
    if not isinstance(answer.get("results"), list):
        raise JsonError("it is no answer of SearXNG's")
    return [
        Found(
            url=one["url"],
            title=plain(one.get("title"), LONGEST_TITLE),
            text=joined(one.get("content")),
            page_age=plain(one.get("publishedDate")) or plain(one.get("pubdate")) or None,
        )
        for one in objects_in(answer["results"])
        if is_page(one.get("url"))
    ]


def read_refusal(status: int, body: bytes) -> WebFailure:
    """403 says that the JSON format is not switched on; 302 leads a query with `!!` to another site."""
    if status == 403:
        return WebFailure(
            "unavailable",
            "searxng does not answer in JSON (HTTP 403): add json to search.formats in its settings.yml",
        )
    if status == 302:
        return WebFailure("invalid_tool_input", "searxng leads this query to another site: leave `!!` out")
    return refusal(SEARXNG.name, status)


SEARXNG = SearchApi(
    name="searxng",
    write_search=write_search,
    read_found=read_found,
    read_refusal=read_refusal,
)
