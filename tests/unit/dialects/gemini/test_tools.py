import json

import pytest

from dragoman.dialects.gemini.tools import (
    MOST_FUNCTIONS,
    MOST_ROUNDS,
    built_in_tool,
    side_request_tools,
    tool_name,
)
from dragoman.dialects.gemini.tools import write_tools as write_only
from dragoman.dialects.losses import Losses
from dragoman.dialects.tool_names import tool_name_table
from dragoman.messages.errors import ApiError
from tests.support.chat_requests import ask, assistant, call, conversation, result, tool, user
from tests.support.gemini_requests import NEW, OLD, body_of, losses_of, quirks_of, write
from tests.support.gemini_tools import FUNCTION_NAME

LONG = "mcp__a_server_with_a_long_name__and_a_tool_with_an_even_longer_name_v2"
WEB = {"type": "web_search_20250305", "name": "web_search"}
FETCH = {"type": "web_fetch_20250910", "name": "web_fetch"}
CODE = {"type": "code_execution_20250825", "name": "code_execution"}
PATH = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}


def tools_of(*tools, model=NEW, quirks=None, **fields):
    """`tools` and `toolConfig` of a request that the server takes."""
    body = body_of(ask(tools=list(tools), **fields), model, **(quirks or {}))
    return {key: body[key] for key in ("tools", "toolConfig") if key in body}


def functions_of(*tools, **fields):
    return tools_of(*tools, **fields)["tools"][0]["functionDeclarations"]


def calling_of(*tools, **fields):
    return tools_of(*tools, **fields)["toolConfig"]["functionCallingConfig"]


def plan_of(*tools, model=NEW, vertex=False, **fields):
    """The value, and the losses."""
    losses = Losses()
    written = write_only(conversation(tools=list(tools), **fields), quirks_of(model, vertex=vertex), losses)
    return written, {loss.field: loss.what for loss in losses.as_tuple()}


def test_all_functions_are_in_one_tool():
    assert tools_of(tool("Read", description="Reads.", input_schema=PATH), tool("Bash")) == {
        "tools": [
            {
                "functionDeclarations": [
                    {"name": "Bash"},
                    {"name": "Read", "description": "Reads.", "parametersJsonSchema": PATH},
                ]
            }
        ],
        "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
    }


def test_no_tools_means_no_fields_about_tools():
    assert tools_of(tool_choice={"type": "auto", "disable_parallel_tool_use": True}) == {}
    assert "toolConfig" not in body_of(ask(user("hi")))


def test_keys_that_only_anthropic_knows_are_left_out():
    extra = {"cache_control": {"type": "ephemeral"}, "eager_input_streaming": True, "type": "custom"}
    extra |= {"allowed_callers": ["direct"], "strict": False, "input_examples": []}
    assert functions_of(tool("Read", **extra)) == [{"name": "Read"}]
    assert losses_of(ask(tools=[tool("Read", **extra)])) == {}


def test_examples_are_told_in_the_description():
    (function,) = functions_of(
        tool("Read", description="Reads.", input_examples=[{"path": "é"}, {"path": "b"}])
    )
    assert function["description"] == 'Reads.\nExamples of its input:\n{"path":"é"}\n{"path":"b"}'
    (function,) = functions_of(tool("Read", input_examples=[{}]))
    assert function["description"] == "Examples of its input:\n{}"


def test_schemas_are_cleaned_and_after_a_refusal_reduced():
    schema = {"properties": {"$ref": {"type": "string", "pattern": "x"}}, "$schema": "s", "$defs": {}}
    (function,) = functions_of(tool(input_schema=schema))
    pattern = {"type": "string", "pattern": "x"}
    assert function["parametersJsonSchema"] == {"type": "object", "properties": {"$ref": pattern}}
    (function,) = functions_of(
        tool(input_schema=schema), quirks={"plain_schemas": True, "strict_schemas": True}
    )
    assert function["parametersJsonSchema"] == {"type": "object", "properties": {"$ref": {"type": "string"}}}


