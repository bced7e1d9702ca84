"""The real Claude Code with an MCP server of 200 tools: it searches for the one that it needs, and a backend sees no other."""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.live_server.coding import folders
from tests.live_server.features import Way, every_way, talking
from tests.support import mcp_server
from tests.support.claude_code import ClaudeCode
from tests.support.declared_tools import declared_tools
from tests.support.mcp_server import USUAL_NUMBER, answer_of, list_tools, mark_of
from tests.support.replies import Call, Reply, reply
from tests.support.responses_upstream import ScriptedResponses
from tests.support.told import Told

__all__ = ["folders"]

pytestmark = pytest.mark.claude_code

PLACE = 7
WANTED = "mcp__demo__lookup_007"
QUERY = "owls 🦉"
MOST_SEARCHES = 5


def searching(told: Told) -> Reply:
    """Searches for the tool, calls it, and says what it answered."""
    done = told.seen.calls
    if done and done[-1].name == WANTED:
        return reply(f"It says: {done[-1].result}")
    if WANTED in told.seen.tools:
        return reply("I look it up.", Call(WANTED, {"query": QUERY}, sizes=7))
    # The client opens its conversation while the server still starts.
    if len(done) == MOST_SEARCHES:
        return reply(f"FAILED: {[call.result[-300:] for call in done]}")
    return reply(Call("ToolSearch", {"query": f"select:{WANTED}", "max_results": 5}))


def mcp_arguments(folder: Path) -> Sequence[str]:
    """How the client is told of the server, and of no other."""
    server = {"command": sys.executable, "args": ["-I", mcp_server.__file__, str(USUAL_NUMBER)]}
    config = folder / "mcp.json"
    config.write_text(json.dumps({"mcpServers": {"demo": server}}))
    return ("--mcp-config", str(config), "--strict-mcp-config")


@every_way
async def test_of_many_tools_only_the_one_that_was_found_is_sent(
    claude_code: ClaudeCode, folders: tuple[Path, Path], way: Way
) -> None:
    if way.name == "openai_responses":
        # A host that nobody knows is told of a loaded tool among `tools`: that the prefix changes is the price.
        way = replace(way, upstream=ScriptedResponses)
    _, home = folders
    async with talking(
        claude_code,
        folders,
        way,
        searching,
        args=mcp_arguments(home),
        env={"ENABLE_TOOL_SEARCH": "true"},
    ) as talk:
        said = await talk.session.say("What does catalogue 7 say of owls?")
        bodies = list(talk.upstream.asked)
    assert said == f"It says: {answer_of('lookup_007', QUERY)}"
    sent = [[one for one in declared_tools(body) if one.name.startswith("mcp__")] for body in bodies]
    assert {one.name for tools in sent for one in tools} == {WANTED}
    # None before the search, that one ever after.
    numbers = [len(tools) for tools in sent]
    assert (numbers[0], numbers[-1]) == (0, 1)
    assert numbers == sorted(numbers)
    everything = "".join(json.dumps(body, ensure_ascii=False) for body in bodies)
    assert [place for place in range(USUAL_NUMBER) if mark_of(place) in everything] == [PLACE]
    assert "defer_loading" not in everything
    assert '"tool_reference"' not in everything
    # What is sent of it is what its server said.
    (found,) = sent[-1]
    own = list_tools()[PLACE]
    assert found.description == own["description"]
    assert set(found.parameters["properties"]) == set(own["inputSchema"]["properties"])
