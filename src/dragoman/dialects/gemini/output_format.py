"""Structured output as a response schema, or as an instruction (spec/gemini.md section 11)."""

from typing import Any

import msgspec

from dragoman.dialects.gemini.schema import clean_schema
from dragoman.dialects.losses import Losses
from dragoman.dialects.output_format import FIELD, as_instructions
from dragoman.dialects.quirks import Quirks
from dragoman.messages.request import Conversation

_JSON = "application/json"


class OutputFormat(msgspec.Struct, frozen=True):
    config: dict[str, Any] = {}
    """Fields of `generationConfig`."""
    instructions: str | None = None
    """For the end of the system prompt."""
    fenced: bool = False
    """The model may put a fence around its JSON."""


def write_output_format(
    conversation: Conversation, quirks: Quirks, losses: Losses, *, functions: bool
) -> OutputFormat:
    """The format that the client asked for, as strictly as the model allows beside `functions`."""
    if conversation.output_schema is None:
        return OutputFormat()
    schema = clean_schema(conversation.output_schema, documented=quirks.plain_schemas)
    alone = not functions or quirks.structured_with_tools
    if alone and quirks.structured_output == "json_schema":
        return OutputFormat({"responseMimeType": _JSON, "responseJsonSchema": schema})
    losses.approximated(FIELD, "the server does not take this schema here; the model is asked to follow it")
    typed = alone and quirks.structured_output == "json_object"
    return OutputFormat(
        {"responseMimeType": _JSON} if typed else {}, as_instructions(schema), fenced=not typed
    )