@pytest.mark.parametrize("name", ["Read", "mcp__a__b", "_x", "a.b:c-d", "x" * 64])
def test_a_legal_name_stays(name):
    assert tool_name(name) == name


@pytest.mark.parametrize("name", ["1st", "-x", "a b", "é", LONG, "x" * 128, "", "a/b", ".x", "a\n"])
def test_another_name_becomes_legal_and_comes_back(name):
    made = tool_name(name)
    assert made != name
    assert FUNCTION_NAME.match(made)
    assert len(made) <= 64
    assert made == tool_name(name)
    if name:
        reading = write(ask(tools=[tool(name)])).reading
        assert reading.tool_names == {made: name}


def test_names_that_look_alike_are_told_apart():
    names = ["a b", "a/b", "a_b", "1", "_1", LONG + "x", LONG + "y"]
    assert len({tool_name(name) for name in names}) == len(names)
    assert tool_name_table([]) == {}


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        (None, {"mode": "AUTO"}),
        ({"type": "auto"}, {"mode": "AUTO"}),
        ({"type": "any"}, {"mode": "ANY"}),
        ({"type": "tool", "name": "1st"}, {"mode": "ANY", "allowedFunctionNames": [tool_name("1st")]}),
        ({"type": "none"}, {"mode": "NONE"}),
    ],
)
def test_every_tool_choice_has_its_mode(choice, config):
    assert calling_of(tool("1st"), tool("Read"), tool_choice=choice) == config
    assert functions_of(tool("1st"), tool_choice=choice)


@pytest.mark.parametrize(
    ("choice", "mode"), [(None, "VALIDATED"), ("auto", "VALIDATED"), ("any", "ANY"), ("none", "NONE")]
)
def test_a_strict_tool_has_its_calls_validated(choice, mode):
    fields = {"tool_choice": {"type": choice}} if choice else {}
    assert calling_of(tool("Bash"), tool("Read", strict=True), **fields) == {"mode": mode}


def test_a_tool_that_is_hidden_validates_nothing():
    assert calling_of(tool("Bash"), tool("Read", strict=True, defer_loading=True)) == {"mode": "AUTO"}


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "Read"}])
def test_a_model_that_cannot_be_forced_is_not(choice):
    weak = {"tool_choice_required": False}
    tools = [tool("Read", strict=True)]
    assert calling_of(*tools, tool_choice=choice, quirks=weak) == {"mode": "AUTO"}
    assert losses_of(ask(tools=tools, tool_choice=choice), **weak) == {"tool_choice": "approximated"}


@pytest.mark.parametrize("vertex", [False, True])
@pytest.mark.parametrize("server", [WEB, CODE, {"type": "advisor_20260301", "name": "advisor"}])
def test_a_chosen_tool_that_is_no_function_forces_none(server, vertex):
    tools = [tool("Read"), server]
    choice = {"type": "tool", "name": server["name"]}
    calling = calling_of(*tools, tool_choice=choice, quirks={"vertex": vertex})
    side = vertex and server is WEB
    expected = {"mode": "ANY", "allowedFunctionNames": ["web_search"]} if side else {"mode": "AUTO"}
    assert calling == expected
    assert ("tool_choice" in losses_of(ask(tools=tools, tool_choice=choice), vertex=vertex)) is not side


def test_deferred_tools_come_once_they_were_named():
    tools = [tool("A", defer_loading=True), tool("Find"), tool("B", defer_loading=True)]
    found = result({"type": "tool_reference", "tool_name": "B"})
    body = body_of(ask(user("go"), assistant(call("Find")), user(found), tools=tools))
    assert [one["name"] for one in body["tools"][0]["functionDeclarations"]] == ["Find", "B"]
    assert "defer_loading" not in json.dumps(body)
    assert "tool_reference" not in json.dumps(body)
    assert [one["name"] for one in functions_of(*tools)] == ["Find"]


