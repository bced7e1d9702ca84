"""Tools and tool choice as function declarations and built-in tools (spec/gemini.md sections 3 and 10)."""

import re
from typing import Any

import msgspec

from dragoman.dialects.gemini.schema import clean_parameters
from dragoman.dialects.gemini.shapes import Domains, SideTool
from dragoman.dialects.losses import Losses
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.tool_names import upstream_tool_name
from dragoman.dialects.tool_visibility import visible_tools
from dragoman.messages.errors import invalid_request
from dragoman.messages.request import Conversation, Tool
from dragoman.wire.jsonbytes import encode
from dragoman.wire.jsonvalues import as_list

MOST_FUNCTIONS = 512

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*")
"""A function's name, of at most 64 characters."""

MOST_ROUNDS = 10
"""Requests of its own that one answer may spend on a tool, if the client sets no limit."""

_BUILT_IN = (
    ("web_search_", "googleSearch"),
    ("web_fetch_", "urlContext"),
    ("code_execution_", "codeExecution"),
)

_OPTIONS_OF_SEARCH = ("response_inclusion",)
_OPTIONS_OF_FETCH = (*("citations", "max_content_tokens", "url_sources", "use_cache", "response_inclusion"),)
"""What nothing of Gemini's corresponds to."""

_BESIDE: dict[str, SideTool] = {"googleSearch": "web_search", "urlContext": "web_fetch"}
"""By Gemini's name, what stands for the tool where it cannot stand beside functions."""

_SIDE_TOOLS: dict[SideTool, dict[str, Any]] = {
    "web_search": {
        "name": "web_search",
        "description": "Searches the web and tells what the best sources say, with their addresses.",
        "parametersJsonSchema": {
            "type": "object",
            "properties": {"query": {"type": "string", "description": "What to search for."}},
            "required": ["query"],
        },
    },
    "web_fetch": {
        "name": "web_fetch",
        "description": "Reads a web page and tells what it says.",
        "parametersJsonSchema": {
            "type": "object",
            "properties": {"url": {"type": "string", "description": "The address of the page."}},
            "required": ["url"],
        },
    },
}


class WrittenTools(msgspec.Struct, frozen=True):
    """What a request says about tools."""

    fields: dict[str, Any] = {}
    """`tools` and `toolConfig`, as far as they are sent."""
    built_in: tuple[str, ...] = ()
    """Gemini's names of the tools that run in this very request."""
    side_tools: dict[str, SideTool] = {}
    most_side_calls: int = 0
    domains: Domains | None = None
    forced: bool = False
    """The client wants the built-in tool to be used."""


def tool_name(name: str) -> str:
    """The name as Gemini takes it."""
    return upstream_tool_name(name, 64, NAME)


def is_function(tool: Tool) -> bool:
    """Whether the client runs the tool: it is the client's own, or client_tools.py gave it a schema."""
    return tool.type == "custom" or tool.input_schema is not None


def write_tools(conversation: Conversation, quirks: Quirks, losses: Losses) -> WrittenTools:
    """The visible tools. Raises ApiError (400) for more functions than the API takes."""
    places = {id(tool): index for index, tool in enumerate(conversation.tools)}
    functions: list[Tool] = []
    server: dict[str, Tool] = {}
    # No mode keeps the server from using its own tools.
    forbidden = conversation.tool_choice is not None and conversation.tool_choice.type == "none"
    for tool in visible_tools(conversation):
        path = f"tools.{places[id(tool)]}"
        if is_function(tool):
            _name_losses(tool, path, losses)
            functions.append(tool)
        elif (name := built_in_tool(tool)) is not None:
            if not forbidden:
                server.setdefault(name, tool)
        else:
            losses.dropped(path, _why_not_sent(tool))
    declared = [_declaration(tool, quirks) for tool in functions]
    if declared and server and not quirks.search_with_functions:
        return _with_side_tools(conversation, declared, server, quirks, losses)
    return _with_built_in(conversation, declared, server, quirks, losses)


