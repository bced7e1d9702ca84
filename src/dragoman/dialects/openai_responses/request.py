"""Writes a Messages request as a Responses request (spec/openai-responses.md sections 2 and 14)."""

import math
from typing import Any

import msgspec

from dragoman.dialects.cache_markers import settled_markers
from dragoman.dialects.client_tools import with_client_tools
from dragoman.dialects.dialect import Origin, Written
from dragoman.dialects.effort import output_limit
from dragoman.dialects.identity import identity_fields
from dragoman.dialects.losses import Losses
from dragoman.dialects.model_family import model_family
from dragoman.dialects.openai_responses.assistant_items import AssistantWriter
from dragoman.dialects.openai_responses.input_items import InputWriter, WrittenInput
from dragoman.dialects.openai_responses.reasoning import DIALECT, thoughts_of, write_reasoning
from dragoman.dialects.openai_responses.shapes import Reading
from dragoman.dialects.openai_responses.tools import WrittenTools, write_tools
from dragoman.dialects.openai_responses.web_search import SOURCES
from dragoman.dialects.other_fields import judge_other_fields, refuse_prefill
from dragoman.dialects.output_format import write_output_format
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.sampling import sampling_fields
from dragoman.dialects.tool_names import tool_name_table
from dragoman.messages.envelope import EnvelopeOpener, Seal
from dragoman.messages.errors import invalid_request
from dragoman.messages.estimate import MESSAGE_TOKENS, SCHEMA_WEIGHT, estimate_tokens, structure_tokens
from dragoman.messages.parse import parse_conversation
from dragoman.messages.request import Conversation, MessagesRequest
from dragoman.wire.jsonbytes import encode, join_object

PATH = "/responses"
COUNT_PATH = "/responses/input_tokens"

_COUNTED = (
    "model",
    "instructions",
    "input",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning",
    "text",
)


def write_request(request: MessagesRequest, model: str, quirks: Quirks, origin: Origin) -> Written:
    """The request for the upstream model `model`: it keeps nothing upstream, and is streamed.

    Raises ApiError for a prefilled answer, an empty conversation, and what `judge_other_fields` and `with_client_tools`
    refuse.
    """
    conversation = with_client_tools(parse_conversation(request))
    refuse_prefill(request, conversation)
    losses = Losses()
    judge_other_fields(conversation.others, request.raw, losses)
    seal = origin.seal(DIALECT, model_family(model))
    tools = write_tools(conversation, quirks, losses)
    output = write_output_format(conversation, quirks, losses, text_format)
    instructions = [text for text in (tools.instructions, output.instructions) if text is not None]
    written = InputWriter(
        conversation,
        model,
        quirks,
        losses,
        AssistantWriter(quirks, losses, EnvelopeOpener(seal), origin.kept),
        tools.items,
        settled_markers(request) if quirks.cache_breakpoints else {},
    ).write("\n\n".join(instructions) or None, tools.note)
    if not any(_says_something(item) for item in written.items):
        raise invalid_request("messages: at least one message must have content")
    limit = output_limit(request, conversation, quirks, losses)
    values: dict[str, Any] = {"model": model, "store": False}
    values |= _stream_fields(quirks)
    values["max_output_tokens"] = limit
    values |= write_reasoning(conversation, quirks, searches=tools.search is not None)
    values |= _include(quirks, tools)
    values |= output.fields
    values |= _sampling_fields(conversation, quirks, losses)
    values |= identity_fields(request, conversation, quirks, _prefix(written, tools))
    values |= tools.fields
    values |= {} if written.instructions is None else {"instructions": written.instructions}
    values["input"] = written.items
    fields = {name: encode(value) for name, value in values.items()}
    return Written(
        PATH,
        join_object(fields),
        losses=losses.as_tuple(),
        estimated_input_tokens=_estimate(fields, written),
        empty_answer="max_tokens" if request.max_tokens == 0 and not request.counting else "",
        streaming=quirks.streaming,
        reading=_reading(request, conversation, quirks, limit, seal, tools, fenced=output.fenced),
    )


def write_count(request: MessagesRequest, model: str, quirks: Quirks, origin: Origin) -> Written:
    """The request for the exact count: what the model reads, translated as for a real call (section 14)."""
    written = write_request(request, model, quirks, origin)
    whole = _BODY.decode(written.body)
    counted = {name: whole[name] for name in _COUNTED if name in whole}
    return Written(COUNT_PATH, join_object(counted), streaming=False)


