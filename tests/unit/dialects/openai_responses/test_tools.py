import pytest
from msgspec.structs import replace

from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_responses.tools import write_tools
from dragoman.dialects.quirks import Quirks
from tests.support.chat_requests import assistant, call, conversation, system, tool, user
from tests.support.responses_requests import NEWEST

SEARCH = {"type": "web_search_20250305", "name": "web_search"}
CLOSED = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}


class Sent:
    """What becomes of tools and choice."""

    def __init__(self, *tools, choice=None, quirks=NEWEST, messages=None):
        losses = Losses()
        fields = {} if choice is None else {"tool_choice": choice}
        asked = conversation(*(messages or [user("q")]), tools=list(tools), **fields)
        self.written = write_tools(asked, quirks, losses)
        self.fields = self.written.fields
        self.note = self.written.note
        self.lost = {loss.field: loss.what for loss in losses.as_tuple()}

    @property
    def choice(self):
        return self.fields.get("tool_choice")


def names(sent):
    return [tool.get("name", tool["type"]) for tool in sent.fields.get("tools", ())]


def test_no_tools_send_no_fields():
    assert Sent().fields == {}
    assert Sent(choice={"type": "auto", "disable_parallel_tool_use": True}).fields == {}


def test_a_tool_is_a_flat_function_that_is_not_strict():
    assert Sent(tool("Read", description="reads", input_schema=CLOSED)).fields["tools"] == [
        {"type": "function", "name": "Read", "description": "reads", "parameters": CLOSED, "strict": False}
    ]


@pytest.mark.parametrize("quirks", [NEWEST, Quirks()])
def test_strictness_is_always_said(quirks):
    (function,) = Sent(tool("Read"), quirks=quirks).fields["tools"]
    assert function["strict"] is False


def test_a_strict_tool_is_strict_where_schema_and_server_allow_it():
    (function,) = Sent(tool(input_schema=CLOSED, strict=True)).fields["tools"]
    assert function["strict"] is True
    open_schema = Sent(tool(input_schema=CLOSED | {"required": []}, strict=True))
    assert open_schema.fields["tools"][0]["strict"] is False
    assert open_schema.lost == {"tools.0.strict": "dropped"}


def test_a_name_that_is_too_long_is_made_shorter():
    assert len(names(Sent(tool("mcp__" + "x" * 80)))[0]) == 64


@pytest.mark.parametrize(
    ("choice", "parallel"),
    [
        (None, True),
        ({"type": "auto"}, True),
        ({"type": "auto", "disable_parallel_tool_use": True}, False),
        ({"type": "any", "disable_parallel_tool_use": True}, False),
    ],
)
def test_parallel_calls_are_allowed_or_forbidden_and_never_left_open(choice, parallel):
    assert Sent(tool(), choice=choice).fields["parallel_tool_calls"] is parallel
    assert "parallel_tool_calls" not in Sent(tool(), quirks=replace(NEWEST, parallel_tool_calls=False)).fields


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        (None, None),
        ({"type": "auto"}, "auto"),
        ({"type": "any"}, "required"),
        ({"type": "none"}, "none"),
        ({"type": "tool", "name": "Read"}, {"type": "function", "name": "Read"}),
    ],
)
def test_the_choice_is_said_in_openais_words(choice, sent):
    assert Sent(tool(), choice=choice).choice == sent
    assert Sent(tool(), choice=choice).note is None


def test_the_chosen_function_has_the_name_that_was_sent():
    name = "mcp__" + "x" * 80
    sent = Sent(tool(name), choice={"type": "tool", "name": name})
    assert sent.choice["name"] == names(sent)[0]


@pytest.mark.parametrize(
    ("choice", "quirks"),
    [
        ({"type": "any"}, {"tool_choice_required": False}),
        ({"type": "tool", "name": "Read"}, {"tool_choice_required": False, "tool_choice_function": False}),
    ],
)
def test_a_server_that_cannot_be_told_is_asked_by_a_note(choice, quirks):
    sent = Sent(tool(), choice=choice, quirks=replace(NEWEST, **quirks))
    assert sent.choice == "auto"
    assert sent.note
    assert sent.lost == {"tool_choice": "approximated"}


