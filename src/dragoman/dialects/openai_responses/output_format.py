"""Structured output as `text.format`, or as an instruction (spec/openai-responses.md section 8)."""

from typing import Any

import msgspec

from dragoman.dialects.json_schema import clean, strict_ready
from dragoman.dialects.losses import Losses
from dragoman.dialects.quirks import Quirks
from dragoman.messages.request import Conversation
from dragoman.wire.jsonbytes import encode

_FIELD = "output_config.format"


class OutputFormat(msgspec.Struct, frozen=True):
    fields: dict[str, Any] = {}
    instructions: str | None = None
    """For the end of the system prompt."""


def write_output_format(conversation: Conversation, quirks: Quirks, losses: Losses) -> OutputFormat:
    """The format that the client asked for, as strictly as the server and the schema allow."""
    if conversation.output_schema is None:
        return OutputFormat()
    schema = clean(conversation.output_schema, quirks)
    if quirks.structured_output == "json_schema":
        form = {"type": "json_schema", "name": "response", "schema": schema, "strict": strict_ready(schema)}
        return OutputFormat({"text": {"format": form}})
    losses.approximated(_FIELD, "the server takes no schema; the model is asked to follow it")
    instructions = (
        "Answer with one JSON value that matches this JSON schema, and with nothing else:\n"
        + encode(schema).decode()
    )
    fields = (
        {"text": {"format": {"type": "json_object"}}} if quirks.structured_output == "json_object" else {}
    )
    return OutputFormat(fields, instructions)
