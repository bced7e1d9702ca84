"""What a web search of the upstream's found, in the API's own blocks (spec/openai-responses.md section 10.3)."""

from typing import Any
from urllib.parse import urlsplit

from dragoman.dialects.openai_responses.shapes import SearchTool
from dragoman.wire.jsonvalues import as_list, as_object, objects_in

LONGEST_CITED = 150
"""Characters, as the API's own citations have them."""

PREFIX = "srvtoolu_"


def search_query(action: dict[str, Any]) -> str:
    """What was searched for."""
    query = action.get("query")
    if isinstance(query, str) and query:
        return query
    return "; ".join(one for one in as_list(action.get("queries")) if isinstance(one, str))


def search_result(tool_use_id: str, item: dict[str, Any], search: SearchTool) -> dict[str, Any]:
    """The result block of a finished `web_search_call`: its sources, without titles, which nobody tells; or its error."""
    content: Any = {"type": "web_search_tool_result_error", "error_code": "unavailable"}
    if item.get("status") != "failed":
        sources = objects_in(as_object(item.get("action")).get("sources"))
        urls = dict.fromkeys(url for one in sources if isinstance(url := one.get("url"), str))
        content = [_found(url) for url in urls if _is_wanted(url, search)]
    return {"type": "web_search_tool_result", "tool_use_id": tool_use_id, "content": content}


def url_citation(annotation: dict[str, Any], text: str, search: SearchTool) -> dict[str, Any] | None:
    """A source of a piece of `text`, or None for one that the client does not want."""
    url, title = annotation.get("url"), annotation.get("title")
    if not isinstance(url, str) or not _is_wanted(url, search):
        return None
    start, end = annotation.get("start_index"), annotation.get("end_index")
    known = isinstance(start, int) and isinstance(end, int) and 0 <= start < end
    return {
        "type": "web_search_result_location",
        "url": url,
        "title": title if isinstance(title, str) else _title(url),
        "encrypted_index": "",
        "cited_text": text[start:end][:LONGEST_CITED] if known else "",
    }


def _found(url: str) -> dict[str, Any]:
    return {
        "type": "web_search_result",
        "url": url,
        "title": _title(url),
        "encrypted_content": "",
        "page_age": None,
    }


def _title(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return (parts.hostname or "") + parts.path.rstrip("/") or url


def _is_wanted(url: str, search: SearchTool) -> bool:
    if not search.blocked_domains:
        return True
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return not any(host == domain or host.endswith(f".{domain}") for domain in search.blocked_domains)