def built_in_tool(tool: Tool) -> str | None:
    """Gemini's name of its own tool for a server tool, or None where it has none."""
    return next((name for prefix, name in _BUILT_IN if tool.type.startswith(prefix)), None)


def side_request_tools(kind: SideTool, domains: Domains | None, quirks_exclude: bool) -> list[dict[str, Any]]:
    """`tools` of the request that runs a tool on its own."""
    if kind == "web_fetch":
        return [{"urlContext": {}}]
    return [_search_tool(domains, quirks_exclude)]


def _with_built_in(
    conversation: Conversation,
    declared: list[dict[str, Any]],
    server: dict[str, Tool],
    quirks: Quirks,
    losses: Losses,
) -> WrittenTools:
    domains = _domains(conversation, server.get("googleSearch"), quirks, losses)
    tools: list[dict[str, Any]] = [
        _search_tool(domains, quirks.exclude_domains) if name == "googleSearch" else {name: {}}
        for name in server
    ]
    config: dict[str, Any] = {}
    if declared:
        tools.insert(0, _functions(declared))
        config["functionCallingConfig"] = _calling(conversation, declared, quirks, losses)
        if server:
            config["includeServerSideToolInvocations"] = True
    elif _forces(conversation) and not server:
        losses.dropped("tool_choice", "no tool is left that the server could call")
    _name_server_losses(conversation, server, losses)
    fields: dict[str, Any] = {"tools": tools} if tools else {}
    if config:
        fields["toolConfig"] = config
    return WrittenTools(
        fields, built_in=tuple(server), domains=domains, forced=bool(server) and _forces(conversation)
    )


def _with_side_tools(
    conversation: Conversation,
    declared: list[dict[str, Any]],
    server: dict[str, Tool],
    quirks: Quirks,
    losses: Losses,
) -> WrittenTools:
    """Functions that stand for the built-in tools, each call of which becomes a request of its own."""
    side: dict[str, SideTool] = {}
    most = MOST_ROUNDS
    for name, tool in server.items():
        kind = _BESIDE.get(name)
        path = f"tools.{conversation.tools.index(tool)}"
        if kind is None:
            losses.dropped(path, f"`{tool.type}` cannot stand beside functions on this model")
            continue
        losses.approximated(path, "the tool runs in a request of its own beside the functions")
        _name_options(tool, path, losses)
        side[_SIDE_TOOLS[kind]["name"]] = kind
        declared.append(_SIDE_TOOLS[kind])
        limit: Any = tool.raw.get("max_uses")
        most = min(most, limit) if isinstance(limit, int) and limit > 0 else most
    domains = _domains(conversation, server.get("googleSearch"), quirks, losses)
    fields: dict[str, Any] = {
        "tools": [_functions(declared)],
        "toolConfig": {"functionCallingConfig": _calling(conversation, declared, quirks, losses)},
    }
    return WrittenTools(fields, side_tools=side, most_side_calls=most, domains=domains)


def _functions(declared: list[dict[str, Any]]) -> dict[str, Any]:
    if len(declared) > MOST_FUNCTIONS:
        raise invalid_request(
            f"tools: at most {MOST_FUNCTIONS} functions reach this model, got {len(declared)}"
        )
    return {"functionDeclarations": declared}


def _declaration(tool: Tool, quirks: Quirks) -> dict[str, Any]:
    declaration: dict[str, Any] = {"name": tool_name(tool.name)}
    description = tool.description
    if examples := as_list(tool.raw.get("input_examples")):
        lines = [encode(example).decode() for example in examples]
        description = "\n".join([description, "Examples of its input:", *lines]).lstrip()
    if description:
        declaration["description"] = description
    parameters = clean_parameters(tool.input_schema, documented=quirks.plain_schemas)
    if parameters is not None:
        declaration["parametersJsonSchema"] = parameters
    return declaration


