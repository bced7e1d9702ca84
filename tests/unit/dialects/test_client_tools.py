import json
from typing import get_args, get_type_hints

import pytest
from anthropic.types import beta, memory_tool_20250818_param, tool_bash_20250124_param
from anthropic.types import tool_text_editor_20250728_param as newest_editor
from anthropic.types.beta import (
    beta_tool_bash_20241022_param,
    beta_tool_text_editor_20241022_param,
    beta_tool_text_editor_20250124_param,
    beta_tool_text_editor_20250429_param,
)

from dragoman.dialects.client_tools import with_client_tools
from dragoman.dialects.dialect import Written
from dragoman.dialects.registry import DIALECTS
from dragoman.messages.errors import ApiError
from dragoman.messages.request import MessagesRequest, Tool
from dragoman.routing.presets import quirks_for
from tests.support.chat_requests import ask, assistant, call, conversation, result, tool, user
from tests.support.declared_tools import declared_tools

NAMES = {
    "bash_20241022": "bash",
    "bash_20250124": "bash",
    "text_editor_20241022": "str_replace_editor",
    "text_editor_20250124": "str_replace_editor",
    "text_editor_20250429": "str_replace_based_edit_tool",
    "text_editor_20250728": "str_replace_based_edit_tool",
    "memory_20250818": "memory",
}
EDITING = ["view", "create", "str_replace", "insert"]
MEMORY_COMMANDS = {
    "view": beta.BetaMemoryTool20250818ViewCommand,
    "create": beta.BetaMemoryTool20250818CreateCommand,
    "str_replace": beta.BetaMemoryTool20250818StrReplaceCommand,
    "insert": beta.BetaMemoryTool20250818InsertCommand,
    "delete": beta.BetaMemoryTool20250818DeleteCommand,
    "rename": beta.BetaMemoryTool20250818RenameCommand,
}
COMPUTERS = [
    *("computer_20241022", "computer_20250124", "computer_20251124"),
    *("computer_toolset_20260801", "browser_toolset_20260801"),
]


def defined(kind: str, **fields) -> Tool:
    """What becomes of a tool of this type."""
    (made,) = with_client_tools(conversation(tools=[{"type": kind, "name": NAMES[kind], **fields}])).tools
    return made


def properties(made: Tool) -> dict:
    assert made.input_schema is not None
    return made.input_schema["properties"]


def commands(made: Tool) -> list[str]:
    return properties(made)["command"]["enum"]


def test_the_names_are_those_of_the_sdk():
    params = [
        beta_tool_bash_20241022_param.BetaToolBash20241022Param,
        tool_bash_20250124_param.ToolBash20250124Param,
        beta_tool_text_editor_20241022_param.BetaToolTextEditor20241022Param,
        beta_tool_text_editor_20250124_param.BetaToolTextEditor20250124Param,
        beta_tool_text_editor_20250429_param.BetaToolTextEditor20250429Param,
        newest_editor.ToolTextEditor20250728Param,
        memory_tool_20250818_param.MemoryTool20250818Param,
    ]
    told = [get_type_hints(param) for param in params]
    assert {get_args(hints["type"])[0]: get_args(hints["name"])[0] for hints in told} == NAMES


@pytest.mark.parametrize("kind", NAMES)
def test_it_keeps_its_name_and_gains_what_a_model_must_know(kind):
    made = defined(kind)
    assert (made.name, made.type) == (NAMES[kind], kind)
    assert made.description
    assert made.input_schema is not None
    assert made.input_schema["type"] == "object"
    assert all(one.get("description") for one in properties(made).values())


@pytest.mark.parametrize("kind", NAMES)
def test_a_tool_without_a_name_gets_its_own(kind):
    (made,) = with_client_tools(conversation(tools=[{"type": kind}])).tools
    assert made.name == NAMES[kind]


@pytest.mark.parametrize("kind", ["bash_20241022", "bash_20250124"])
def test_bash_runs_a_command_or_starts_anew(kind):
    made = defined(kind)
    assert {name: one["type"] for name, one in properties(made).items()} == {
        "command": "string",
        "restart": "boolean",
    }
    # A restart has no command.
    assert made.input_schema is not None
    assert "required" not in made.input_schema


