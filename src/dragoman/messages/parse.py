"""Bytes from a client to a MessagesRequest, and from there to a Conversation.

A wrong request is a 400 whose message begins with the JSON path, worded like the real API's. Unknown fields and
block types are kept; only what no backend could make sense of is refused (spec/anthropic-messages.md section 12).
"""

from typing import Any, cast

from dragoman.messages.blocks import Text
from dragoman.messages.errors import invalid_request
from dragoman.messages.fields import (
    Fields,
    Malformed,
    as_object,
    inside,
    optional_flag,
    optional_integer,
    optional_list,
    optional_number,
    optional_object,
    optional_text,
    required_object,
    required_text,
)
from dragoman.messages.parse_blocks import parse_content
from dragoman.messages.parse_tools import parse_tool_choice, parse_tools
from dragoman.messages.request import Conversation, Message, MessagesRequest, Thinking
from dragoman.wire.exchange import Headers
from dragoman.wire.jsonbytes import JsonError, decode_repaired

MAX_MESSAGES = 100_000
MAX_TOOLS = 2_000
MAX_MODEL_LENGTH = 256
MAX_OUTPUT_TOKENS = 2**31 - 1
"""In any request; what a model can really give is the dialect's to clamp."""

LEAST_THINKING_BUDGET = 1024

_ROLES = frozenset({"user", "assistant", "system"})
_PLACED = frozenset(
    {
        *("model", "max_tokens", "messages", "stream", "system", "tools", "tool_choice", "thinking"),
        *("output_config", "output_format", "stop_sequences", "temperature", "top_p", "top_k", "metadata"),
        *("service_tier", "speed"),
    }
)
_PLACED_IN_OUTPUT = frozenset({"effort", "format"})


def parse_request(body: bytes, headers: Headers, *, counting: bool = False) -> MessagesRequest:
    """What routing needs to know of a request. Raises ApiError 400 that names the field."""
    try:
        value, text = decode_repaired(body)
    except JsonError as error:
        raise invalid_request(f"The request body is not valid JSON: {error}") from None
    if type(value) is not dict:
        raise invalid_request("The request body is not valid: Input should be an object")
    raw = cast("Fields", value)
    try:
        model = _model(raw)
        max_tokens = 0 if counting else _max_tokens(raw)
        _check_messages(raw)
        if len(optional_list(raw, "tools") or ()) > MAX_TOOLS:
            raise Malformed("tools", f"List should have at most {MAX_TOOLS} items")
        stream = optional_flag(raw, "stream") or False
    except Malformed as malformed:
        raise invalid_request(str(malformed)) from None
    return MessagesRequest(
        model=model,
        stream=stream and not counting,
        max_tokens=max_tokens,
        raw=raw,
        body=text,
        headers=headers,
        counting=counting,
    )


def parse_conversation(request: MessagesRequest) -> Conversation:
    """The typed view of a request from `parse_request`. Raises ApiError 400 that names the field."""
    try:
        return _conversation(request.raw)
    except Malformed as malformed:
        raise invalid_request(str(malformed)) from None


def _conversation(raw: Fields) -> Conversation:
    system, not_text = _system(raw)
    tools = parse_tools(raw)
    effort, schema, in_output = _output(raw)
    return Conversation(
        system=system,
        messages=_messages(raw),
        tools=tools,
        tool_choice=parse_tool_choice(raw, tools),
        thinking=_thinking(raw),
        effort=effort,
        output_schema=schema,
        stop_sequences=_stop_sequences(raw),
        temperature=optional_number(raw, "temperature"),
        top_p=optional_number(raw, "top_p"),
        top_k=optional_integer(raw, "top_k"),
        user_id=_user_id(raw),
        service_tier=optional_text(raw, "service_tier"),
        speed=optional_text(raw, "speed"),
        others=(
            *(name for name, value in raw.items() if name not in _PLACED and value is not None),
            *in_output,
            *not_text,
        ),
    )


def _model(raw: Fields) -> str:
    model = required_text(raw, "model")
    if not model.strip():
        raise Malformed("model", "String should have at least 1 character")
    if len(model) > MAX_MODEL_LENGTH:
        raise Malformed("model", f"String should have at most {MAX_MODEL_LENGTH} characters")
    if ".." in model or not model.isprintable():
        raise Malformed("model", "String should have no `..` and no control characters")
    return model