@pytest.mark.parametrize("extra", [{}, {"vertex": True}])
def test_more_functions_than_gemini_takes_are_refused(extra):
    assert len(functions_of(*[tool(f"t{n}") for n in range(MOST_FUNCTIONS)], quirks=extra)) == MOST_FUNCTIONS
    with pytest.raises(ApiError) as caught:
        tools_of(*[tool(f"t{n}") for n in range(MOST_FUNCTIONS + 1)], quirks=extra)
    assert caught.value.status == 400
    assert "tools" in str(caught.value)


def test_functions_that_stand_for_server_tools_count_as_functions():
    with pytest.raises(ApiError):
        tools_of(*[tool(f"t{n}") for n in range(MOST_FUNCTIONS)], WEB, quirks={"vertex": True})


@pytest.mark.parametrize(
    ("kind", "name"),
    [("web_search_20250305", "googleSearch"), ("web_search_20991231", "googleSearch")]
    + [("web_fetch_20260309", "urlContext"), ("code_execution_20250522", "codeExecution")]
    + [("bash_20250124", None), ("tool_search_tool_regex_20251119", None), ("custom", None)],
)
def test_server_tools_have_their_like_at_google(kind, name):
    assert built_in_tool(conversation(tools=[{"type": kind, "name": "x"}]).tools[0]) == name


@pytest.mark.parametrize("model", [NEW, OLD])
@pytest.mark.parametrize("vertex", [False, True])
@pytest.mark.parametrize(
    ("server", "sent"), [(WEB, "googleSearch"), (FETCH, "urlContext"), (CODE, "codeExecution")]
)
def test_a_server_tool_alone_is_googles_own(server, sent, model, vertex):
    choice = {"type": "tool", "name": server["name"]}
    assert tools_of(server, model=model, quirks={"vertex": vertex}, tool_choice=choice) == {
        "tools": [{sent: {}}]
    }
    written, losses = plan_of(server, model=model, vertex=vertex, tool_choice=choice)
    assert written.built_in == (sent,)
    assert written.forced
    assert not plan_of(server, model=model, vertex=vertex)[0].forced
    assert losses == ({"tools.0": "approximated"} if server is FETCH else {})


def test_a_server_tool_stands_beside_functions_where_the_model_allows_it():
    assert tools_of(WEB, tool("Read")) == {
        "tools": [{"functionDeclarations": [{"name": "Read"}]}, {"googleSearch": {}}],
        "toolConfig": {
            "functionCallingConfig": {"mode": "AUTO"},
            "includeServerSideToolInvocations": True,
        },
    }


@pytest.mark.parametrize(("model", "vertex"), [(NEW, True), (OLD, False), (OLD, True)])
def test_elsewhere_a_function_stands_for_it(model, vertex):
    limited = WEB | {"max_uses": 3}
    sent = tools_of(limited, FETCH, tool("Read"), model=model, quirks={"vertex": vertex})
    (only,) = sent["tools"]
    assert [one["name"] for one in only["functionDeclarations"]] == ["Read", "web_fetch", "web_search"]
    assert "includeServerSideToolInvocations" not in sent["toolConfig"]
    written, losses = plan_of(limited, FETCH, tool("Read"), model=model, vertex=vertex)
    assert written.side_tools == {"web_search": "web_search", "web_fetch": "web_fetch"}
    assert written.most_side_calls == 3
    assert written.built_in == ()
    assert losses == {"tools.0": "approximated"}
    assert plan_of(WEB, tool("Read"), model=model, vertex=vertex)[0].most_side_calls == MOST_ROUNDS


@pytest.mark.parametrize("model", [NEW, OLD])
def test_options_that_no_tool_of_geminis_has_are_named(model):
    fetch = FETCH | {"allowed_domains": ["a.com"], "max_content_tokens": 5}
    lost = losses_of(ask(tools=[WEB | {"response_inclusion": "excluded"}, fetch, tool("Read")]), model)
    assert lost["tools.0.response_inclusion"] == "dropped"
    assert lost["tools.1.allowed_domains"] == "dropped"
    assert lost["tools.1.max_content_tokens"] == "dropped"


