import copy

import pytest

from dragoman.dialects.json_schema import LARGEST_KEPT, clean, strict_ready
from dragoman.dialects.quirks import Quirks

OPEN = Quirks()
PLAIN = Quirks(plain_schemas=True)
TITLE = {
    "type": "object",
    "properties": {"title": {"type": "string"}},
    "required": ["title"],
    "additionalProperties": False,
}


def schema(**properties):
    return {"type": "object", "properties": properties}


def test_a_schema_that_needs_no_change_comes_out_as_it_went_in():
    untouched = schema(path={"type": "string", "default": "x", "format": "uri"})
    assert clean(untouched, OPEN) == untouched


def test_a_schema_that_comes_again_is_not_cleaned_again():
    before = clean(schema(again={"type": "array"}), OPEN)
    assert clean(schema(again={"type": "array"}), OPEN) is before
    assert clean(schema(again={"type": "array"}), PLAIN) is not before


def test_a_large_schema_is_not_kept():
    large = schema(a={"type": "array", "description": "x" * LARGEST_KEPT})
    assert clean(large, OPEN) == clean(large, OPEN)
    assert clean(large, OPEN) is not clean(large, OPEN)


def test_dialect_and_id_are_dropped_at_the_root():
    assert clean({"$schema": "s", "$id": "i", **schema(a={})}, OPEN) == schema(a={})


@pytest.mark.parametrize("empty", [None, {}, {"type": "object"}, {"type": "object", "properties": None}])
def test_an_empty_schema_becomes_an_object_without_properties(empty):
    assert clean(empty, OPEN) == {"type": "object", "properties": {}}


@pytest.mark.parametrize("kind", [["object", "null"], "string"])
def test_the_root_is_always_an_object(kind):
    assert clean({"type": kind, "properties": {}}, OPEN)["type"] == "object"


def test_null_required_and_null_properties_are_repaired_at_any_depth():
    broken = schema(a={"type": "object", "required": None, "properties": None}) | {"required": None}
    assert clean(broken, OPEN) == schema(a={"type": "object"})


def test_a_property_whose_schema_is_null_takes_anything():
    assert clean(schema(a=None), OPEN) == schema(a={})


def test_required_that_is_no_list_is_dropped():
    assert clean(schema(a={"type": "string", "required": True}), OPEN) == schema(a={"type": "string"})


def test_an_array_without_items_gets_items():
    assert clean(schema(a={"type": "array"}, b={"type": ["array", "null"]}), OPEN) == schema(
        a={"type": "array", "items": {}}, b={"type": ["array", "null"], "items": {}}
    )


def test_null_as_a_value_of_const_default_and_enum_stays():
    kept = schema(a={"const": None}, b={"default": None}, c={"enum": [None, 1]})
    assert clean(kept, OPEN) == kept


@pytest.mark.parametrize(
    "name", ["default", "format", "pattern", "title", "cache_control", "$schema", "required"]
)
def test_properties_may_be_called_like_keywords(name):
    kept = schema(**{name: {"type": "string"}}) | {"required": [name]}
    assert clean(kept, PLAIN) == kept


def test_plain_schemas_lose_pattern_format_and_default_everywhere():
    rich = schema(
        a={"type": "string", "pattern": "^x", "format": "uri", "default": "x", "description": "d"},
        b={"type": "array", "items": {"type": "string", "format": "date"}},
        c={"anyOf": [{"type": "string", "pattern": "y"}, {"type": "null"}]},
        d={"type": "object", "additionalProperties": {"format": "x"}},
        e={"type": "array", "items": [{"default": 1}]},
    ) | {"$defs": {"n": {"default": 3, "type": "integer"}}}
    assert clean(rich, PLAIN) == schema(
        a={"type": "string", "description": "d"},
        b={"type": "array", "items": {"type": "string"}},
        c={"anyOf": [{"type": "string"}, {"type": "null"}]},
        d={"type": "object", "additionalProperties": {}},
        e={"type": "array", "items": [{}]},
    ) | {"$defs": {"n": {"type": "integer"}}}


def test_values_that_look_like_schemas_are_not_touched():
    kept = schema(a={"enum": [{"default": 1}], "examples": [{"format": "x"}], "const": {"pattern": "y"}})
    assert clean(kept, PLAIN) == kept


def test_boolean_schemas_stay():
    kept = schema(a=True, b={"type": "array", "items": False})
    assert clean(kept, OPEN) == kept


def test_the_input_is_never_changed():
    broken = {"$schema": "s", **schema(a={"type": "array", "required": None}, b={"anyOf": [{"default": 1}]})}
    before = copy.deepcopy(broken)
    clean(broken, PLAIN)
    assert broken == before


def test_unchanged_parts_of_a_large_schema_are_shared_with_the_input():
    whole = {"$schema": "s", **schema(a={"type": "string", "description": "x" * LARGEST_KEPT})}
    assert clean(whole, OPEN)["properties"] is whole["properties"]


def test_a_closed_object_with_all_properties_required_is_ready_for_strict_mode():
    assert strict_ready(TITLE)
    nested = {**TITLE, "properties": {"title": {"type": "array", "items": TITLE}}}
    assert strict_ready(nested)


@pytest.mark.parametrize(
    "change",
    [
        {"additionalProperties": True},
        {"required": []},
        {"required": None},
        {"type": "array"},
        {"anyOf": [{"type": "object"}]},
        {"allOf": []},
        {"properties": {"title": {"type": "string", "default": "x"}}},
        {"properties": {"title": {"type": "string", "minLength": 1}}},
        {"properties": {"title": {"type": "object", "properties": {}}}},
        {"properties": {"title": {}}},
        {"properties": {"title": True}},
        {"properties": {"title": {"type": "array", "items": {"oneOf": []}}}},
        {"$defs": {"a": {"not": {}}}},
        {"properties": {"title": {"anyOf": [{"type": "null"}, {"patternProperties": {}}]}}},
    ],
)
def test_what_strict_mode_refuses_is_not_ready(change):
    assert not strict_ready({**TITLE, **change})


def test_a_schema_that_is_nested_too_deep_is_not_ready():
    deep = TITLE
    for _ in range(10):
        deep = {**TITLE, "properties": {"title": deep}}
    assert not strict_ready(deep)


def test_a_schema_with_too_many_properties_is_not_ready():
    names = [f"p{n}" for n in range(5001)]
    many = {**TITLE, "properties": {name: {"type": "string"} for name in names}, "required": names}
    assert not strict_ready(many)
