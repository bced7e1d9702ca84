import pytest

from tests.support.chat_requests import ask, tool
from tests.support.gemini_requests import NEW, OLD, body_of, losses_of, write

SCHEMA = {"type": "object", "properties": {"answer": {"type": "string"}}, "required": ["answer"]}
FORMAT = {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}}
JSON = "application/json"
BESIDE = {"tools": [tool("Read")]}


def written(model=NEW, *, quirks=None, **fields):
    """The format in `generationConfig`, and the system prompt."""
    body = body_of(ask(**fields), model, **(quirks or {}))
    config = body["generationConfig"]
    told = [part["text"] for part in body.get("systemInstruction", {}).get("parts", [])]
    return {key: config[key] for key in config if key.startswith("response")}, told


@pytest.mark.parametrize("vertex", [False, True])
@pytest.mark.parametrize("model", [NEW, OLD])
@pytest.mark.parametrize(
    "asked", [FORMAT, {"output_format": {"type": "json_schema", "schema": SCHEMA}}], ids=["new", "old"]
)
def test_a_format_is_a_response_schema(asked, model, vertex):
    config, told = written(model, quirks={"vertex": vertex}, **asked)
    assert config == {"responseMimeType": JSON, "responseJsonSchema": SCHEMA}
    assert told == []
    assert losses_of(ask(**asked), model) == {}


def test_without_a_format_nothing_is_said():
    assert written() == ({}, [])
    assert written(output_config={"format": None}) == ({}, [])


def test_a_new_model_takes_a_schema_beside_functions():
    assert written(**FORMAT, **BESIDE)[0] == {"responseMimeType": JSON, "responseJsonSchema": SCHEMA}
    assert losses_of(ask(**FORMAT, **BESIDE)) == {}


def test_an_old_model_is_asked_to_follow_it_beside_functions():
    config, told = written(OLD, system="Be kind.", **FORMAT, **BESIDE)
    assert config == {}
    assert told[0] == "Be kind."
    assert '"answer"' in told[-1]
    assert "JSON" in told[-1]
    assert losses_of(ask(**FORMAT, **BESIDE), OLD) == {"output_config.format": "approximated"}


@pytest.mark.parametrize(
    ("model", "quirks", "fields", "fenced"),
    [
        (OLD, {}, FORMAT | BESIDE, True),
        (NEW, {"structured_output": "none"}, FORMAT, True),
        (NEW, {"structured_output": "json_object"}, FORMAT, False),
        (NEW, {}, FORMAT, False),
        (NEW, {"structured_output": "none"}, {}, False),
    ],
)
def test_only_a_model_that_is_merely_asked_may_put_a_fence_around_it(model, quirks, fields, fenced):
    assert write(ask(**fields), model, **quirks).reading.fenced is fenced


@pytest.mark.parametrize(
    ("quirk", "config"), [("json_object", {"responseMimeType": JSON}), ("none", {})], ids=["typed", "free"]
)
def test_after_a_refusal_the_model_is_asked_to_follow_it(quirk, config):
    found, told = written(quirks={"structured_output": quirk}, **FORMAT)
    assert found == config
    assert '"answer"' in told[-1]
    beside, _ = written(OLD, quirks={"structured_output": quirk}, **FORMAT, **BESIDE)
    assert beside == {}


def test_the_schema_is_cleaned():
    schema = {
        "$schema": "x",
        "$ref": "#/definitions/Task",
        "definitions": {"Task": {"properties": {"n": {"const": 3, "exclusiveMinimum": 0}}, "type": "object"}},
    }
    asked = {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    number = {"enum": [3], "exclusiveMinimum": 0}
    found = written(**asked)[0]["responseJsonSchema"]
    assert found == {"type": "object", "properties": {"n": number}}
    found = written(quirks={"plain_schemas": True, "strict_schemas": True}, **asked)[0]["responseJsonSchema"]
    assert found == {"type": "object", "properties": {"n": {"enum": [3], "minimum": 0}}}


@pytest.mark.parametrize("schema", [{"type": "array", "items": {"type": "string"}}, {"enum": ["a"]}, {}])
def test_the_answer_need_not_be_an_object(schema):
    asked = {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    assert written(**asked)[0] == {"responseMimeType": JSON, "responseJsonSchema": schema}