def _max_tokens(raw: Fields) -> int:
    limit = optional_integer(raw, "max_tokens")
    if limit is None:
        raise Malformed("max_tokens", "Field required")
    if limit < 0:
        raise Malformed("max_tokens", "Input should be greater than or equal to 0")
    if limit > MAX_OUTPUT_TOKENS:
        raise Malformed("max_tokens", f"Input should be less than or equal to {MAX_OUTPUT_TOKENS}")
    return limit


def _check_messages(raw: Fields) -> None:
    messages = optional_list(raw, "messages")
    if messages is None:
        raise Malformed("messages", "Field required")
    if not messages:
        raise Malformed("messages", "at least one message is required")
    if len(messages) > MAX_MESSAGES:
        raise Malformed("messages", f"List should have at most {MAX_MESSAGES} items")
    for index, message in enumerate(messages):
        try:
            _check_message(as_object(message))
        except Malformed as malformed:
            raise malformed.under(f"messages.{index}") from None


def _check_message(message: Fields) -> None:
    role = required_text(message, "role")
    content = message.get("content")
    if type(content) is list or type(content) is str:
        return
    if content is not None:
        raise Malformed("content", "Input should be a valid string or list")
    # A system message may only change the effort (section 3.3).
    if role != "system" or message.get("output_config") is None:
        raise Malformed("content", "Field required")


def _system(raw: Fields) -> tuple[tuple[Text, ...], list[str]]:
    """The text of `system`, and the paths of blocks that are no text."""
    content: Any = raw.get("system")
    if content is None or content == "":
        return (), []
    texts: list[Text] = []
    others: list[str] = []
    with inside("system"):
        for index, block in enumerate(parse_content(content)):
            if isinstance(block, Text):
                texts.append(block)
            else:
                others.append(f"system.{index}")
    return tuple(texts), others


def _messages(raw: Fields) -> tuple[Message, ...]:
    messages: list[Message] = []
    for index, message in enumerate(cast("list[Fields]", raw["messages"])):
        try:
            messages.append(_message(message))
        except Malformed as malformed:
            raise malformed.under(f"messages.{index}") from None
    return tuple(messages)


def _message(message: Fields) -> Message:
    role: str = message["role"]
    try:
        content = parse_content(message.get("content"))
    except Malformed as malformed:
        raise malformed.under("content") from None
    if role == "system":
        output = optional_object(message, "output_config") or {}
        with inside("output_config"):
            effort = optional_text(output, "effort")
        return Message(role, content, effort, optional_text(message, "clear_at"))
    if role not in _ROLES:
        raise Malformed("role", "Input should be 'user', 'assistant' or 'system'")
    return Message(role, content)


def _thinking(raw: Fields) -> Thinking | None:
    fields = optional_object(raw, "thinking")
    if fields is None:
        return None
    with inside("thinking"):
        kind = required_text(fields, "type")
        # Some clients send a stray budget beside another type (section 3.4).
        budget = optional_integer(fields, "budget_tokens") if kind == "enabled" else None
        if budget is not None and budget < LEAST_THINKING_BUDGET:
            raise Malformed(
                "enabled.budget_tokens", f"Input should be greater than or equal to {LEAST_THINKING_BUDGET}"
            )
        return Thinking(kind, budget, optional_text(fields, "display"))


def _output(raw: Fields) -> tuple[str | None, Fields | None, list[str]]:
    """Effort, schema, and the paths of fields of `output_config` that are neither."""
    output = optional_object(raw, "output_config") or {}
    with inside("output_config"):
        effort = optional_text(output, "effort")
        schema = _schema(output, "format")
    if schema is None:
        schema = _schema(raw, "output_format")
    others = [f"output_config.{name}" for name in output if name not in _PLACED_IN_OUTPUT]
    return effort, schema, others


def _schema(holder: Fields, name: str) -> Fields | None:
    wanted = optional_object(holder, name)
    if wanted is None or wanted.get("type") != "json_schema":
        return None
    with inside(name):
        return required_object(wanted, "schema")


def _stop_sequences(raw: Fields) -> tuple[str, ...]:
    stops = optional_list(raw, "stop_sequences") or []
    for index, stop in enumerate(stops):
        if type(stop) is not str:
            raise Malformed(f"stop_sequences.{index}", "Input should be a valid string")
    return tuple(cast("list[str]", stops))


def _user_id(raw: Fields) -> str | None:
    metadata = optional_object(raw, "metadata")
    if metadata is None:
        return None
    with inside("metadata"):
        return optional_text(metadata, "user_id")