@pytest.mark.parametrize("kind", ["text_editor_20241022", "text_editor_20250124"])
def test_the_older_editor_can_undo_and_inserts_new_str(kind):
    made = defined(kind)
    assert commands(made) == [*EDITING, "undo_edit"]
    assert "insert_text" not in properties(made)
    assert "insert" in properties(made)["new_str"]["description"]
    assert "undo_edit" in made.description


@pytest.mark.parametrize("kind", ["text_editor_20250429", "text_editor_20250728"])
def test_the_newer_editor_cannot_undo_and_inserts_insert_text(kind):
    made = defined(kind)
    assert commands(made) == EDITING
    assert properties(made)["insert_text"]["type"] == "string"
    assert "insert" not in properties(made)["new_str"]["description"]
    assert "undo_edit" not in made.description


@pytest.mark.parametrize("kind", [kind for kind in NAMES if kind.startswith("text_editor")])
def test_every_editor_has_the_arguments_of_its_commands(kind):
    made = defined(kind)
    assert {name: one["type"] for name, one in properties(made).items() if name != "insert_text"} == {
        "command": "string",
        "path": "string",
        "file_text": "string",
        "old_str": "string",
        "new_str": "string",
        "insert_line": "integer",
        "view_range": "array",
    }
    assert properties(made)["view_range"]["items"] == {"type": "integer"}
    assert made.input_schema is not None
    assert made.input_schema["required"] == ["command", "path"]


@pytest.mark.parametrize("wanted", [None, "many", True])
def test_how_much_of_a_file_is_shown_is_told_where_it_is_limited(wanted):
    assert "12345" in defined("text_editor_20250728", max_characters=12345).description
    plain = defined("text_editor_20250728").description
    assert "characters" not in plain
    assert defined("text_editor_20250728", max_characters=wanted).description == plain


def test_memory_has_the_commands_of_the_sdk_with_their_arguments():
    made = defined("memory_20250818")
    assert commands(made) == list(MEMORY_COMMANDS)
    arguments = {name for command in MEMORY_COMMANDS.values() for name in command.model_fields}
    assert set(properties(made)) == arguments
    # Renaming has two paths of its own.
    assert made.input_schema is not None
    assert made.input_schema["required"] == ["command"]
    assert "/memories" in made.description


def test_what_a_version_to_come_looks_like_is_taken_from_the_newest():
    newer = {"type": "text_editor_20991231", "name": "str_replace_based_edit_tool"}
    (made,) = with_client_tools(conversation(tools=[newer])).tools
    assert made.input_schema == defined("text_editor_20250728").input_schema


def test_everything_else_about_the_tool_stays():
    made = defined("bash_20250124", strict=True, defer_loading=True, input_examples=[{"command": "ls"}])
    assert (made.strict, made.defer_loading) == (True, True)
    assert made.raw["input_examples"] == [{"command": "ls"}]


def test_other_tools_stay_as_they_are_and_where_they_are():
    sent = [
        tool("Read"),
        {"type": "bash_20250124", "name": "bash"},
        {"type": "web_search_20260318", "name": "web_search"},
        {"type": "code_execution_20260521", "name": "code_execution"},
    ]
    before = conversation(tools=sent)
    after = with_client_tools(before)
    assert [one.name for one in after.tools] == ["Read", "bash", "web_search", "code_execution"]
    assert [after.tools[place] is before.tools[place] for place in range(4)] == [True, False, True, True]


def test_a_conversation_without_them_is_not_copied():
    plain = conversation(tools=[tool("Read")])
    assert with_client_tools(plain) is plain


@pytest.mark.parametrize("kind", [*NAMES, *COMPUTERS])
def test_a_schema_of_the_clients_own_counts(kind):
    own = {"type": kind, "name": "own", "description": "mine", "input_schema": {"type": "object"}}
    before = conversation(tools=[own])
    assert with_client_tools(before) is before


