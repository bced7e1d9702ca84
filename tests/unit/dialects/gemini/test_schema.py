import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dragoman.dialects.gemini.schema import LARGEST_KEPT, MOST_NODES, clean_parameters, clean_schema
from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_schemas import check_schema

LIGHT = GeminiFlavor()
STRICT = GeminiFlavor(strict_schemas=True)
KEYWORDS = ("$ref", "$defs", "$schema", "$id", "const", "enum", "default", "required", "items", "properties")
KEYWORDS += (
    "type",
    "format",
    "title",
    "additionalProperties",
    "anyOf",
    "allOf",
    "definitions",
    "description",
)


def of(**properties):
    return {"type": "object", "properties": properties}


def property_of(schema, *, documented=False, **more):
    """What becomes of the schema of one property."""
    cleaned = clean_parameters({**of(it=schema), **more}, documented=documented)
    check_schema(cleaned, "it", STRICT if documented else LIGHT, root_object=True)
    return cleaned["properties"]["it"]


@pytest.mark.parametrize(
    "schema",
    [None, {}, {"type": "object"}, {"type": "object", "properties": {}}, {"properties": None}]
    + [{"type": "object", "properties": {}, "additionalProperties": False, "$schema": "x"}]
    + [{"type": "object", "properties": {}, "required": []}, {"type": "string"}, {"$comment": "nothing"}],
)
def test_a_schema_that_says_nothing_is_left_out(schema):
    assert clean_parameters(schema) is None
    assert clean_parameters(schema, documented=True) is None


@pytest.mark.parametrize(
    "schema",
    [{"additionalProperties": {"type": "string"}}, {"anyOf": [of(a={}), of(b={})]}, {"minProperties": 1}]
    + [{"patternProperties": {"^x": {"type": "integer"}}}],
)
def test_an_object_without_properties_of_its_own_may_still_say_something(schema):
    assert clean_parameters(schema) == {"type": "object", **schema}


@pytest.mark.parametrize("root", [{}, {"type": "array"}, {"type": ["object", "null"]}, {"type": None}])
def test_the_root_is_an_object(root):
    cleaned = clean_parameters({**root, "properties": {"a": {"type": "string"}}})
    assert cleaned == of(a={"type": "string"})


def test_what_gemini_ignores_is_removed_everywhere():
    noise = {"$schema": "https://json-schema.org/x", "$id": "x", "$comment": "c", "$anchor": "a"}
    assert property_of({"type": "string", **noise}, **noise) == {"type": "string"}
    assert property_of({"type": "array", "items": {"type": "string", **noise}})["items"] == {"type": "string"}


@pytest.mark.parametrize("documented", [False, True])
@pytest.mark.parametrize("name", KEYWORDS)
def test_a_property_may_be_called_like_a_keyword(name, documented):
    schema = {**of(**{name: {"type": "string"}}), "required": [name]}
    assert clean_parameters(schema, documented=documented) == schema
    inner = {"type": "array", "items": schema}
    assert property_of(inner, documented=documented) == inner


def test_values_are_not_taken_for_schemas():
    value = {"$ref": "#/nowhere", "enum": [None], "const": 1, "required": None}
    schema = {"type": "object", "default": value, "examples": [value]}
    assert property_of(schema) == schema
    assert property_of({"type": "string", "default": None}) == {"type": "string", "default": None}


@pytest.mark.parametrize("holder", ["$defs", "definitions"])
def test_a_reference_is_replaced_by_what_it_names(holder):
    cleaned = clean_parameters(
        {**of(it={"$ref": f"#/{holder}/Colour"}), holder: {"Colour": {"enum": ["red"]}}}
    )
    assert cleaned == of(it={"enum": ["red"]})


def test_a_root_that_is_a_reference_is_an_object():
    schema = {"$schema": "x", "$ref": "#/definitions/Task", "definitions": {"Task": of(a={"type": "string"})}}
    assert clean_parameters(schema) == of(a={"type": "string"})
    assert clean_schema(schema, documented=True) == of(a={"type": "string"})


