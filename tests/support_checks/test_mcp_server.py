"""The fixture speaks the Model Context Protocol as a client expects it."""

import json
import subprocess
import sys
from typing import Any

import pytest
from tests.support import mcp_server
from tests.support.mcp_server import McpServer, answer_of, list_tools, mark_of

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-03-26",
        "capabilities": {},
        "clientInfo": {"name": "c", "version": "1"},
    },
}
INITIALIZED = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def request(method: str, id: Any = 1, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}


def run(*messages: Any, arguments: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """What the program says to these lines until its input ends."""
    lines = "".join(f"{said if isinstance(said, str) else json.dumps(said)}\n" for said in messages)
    done = subprocess.run(
        [sys.executable, "-I", mcp_server.__file__, *arguments],
        input=lines,
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def ask(method: str, **params: Any) -> dict[str, Any]:
    answer = McpServer().answer(json.dumps(request(method, **params)))
    assert answer is not None
    return answer


def test_a_session_on_standard_input_and_output():
    call = request("tools/call", 3, name="lookup_007", arguments={"query": "owls"})
    opened, listed, called = run(INITIALIZE, INITIALIZED, request("tools/list", "two"), "", call)
    assert (opened["jsonrpc"], opened["id"]) == ("2.0", 0)
    # The client's version, as long as nothing of it is used that differs.
    assert opened["result"]["protocolVersion"] == "2025-03-26"
    assert opened["result"]["capabilities"] == {"tools": {}}
    assert opened["result"]["serverInfo"]["name"]
    assert listed == {"jsonrpc": "2.0", "id": "two", "result": {"tools": list_tools()}}
    assert called["result"] == {
        "content": [{"type": "text", "text": answer_of("lookup_007", "owls")}],
        "isError": False,
    }


def test_there_are_as_many_tools_as_asked_for():
    (listed,) = run(request("tools/list"), arguments=("3",))
    assert [tool["name"] for tool in listed["result"]["tools"]] == ["lookup_000", "lookup_001", "lookup_002"]
    assert len(list_tools()) == 200


def test_every_tool_is_known_by_its_words():
    tools = list_tools()
    for place, tool in enumerate(tools):
        assert [mark_of(place) in json.dumps(other) for other in tools].count(True) == 1
        assert mark_of(place) in tool["description"]
        assert tool["inputSchema"]["required"] == ["query"]
        assert set(tool["inputSchema"]["required"]) <= set(tool["inputSchema"]["properties"])


def test_every_answer_is_another():
    answers = {answer_of(f"lookup_{n:03}", query) for n in range(200) for query in ("a", "b")}
    assert len(answers) == 400


def test_a_notification_has_no_answer():
    assert McpServer().answer(json.dumps(INITIALIZED)) is None
    assert ask("ping")["result"] == {}


@pytest.mark.parametrize(
    ("line", "code", "id"),
    [
        ("{", mcp_server.NO_JSON, None),
        ("[]", mcp_server.NO_REQUEST, None),
        ('{"id": 4}', mcp_server.NO_REQUEST, None),
        (json.dumps(request("resources/list", 5)), mcp_server.NO_METHOD, 5),
        (json.dumps(request("tools/call", 6, name="lookup_999", arguments={})), mcp_server.BAD_PARAMETERS, 6),
    ],
)
def test_what_is_not_there_is_an_error_of_json_rpc(line, code, id):
    answer = McpServer().answer(line)
    assert answer is not None
    assert (answer["id"], answer["error"]["code"]) == (id, code)
    assert "result" not in answer


def test_a_call_without_its_argument_is_an_error_of_the_tool():
    assert ask("tools/call", name="lookup_001", arguments={"query": 3})["result"]["isError"] is True
    assert ask("tools/call", name="lookup_001")["result"]["isError"] is True