def test_a_search_alone_can_be_required():
    sent = Sent(SEARCH, choice={"type": "tool", "name": "web_search"})
    assert (sent.choice, sent.note, sent.lost) == ("required", None, {})


def test_a_search_among_others_can_only_be_asked_for():
    sent = Sent(SEARCH, tool(), choice={"type": "tool", "name": "web_search"})
    assert sent.choice == "auto"
    assert sent.note is not None
    assert "Search the web" in sent.note
    assert sent.lost == {"tool_choice": "approximated"}


@pytest.mark.parametrize("choice", [{"type": "any"}, {"type": "tool", "name": "advisor"}])
def test_a_choice_among_tools_that_do_not_reach_the_server_is_dropped(choice):
    sent = Sent({"type": "advisor_20260301", "name": "advisor"}, choice=choice)
    assert sent.fields == {}
    assert sent.lost == {"tools.0": "dropped", "tool_choice": "dropped"}


def test_the_search_is_built_in():
    sent = Sent(SEARCH | {"max_uses": 3, "blocked_domains": ["bad.test"]}, tool())
    assert sorted(tool["type"] for tool in sent.fields["tools"]) == ["function", "web_search"]
    assert sent.fields["max_tool_calls"] == 5
    assert sent.written.search is not None
    assert sent.written.search.blocked_domains == ("bad.test",)
    assert "bad.test" in (sent.written.instructions or "")


def test_a_plain_search_needs_no_instructions():
    assert Sent(SEARCH).written.instructions is None
    assert Sent(tool()).written.search is None


def test_a_server_without_a_search_gets_none():
    sent = Sent(SEARCH, quirks=Quirks())
    assert sent.fields == {}
    assert sent.lost == {"tools.0": "dropped"}


@pytest.mark.parametrize("kind", ["web_fetch_20250910", "code_execution_20250825", "advisor_20260301"])
def test_other_tools_of_anthropics_are_lost_by_name(kind):
    sent = Sent(tool(), {"type": kind, "name": "x"})
    assert names(sent) == ["Read"]
    assert sent.lost == {"tools.1": "dropped"}


LATE = tool("Late", defer_loading=True)


def test_a_deferred_tool_that_nobody_named_is_not_sent():
    sent = Sent(tool(), LATE)
    assert names(sent) == ["Read"]
    assert sent.written.items.unnamed() == []


def test_tools_stay_the_same_while_deferred_ones_come():
    named = [user("q"), assistant(call("Late")), user("r")]
    assert Sent(tool(), LATE).fields["tools"] == Sent(tool(), LATE, messages=named).fields["tools"]
    appended = Sent(LATE, tool(), messages=named, quirks=replace(NEWEST, additional_tools=False))
    assert names(appended) == ["Read", "Late"]


def test_deferred_tools_alone_are_chosen_among_too():
    sent = Sent(LATE, choice={"type": "tool", "name": "Late"})
    assert "tools" not in sent.fields
    assert sent.choice == {"type": "function", "name": "Late"}
    (item,) = sent.written.items.chosen()
    assert [tool["name"] for tool in item["tools"]] == ["Late"]
    assert sent.written.items.chosen() == sent.written.items.unnamed() == []


def test_a_tool_that_was_taken_away_is_not_sent():
    gone = system({"type": "tool_removal", "tool": {"type": "tool_reference", "name": "Read"}})
    assert names(Sent(tool(), tool("Write"), messages=[user("q"), gone])) == ["Write"]


def test_hints_that_functions_have_no_place_for_are_losses():
    assert Sent(tool(input_examples=[{"a": 1}])).lost == {"tools.0.input_examples": "dropped"}
