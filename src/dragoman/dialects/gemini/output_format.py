"""Structured output as a response schema, or as an instruction (spec/gemini.md section 11)."""

from typing import Any

import msgspec

from dragoman.dialects.gemini.schema import clean_schema
from dragoman.dialects.losses import Losses
from dragoman.dialects.quirks import Quirks
from dragoman.messages.request import Conversation
from dragoman.wire.jsonbytes import encode

_FIELD = "output_config.format"
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
    losses.approximated(_FIELD, "the server does not take this schema here; the model is asked to follow it")
    instructions = (
        "Answer with one JSON value that matches this JSON schema, and with nothing else:\n"
        + encode(schema).decode()
    )
    typed = alone and quirks.structured_output == "json_object"
    return OutputFormat({"responseMimeType": _JSON} if typed else {}, instructions, fenced=not typed)