@pytest.mark.parametrize("kind", COMPUTERS)
def test_computers_and_browsers_are_refused_with_what_to_do(kind):
    name = {} if "toolset" in kind else {"name": "computer"}
    with pytest.raises(ApiError) as refused:
        with_client_tools(conversation(tools=[tool("Read"), {"type": kind, **name}]))
    assert (refused.value.status, refused.value.type) == (400, "invalid_request_error")
    assert refused.value.message.startswith(f"tools.1: `{kind}`")
    assert "route this model to Anthropic, or declare the tools as custom tools" in refused.value.message


PLACES = {
    "openai_chat": ("https://api.openai.com/v1", "gpt-4.1"),
    "openai_responses": ("https://api.openai.com/v1", "gpt-5.6"),
    "gemini": ("https://generativelanguage.googleapis.com/v1beta", "gemini-3.8-flash"),
}
every_translation = pytest.mark.parametrize("dialect", PLACES)


def written_for(dialect: str, request: MessagesRequest) -> Written:
    url, model = PLACES[dialect]
    return DIALECTS[dialect].write_request(request, model, quirks_for(url, model, dialect))


@every_translation
@pytest.mark.parametrize("kind", NAMES)
def test_every_backend_is_told_of_the_tool(kind, dialect):
    written = written_for(dialect, ask(tools=[tool("Read"), {"type": kind, "name": NAMES[kind]}]))
    told = {one.name: one for one in declared_tools(json.loads(written.body))}
    assert set(told) == {"Read", NAMES[kind]}
    made = defined(kind)
    assert told[made.name].description == made.description
    assert told[made.name].parameters == made.input_schema
    assert written.losses == ()
    assert kind not in written.body.decode()


@every_translation
@pytest.mark.parametrize("kind", COMPUTERS)
def test_no_translation_takes_computers_and_browsers(kind, dialect):
    name = {} if "toolset" in kind else {"name": "computer"}
    with pytest.raises(ApiError, match=f"^tools.0: `{kind}` is defined by Anthropic"):
        written_for(dialect, ask(tools=[{"type": kind, **name}]))


@every_translation
def test_a_model_can_be_made_to_call_it(dialect):
    bash = {"type": "bash_20250124", "name": "bash"}
    forced = {"type": "tool", "name": "bash"}
    written = written_for(dialect, ask(tools=[bash, tool("Read")], tool_choice=forced))
    body = json.loads(written.body)
    choice = body["toolConfig"] if dialect == "gemini" else body["tool_choice"]
    assert "bash" in json.dumps(choice)
    assert written.losses == ()


@every_translation
def test_one_that_comes_later_is_told_of_with_its_schema(dialect):
    late = {"type": "memory_20250818", "name": "memory", "defer_loading": True}
    found = result({"type": "tool_reference", "tool_name": "memory"})
    history = [user("q"), assistant(call("ToolSearch")), user(found)]
    search = tool("ToolSearch")
    before = json.loads(written_for(dialect, ask(user("q"), tools=[search, late])).body)
    after = json.loads(written_for(dialect, ask(*history, tools=[search, late])).body)
    assert [one.name for one in declared_tools(before)] == ["ToolSearch"]
    assert [one.name for one in declared_tools(after)] == ["ToolSearch", "memory"]
    # As a function, and in the result that names it; OpenAI's own host takes the function where it is named.
    times = 1 if dialect == "openai_responses" else 2
    assert json.dumps(after).count("Keeps files in the directory /memories") == times


@pytest.mark.parametrize("kind", [*NAMES, *COMPUTERS])
def test_a_backend_that_speaks_messages_gets_it_as_it_is(kind):
    sent = {"type": kind, **({"name": NAMES.get(kind, "computer")} if "toolset" not in kind else {})}
    quirks = quirks_for("https://api.anthropic.com", "claude-sonnet-5", "anthropic")
    written = DIALECTS["anthropic"].write_request(ask(tools=[sent]), "claude-sonnet-5", quirks)
    assert json.loads(written.body)["tools"] == [sent]
    assert written.losses == ()
