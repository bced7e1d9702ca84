"""The API's own blocks for tools that ran at Google's: the call, and what a search or a page came to
(spec/gemini.md section 10)."""

from typing import Any

from dragoman.dialects.dialect import NewId
from dragoman.dialects.gemini.output import Output
from dragoman.messages.fields import Fields
from dragoman.wire.jsonbytes import encode

NOT_ACCESSIBLE = "url_not_accessible"


def server_tool_id(new_id: NewId) -> str:
    """A fresh id for a tool that runs upstream."""
    return "srvtoolu_" + new_id()


def say_server_tool(output: Output, tool_use_id: str, name: str, tool_input: Fields) -> None:
    """A call of a tool that ran upstream."""
    output.begin_call(tool_use_id, None)
    output.writer.server_tool(tool_use_id, name, encode(tool_input).decode())


def search_result(url: str, title: str) -> Fields:
    """A source as the API's own search tells it."""
    return {
        "type": "web_search_result",
        "url": url,
        "title": title,
        "encrypted_content": "",
        "page_age": None,
    }


def say_found(
    output: Output, tool_use_id: str, results: list[Fields], *, envelope: str = "", error: str = ""
) -> None:
    """What a search found, or the code of its error. The first result carries the envelope."""
    if results:
        results[0]["encrypted_content"] = envelope
    content: Any = results
    if error:
        content = {"type": "web_search_tool_result_error", "error_code": error}
    _say_result(output, "web_search", tool_use_id, content)


def say_fetched(output: Output, tool_use_id: str, url: str, text: str, *, error: str = "") -> None:
    """A page's text, or the code of its error."""
    content: Fields = {"type": "web_fetch_tool_result_error", "error_code": error}
    if not error:
        source = {"type": "text", "media_type": "text/plain", "data": text}
        document = {"type": "document", "source": source, "title": None, "citations": None}
        content = {"type": "web_fetch_result", "url": url, "content": document, "retrieved_at": None}
    _say_result(output, "web_fetch", tool_use_id, content)


def _say_result(output: Output, tool: str, tool_use_id: str, content: Any) -> None:
    output.writer.whole_block({"type": f"{tool}_tool_result", "tool_use_id": tool_use_id, "content": content})
