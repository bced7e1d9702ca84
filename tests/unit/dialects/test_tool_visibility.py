import pytest

from dragoman.dialects.tool_visibility import referenced_names, visible_tools
from tests.support.chat_requests import assistant, call, conversation, result, system, tool, user


def names(*messages, **fields):
    return [one.name for one in visible_tools(conversation(*messages, **fields))]


def reference(name):
    return {"type": "tool_reference", "tool_name": name}


SEARCHED = [
    user("find it"),
    assistant(call("ToolSearch", query="x")),
    user(result(reference("Zed"), reference("Alpha"))),
]
DEFERRED = [
    tool("Alpha", defer_loading=True),
    tool("ToolSearch"),
    tool("Zed", defer_loading=True),
    tool("Read"),
]


def test_tools_that_are_not_deferred_stand_by_name():
    assert names(tools=[tool("b"), tool("B"), tool("a")]) == ["B", "a", "b"]


def test_toolsets_have_no_name_but_a_place():
    sets = [{"type": "computer_toolset_20260801"}, {"type": "browser_toolset_20260801"}]
    for sent in (sets, sets[::-1]):
        kinds = [one.type for one in visible_tools(conversation(tools=[tool("a"), *sent]))]
        assert kinds == ["browser_toolset_20260801", "computer_toolset_20260801", "custom"]


def test_a_deferred_tool_is_hidden_until_a_reference_names_it():
    placeholder = tool("DeferredToolPlaceholder", defer_loading=True)
    assert names(user("hi"), tools=[placeholder, tool("Read")]) == ["Read"]


def test_deferred_tools_follow_in_the_order_of_first_reference():
    assert names(*SEARCHED, tools=DEFERRED) == ["Read", "ToolSearch", "Zed", "Alpha"]


def test_the_order_stays_when_the_client_sorts_its_tools_anew():
    assert names(*SEARCHED, tools=sorted(DEFERRED, key=lambda one: one["name"], reverse=True)) == [
        "Read",
        "ToolSearch",
        "Zed",
        "Alpha",
    ]


def test_a_reference_to_a_tool_that_is_not_defined_adds_nothing():
    assert names(*SEARCHED, tools=[tool("ToolSearch")]) == ["ToolSearch"]


def test_a_deferred_tool_that_the_history_called_is_visible():
    history = [user("x"), assistant(call("Zed")), user(result("ok"))]
    assert names(*history, tools=DEFERRED) == ["Read", "ToolSearch", "Zed"]


def test_a_deferred_tool_that_tool_choice_names_is_visible():
    assert "Alpha" in names(tools=DEFERRED, tool_choice={"type": "tool", "name": "Alpha"})


def test_a_tool_search_result_of_the_api_names_tools_too():
    found = {"type": "tool_search_tool_search_result", "tool_references": [reference("Alpha")]}
    block = {"type": "tool_search_tool_result", "tool_use_id": "srvtoolu_1", "content": found}
    assert names(user("x"), assistant(block), user("y"), tools=DEFERRED) == ["Read", "ToolSearch", "Alpha"]


def test_a_removed_tool_is_not_offered_and_an_added_one_is():
    removal = {"type": "tool_removal", "tool": reference("Read") | {"name": "Read"}}
    addition = {"type": "tool_addition", "tool": {"type": "tool_reference", "name": "Zed"}}
    assert names(user("x"), system(removal, addition), tools=DEFERRED) == ["ToolSearch", "Zed"]


REMOVAL = {"type": "tool_removal", "tool": {"type": "tool_reference", "name": "Read"}}


@pytest.mark.parametrize(
    "history",
    [
        [user("x"), system(REMOVAL)],
        [assistant({"type": "compaction", "content": "so far", "tool_changes": [REMOVAL]}), user("go on")],
    ],
)
def test_a_removed_tool_is_not_offered_either_where_none_is_deferred(history):
    assert names(*history, tools=[tool("Read"), tool("Bash")]) == ["Bash"]


def test_a_tool_that_comes_back_after_its_removal_is_offered():
    change = {"tool": {"type": "tool_reference", "name": "Read"}}
    history = [
        user("x"),
        system({"type": "tool_removal", **change}),
        assistant("a"),
        user("y"),
        system({"type": "tool_addition", **change}),
    ]
    assert "Read" in names(*history, tools=DEFERRED)


def test_content_of_another_shape_references_nothing():
    assert referenced_names("text") == []
    assert referenced_names({"tool_references": "no list"}) == []
    assert referenced_names({"tool_references": [3, {"tool_name": 4}, {"tool_name": "a"}]}) == ["a"]


def test_changes_that_a_compaction_stands_for_still_hold():
    changes = [
        {"type": "tool_addition", "tool": {"type": "tool_reference", "name": "Zed"}},
        {"type": "tool_removal", "tool": {"type": "tool_reference", "name": "Read"}},
    ]
    summary = {"type": "compaction", "content": "so far", "tool_changes": changes}
    assert names(assistant(summary), user("go on"), tools=DEFERRED) == ["ToolSearch", "Zed"]
