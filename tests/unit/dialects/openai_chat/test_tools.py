import pytest
from msgspec.structs import replace

from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_chat.tools import (
    function_definition,
    is_function,
    write_tools,
)
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.tool_names import upstream_tool_name
from dragoman.messages.request import Tool
from tests.support.chat_requests import PLAIN, assistant, call, conversation, result, tool, user

LONG = "mcp__a_server_with_a_long_name__and_a_tool_with_an_even_longer_name_v2"
CLOSED = {"type": "object", "properties": {}, "additionalProperties": False}


def write(*messages, quirks=PLAIN, **fields):
    losses = Losses()
    return write_tools(conversation(*messages, **fields), quirks, losses), losses.as_tuple()


def fields(*messages, quirks=PLAIN, **request):
    return write(*messages, quirks=quirks, **request)[0].fields


def lost(*messages, quirks=PLAIN, **request):
    return [(loss.field, loss.what) for loss in write(*messages, quirks=quirks, **request)[1]]


def test_a_tool_is_a_function_with_its_schema():
    schema = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
    assert fields(tools=[tool("Read", description="Reads.", input_schema=schema)]) == {
        "tools": [
            {"type": "function", "function": {"description": "Reads.", "name": "Read", "parameters": schema}}
        ]
    }


def test_keys_that_only_anthropic_knows_are_left_out():
    extra = {
        "cache_control": {"type": "ephemeral"},
        "eager_input_streaming": True,
        "type": "custom",
        "input_examples": [],
        "allowed_callers": ["direct"],
    }
    written, losses = write(tools=[tool("Read", **extra)])
    assert set(written.fields["tools"][0]["function"]) == {"name", "parameters"}
    assert losses == ()


def test_no_tools_means_no_fields_about_tools():
    assert fields(tool_choice={"type": "auto", "disable_parallel_tool_use": True}) == {}


def test_a_definition_has_no_description_if_the_tool_has_none():
    assert function_definition(Tool("a"), PLAIN) == {
        "name": "a",
        "parameters": {"type": "object", "properties": {}},
    }


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ({"type": "auto"}, "auto"),
        ({"type": "any"}, "required"),
        ({"type": "none"}, "none"),
        ({"type": "tool", "name": "Read"}, {"type": "function", "function": {"name": "Read"}}),
    ],
)
def test_every_tool_choice_has_its_counterpart(choice, sent):
    assert fields(tools=[tool("Read")], tool_choice=choice)["tool_choice"] == sent


def test_no_tool_choice_is_invented():
    assert "tool_choice" not in fields(tools=[tool("Read")])


def test_a_chosen_tool_with_a_long_name_is_chosen_by_its_upstream_name():
    sent = fields(tools=[tool(LONG)], tool_choice={"type": "tool", "name": LONG})["tool_choice"]
    assert sent["function"]["name"] == upstream_tool_name(LONG)


def test_parallel_calls_are_turned_off_on_request_only():
    single = {"type": "auto", "disable_parallel_tool_use": True}
    assert fields(tools=[tool()], tool_choice=single)["parallel_tool_calls"] is False
    assert "parallel_tool_calls" not in fields(tools=[tool()], tool_choice={"type": "auto"})


def test_a_server_without_parallel_tool_calls_is_not_told():
    single = {"type": "auto", "disable_parallel_tool_use": True}
    quirks = Quirks(parallel_tool_calls=False)
    assert "parallel_tool_calls" not in fields(quirks=quirks, tools=[tool()], tool_choice=single)


def test_a_server_without_required_gets_auto_and_the_model_a_note():
    written, losses = write(
        quirks=Quirks(tool_choice_required=False), tools=[tool()], tool_choice={"type": "any"}
    )
    assert written.fields["tool_choice"] == "auto"
    assert written.note == "Call one of the tools now."
    assert [(loss.field, loss.what) for loss in losses] == [("tool_choice", "approximated")]


@pytest.mark.parametrize(("required", "sent"), [(True, "required"), (False, "auto")])
def test_a_server_without_named_choice_gets_the_nearest_and_the_model_a_note(required, sent):
    quirks = Quirks(tool_choice_function=False, tool_choice_required=required)
    written, losses = write(quirks=quirks, tools=[tool()], tool_choice={"type": "tool", "name": "Read"})
    assert written.fields["tool_choice"] == sent
    assert written.note == "Call the tool Read now."
    assert [(loss.field, loss.what) for loss in losses] == [("tool_choice", "approximated")]


def test_strict_is_sent_where_server_and_schema_allow_it():
    strict = tool("Read", strict=True, input_schema=CLOSED)
    function = fields(quirks=Quirks(strict_tools=True), tools=[strict])["tools"][0]["function"]
    assert function["strict"] is True


@pytest.mark.parametrize(
    ("quirks", "schema"), [(PLAIN, CLOSED), (Quirks(strict_tools=True), {"type": "object", "properties": {}})]
)
def test_strict_is_a_loss_where_it_cannot_be_sent(quirks, schema):
    written, losses = write(quirks=quirks, tools=[tool("Read", strict=True, input_schema=schema)])
    assert "strict" not in written.fields["tools"][0]["function"]
    assert [loss.field for loss in losses] == ["tools.0.strict"]


