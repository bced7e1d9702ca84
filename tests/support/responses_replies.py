"""What only the Responses API says, as parts and replies of a script."""

from collections.abc import Sequence
from typing import Any, Literal

from tests.support.replies import Item, Reply

OVERFLOW = "Your input exceeds the context window of this model. Please adjust your input and try again."


def searched(
    query: str, sources: Sequence[str] = (), *, queries: Sequence[str] = (), status: str = "completed"
) -> Item:
    """A search on the web and the addresses that it found."""
    action: dict[str, Any] = {
        "type": "search",
        "query": query,
        "queries": list(queries or (query,)),
        "sources": [{"type": "url", "url": url} for url in sources],
    }
    return Item({"type": "web_search_call", "status": status, "action": action})


def opened(url: str) -> Item:
    """A page that the model read."""
    return _looked({"type": "open_page", "url": url})


def found_in(url: str, pattern: str) -> Item:
    """Words that the model looked for in a page."""
    return _looked({"type": "find_in_page", "url": url, "pattern": pattern})


def _looked(action: dict[str, Any]) -> Item:
    return Item({"type": "web_search_call", "status": "completed", "action": action})


def cited(text: str, *citations: tuple[str, str, str]) -> Item:
    """A message with citations: (words of the text, url, title)."""
    annotations = [
        {
            "type": "url_citation",
            "start_index": text.index(words),
            "end_index": text.index(words) + len(words),
            "url": url,
            "title": title,
        }
        for words, url, title in citations
    ]
    return message(text_part(text, annotations))


def message(*parts: dict[str, Any], phase: str | None = None) -> Item:
    """A message of its own with these parts."""
    told = {"type": "message", "role": "assistant", "content": list(parts)}
    return Item(told if phase is None else told | {"phase": phase})


def text_part(text: str, annotations: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": list(annotations), "logprobs": []}


def failed_with(
    code: str, message: str, how: Literal["failed", "flat", "nested"] = "failed", **fields: Any
) -> Reply:
    """A stream that begins well and then tells an error; `fields` are those of Reply, `parts` come before it."""
    error = {"code": code, "message": message}
    told: dict[str, Any]
    match how:
        case "failed":
            told = {"type": "response.failed", "response": {"status": "failed", "error": error}}
        case "flat":
            told = {"type": "error", **error, "param": None}
        case "nested":
            told = {"type": "error", "error": {"type": "invalid_request_error", **error, "param": None}}
    before = fields.pop("parts", ())
    return Reply(parts=(*before, Item(told)), finishes=False, **fields)


def overflowed(how: Literal["failed", "flat", "nested"] = "failed", message: str = OVERFLOW) -> Reply:
    """Too long an input, which is told only within the stream."""
    return failed_with("context_length_exceeded", message, how)