@pytest.mark.parametrize(
    ("reference", "found"),
    [("#/properties/list/items/anyOf/1", {"type": "number"}), ("#/$defs/Page%3CUser%3E", {"type": "null"})]
    + [("#/$defs/a~1b~0c", {"type": "boolean"})],
)
def test_references_are_json_pointers(reference, found):
    items = {"anyOf": [{"type": "string"}, {"type": "number"}]}
    definitions = {"Page<User>": {"type": "null"}, "a/b~c": {"type": "boolean"}}
    schema = {**of(list={"type": "array", "items": items}, it={"$ref": reference}), "$defs": definitions}
    assert clean_parameters(schema)["properties"]["it"] == found


@pytest.mark.parametrize(
    "reference", ["https://example.com/user.json", "#/$defs/Gone", "#Anchor", "other.json#/a", "#/$defs/a/9"]
)
def test_a_reference_to_nothing_in_here_is_any_value_with_a_description(reference):
    definitions = {"a": {"type": "string"}}
    found = property_of({"$ref": reference}, **{"$defs": definitions})
    assert found == {"description": f"as described by {reference}"}
    assert property_of({"$ref": reference, "description": "A user"}) == {"description": "A user"}


@pytest.mark.parametrize("broken", [None, 3, {"a": 1}, ["x"]])
def test_a_reference_that_is_no_text_is_none(broken):
    assert property_of({"$ref": broken, "type": "string"}) == {"type": "string"}


def test_what_stands_beside_a_reference_adds_to_it():
    base = {**of(a={"type": "string"}), "required": ["a"], "description": "base"}
    beside = {"description": "mine", "properties": {"b": {"type": "number"}}, "required": ["b"]}
    found = property_of({"$ref": "#/$defs/Base", **beside}, **{"$defs": {"Base": base}})
    assert found["description"] == "mine"
    assert found["properties"] == {"a": {"type": "string"}, "b": {"type": "number"}}
    assert sorted(found["required"]) == ["a", "b"]


def test_a_definition_in_itself_ends_after_two_rounds():
    node = {**of(name={"type": "string"}, child={"$ref": "#/$defs/Node"}), "required": ["child"]}
    found = property_of({"$ref": "#/$defs/Node"}, **{"$defs": {"Node": node}})
    once = found["properties"]["child"]
    assert once["properties"]["name"] == {"type": "string"}
    assert once["properties"]["child"] == {"type": "object"}
    assert property_of({"$ref": "#/$defs/Me"}, **{"$defs": {"Me": {"$ref": "#/$defs/Me"}}}) == {}


def test_a_schema_may_hold_itself_as_a_whole():
    cleaned = clean_parameters(of(child={"type": "array", "items": {"$ref": "#"}}, name={"type": "string"}))
    assert cleaned["properties"]["child"]["items"]["properties"]["name"] == {"type": "string"}
    assert "$ref" not in json.dumps(cleaned)


def count_nodes(value):
    if isinstance(value, list):
        return sum(map(count_nodes, value))
    return 1 + sum(map(count_nodes, value.values())) if isinstance(value, dict) else 0


@pytest.mark.parametrize("documented", [False, True])
@pytest.mark.parametrize("many", [12, 60])
@pytest.mark.parametrize("kind", ["object", ["object", "null"]])
def test_definitions_that_all_hold_each_other_stay_small_and_flat(many, documented, kind):
    every = {f"p{n}": {"type": "array", "items": {"$ref": f"#/$defs/D{n}"}} for n in range(many)}
    definitions = {f"D{n}": {"type": kind, "properties": every, "required": list(every)} for n in range(many)}
    cleaned = clean_parameters({**of(**every), "$defs": definitions}, documented=documented)
    check_schema(cleaned, "it", STRICT if documented else LIGHT, root_object=True)
    assert count_nodes(cleaned) < 8 * MOST_NODES


