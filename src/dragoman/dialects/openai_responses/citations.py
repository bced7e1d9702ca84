"""What a web search of the upstream's found, in the API's own blocks (spec/openai-responses.md section 10.3)."""

from typing import Any

from dragoman.dialects.found_pages import found_block, found_page, is_wanted
from dragoman.dialects.web_search_tool import SearchTool
from dragoman.wire.jsonvalues import as_list, as_object, objects_in


def search_query(action: dict[str, Any]) -> str:
    """What was searched for."""
    query = action.get("query")
    if isinstance(query, str) and query:
        return query
    return "; ".join(one for one in as_list(action.get("queries")) if isinstance(one, str))


def search_result(tool_use_id: str, item: dict[str, Any], search: SearchTool) -> dict[str, Any]:
    """The result block of a finished `web_search_call`: its sources, without titles, which nobody tells; or its error."""
    if item.get("status") == "failed":
        error = {"type": "web_search_tool_result_error", "error_code": "unavailable"}
        return {"type": "web_search_tool_result", "tool_use_id": tool_use_id, "content": error}
    sources = objects_in(as_object(item.get("action")).get("sources"))
    urls = dict.fromkeys(url for one in sources if isinstance(url := one.get("url"), str))
    return found_block(tool_use_id, (found_page(url) for url in urls if is_wanted(url, search)))
