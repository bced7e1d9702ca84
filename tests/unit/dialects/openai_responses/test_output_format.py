import pytest

from dragoman.dialects.losses import Losses
from dragoman.dialects.openai_responses.output_format import OutputFormat, write_output_format
from dragoman.dialects.quirks import Quirks
from tests.support.chat_requests import PLAIN, conversation

TITLE = {
    "type": "object",
    "properties": {"title": {"type": "string"}},
    "required": ["title"],
    "additionalProperties": False,
}


def write(schema, quirks=PLAIN):
    losses = Losses()
    wanted = {"output_config": {"format": {"type": "json_schema", "schema": schema}}} if schema else {}
    return write_output_format(conversation(**wanted), quirks, losses), losses.as_tuple()


def test_no_format_asks_for_nothing():
    assert write(None) == (OutputFormat(), ())


def test_a_closed_schema_is_sent_strictly():
    form = {"type": "json_schema", "name": "response", "schema": TITLE, "strict": True}
    assert write(TITLE) == (OutputFormat({"text": {"format": form}}), ())


def test_a_schema_with_optional_properties_is_not_rewritten_but_not_strict():
    schema = {**TITLE, "required": []}
    sent = write(schema)[0].fields["text"]["format"]
    assert (sent["schema"], sent["strict"]) == (schema, False)


@pytest.mark.parametrize(
    ("known", "fields"),
    [("json_object", {"text": {"format": {"type": "json_object"}}}), ("none", {})],
)
def test_a_server_without_schemas_gets_the_schema_as_an_instruction(known, fields):
    output, losses = write(TITLE, Quirks(structured_output=known))
    assert output.fields == fields
    assert output.instructions is not None
    assert '"title":{"type":"string"}' in output.instructions
    assert [(loss.field, loss.what) for loss in losses] == [("output_config.format", "approximated")]
