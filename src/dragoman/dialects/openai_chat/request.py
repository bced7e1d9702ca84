"""Writes a Messages request as a Chat Completions request (spec/openai-chat.md section 1)."""

import math
from typing import Any

from dragoman.dialects.cache_markers import cache_markers
from dragoman.dialects.client_tools import with_client_tools
from dragoman.dialects.dialect import NOWHERE, Origin, Written
from dragoman.dialects.effort import output_limit
from dragoman.dialects.identity import identity_fields
from dragoman.dialects.losses import Losses
from dragoman.dialects.model_family import model_family
from dragoman.dialects.openai_chat.conversation import (
    ChatMessage,
    WrittenMessages,
    write_messages,
)
from dragoman.dialects.openai_chat.reasoning import DIALECT, write_effort
from dragoman.dialects.openai_chat.shapes import Reading
from dragoman.dialects.openai_chat.tools import write_tools
from dragoman.dialects.other_fields import judge_other_fields, refuse_prefill
from dragoman.dialects.output_format import write_output_format
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.sampling import sampling_fields
from dragoman.dialects.tool_names import tool_name_table
from dragoman.dialects.web_search_tool import SearchTool
from dragoman.messages.envelope import Seal
from dragoman.messages.errors import invalid_request
from dragoman.messages.estimate import MESSAGE_TOKENS, SCHEMA_WEIGHT, estimate_tokens, structure_tokens
from dragoman.messages.parse import parse_conversation
from dragoman.messages.request import Conversation, MessagesRequest
from dragoman.wire.jsonbytes import encode

PATH = "/chat/completions"

TOOLS_BEGIN = b',"tools":[{"type":"'

_MESSAGE_STRUCTURE = structure_tokens(b'{"role":"user","content":""},', MESSAGE_TOKENS + 1)
"""One token less than it weighs: words of few letters weigh too little."""
_CALL_STRUCTURE = structure_tokens(b'"tool_call_id":"",{"id":"","type":"function","function":},', 0)
"""Of a call and its result; their ids are left in the estimate, which errs upwards."""

LONGEST_UNSTREAMED = 4096
"""Output tokens up to which a client that wants no stream gets none from the upstream either: it is cheaper. A longer
answer is streamed and folded, because proxies on the way close connections that are silent for a minute."""

LARGEST_STOP_LIST = 4
"""Stop sequences that every server takes; the reader enforces them all anyway."""


def write_request(request: MessagesRequest, model: str, quirks: Quirks, origin: Origin = NOWHERE) -> Written:
    """The request for the upstream model `model`, streamed unless the answer can only be short.

    Raises ApiError for a prefilled answer, an empty conversation, and what `judge_other_fields` and `with_client_tools`
    refuse.
    """
    conversation = with_client_tools(parse_conversation(request))
    refuse_prefill(request, conversation)
    losses = Losses()
    seal = origin.seal(DIALECT, model_family(model))
    judge_other_fields(conversation.others, request.raw, losses)
    tools = write_tools(conversation, quirks, losses)
    output = write_output_format(conversation, quirks, losses, response_format)
    written = write_messages(
        conversation,
        model,
        quirks,
        losses,
        seal,
        markers=cache_markers(request) if quirks.cache_control else {},
        instructions=output.instructions,
        closing_note=tools.note,
    )
    if all(message["role"] == quirks.system_role for message in written.messages):
        raise invalid_request("messages: at least one message must have content")
    body: dict[str, Any] = {"model": model, "messages": written.messages}
    body |= tools.fields
    body |= output.fields
    streaming = (
        request.stream or request.max_tokens > LONGEST_UNSTREAMED or quirks.reasons or quirks.always_reasons
    )
    if streaming:
        body |= _stream_fields(quirks)
    limit = output_limit(request, conversation, quirks, losses)
    body[quirks.max_tokens_field] = limit
    body |= write_effort(conversation, quirks)
    body |= _sampling_fields(conversation, quirks, losses)
    prefix = _prefix(written.messages, tools.fields, conversation)
    body |= identity_fields(request, conversation, quirks, prefix)
    data = encode(body)
    return Written(
        PATH,
        data,
        losses=losses.as_tuple(),
        estimated_input_tokens=_estimate(body, data, written),
        empty_answer="max_tokens" if request.max_tokens == 0 and not request.counting else "",
        streaming=streaming,
        reading=_reading(
            request, conversation, quirks, limit, seal, fenced=output.fenced, search=tools.search
        ),
    )


def _estimate(body: dict[str, Any], data: bytes, written: WrittenMessages) -> int:
    """What the model reads of `data`, which is `body`: messages and tools, without the fields around them."""
    around = {name: value for name, value in body.items() if name not in ("messages", "tools")}
    tools_at = data.rfind(TOOLS_BEGIN)
    tools = data[tools_at:] if tools_at >= 0 else b""
    text = data[: len(data) - len(tools)]
    read = estimate_tokens(text, written.media_bytes) + estimate_tokens(tools) * SCHEMA_WEIGHT
    messages = written.messages
    results = sum(message["role"] == "tool" for message in messages)
    structure = len(messages) * _MESSAGE_STRUCTURE + results * _CALL_STRUCTURE
    unread = math.ceil(structure) + estimate_tokens(encode({"messages": [], **around}))
    return max(math.ceil(read) - unread, MESSAGE_TOKENS) + written.media_tokens


def response_format(kind: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    """A `SaidFormat`."""
    return {"response_format": kind | ({"json_schema": form} if form else {})}


def _stream_fields(quirks: Quirks) -> dict[str, Any]:
    fields: dict[str, Any] = {"stream": True}
    if quirks.stream_options:
        fields["stream_options"] = {"include_usage": True}
        if quirks.include_obfuscation:
            fields["stream_options"]["include_obfuscation"] = False
    return fields


def _reading(
    request: MessagesRequest,
    conversation: Conversation,
    quirks: Quirks,
    limit: int,
    seal: Seal,
    *,
    fenced: bool,
    search: SearchTool | None,
) -> Reading:
    choice = conversation.tool_choice
    return Reading(
        message_model=request.model,
        thinking=conversation.thinking_display,
        stop_sequences=tuple(stop for stop in conversation.stop_sequences if stop),
        single_tool_call=choice is not None and choice.disable_parallel_tool_use,
        tool_names=tool_name_table(conversation.tools, quirks.max_tool_name),
        visible_tokens=request.max_tokens if limit > request.max_tokens else None,
        think_tags=quirks.think_tags,
        fenced=fenced,
        seal=seal,
        search=search,
    )


def _sampling_fields(conversation: Conversation, quirks: Quirks, losses: Losses) -> dict[str, Any]:
    fields: dict[str, Any] = {**sampling_fields(conversation, quirks, losses)}
    if conversation.top_k is not None:
        if quirks.top_k:
            fields["top_k"] = conversation.top_k
        else:
            losses.dropped("top_k", "the server has no such field")
    if quirks.native_stop and conversation.stop_sequences:
        fields["stop"] = list(conversation.stop_sequences[:LARGEST_STOP_LIST])
    if conversation.speed == "fast":
        losses.dropped("speed", "the server has no fast mode")
    return fields


def _prefix(
    messages: list[ChatMessage], tool_fields: dict[str, Any], conversation: Conversation
) -> list[Any]:
    """The system prompt, the tools that are there from the first turn on, and the first user message."""
    first_user = next((n for n, message in enumerate(messages) if message["role"] == "user"), 0)
    eager = sum(not tool.defer_loading for tool in conversation.tools)
    return [messages[: first_user + 1], tool_fields.get("tools", [])[:eager]]
