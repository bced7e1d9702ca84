import pytest

from dragoman.dialects.function_tools import (
    function_definition,
    is_function,
    is_strict,
    judge_hints,
    one_at_a_time,
    why_not_sent,
)
from dragoman.dialects.losses import Losses
from dragoman.dialects.quirks import Quirks
from dragoman.messages.request import Tool
from tests.support.chat_requests import conversation

CLOSED = {
    "type": "object",
    "properties": {"a": {"type": "string"}},
    "required": ["a"],
    "additionalProperties": False,
}


def test_a_definition_has_the_name_that_the_server_takes():
    tool = Tool("x" * 70, description="does", input_schema={})
    definition = function_definition(tool, Quirks())
    assert definition["description"] == "does"
    assert len(definition["name"]) == 64
    assert definition["parameters"] == {"type": "object", "properties": {}}
    assert "description" not in function_definition(Tool("t"), Quirks())


def test_a_tool_with_a_schema_is_a_function_whatever_its_type():
    assert is_function(Tool("t"))
    assert is_function(Tool("bash", type="bash_20250124", input_schema={}))
    assert not is_function(Tool("bash", type="bash_20250124"))


@pytest.mark.parametrize(
    ("known", "schema", "strict", "losses"),
    [
        (True, CLOSED, True, []),
        (False, CLOSED, False, ["tools.3.strict"]),
        (True, {"type": "object", "properties": {}}, False, ["tools.3.strict"]),
    ],
)
def test_strictness_is_kept_where_server_and_schema_have_it(known, schema, strict, losses):
    tool = Tool("t", input_schema=schema, strict=True)
    told = Losses()
    quirks = Quirks(strict_tools=known)
    assert is_strict(tool, function_definition(tool, quirks), "tools.3", quirks, told) is strict
    assert [loss.field for loss in told.as_tuple()] == losses


def test_strictness_that_nobody_asked_for_is_no_loss():
    told = Losses()
    tool = Tool("t", input_schema=CLOSED)
    assert not is_strict(tool, function_definition(tool, Quirks()), "tools.0", Quirks(), told)
    assert told.as_tuple() == ()


def test_hints_without_a_place_are_losses():
    told = Losses()
    raw = {"input_examples": [{}], "allowed_callers": ["code_execution_20250825"]}
    judge_hints(Tool("t", raw=raw), "tools.1", told)
    judge_hints(Tool("u", raw={"allowed_callers": ["direct"]}), "tools.2", told)
    assert [(loss.field, loss.what) for loss in told.as_tuple()] == [
        ("tools.1.input_examples", "dropped"),
        ("tools.1.allowed_callers", "approximated"),
    ]


def test_the_reason_says_where_a_server_tool_runs():
    assert why_not_sent(Tool("x", type="advisor_20260301")) == (
        "`advisor_20260301` runs on Anthropic's servers only"
    )


def test_one_call_at_a_time_only_if_it_was_asked_for():
    assert not one_at_a_time(conversation())
    assert not one_at_a_time(conversation(tool_choice={"type": "auto"}))
    assert one_at_a_time(conversation(tool_choice={"type": "auto", "disable_parallel_tool_use": True}))
