import json

import pytest

from dragoman.messages.tool_json import as_tool_input, read_tool_input


def unparsed(text: str) -> dict:
    return {"__unparsedToolInput": {"raw": text, "len": len(text)}}


@pytest.mark.parametrize("text", ["", "  \n"])
def test_call_without_json_has_no_arguments(text):
    assert read_tool_input(text).value == {}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, "\\u00e9"]}', {"a": [1, "é"]}),
        ('  {"a":1}\n', {"a": 1}),
        (json.dumps(json.dumps({"a": 1})), {"a": 1}),
        ('```json\n{"a": 1}\n```', {"a": 1}),
        ('```\n{"a": 1}```\n', {"a": 1}),
        ('{"a": [1, true,], }', {"a": [1, True]}),
        ('```json\n{"a": 1,}\n```', {"a": 1}),
        ("{'a': True, 'b': None, 'c': 'it\\'s'}", {"a": True, "b": None, "c": "it's"}),
        ("```\n{'a': (1, 2),}\n```", {"a": [1, 2]}),
        ('{"a": "\\ud83d"}', {"a": "\ufffd"}),
    ],
)
def test_what_weak_models_write_is_read_as_they_meant_it(text, value):
    parsed = read_tool_input(text)
    assert (parsed.value, parsed.cut) == (value, False)


def test_trailing_comma_is_removed_only_outside_of_strings():
    text = '{"code": "f(a,)\\n[1,]\\\\", "again": "{x, }", "all": true,}'
    assert read_tool_input(text).value == {"code": "f(a,)\n[1,]\\", "again": "{x, }", "all": True}


@pytest.mark.parametrize(
    "text", ["null", "[1]", "7", '"text"', "{a: 1}", "{} {}", "{1, 2}", "f()", "{'a': f()}"]
)
def test_what_is_no_object_is_marked_and_not_guessed(text):
    parsed = read_tool_input(text)
    assert (parsed.value, parsed.cut) == (unparsed(text), False)


@pytest.mark.parametrize("text", ["{", '{"a": "x', '{"a": [1', '{"a": "\\', '{"a": "}', "[["])
def test_unfinished_json_is_marked_as_cut(text):
    parsed = read_tool_input(text)
    assert (parsed.value, parsed.cut) == (unparsed(text), True)


@pytest.mark.parametrize(
    "text", ["(" * 10_000, "[" * 100_000, "-" * 100_000, '{"a":' * 1000 + "1" + "}" * 1000, "{'a': '\0'}"]
)
def test_hostile_text_is_marked_and_nothing_worse(text):
    assert read_tool_input(text).value == unparsed(text)


def test_python_literal_with_a_stray_escape_is_read_without_a_warning():
    assert read_tool_input(r"{'pattern': '\d+'}").value == {"pattern": r"\d+"}


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({}, {}),
        ({"a": [1]}, {"a": [1]}),
        ('{"a": 1}', {"a": 1}),
        ('"{\\"a\\": 1}"', {"a": 1}),
        ("", {}),
        ("ls", unparsed("ls")),
        ([1], unparsed("[1]")),
        (None, unparsed("null")),
        (7, unparsed("7")),
        (["\ud83d"], unparsed('["\ufffd"]')),
    ],
)
def test_input_of_a_call_in_a_history_is_always_an_object(value, read):
    assert as_tool_input(value) == read
