import pytest

from dragoman.messages.fields import Malformed
from dragoman.messages.parse_tools import parse_tool_choice, parse_tools
from dragoman.messages.request import Tool, ToolChoice

READ = {"name": "Read", "description": "d", "input_schema": {"type": "object"}}
SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}


def tools_of(*entries, messages=()):
    return parse_tools({"tools": list(entries), "messages": list(messages)})


@pytest.mark.parametrize(
    ("entry", "tool"),
    [
        (READ, Tool("Read", "custom", "d", {"type": "object"}, raw=READ)),
        (
            {"name": "A", "type": None, "description": None, "input_schema": None, "strict": None},
            Tool(
                "A",
                raw={"name": "A", "type": None, "description": None, "input_schema": None, "strict": None},
            ),
        ),
        (
            {"name": "A", "type": "custom", "defer_loading": True, "strict": False, "input_schema": {}},
            Tool(
                "A",
                input_schema={},
                strict=False,
                defer_loading=True,
                raw={
                    "name": "A",
                    "type": "custom",
                    "defer_loading": True,
                    "strict": False,
                    "input_schema": {},
                },
            ),
        ),
        (SEARCH, Tool("web_search", "web_search_20250305", raw=SEARCH)),
        (
            {"type": "computer_toolset_20260801", "configs": {}},
            Tool("", "computer_toolset_20260801", raw={"type": "computer_toolset_20260801", "configs": {}}),
        ),
    ],
)
def test_a_tool_is_read_with_everything_it_came_with(entry, tool):
    assert tools_of(entry) == (tool,)


def test_no_tools_is_an_empty_tuple():
    assert parse_tools({"messages": []}) == ()
    assert parse_tools({"tools": None, "messages": []}) == ()


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ("Read", "tools.1"),
        ({}, "tools.1.name"),
        ({"name": 3}, "tools.1.name"),
        ({"name": "B", "type": 3}, "tools.1.type"),
        ({"name": "B", "description": []}, "tools.1.description"),
        ({"name": "B", "input_schema": "object"}, "tools.1.input_schema"),
        ({"name": "B", "strict": "no"}, "tools.1.strict"),
        ({"name": "B", "defer_loading": 1}, "tools.1.defer_loading"),
        ({**SEARCH, "allowed_domains": ["a"], "blocked_domains": ["b"]}, "tools.1"),
        ({"name": "Read"}, "tools"),
    ],
)
def test_a_wrong_tool_is_named_by_its_path(entry, path):
    with pytest.raises(Malformed) as caught:
        tools_of(READ, entry)
    assert caught.value.path == path


@pytest.mark.parametrize("empty", [[], None])
def test_an_empty_list_of_domains_excludes_nothing(empty):
    assert tools_of({**SEARCH, "allowed_domains": ["a"], "blocked_domains": empty})[0].name == "web_search"


def test_two_toolsets_without_a_name_do_not_clash():
    assert len(tools_of({"type": "computer_toolset_20260801"}, {"type": "browser_toolset_20260801"})) == 2


def test_a_tool_defined_in_the_conversation_joins_the_tools_deferred():
    definition = {"name": "Late", "description": "d", "input_schema": {}}
    system = {
        "role": "system",
        "content": [
            {"type": "text", "text": "x"},
            {"type": "tool_addition", "tool": {"type": "tool_definition", "definition": definition}},
        ],
    }
    again = {"type": "tool_addition", "tool": {"type": "tool_definition", "definition": {"name": "Read"}}}
    tools = tools_of(
        READ, messages=[{"role": "user", "content": "x"}, system, {"role": "system", "content": [again]}]
    )
    assert [(tool.name, tool.defer_loading) for tool in tools] == [("Read", False), ("Late", True)]
    assert "defer_loading" not in definition


def test_a_wrong_definition_in_the_conversation_is_named_by_its_path():
    block = {"type": "tool_addition", "tool": {"type": "tool_definition", "definition": {"name": 1}}}
    with pytest.raises(Malformed) as caught:
        tools_of(messages=[{"role": "system", "content": [block]}])
    assert caught.value.path == "messages.0.content.0.tool.definition.name"


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, None),
        ({"type": "auto"}, ToolChoice("auto")),
        ({"type": "any", "disable_parallel_tool_use": True}, ToolChoice("any", "", True)),
        ({"type": "none"}, ToolChoice("none")),
        ({"type": "tool", "name": "Read"}, ToolChoice("tool", "Read")),
        ({"type": "auto", "name": "ignored", "disable_parallel_tool_use": None}, ToolChoice("auto")),
    ],
)
def test_a_tool_choice_is_read(choice, expected):
    assert parse_tool_choice({"tool_choice": choice}, tools_of(READ)) == expected


@pytest.mark.parametrize(
    ("choice", "path"),
    [
        ("auto", "tool_choice"),
        ({}, "tool_choice.type"),
        ({"type": "required"}, "tool_choice.type"),
        ({"type": "tool"}, "tool_choice.name"),
        ({"type": "auto", "disable_parallel_tool_use": 1}, "tool_choice.disable_parallel_tool_use"),
        ({"type": "tool", "name": "Write"}, "tool_choice"),
    ],
)
def test_a_wrong_tool_choice_is_named(choice, path):
    with pytest.raises(Malformed) as caught:
        parse_tool_choice({"tool_choice": choice}, tools_of(READ))
    assert caught.value.path == path


def test_a_member_of_a_toolset_may_be_chosen():
    tools = tools_of({"type": "computer_toolset_20260801"})
    assert parse_tool_choice({"tool_choice": {"type": "tool", "name": "screenshot"}}, tools) is not None


def test_without_tools_no_tool_can_be_chosen():
    with pytest.raises(Malformed, match="Tool 'Read' not found"):
        parse_tool_choice({"tool_choice": {"type": "tool", "name": "Read"}}, ())
