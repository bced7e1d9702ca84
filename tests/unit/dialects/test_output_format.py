import pytest

from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_chat.request import response_format
from dragoman.dialects.openai_responses.request import text_format
from dragoman.dialects.output_format import OutputFormat, as_instructions, write_output_format
from dragoman.dialects.quirks import Quirks
from tests.support.chat_requests import PLAIN, conversation

TITLE = {
    "type": "object",
    "properties": {"title": {"type": "string"}},
    "required": ["title"],
    "additionalProperties": False,
}


def write(schema, quirks=PLAIN, said=response_format):
    losses = Losses()
    fields = (
        {} if schema is None else {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    )
    return write_output_format(conversation(**fields), quirks, losses, said), losses.as_tuple()


def test_no_format_asks_for_nothing():
    assert write(None) == (OutputFormat(), ())


def test_a_closed_schema_is_sent_strictly():
    output, losses = write(TITLE)
    assert output == OutputFormat(
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "response", "schema": TITLE, "strict": True},
            }
        }
    )
    assert losses == ()


def test_a_schema_with_optional_properties_is_sent_as_it_is_but_not_strictly():
    schema = {**TITLE, "required": []}
    sent = write(schema)[0].fields["response_format"]["json_schema"]
    assert sent["schema"] == schema
    assert sent["strict"] is False


def test_the_dialect_of_the_schema_is_left_out():
    sent = write({"$schema": "https://json-schema.org/draft/2020-12/schema", **TITLE})[0]
    assert sent.fields["response_format"]["json_schema"] == {
        "name": "response",
        "schema": TITLE,
        "strict": True,
    }


def test_a_server_that_only_knows_json_objects_gets_the_schema_as_an_instruction():
    output, losses = write(TITLE, Quirks(structured_output="json_object"))
    assert output.fields == {"response_format": {"type": "json_object"}}
    assert output.instructions is not None
    assert '"title":{"type":"string"}' in output.instructions
    assert "JSON" in output.instructions
    assert [(loss.field, loss.what) for loss in losses] == [("output_config.format", "approximated")]


def test_a_server_without_structured_output_gets_the_instruction_alone():
    """Its model may put a fence around what it was asked for."""
    output, losses = write(TITLE, Quirks(structured_output="none"))
    assert output.fenced
    assert not write(TITLE, Quirks(structured_output="json_object"))[0].fenced
    assert output.fields == {}
    assert output.instructions is not None
    assert len(losses) == 1


def test_responses_is_told_the_form_beside_its_type():
    form = {"type": "json_schema", "name": "response", "schema": TITLE, "strict": True}
    assert write(TITLE, said=text_format) == (OutputFormat({"text": {"format": form}}), ())
    assert write(None, said=text_format) == (OutputFormat(), ())


def test_responses_is_not_told_to_be_strict_with_optional_properties():
    schema = {**TITLE, "required": []}
    sent = write(schema, said=text_format)[0].fields["text"]["format"]
    assert (sent["schema"], sent["strict"]) == (schema, False)


@pytest.mark.parametrize(
    ("known", "fields"),
    [("json_object", {"text": {"format": {"type": "json_object"}}}), ("none", {})],
)
def test_responses_without_schemas_gets_the_schema_as_an_instruction(known, fields):
    output, losses = write(TITLE, Quirks(structured_output=known), text_format)
    assert output.fields == fields
    assert output.instructions is not None
    assert output.instructions == as_instructions(TITLE)
    assert '"title":{"type":"string"}' in output.instructions
    assert [(loss.field, loss.what) for loss in losses] == [("output_config.format", "approximated")]