_MESSAGE_STRUCTURE = structure_tokens(b'{"type":"message","role":"user","content":""},', MESSAGE_TOKENS)
_PART_STRUCTURE = structure_tokens(b'{"type":"input_text","text":""},', 1)
_BREAKPOINT_STRUCTURE = structure_tokens(b',"prompt_cache_breakpoint":{"mode":"explicit"}', 0)
_PHASE_STRUCTURE = structure_tokens(b',"phase":"final_answer"', 0)
_CALL_STRUCTURE = structure_tokens(
    b'{"type":"function_call","call_id":"","name":,"arguments":},{"type":"function_call_output","call_id":"","output":""},',
    2 * MESSAGE_TOKENS,
)
"""What of the JSON around items no model reads. The ids of calls are left in the estimate, which errs upwards."""

_BODY = msgspec.json.Decoder(dict[str, msgspec.Raw])


def _says_something(item: dict[str, Any]) -> bool:
    return item.get("role") not in ("developer", "system")


def _prefix(written: WrittenInput, tools: WrittenTools) -> list[Any]:
    """What stays the same for the whole conversation."""
    eager = [tool for tool in tools.fields.get("tools", ()) if tool["type"] == "function"]
    return [written.instructions, written.items[: written.first_turn], eager]


def text_format(kind: dict[str, Any], form: dict[str, Any]) -> dict[str, Any]:
    """A `SaidFormat`."""
    return {"text": {"format": kind | form}}


def _stream_fields(quirks: Quirks) -> dict[str, Any]:
    fields = {"truncation": "disabled"} if quirks.truncation else {}
    if not quirks.streaming:
        return {**fields, "stream": False}
    options = {"stream_options": {"include_obfuscation": False}} if quirks.include_obfuscation else {}
    return {**fields, "stream": True, **options}


def _include(quirks: Quirks, tools: WrittenTools) -> dict[str, Any]:
    wanted = ["reasoning.encrypted_content"] if quirks.encrypted_reasoning else []
    if tools.search is not None:
        wanted.append(SOURCES)
    return {"include": wanted} if wanted else {}


def _sampling_fields(conversation: Conversation, quirks: Quirks, losses: Losses) -> dict[str, Any]:
    fields: dict[str, Any] = {**sampling_fields(conversation, quirks, losses)}
    if conversation.top_k is not None:
        losses.dropped("top_k", "the server has no such field")
    if conversation.service_tier == "standard_only" and quirks.service_tiers:
        fields["service_tier"] = "default"
    if conversation.speed == "fast":
        losses.dropped("speed", "the server has no fast mode")
    return fields


def _estimate(fields: dict[str, bytes], written: WrittenInput) -> int:
    """What the model reads: input, instructions and tools."""
    text = b"".join([fields[name] for name in ("instructions", "input") if name in fields])
    read = estimate_tokens(text, written.media_bytes)
    read += estimate_tokens(fields.get("tools", b"")) * SCHEMA_WEIGHT
    return max(math.ceil(read - _structure(written.items)), MESSAGE_TOKENS) + written.media_tokens


def _structure(items: list[dict[str, Any]]) -> float:
    weight = 0.0
    for item in items:
        if item["type"] == "message":
            weight += _MESSAGE_STRUCTURE + ("phase" in item) * _PHASE_STRUCTURE
            parts = item["content"]
            for part in () if isinstance(parts, str) else parts:
                weight += _PART_STRUCTURE + ("prompt_cache_breakpoint" in part) * _BREAKPOINT_STRUCTURE
        elif item["type"] == "function_call":
            weight += _CALL_STRUCTURE
    return weight


def _reading(
    request: MessagesRequest,
    conversation: Conversation,
    quirks: Quirks,
    limit: int,
    seal: Seal,
    tools: WrittenTools,
    *,
    fenced: bool,
) -> Reading:
    choice = conversation.tool_choice
    return Reading(
        message_model=request.model,
        thoughts=thoughts_of(conversation),
        stop_sequences=tuple(stop for stop in conversation.stop_sequences if stop),
        single_tool_call=choice is not None and choice.disable_parallel_tool_use,
        tool_names=tool_name_table(conversation.tools, quirks.max_tool_name),
        visible_tokens=request.max_tokens if limit > request.max_tokens else None,
        fenced=fenced,
        seal=seal,
        search=tools.search,
    )
