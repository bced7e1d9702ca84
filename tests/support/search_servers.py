"""Search providers on real sockets, as strict as the vendors: they refuse a missing key, what they do not know, and what
is too long. What they find is always the same, whatever the domains: a filter must be the asker's own.

Sources: those of src/dragoman/web_search/brave.py, tavily.py and searxng.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from tests.support.http_answer import Answer, html_answer, json_answer
from tests.support.http_wire import WireRequest
from tests.support.scripted_server import ScriptedServer

KEY = "test-key-search"


@dataclass(frozen=True)
class Page:
    """One page of the scripted web."""

    url: str
    title: str = "A title"
    snippets: tuple[str, ...] = ("What it says.",)
    date: str = "2026-11-01T00:00:00"


class SearchServer(ScriptedServer):
    """Finds `pages`; `instead` is the next answer, whatever is asked."""

    def __init__(self, pages: Sequence[Page] = ()) -> None:
        super().__init__()
        self.pages = tuple(pages)
        self.instead: Answer | None = None

    @property
    def url(self) -> str:
        return self.wire.url

    @property
    def asked(self) -> list[WireRequest]:
        return self.wire.requests

    @override
    async def _answer(self, request: WireRequest) -> Answer:
        if self.instead is not None:
            answer, self.instead = self.instead, None
            return answer
        return self.found(request)

    def found(self, request: WireRequest) -> Answer:
        raise NotImplementedError


def parameters(request: WireRequest) -> dict[str, str]:
    """Of the query; each may stand there once."""
    read = parse_qs(urlsplit(request.target).query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in read.values()), read
    return {name: values[0] for name, values in read.items()}


class BraveServer(SearchServer):
    """GET /res/v1/web/search."""

    KNOWN = frozenset(
        [
            "q",
            "country",
            "search_lang",
            "ui_lang",
            "count",
            "offset",
            "safesearch",
            "freshness",
            "text_decorations",
            "spellcheck",
            "result_filter",
            "goggles",
            "units",
            "extra_snippets",
            "summary",
        ]
    )
    COUNTRIES = frozenset(
        [
            "ALL",
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

    @override
    def found(self, request: WireRequest) -> Answer:
        if request.method != "GET" or request.path != "/res/v1/web/search":
            return html_answer(404)
        if request.header("x-subscription-token") != KEY:
            return self.refused(422, "SUBSCRIPTION_TOKEN_INVALID")
        asked = parameters(request)
        query = asked.get("q", "")
        good = (
            asked.keys() <= self.KNOWN
            and 0 < len(query) <= 400
            and len(query.split()) <= 50
            and 1 <= int(asked.get("count", "20")) <= 20
            and asked.get("country", "US") in self.COUNTRIES
            and asked.get("extra_snippets", "false") in ("true", "false")
        )
        if not good:
            return self.refused(422, "VALIDATION")
        plain = asked.get("text_decorations") == "false"
        results = [
            {
                "type": "search_result",
                "url": page.url,
                "title": page.title,
                "description": page.snippets[0] if plain else f"<strong>{page.snippets[0]}</strong>",
                "page_age": page.date,
                "age": "3 weeks ago",
                "language": "en",
                "family_friendly": True,
                **({"extra_snippets": page.snippets[1:]} if asked.get("extra_snippets") == "true" else {}),
            }
            for page in self.pages[: int(asked.get("count", "20"))]
        ]
        web = {"web": {"type": "search", "results": results, "family_friendly": True}} if results else {}
        return json_answer({"type": "search", "query": {"original": query}, **web})

    @staticmethod
    def refused(status: int, code: str) -> Answer:
        error = {"id": "1", "status": status, "code": code, "detail": f"canary {KEY}", "meta": {}}
        return json_answer({"type": "ErrorResponse", "error": error, "time": 1}, status)


class TavilyServer(SearchServer):
    """POST /search."""

    KNOWN = frozenset(
        [
            "query",
            "auto_parameters",
            "topic",
            "search_depth",
            "chunks_per_source",
            "max_results",
            "time_range",
            "days",
            "start_date",
            "end_date",
            "include_answer",
            "include_raw_content",
            "include_images",
            "include_image_descriptions",
            "include_favicon",
            "include_domains",
            "exclude_domains",
            "country",
            "include_usage",
            "exact_match",
        ]
    )

    @override
    def found(self, request: WireRequest) -> Answer:
        if request.method != "POST" or request.path != "/search":
            return self.refused(404, "Not Found")
        if request.header("authorization") != f"Bearer {KEY}":
            return self.refused(401, "Unauthorized: missing or invalid API key.")
        asked: dict[str, Any] = request.json()
        if len(asked["query"]) > 400:
            return self.refused(400, "Query is too long. Max query length is 400 characters.")
        good = (
            asked.keys() <= self.KNOWN
            and 0 <= asked.get("max_results", 5) <= 20
            and len(asked.get("include_domains", [])) <= 300
            and len(asked.get("exclude_domains", [])) <= 150
            and asked.get("country", "germany") in ("germany", "united states", "japan")
        )
        if not good:
            return self.refused(400, "Invalid request.")
        results = [
            {
                "url": page.url,
                "title": page.title,
                "content": page.snippets[0],
                "score": 0.9,
                "raw_content": None,
            }
            for page in self.pages[: asked.get("max_results", 5)]
        ]
        return json_answer({"query": asked["query"], "answer": None, "images": [], "results": results})

    @staticmethod
    def refused(status: int, said: str) -> Answer:
        return json_answer({"detail": {"error": f"{said} canary {KEY}"}}, status)


class SearxngServer(SearchServer):
    """GET /search. Parameters that it does not know it leaves alone; engines that do not know an operator too."""

    def __init__(self, pages: Sequence[Page] = (), *, formats: Sequence[str] = ("html", "json")) -> None:
        super().__init__(pages)
        self.formats = formats

    @override
    def found(self, request: WireRequest) -> Answer:
        asked = parameters(request)
        if request.method != "GET" or request.path != "/search":
            return html_answer(404)
        if asked.get("format", "html") not in self.formats:
            return html_answer(403)
        if not asked.get("q"):
            return json_answer({"error": "No query"}, 400)
        if asked["q"].startswith("!!"):
            return Answer(status=302, headers=(("location", "https://elsewhere.example.com/"),))
        if asked.get("format") != "json":
            return html_answer()
        results = [
            {
                "url": page.url,
                "title": page.title,
                "content": page.snippets[0],
                "publishedDate": page.date,
                "pubdate": "2026-11-01 00:00:00",
                "engine": "duckduckgo",
                "engines": ["duckduckgo"],
                "score": 1.0,
                "thumbnail": None,
            }
            for page in self.pages
        ]
        return json_answer(
            {"query": asked["q"], "results": results, "answers": [], "corrections": [], "infoboxes": []}
        )
