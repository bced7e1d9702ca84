"""Pages that an upstream's own web search found, in the API's blocks (spec/anthropic-messages.md section 5.1)."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from dragoman.dialects.web_search_tool import SearchTool
from dragoman.messages.envelope import carry_text

LONGEST_CITED = 150
"""Characters, as the API's own citations have them."""

PREFIX = "srvtoolu_"


def found_block(tool_use_id: str, pages: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The result block of a search; `pages` are from `found_page`."""
    return {"type": "web_search_tool_result", "tool_use_id": tool_use_id, "content": list(pages)}


def found_page(url: str, title: Any = None, text: Any = None) -> dict[str, Any]:
    """One page. `title` and `text`, what the page says, as the upstream told them, if it did."""
    return {
        "type": "web_search_result",
        "url": url,
        "title": _title(title, url),
        "encrypted_content": carry_text(text) if isinstance(text, str) and text else "",
        "page_age": None,
    }


def url_citation(annotation: dict[str, Any], text: str, search: SearchTool) -> dict[str, Any] | None:
    """A source of a piece of `text`, or None for one that the client does not want. `annotation`: `{url, title,
    start_index, end_index}`, in characters of `text`."""
    url = annotation.get("url")
    if not isinstance(url, str) or not is_wanted(url, search):
        return None
    span = cited_span(annotation)
    return {
        "type": "web_search_result_location",
        "url": url,
        "title": _title(annotation.get("title"), url),
        "encrypted_index": "",
        "cited_text": text[slice(*span)][:LONGEST_CITED] if span is not None else "",
    }


def cited_span(annotation: dict[str, Any]) -> tuple[int, int] | None:
    """Where the cited text begins and ends; None if the annotation does not say."""
    start, end = annotation.get("start_index"), annotation.get("end_index")
    return (start, end) if isinstance(start, int) and isinstance(end, int) and 0 <= start < end else None


def is_wanted(url: str, search: SearchTool) -> bool:
    """Whether the client has not blocked the page's site."""
    if not search.blocked_domains:
        return True
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return not any(host == domain or host.endswith(f".{domain}") for domain in search.blocked_domains)


def _title(told: Any, url: str) -> str:
    """The title; the address without its scheme where there is none."""
    if isinstance(told, str) and told:
        return told
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return (parts.hostname or "") + parts.path.rstrip("/") or url
