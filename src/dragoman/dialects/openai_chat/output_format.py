"""Structured output as `response_format`, or as an instruction (spec/openai-chat.md section 5)."""

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
        form = {"name": "response", "schema": schema, "strict": strict_ready(schema)}
        return OutputFormat({"response_format": {"type": "json_schema", "json_schema": form}})
    instructions = (
        "Answer with one JSON value that matches this JSON schema, and with nothing else:\n"
        + encode(schema).decode()
    )
    losses.approximated(_FIELD, "the server takes no schema; the model is asked to follow it")
    if quirks.structured_output == "json_object":
        return OutputFormat({"response_format": {"type": "json_object"}}, instructions)
    return OutputFormat({}, instructions)
