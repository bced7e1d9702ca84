"""Sources of a web search as OpenRouter tells them: annotations of a message, and of the pieces of a streamed one."""

from typing import Any

from tests.support.replies import Item


def source(
    url: str, title: str | None = None, content: str | None = None, *, start: int = 0, end: int = 0
) -> dict[str, Any]:
    """One annotation. Without a place in the text, as Exa's pages have none, both indexes are 0."""
    told = {"url": url, "title": title, "start_index": start, "end_index": end, "content": content}
    return {
        "type": "url_citation",
        "url_citation": {name: value for name, value in told.items() if value is not None},
    }


def sources(*told: dict[str, Any]) -> Item:
    """A part of a reply that tells these annotations."""
    return Item({"annotations": list(told)})


def sources_in(item: Item) -> list[dict[str, Any]] | None:
    """The annotations, if that is what the part tells."""
    return item.value.get("annotations")
