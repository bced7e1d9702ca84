"""Pages that a search of the gateway's own found, as sources that can be cited. They are counted through the whole
conversation, beside the client's sources, so that a page keeps its number while the conversation grows."""

from collections.abc import Iterator

from dragoman.emulation.citations.markers import Marker
from dragoman.emulation.citations.sources import Citation, Sources
from dragoman.emulation.tool_results import page_text_of
from dragoman.messages.envelope import CARRIED_TEXT
from dragoman.messages.fields import Fields
from dragoman.wire.jsonvalues import objects_in

FIRST_PAGE = 10_001
"""Its number as a source; no request has as many sources of the client's."""

LONGEST_CITED = 150
"""Characters, as the API's own citations of searches have them."""


class Pages:
    """Those of one conversation, and the client's own sources. What `CitedAnswer` cites from."""

    def __init__(self, sources: Sources | None) -> None:
        self._sources = sources
        self._pages: list[Fields] = []

    def labels(self, block: Fields) -> list[str]:
        """Of the pages in the block of a search's result, which are counted from now on; in the conversation's order."""
        return list(self._labels(block))

    def citation(self, marker: Marker) -> Citation | None:
        """What a marker stands for; None if it names nothing."""
        place = marker.source - FIRST_PAGE
        if place < 0:
            return None if self._sources is None else self._sources.citation(marker)
        if place >= len(self._pages) or (marker.first, marker.last) != (1, 1):
            return None
        page = self._pages[place]
        return {
            "type": "web_search_result_location",
            "url": page.get("url"),
            "title": page.get("title"),
            "encrypted_index": f"{CARRIED_TEXT}{marker.source}",
            "cited_text": page_text_of(page)[:LONGEST_CITED],
        }

    def _labels(self, block: Fields) -> Iterator[str]:
        if block.get("type") != "web_search_tool_result":
            return
        for page in objects_in(block.get("content")):
            self._pages.append(page)
            yield Marker(FIRST_PAGE + len(self._pages) - 1, 1, 1).text