def test_code_cannot_run_beside_functions_on_every_model():
    assert functions_of(CODE, tool("Read"), model=OLD) == [{"name": "Read"}]
    assert losses_of(ask(tools=[CODE, tool("Read")]), OLD) == {"tools.0": "dropped"}


@pytest.mark.parametrize("vertex", [False, True])
@pytest.mark.parametrize("others", [[], [tool("Read")]])
def test_no_server_tool_runs_where_the_client_wants_no_tool(vertex, others):
    sent = tools_of(WEB, *others, tool_choice={"type": "none"}, quirks={"vertex": vertex})
    assert "googleSearch" not in json.dumps(sent)
    assert "web_search" not in json.dumps(sent)
    assert ("toolConfig" in sent) is bool(others)


@pytest.mark.parametrize("choice", ["any", "tool"])
def test_a_choice_without_any_tool_left_is_named_as_lost(choice):
    advisor = {"type": "advisor_20260301", "name": "advisor"}
    fields = {"tools": [advisor], "tool_choice": {"type": choice, "name": "advisor"}}
    assert "tools" not in body_of(ask(**fields))
    assert losses_of(ask(**fields)) == {"tools.0": "dropped", "tool_choice": "dropped"}


def test_only_vertex_can_be_told_which_sources_to_leave_out():
    blocking = WEB | {"blocked_domains": ["Bad.example", 3, ""]}
    assert tools_of(blocking, quirks={"vertex": True})["tools"] == [
        {"googleSearch": {"excludeDomains": ["bad.example"]}}
    ]
    assert tools_of(blocking)["tools"] == [{"googleSearch": {}}]
    assert losses_of(ask(tools=[blocking]), vertex=True) == {}
    assert losses_of(ask(tools=[blocking])) == {"tools.0.blocked_domains": "approximated"}
    written, _ = plan_of(blocking, vertex=True)
    assert side_request_tools("web_search", written.domains, True) == [
        {"googleSearch": {"excludeDomains": ["bad.example"]}}
    ]
    assert side_request_tools("web_search", written.domains, False) == [{"googleSearch": {}}]
    assert side_request_tools("web_fetch", written.domains, True) == [{"urlContext": {}}]


def test_what_a_search_cannot_be_told_is_named():
    search = WEB | {"allowed_domains": ["a.example"], "user_location": {"city": "Paris"}, "max_uses": 2}
    assert losses_of(ask(tools=[search])) == {
        "tools.0.allowed_domains": "approximated",
        "tools.0.user_location": "dropped",
        "tools.0.max_uses": "dropped",
    }
    system = body_of(ask(tools=[search]))["systemInstruction"]["parts"][-1]["text"]
    assert "site:a.example" in system


@pytest.mark.parametrize(("beside", "model"), [((), NEW), ((tool("Read"),), NEW), ((tool("Read"),), OLD)])
@pytest.mark.parametrize("field", ["allowed_domains", "blocked_domains"])
def test_the_pages_that_may_be_read_cannot_be_chosen(field, beside, model):
    """Alone, beside functions, and in a request of its own."""
    reading = FETCH | {field: ["a.example"]}
    name = f"tools.{len(beside)}"
    lost = losses_of(ask(tools=[*beside, reading]), model)
    assert lost == {name: "approximated", f"{name}.{field}": "dropped"}
    assert losses_of(ask(tools=[*beside, FETCH | {field: []}]), model) == {name: "approximated"}


def test_a_tool_that_only_other_tools_may_call_is_called_directly():
    only = tool("Read", allowed_callers=["code_execution_20250825"])
    assert losses_of(ask(tools=[only])) == {"tools.0.allowed_callers": "approximated"}
