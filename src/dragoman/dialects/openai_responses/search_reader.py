"""Reads a `web_search_call`: a search is shown as the API shows its own (spec/openai-responses.md section 10.3)."""

import re
from typing import Any

from dragoman.dialects.dialect import NewId
from dragoman.dialects.found_pages import PREFIX
from dragoman.dialects.openai_responses.citations import search_query, search_result
from dragoman.dialects.openai_responses.output import Output
from dragoman.dialects.openai_responses.shapes import Event
from dragoman.wire.jsonbytes import encode
from dragoman.wire.jsonvalues import as_object

_ID = re.compile(r"[A-Za-z0-9_]{1,80}")


class SearchReader:
    """Pages that were opened and searched within are not shown. Implements `ItemReader`."""

    def __init__(self, output: Output, new_id: NewId) -> None:
        self._output = output
        self._new_id = new_id

    def read(self, event: Event) -> None:
        pass

    def end(self, item: dict[str, Any]) -> None:
        output, search = self._output, self._output.reading.search
        action = as_object(item.get("action"))
        if search is None or output.ended or action.get("type", "search") != "search":
            return
        item_id = item.get("id")
        known = isinstance(item_id, str) and _ID.fullmatch(item_id)
        tool_use_id = PREFIX + (item_id if isinstance(item_id, str) and known else self._new_id())
        output.end_text()
        output.end_thoughts()
        asked = encode({"query": search_query(action)}).decode()
        output.writer.server_tool(tool_use_id, search.name, asked)
        output.writer.whole_block(search_result(tool_use_id, item, search))
        output.searches += 1
