"""The API's server tools that a request brings and its backend does not run: each becomes a function of the same name,
whose calls the gateway answers itself (docs/decisions/0030)."""

import re
from collections.abc import Callable
from typing import Any, Literal, cast

import msgspec

from dragoman.dialects.dialect import Loss
from dragoman.messages.fields import Fields
from dragoman.messages.request import MessagesRequest
from dragoman.wire.jsonbytes import encode
from dragoman.wire.jsonvalues import as_list, as_object, objects_in

Kind = Literal["web_search", "web_fetch", "tool_search_tool_regex", "tool_search_tool_bm25"]

_KIND = re.compile(r"(web_search|web_fetch|tool_search_tool_regex|tool_search_tool_bm25)(?:_\d{8})?")

_FUNCTIONS: dict[str, tuple[str, Fields, str]] = {
    "web_search": (
        "Searches the web. Returns titles and URLs of pages and what they say about the query. For what may have"
        " changed since you were trained, or what you do not know.",
        {"query": {"type": "string", "description": "What to search for"}},
        "query",
    ),
    "web_fetch": (
        "Reads the page or the document at a URL. The URL must have come up before: from the user, in a search or on a"
        " page that was read.",
        {"url": {"type": "string", "description": "The whole URL, with https://"}},
        "url",
    ),
    "tool_search_tool_regex": (
        "Finds further tools by a regular expression over their names, descriptions and arguments, whatever the case."
        " Tools that were found can be called.",
        {
            "pattern": {
                "type": "string",
                "description": "Such as `weather`, or `get_.*_data`; at most 200 characters",
            },
            "limit": {"type": "integer", "description": "The most tools to return; 5 unless told"},
        },
        "pattern",
    ),
    "tool_search_tool_bm25": (
        "Finds further tools by words over their names, descriptions and arguments. Tools that were found can be"
        " called.",
        {
            "query": {"type": "string", "description": "What the tool should do; at most 500 characters"},
            "limit": {"type": "integer", "description": "The most tools to return; 5 unless told"},
        },
        "query",
    ),
}
"""By kind: what the model is told, its arguments, and the one that it must give (section 4.6)."""


class ServerTool(msgspec.Struct, frozen=True):
    """One tool that the gateway runs for a request."""

    kind: Kind
    name: str
    fields: Fields
    """The client's entry in `tools`."""

    @property
    def most_uses(self) -> int | None:
        """How often it may run in one answer; None where the client sets no limit."""
        limit: Any = self.fields.get("max_uses")
        return limit if type(limit) is int and limit > 0 else None

    def domains(self, field: Literal["allowed_domains", "blocked_domains"]) -> tuple[str, ...]:
        """The client's choice of sources, in lower case and without a scheme."""
        named = [one.strip().lower() for one in as_list(self.fields.get(field)) if isinstance(one, str)]
        return tuple(host for one in named if (host := one.partition("://")[2] or one))


def emulated_tools(request: MessagesRequest, runs: Callable[[str], bool]) -> dict[str, ServerTool]:
    """By name. `runs`: whether the backend itself runs a tool of this type."""
    found: dict[str, ServerTool] = {}
    for entry in as_list(request.raw.get("tools")):
        fields = as_object(entry)
        kind: Any = fields.get("type")
        if type(kind) is not str or kind == "custom":
            continue
        known = _KIND.fullmatch(kind)
        if known is not None and "input_schema" not in fields and not runs(kind):
            name = str(fields.get("name") or known[1])
            found[name] = ServerTool(cast("Kind", known[1]), name, fields)
    return found


def with_functions(raw: Fields, tools: dict[str, ServerTool]) -> list[Any]:
    """`tools` with functions in the places of those that the gateway runs."""
    by_entry = {id(tool.fields): tool for tool in tools.values()}
    return [
        as_function(tool) if (tool := by_entry.get(id(entry))) is not None else entry
        for entry in as_list(raw.get("tools"))
    ]


def as_function(tool: ServerTool) -> Fields:
    """The entry of `tools` that stands for it."""
    description, properties, required = _FUNCTIONS[tool.kind]
    schema = {
        "type": "object",
        "properties": properties,
        "required": [required],
        "additionalProperties": False,
    }
    return {"name": tool.name, "description": description, "input_schema": schema}


def losses_of(request: MessagesRequest, tools: dict[str, ServerTool]) -> tuple[Loss, ...]:
    """Options that the gateway's own tools do not have."""
    losses: list[Loss] = []
    positions = {id(entry): index for index, entry in enumerate(as_list(request.raw.get("tools")))}
    for tool in tools.values():
        path = f"tools.{positions[id(tool.fields)]}"
        place = as_object(tool.fields.get("user_location"))
        if any(place.get(name) for name in ("city", "region", "timezone")):
            losses.append(
                Loss(f"{path}.user_location", "approximated", "the search is told the country only")
            )
        for option, why in (
            ("response_inclusion", "the client sees everything that the model sees"),
            ("url_sources", "any URL that came up before may be read"),
            ("citations", "the page's text is told without citations"),
        ):
            if tool.fields.get(option):
                losses.append(Loss(f"{path}.{option}", "dropped", why))
    return tuple(losses)


def rewritten(request: MessagesRequest, changes: Fields) -> MessagesRequest:
    """The same request with other fields."""
    raw = {**request.raw, **changes}
    return MessagesRequest(
        request.model,
        stream=request.stream,
        max_tokens=request.max_tokens,
        raw=raw,
        body=encode(raw),
        headers=request.headers,
        counting=request.counting,
    )


def deferred_tools(request: MessagesRequest) -> list[Fields]:
    """What a search for tools can find."""
    return [tool for tool in objects_in(request.raw.get("tools")) if tool.get("defer_loading")]