def _calling(
    conversation: Conversation, declared: list[dict[str, Any]], quirks: Quirks, losses: Losses
) -> dict[str, Any]:
    """`functionCallingConfig` for the functions that were declared."""
    choice = conversation.tool_choice
    names = {function["name"] for function in declared}
    validated = quirks.tool_choice_required and any(
        tool.strict and is_function(tool) and tool_name(tool.name) in names for tool in conversation.tools
    )
    usual = {"mode": "VALIDATED" if validated else "AUTO"}
    if choice is None or choice.type == "auto":
        return usual
    if choice.type == "none":
        return {"mode": "NONE"}
    if not quirks.tool_choice_required:
        losses.approximated("tool_choice", "the server cannot force a call of so many functions")
        return usual
    if choice.type == "any":
        return {"mode": "ANY"}
    name = tool_name(choice.name)
    if name not in names:
        losses.dropped("tool_choice", "the chosen tool does not reach the server")
        return usual
    return {"mode": "ANY", "allowedFunctionNames": [name]}


def _search_tool(domains: Domains | None, excludes: bool) -> dict[str, Any]:
    excluded = list(domains.blocked) if domains is not None and excludes else []
    return {"googleSearch": {"excludeDomains": excluded} if excluded else {}}


def _domains(
    conversation: Conversation, search: Tool | None, quirks: Quirks, losses: Losses
) -> Domains | None:
    """The client's choice of sources, which Gemini cannot be told but for the ones to leave out."""
    if search is None:
        return None
    path = f"tools.{conversation.tools.index(search)}"
    allowed = _names(search.raw.get("allowed_domains"))
    blocked = _names(search.raw.get("blocked_domains"))
    if allowed:
        losses.approximated(
            f"{path}.allowed_domains", "the model is asked to search there; other sources are hidden"
        )
    if blocked and not quirks.exclude_domains:
        losses.approximated(
            f"{path}.blocked_domains", "sources from there are hidden, but the model may read them"
        )
    if search.raw.get("user_location"):
        losses.dropped(f"{path}.user_location", "the search takes coordinates only")
    return Domains(allowed, blocked) if allowed or blocked else None


def _names(value: Any) -> tuple[str, ...]:
    return tuple(entry.lower() for entry in as_list(value) if isinstance(entry, str) and entry)


def _forces(conversation: Conversation) -> bool:
    return conversation.tool_choice is not None and conversation.tool_choice.type in ("any", "tool")


def _name_losses(tool: Tool, path: str, losses: Losses) -> None:
    callers = tool.raw.get("allowed_callers")
    if isinstance(callers, list) and callers and "direct" not in callers:
        losses.approximated(f"{path}.allowed_callers", "the model calls the tool directly")


def _name_server_losses(conversation: Conversation, server: dict[str, Tool], losses: Losses) -> None:
    for tool in server.values():
        path = f"tools.{conversation.tools.index(tool)}"
        if tool.raw.get("max_uses"):
            losses.dropped(f"{path}.max_uses", "the model decides how often it searches")
        if tool.type.startswith("web_fetch_"):
            losses.approximated(path, "the model reads pages, but their text is not returned")
        _name_options(tool, path, losses)


def _name_options(tool: Tool, path: str, losses: Losses) -> None:
    """Of a search the sources are hidden afterwards (`_domains`); a page that was read cannot be unread."""
    fetches = tool.type.startswith("web_fetch_")
    for name in ("allowed_domains", "blocked_domains"):
        if fetches and _names(tool.raw.get(name)):
            losses.dropped(f"{path}.{name}", "the model may read pages from anywhere")
    for option in _OPTIONS_OF_FETCH if fetches else _OPTIONS_OF_SEARCH:
        if tool.raw.get(option):
            losses.dropped(f"{path}.{option}", "the model's own tool has no such option")


def _why_not_sent(tool: Tool) -> str:
    return f"`{tool.type}` runs on Anthropic's servers only"
