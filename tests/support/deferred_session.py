"""A session with many MCP tools that wait until they are found, and how many tokens that spares a backend.

`uv run python -m tests.support.deferred_session` prints the table of docs/concepts/deferred-tools.md.
"""

import json
from dataclasses import dataclass
from typing import Any

from dragoman.messages.request import MessagesRequest
from dragoman.routing.presets import quirks_for
from tests.support.chat_requests import ask, assistant, call, result, tool, user
from tests.support.counted_prompts import VENDORS, count_body
from tests.support.mcp_server import list_tools

ORDINARY = (
    *("Agent", "Bash", "Edit", "Glob", "Grep", "NotebookEdit"),
    *("Read", "Skill", "TaskCreate", "TaskUpdate", "Workflow", "Write"),
)
SEARCH = "ToolSearch"
NUMBER = 200
FOUND = ("mcp__demo__lookup_007", "mcp__demo__lookup_142")
"""The tools that the search finds."""

Fields = dict[str, Any]


def mcp_tools(number: int = NUMBER, *, deferred: bool = True) -> list[Fields]:
    """Tools of an MCP server as a client declares them."""
    mark: Fields = {"defer_loading": True} if deferred else {}
    return [
        {
            "name": f"mcp__demo__{one['name']}",
            "description": one["description"],
            "input_schema": one["inputSchema"],
            **mark,
        }
        for one in list_tools(number)
    ]


def ordinary_tools() -> list[Fields]:
    schema = {"type": "object", "properties": {"what": {"type": "string"}}, "required": ["what"]}
    return [
        tool(name, description=f"{name} of the session.", input_schema=schema) for name in (*ORDINARY, SEARCH)
    ]


def session(*, found: bool, deferred: bool = True) -> MessagesRequest:
    """The question, and with `found` the search that finds two tools; `deferred` False: all of them are declared."""
    history = [user("What do the catalogues say of owls?")]
    if found:
        references = [{"type": "tool_reference", "tool_name": name} for name in FOUND]
        history += [
            assistant(call(SEARCH, query="select:" + ",".join(FOUND), max_results=5)),
            user(result(*references), {"type": "text", "text": "Tool loaded."}),
        ]
    return ask(*history, tools=[*ordinary_tools(), *mcp_tools(deferred=deferred)])


def body_for(dialect: str, request: MessagesRequest) -> Fields:
    """What a backend of this dialect gets."""
    spoken, base_url, model = VENDORS[dialect]
    return json.loads(spoken.write_request(request, model, quirks_for(base_url, model, dialect)).body)


@dataclass(frozen=True)
class Spared:
    """Tokens of one request, by o200k_base."""

    dialect: str
    found: bool
    all_declared: int
    deferred: int

    @property
    def share(self) -> float:
        """Of all tokens, those that need not be sent."""
        return 1 - self.deferred / self.all_declared


def spared(dialect: str, *, found: bool) -> Spared:
    whole, less = (
        count_body(body_for(dialect, session(found=found, deferred=deferred))) for deferred in (False, True)
    )
    return Spared(dialect, found, whole, less)


TITLES = {"openai_chat": "Chat Completions", "openai_responses": "Responses", "gemini": "Gemini"}


def table() -> str:
    """The table of the page, in Markdown."""
    rows = [spared(dialect, found=found) for dialect in VENDORS for found in (False, True)]
    lines = ["| written for | tools found | all 200 sent | deferred | spared |", "|---|--:|--:|--:|--:|"]
    for row in rows:
        cells = (
            TITLES[row.dialect],
            str(len(FOUND) if row.found else 0),
            f"{row.all_declared:,}",
            f"{row.deferred:,}",
            f"{row.share * 100:.1f} %",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