def test_strict_is_not_sent_unasked():
    function = fields(quirks=Quirks(strict_tools=True), tools=[tool(input_schema=CLOSED)])["tools"][0][
        "function"
    ]
    assert "strict" not in function


@pytest.mark.parametrize(
    "kind",
    [
        "web_search_20250305",
        "web_fetch_20260318",
        "code_execution_20250825",
        "advisor_20260301",
        "new_tool_2027",
    ],
)
def test_a_server_tool_is_dropped_and_named(kind):
    written, losses = write(tools=[tool(), {"type": kind, "name": "its_name"}])
    assert [one["function"]["name"] for one in written.fields["tools"]] == ["Read"]
    assert [(loss.field, loss.what) for loss in losses] == [("tools.1", "dropped")]
    assert "Anthropic's servers" in losses[0].why


def test_a_tool_with_a_schema_is_a_function_whatever_its_type():
    assert is_function(Tool("x", type="new_2027", input_schema={}))
    assert is_function(Tool("x"))
    assert not is_function(Tool("x", type="web_search_20250305"))


def test_choosing_a_tool_that_was_dropped_sends_no_choice():
    search = {"type": "web_search_20250305", "name": "web_search"}
    choice = {"type": "tool", "name": "web_search"}
    assert fields(tools=[search], tool_choice=choice) == {}
    assert ("tool_choice", "dropped") in lost(tools=[search], tool_choice=choice)
    assert "tool_choice" not in fields(tools=[search, tool()], tool_choice=choice)
    assert ("tool_choice", "dropped") in lost(tools=[search, tool()], tool_choice=choice)


def test_automatic_choice_without_tools_is_no_loss():
    search = {"type": "web_search_20250305", "name": "web_search"}
    assert lost(tools=[search], tool_choice={"type": "auto"}) == [("tools.0", "dropped")]


def test_hints_that_functions_cannot_carry_are_losses():
    examples = tool("a", input_examples=[{"path": "x"}])
    indirect = tool("b", allowed_callers=["code_execution_20250825"])
    assert lost(tools=[examples, indirect]) == [
        ("tools.0.input_examples", "dropped"),
        ("tools.1.allowed_callers", "approximated"),
    ]


def test_tools_of_the_history_are_declared_when_the_request_has_none():
    history = [user("q"), assistant(call("Read", "a"), call(LONG, "b")), user(result("x", id="a"))]
    written = fields(*history)
    assert written["tool_choice"] == "none"
    assert [one["function"]["name"] for one in written["tools"]] == ["Read", upstream_tool_name(LONG)]


def test_a_deferred_tool_is_sent_only_once_it_is_referenced():
    reference = {"type": "tool_reference", "tool_name": "Late"}
    tools = [tool("Late", defer_loading=True), tool("ToolSearch")]
    before = fields(user("q"), tools=tools)
    after = fields(user("q"), assistant(call("ToolSearch")), user(result(reference)), tools=tools)
    assert [one["function"]["name"] for one in before["tools"]] == ["ToolSearch"]
    assert [one["function"]["name"] for one in after["tools"]] == ["ToolSearch", "Late"]
    assert "defer_loading" not in str(after)


SEARCH = {"type": "web_search_20250305", "name": "web_search"}
SEARCHES = replace(PLAIN, web_search=True)


def test_a_server_that_searches_gets_the_search_in_its_place_among_the_tools():
    written, losses = write(tools=[tool("Bash"), SEARCH | {"max_uses": 2}, tool("zip")], quirks=SEARCHES)
    kinds = [one["type"] for one in written.fields["tools"]]
    assert kinds == ["function", "openrouter:web_search", "function"]
    assert written.fields["tools"][1]["parameters"] == {"max_uses": 2}
    assert written.search is not None
    assert written.search.name == "web_search"
    assert [loss.field for loss in losses] == ["tools.1.max_uses"]


def test_of_two_searches_the_second_is_lost():
    written, losses = write(tools=[SEARCH | {"name": "a_search"}, SEARCH], quirks=SEARCHES)
    assert written.fields["tools"] == [{"type": "openrouter:web_search"}]
    assert [(loss.field, loss.what) for loss in losses] == [("tools.1", "dropped")]


def test_the_search_can_be_forced():
    choice = {"type": "tool", "name": "web_search"}
    written, losses = write(tools=[tool(), SEARCH], tool_choice=choice, quirks=SEARCHES)
    assert written.fields["tool_choice"] == {"type": "openrouter:web_search"}
    assert (written.note, losses) == (None, ())


def test_other_choices_beside_a_search_stay_the_same():
    for choice, sent in (
        ({"type": "tool", "name": "Read"}, {"type": "function", "function": {"name": "Read"}}),
        ({"type": "any"}, "required"),
        ({"type": "auto"}, "auto"),
    ):
        written = fields(tools=[tool("Read"), SEARCH], tool_choice=choice, quirks=SEARCHES)
        assert written["tool_choice"] == sent


def test_reading_a_page_is_not_asked_for():
    fetch = {"type": "web_fetch_20250910", "name": "web_fetch"}
    assert lost(tools=[tool(), fetch], quirks=SEARCHES) == [("tools.1", "dropped")]
