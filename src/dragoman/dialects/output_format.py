"""Structured output: a schema that the server holds the model to, or an instruction (spec/anthropic-messages.md section 3.4)."""

from collections.abc import Callable
from typing import Any

import msgspec

from dragoman.dialects.json_schema import Schema, clean, strict_ready
from dragoman.dialects.losses import Losses
from dragoman.dialects.quirks import Quirks
from dragoman.messages.request import Conversation
from dragoman.wire.jsonbytes import encode

FIELD = "output_config.format"

SaidFormat = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]
"""The body fields for `{"type": ...}` and for the name, schema and strictness, which are empty if only JSON is wanted."""


class OutputFormat(msgspec.Struct, frozen=True):
    fields: dict[str, Any] = {}
    instructions: str | None = None
    """For the end of the system prompt."""
    fenced: bool = False
    """The model may put a fence around its JSON."""


def write_output_format(
    conversation: Conversation, quirks: Quirks, losses: Losses, said: SaidFormat
) -> OutputFormat:
    """The format that the client asked for, as strictly as one of OpenAI's kind of servers and the schema allow.

    spec/openai-chat.md section 5, spec/openai-responses.md section 8.
    """
    if conversation.output_schema is None:
        return OutputFormat()
    schema = clean(conversation.output_schema, quirks)
    if quirks.structured_output == "json_schema":
        form = {"name": "response", "schema": schema, "strict": strict_ready(schema)}
        return OutputFormat(said({"type": "json_schema"}, form))
    losses.approximated(FIELD, "the server takes no schema; the model is asked to follow it")
    typed = quirks.structured_output == "json_object"
    fields = said({"type": "json_object"}, {}) if typed else {}
    return OutputFormat(fields, as_instructions(schema), fenced=not typed)


def as_instructions(schema: Schema) -> str:
    """What tells a model of a schema that nothing holds it to."""
    return (
        "Answer with one JSON value that matches this JSON schema, and with nothing else:\n"
        + encode(schema).decode()
    )
