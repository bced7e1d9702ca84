"""What came of a server tool: the block that the client gets, and what the model is told of it.

The second is made of the first alone, so that a later turn, which brings the block back, is written in the same bytes.
"""

import base64
import binascii
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from dragoman.messages.envelope import CARRIED_TEXT, carry_text
from dragoman.messages.fields import Fields
from dragoman.wire.jsonvalues import as_object, objects_in

SERVER_ID = "srv"
"""Before the id of a call that the client did not make."""


def server_id(tool_use_id: str) -> str:
    """The client's id for a call that the gateway answers: `srvtoolu_` and on."""
    return SERVER_ID + tool_use_id


def call_id(server_tool_use_id: str) -> str:
    """The id of the call inside the client's id."""
    return server_tool_use_id.removeprefix(SERVER_ID)


def found_block(tool_use_id: str, results: list[Fields]) -> Fields:
    """What a search found; `results` are from `search_result`."""
    return {"type": "web_search_tool_result", "tool_use_id": tool_use_id, "content": results}


def search_result(url: str, title: str, text: str, page_age: str | None) -> Fields:
    """One page."""
    return {
        "type": "web_search_result",
        "url": url,
        "title": title,
        "encrypted_content": carry_text(text),
        "page_age": page_age,
    }


def fetched_block(tool_use_id: str, url: str, document: Fields) -> Fields:
    """What stood at a URL, as a document block."""
    content = {"type": "web_fetch_result", "url": url, "content": document, "retrieved_at": None}
    return {"type": "web_fetch_tool_result", "tool_use_id": tool_use_id, "content": content}


def references_block(tool_use_id: str, names: list[str]) -> Fields:
    """The tools that a search for tools found."""
    references = [{"type": "tool_reference", "tool_name": name} for name in names]
    content = {"type": "tool_search_tool_search_result", "tool_references": references}
    return {"type": "tool_search_tool_result", "tool_use_id": tool_use_id, "content": content}


def error_block(kind: str, tool_use_id: str, code: str, reason: str = "") -> Fields:
    """A call that came to nothing. `kind`: of the tool; `code`: the API's own (section 5.1)."""
    if kind.startswith("tool_search_tool"):
        result, detail = "tool_search_tool_result", {"error_message": reason or code}
    else:
        result, detail = f"{kind}_tool_result", {}
    content = {"type": f"{result}_error", "error_code": code, **detail}
    return {"type": result, "tool_use_id": tool_use_id, "content": content}


def is_error(block: Fields) -> bool:
    """Whether the block says that the call came to nothing."""
    return "error_code" in as_object(block.get("content"))


def as_tool_result(block: Fields, labels: Sequence[str] = ()) -> Fields:
    """The `tool_result` block with what the model is told. `labels`: one for each page of a search, to cite it by."""
    content: Any = block.get("content")
    code = as_object(content).get("error_code")
    told: Any
    if isinstance(code, str):
        told = f"The tool failed: {as_object(content).get('error_message') or code}"
    elif block.get("type") == "web_search_tool_result":
        pages = zip_longest(objects_in(content), labels, fillvalue="")
        told = [_as_search_result(as_object(page), label) for page, label in pages] or "Nothing was found."
    elif block.get("type") == "web_fetch_tool_result":
        document = as_object(as_object(content).get("content"))
        told = [document] if document else "The page is empty."
    else:
        told = as_object(content).get("tool_references") or "No tool was found."
    result = {"type": "tool_result", "tool_use_id": call_id(str(block.get("tool_use_id"))), "content": told}
    return result | ({"is_error": True} if isinstance(code, str) else {})


def page_text_of(result: Fields) -> str:
    """What a page says, as the model is told it."""
    return _carried_text(result.get("encrypted_content")) or str(result.get("title") or "") or "(no text)"


def _as_search_result(result: Fields, label: str) -> Fields:
    content = [{"type": "text", "text": label + page_text_of(result)}]
    title = str(result.get("title") or "")
    return {
        "type": "search_result",
        "source": str(result.get("url") or ""),
        "title": title,
        "content": content,
    }


def _carried_text(value: Any) -> str:
    """What the gateway put into `encrypted_content`; nothing of what others did."""
    if not isinstance(value, str) or not value.startswith(CARRIED_TEXT):
        return ""
    try:
        return base64.urlsafe_b64decode(value.removeprefix(CARRIED_TEXT)).decode()
    except (binascii.Error, ValueError):
        return ""