@pytest.mark.parametrize("keyword", ["not", "items", "allOf", "anyOf"])
def test_nesting_without_measure_is_cut(keyword):
    schema = {"type": "string"}
    for _ in range(400):
        schema = {keyword: [schema] if keyword.endswith("Of") else schema}
    property_of(schema)
    property_of(schema, documented=True)


def test_a_long_chain_of_references_is_cut():
    definitions = {f"D{n}": {"$ref": f"#/$defs/D{n + 1}"} for n in range(2000)}
    assert property_of({"$ref": "#/$defs/D0"}, **{"$defs": definitions}) == {}


@pytest.mark.parametrize(
    ("schema", "cleaned"),
    [
        ({"const": "on"}, {"enum": ["on"]}),
        ({"const": 3, "enum": [3, 4]}, {"enum": [3]}),
        ({"enum": [1, "two", 3.5]}, {"enum": [1, "two", 3.5]}),
        ({"type": "boolean", "const": True}, {"type": "boolean", "description": "one of true"}),
        ({"enum": ["Open", None]}, {"description": "one of Open, null"}),
        ({"enum": [False], "description": "Off."}, {"description": "Off. (one of false)"}),
        ({"const": {"A": 1}}, {"description": 'one of {"A":1}'}),
        ({"enum": []}, {}),
        ({"enum": "red", "type": "string"}, {"type": "string"}),
    ],
)
def test_an_enum_holds_texts_and_numbers_and_other_values_are_said(schema, cleaned):
    assert property_of(schema) == cleaned
    assert property_of(schema, documented=True) == cleaned


def test_all_of_is_one_object():
    schema = {
        "description": "own",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "allOf": [
            {"$ref": "#/$defs/Base"},
            {"description": "theirs", "required": ["a", "c"], "properties": {"a": {"type": "null"}, "c": {}}},
            "not a schema",
        ],
    }
    base = {**of(b={"type": "number"}), "required": ["b"]}
    found = property_of(schema, **{"$defs": {"Base": base}})
    assert found.pop("properties") == {"a": {"type": "string"}, "b": {"type": "number"}, "c": {}}
    assert found == {"type": "object", "description": "own", "required": ["a", "b", "c"]}


@pytest.mark.parametrize(
    "schema",
    [{"oneOf": [{"type": "string"}, {"type": "number"}]}, {"type": ["string", "null"]}]
    + [
        {"type": "string", "pattern": "^a", "minLength": 1, "format": "uri"},
        {"type": "array", "uniqueItems": True},
    ]
    + [{"type": "object", "propertyNames": {"pattern": "x"}}, {"not": {"type": "null"}}],
)
def test_everything_else_is_left_to_gemini(schema):
    assert property_of(schema) == schema


@pytest.mark.parametrize(
    ("broken", "cleaned"),
    [({"type": "array", "items": None}, {"type": "array"}), ({"properties": None, "required": None}, {})]
    + [({"properties": {"a": None, "b": "text"}}, {"properties": {"a": {}, "b": {}}}), ({"anyOf": []}, {})]
    + [({"type": "string", "format": None}, {"type": "string"}), ({"required": "a"}, {}), ({"oneOf": {}}, {})]
    + [
        ({"type": "array", "items": ["x", True]}, {"type": "array", "items": [{}, True]}),
        ({"allOf": []}, {}),
    ],
)
def test_a_broken_keyword_says_nothing(broken, cleaned):
    assert property_of(broken) == cleaned


@pytest.mark.parametrize(
    ("schema", "cleaned"),
    [
        ({"type": "string", "pattern": "x", "format": "date", "default": "a"}, {"type": "string", "format": "date"}),
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "integer", "minimum": 1}),
        ({"type": "integer", "exclusiveMaximum": 9}, {"type": "integer", "maximum": 8}),
        ({"type": "number", "exclusiveMinimum": 0}, {"type": "number", "minimum": 0}),
        ({"type": "integer", "minimum": 5, "exclusiveMinimum": True}, {"type": "integer", "minimum": 5}),
        (
            {"type": ["integer", "null"], "exclusiveMinimum": 0, "description": "d"},
            {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "null"}], "description": "d"},
        ),
        ({"type": ["string", "null"]}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        ({"oneOf": [{"type": "string"}], "title": "t", "description": "d"}, {"anyOf": [{"type": "string"}], "description": "d"}),
        ({"type": "object", "additionalProperties": False, "propertyNames": {}}, {"type": "object"}),
        ({"type": "array", "items": True, "uniqueItems": True}, {"type": "array", "items": {}}),
        ({"type": "array", "items": {"type": "string", "minLength": 3}}, {"type": "array", "items": {"type": "string"}}),
    ],
)  # fmt: skip
def test_after_a_refusal_only_documented_keywords_are_left(schema, cleaned):
    assert property_of(schema, documented=True) == cleaned


