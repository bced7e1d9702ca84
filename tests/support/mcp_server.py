"""A Model Context Protocol server with many tools, on its standard input and output: JSON-RPC 2.0, one message a line.

`python mcp_server.py [NUMBER]` offers `lookup_000` and so on, 200 if no number is given. The same file tells tests what
its tools are and what each of them answers. It needs nothing but Python.
"""

import hashlib
import json
import sys
from collections.abc import Iterator
from typing import Any

USUAL_NUMBER = 200
PROTOCOL = "2025-06-18"
NO_JSON, NO_REQUEST, NO_METHOD, BAD_PARAMETERS = -32700, -32600, -32601, -32602
"""Codes of JSON-RPC's errors."""

Fields = dict[str, Any]

_CATALOGUES: tuple[tuple[str, str, Fields], ...] = (
    (
        "issues",
        "Finds issues and pull requests by their text, state, labels and author. Results are sorted by the time of the "
        "last change and come in pages; ask for the next page with the cursor of the one before.",
        {
            "state": {"type": "string", "enum": ["open", "closed", "all"], "default": "open"},
            "labels": {
                "type": "array",
                "items": {"type": "string"},
                "description": "All of them must be there.",
            },
            "author": {"type": "string", "description": "The login of who opened it."},
            "since": {"type": "string", "format": "date-time", "description": "Only what changed after it."},
            "per_page": {"type": "integer", "minimum": 1, "maximum": 100, "default": 30},
            "cursor": {"type": ["string", "null"], "default": None},
        },
    ),
    (
        "messages",
        "Searches the messages of a workspace. Takes the words of the message and where and by whom it was written. "
        "Private channels are searched only if the user is a member of them.",
        {
            "channel": {
                "type": "string",
                "pattern": "^[CDG][A-Z0-9]+$",
                "description": "The id of a channel.",
            },
            "sender": {"type": "string", "description": "The id of a member."},
            "order": {"type": "string", "enum": ["newest", "oldest", "relevance"]},
            "include_threads": {"type": "boolean", "default": True},
            "limit": {"type": "integer", "exclusiveMinimum": 0, "maximum": 1000},
        },
    ),
    (
        "records",
        "Reads the records of a table that fulfil every condition. Conditions compare one column with a value. No record "
        "is changed, and at most a thousand come back in one call.",
        {
            "columns": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
            "where": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "column": {"type": "string"},
                        "operator": {
                            "type": "string",
                            "enum": ["=", "!=", "<", "<=", ">", ">=", "like", "in"],
                        },
                        "value": {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "boolean"}]},
                    },
                    "required": ["column", "operator", "value"],
                    "additionalProperties": False,
                },
            },
            "limit": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
        },
    ),
    (
        "documents",
        "Gives the pages of a documentation that answer a question best, with their addresses and the passage that "
        "matters. Say what you want to know in a whole sentence, and name the product and its version.",
        {
            "product": {"type": "string", "minLength": 1},
            "version": {"type": "string", "description": "Such as 3.2; the newest if it is left out."},
            "language": {"type": "string", "enum": ["en", "de", "fr", "ja", "zh"], "default": "en"},
            "passages": {"type": "integer", "minimum": 1, "maximum": 20, "default": 5},
        },
    ),
)
"""What the tools take turns to look like: a kind of catalogue, what searching it does, and its arguments."""


def tool_name(place: int) -> str:
    return f"lookup_{place:03}"


def mark_of(place: int) -> str:
    """Words that stand in the definition of this tool and nowhere else."""
    return f"in catalogue {place:03} of"


def list_tools(number: int = USUAL_NUMBER) -> list[Fields]:
    """All tools, as `tools/list` tells them."""
    return [_tool(place) for place in range(number)]


def answer_of(name: str, query: str) -> str:
    """What a tool answers: another word for every tool and every query."""
    digest = hashlib.sha256(f"{name} {query}".encode()).hexdigest()[:12]
    return f"{name} found word-{digest} for {query!r}."


def _tool(place: int) -> Fields:
    kind, does, arguments = _CATALOGUES[place % len(_CATALOGUES)]
    return {
        "name": tool_name(place),
        "description": f"Looks up {kind} {mark_of(place)} the demonstration. {does}",
        "inputSchema": {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {
                "query": {"type": "string", "description": f"What the {kind} must say."},
                **arguments,
            },
            "required": ["query"],
            "additionalProperties": False,
        },
    }


class Refused(Exception):
    """What the client asked for is not there; `code` is JSON-RPC's."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class McpServer:
    """Answers one message after the other."""

    def __init__(self, number: int = USUAL_NUMBER) -> None:
        self._tools = list_tools(number)

    def answer(self, line: str) -> Fields | None:
        """The answer to one line; None for a notification, which has none."""
        try:
            message = json.loads(line)
        except ValueError:
            return _error(None, NO_JSON, "Parse error")
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            return _error(None, NO_REQUEST, "Invalid Request")
        if "id" not in message:
            return None
        try:
            result = self._result(message["method"], message.get("params") or {})
        except Refused as refused:
            return _error(message["id"], refused.code, str(refused))
        return {"jsonrpc": "2.0", "id": message["id"], "result": result}

    def _result(self, method: str, parameters: Fields) -> Fields:
        match method:
            case "initialize":
                return {
                    "protocolVersion": parameters.get("protocolVersion", PROTOCOL),
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "lookups", "version": "1.0.0"},
                }
            case "ping":
                return {}
            case "tools/list":
                return {"tools": self._tools}
            case "tools/call":
                return self._call(parameters)
            case _:
                raise Refused(NO_METHOD, f"Method not found: {method}")

    def _call(self, parameters: Fields) -> Fields:
        name, arguments = parameters.get("name"), parameters.get("arguments") or {}
        if all(tool["name"] != name for tool in self._tools):
            raise Refused(BAD_PARAMETERS, f"Unknown tool: {name}")
        query = arguments.get("query")
        if not isinstance(query, str):
            return {"content": [{"type": "text", "text": "query: a string is needed"}], "isError": True}
        return {"content": [{"type": "text", "text": answer_of(str(name), query)}], "isError": False}


def _error(request_id: Any, code: int, message: str) -> Fields:
    return {"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message}}


def _lines(server: McpServer) -> Iterator[str]:
    for line in sys.stdin:
        if line.strip() and (answer := server.answer(line)) is not None:
            yield json.dumps(answer)


if __name__ == "__main__":
    for said in _lines(McpServer(int(sys.argv[1]) if len(sys.argv) > 1 else USUAL_NUMBER)):
        print(said, flush=True)