def test_alternatives_beside_properties_do_not_cost_the_properties():
    kinds = [of(kind={"enum": ["a"]}, a={"type": "string"}), of(kind={"enum": ["b"]}), {"required": ["x"]}]
    schema = {**of(x={"type": "number", "minLength": 1}), "required": ["x"], "anyOf": kinds}
    found = property_of(schema, documented=True)
    kind = {"anyOf": [{"enum": ["a"]}, {"enum": ["b"]}]}
    expected = {"kind": kind, "a": {"type": "string"}, "x": {"type": "number"}}
    assert found == {"type": "object", "properties": expected, "required": ["x"]}
    root = clean_parameters(schema, documented=True)
    assert root["properties"] == expected


NAMES = st.sampled_from(["a", "$ref", "enum", "required"])
LEAVES = st.sampled_from(
    [{"type": "string"}, {"$ref": "#/$defs/A"}, {"$ref": "#/$defs/B", "description": "d"}, {"$ref": "#"}]
    + [{"const": None}, {"enum": ["x", 1, True]}, {"type": ["integer", "null"], "exclusiveMinimum": 1}, True]
    + [{"$ref": "http://x"}, {"required": None}, {"type": "object", "properties": None}, {"$ref": 1}, None]
)
SCHEMAS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(
            lambda found, needed: {"type": "object", "properties": found, "required": needed},
            st.dictionaries(NAMES, inner, max_size=3),
            st.lists(NAMES, max_size=2),
        ),
        st.builds(lambda one: {"type": "array", "items": one}, inner),
        st.builds(
            lambda key, some, found: {key: some, "properties": found},
            st.sampled_from(["anyOf", "oneOf", "allOf", "prefixItems"]),
            st.lists(inner, max_size=3),
            st.dictionaries(NAMES, inner, max_size=2),
        ),
    ),
    max_leaves=8,
)


@given(root=SCHEMAS, one=SCHEMAS, other=SCHEMAS)
@settings(max_examples=150, deadline=None)
def test_gemini_takes_whatever_comes_out_and_the_input_is_never_changed(root, one, other):
    schema = {**of(it=root), "$defs": {"A": one, "B": other}}
    before = copy.deepcopy(schema)
    for documented, flavor in ((False, LIGHT), (True, STRICT)):
        cleaned = clean_parameters(schema, documented=documented)
        assert "it" in cleaned["properties"]
        check_schema(cleaned, "it", flavor, root_object=True)
        assert json.dumps(cleaned) == json.dumps(clean_parameters(schema, documented=documented))
    assert schema == before


def test_a_schema_that_came_before_is_cleaned_as_it_is_now():
    schema = {"type": "object", "properties": {"a": {"$comment": "x", "type": "string"}}}
    first = clean_parameters(schema)
    assert clean_parameters(schema) == first == {"type": "object", "properties": {"a": {"type": "string"}}}
    assert clean_parameters(schema, documented=True) == first
    schema["properties"]["b"] = {"type": "number"}
    assert clean_parameters(schema)["properties"]["b"] == {"type": "number"}


def test_a_schema_too_large_to_keep_is_cleaned_too():
    schema = {"properties": {"a": {"description": "x" * LARGEST_KEPT, "$comment": "y"}}}
    assert clean_parameters(schema)["properties"]["a"] == {"description": "x" * LARGEST_KEPT}
