"""Writes a Messages request as generateContent (spec/gemini.md sections 1, 2 and 13)."""

import math
from typing import Any, cast

import msgspec

from dragoman.dialects.client_tools import with_client_tools
from dragoman.dialects.dialect import Origin, Written
from dragoman.dialects.gemini.contents import write_contents
from dragoman.dialects.gemini.output_format import OutputFormat, write_output_format
from dragoman.dialects.gemini.shapes import Reading
from dragoman.dialects.gemini.signatures import DIALECT, model_family
from dragoman.dialects.gemini.thinking import ThinkingPlan, plan_thinking
from dragoman.dialects.gemini.tools import NAME, WrittenTools, write_tools
from dragoman.dialects.history import system_blocks
from dragoman.dialects.losses import Losses
from dragoman.dialects.model_segment import model_segment
from dragoman.dialects.other_fields import judge_other_fields
from dragoman.dialects.quirks import Quirks
from dragoman.dialects.sampling import sampling_fields
from dragoman.dialects.tool_names import tool_name_table
from dragoman.messages.estimate import MESSAGE_TOKENS, SCHEMA_WEIGHT, estimate_tokens, structure_tokens
from dragoman.messages.parse import parse_conversation
from dragoman.messages.request import Conversation, MessagesRequest
from dragoman.wire.jsonbytes import decode, encode, join_object

MOST_STOP_SEQUENCES = 5

SAFETY = [
    {"category": f"HARM_CATEGORY_{category}", "threshold": "OFF"}
    for category in ("HARASSMENT", "HATE_SPEECH", "SEXUALLY_EXPLICIT", "DANGEROUS_CONTENT")
]
"""Code and security texts trip the defaults (section 14)."""

_SAMPLING = {"temperature": "temperature", "top_p": "topP"}
_TURN_STRUCTURE = structure_tokens(b'{"role":"user","parts":[{"text":""}]},', MESSAGE_TOKENS + 1)
"""One token less than it weighs: words of few letters weigh too little."""
_COUNTED = ("contents", "systemInstruction", "tools")
_RESOURCES = ("models/", "tunedModels/")


def write_request(
    request: MessagesRequest, model: str, quirks: Quirks, origin: Origin, *, filtered: bool = False
) -> Written:
    """The request for the upstream model `model`, always streamed. `filtered`: Google's safety filters stay on.

    Raises ApiError for an empty conversation, too many tools, and what `judge_other_fields` and `with_client_tools`
    refuse.
    """
    conversation = with_client_tools(parse_conversation(request))
    losses = Losses()
    judge_other_fields(conversation.others, request.raw, losses)
    tools = write_tools(conversation, quirks, losses)
    functions = "toolConfig" in tools.fields
    output = write_output_format(conversation, quirks, losses, functions=functions)
    searches = bool(tools.built_in or tools.side_tools)
    written = write_contents(conversation, model, quirks, origin, losses, searches=searches)
    limit = _output_limit(request, quirks, losses)
    thinking = plan_thinking(request, conversation, limit, quirks)
    config = _generation_config(conversation, quirks, losses, limit + thinking.head_room)
    if thinking.config:
        config["thinkingConfig"] = thinking.config
    config |= output.config
    values: dict[str, Any] = {}
    if system := _system(conversation, tools, output.instructions):
        values["systemInstruction"] = {"parts": [{"text": text} for text in system]}
    values |= tools.fields
    if not filtered:
        values["safetySettings"] = SAFETY
    values |= {"generationConfig": config, "contents": written.contents}
    fields = {name: msgspec.Raw(encode(value)) for name, value in values.items()}
    path = f"/{_resource(model)}:streamGenerateContent?alt=sse"
    return Written(
        path,
        join_object(fields),
        losses=losses.as_tuple(),
        estimated_input_tokens=_estimate(
            fields, len(written.contents), written.media_bytes, written.media_tokens
        ),
        empty_answer="max_tokens" if request.max_tokens == 0 and not request.counting else "",
        reading=_reading(request, conversation, model, quirks, origin, tools, thinking, output, path, fields),
    )


def write_count(request: MessagesRequest, model: str, quirks: Quirks, origin: Origin) -> Written:
    """The request for countTokens: as it is on Vertex AI, wrapped on AI Studio (section 13)."""
    reading = write_request(request, model, quirks, origin).reading
    assert isinstance(reading, Reading)
    fields = {name: reading.fields[name] for name in _COUNTED if name in reading.fields}
    if reading.searches and "toolConfig" in reading.fields:
        # Both kinds of tools stand together only with a `toolConfig`, and Google's own weigh nothing.
        functions = cast("list[Any]", decode(bytes(reading.fields["tools"])))[:1]
        fields["tools"] = msgspec.Raw(encode(functions))
    resource = _resource(model)
    if quirks.flat_count:
        body = join_object(fields)
    else:
        named = {"model": msgspec.Raw(encode(resource)), **fields}
        body = join_object({"generateContentRequest": msgspec.Raw(join_object(named))})
    return Written(f"/{resource}:countTokens", body, streaming=False)


def _resource(model: str) -> str:
    """`models/x` for an id with or without it."""
    kind = next((prefix for prefix in _RESOURCES if model.startswith(prefix)), "models/")
    return kind + model_segment(model.removeprefix(kind))


def _system(conversation: Conversation, tools: WrittenTools, instructions: str | None) -> list[str]:
    texts = [block.text for block in system_blocks(conversation)]
    if tools.domains is not None and tools.domains.allowed:
        sites = " OR ".join(f"site:{domain}" for domain in tools.domains.allowed)
        texts.append(f"When you search the web, search only there: {sites}")
    return texts if instructions is None else [*texts, instructions]


def _output_limit(request: MessagesRequest, quirks: Quirks, losses: Losses) -> int:
    limit = quirks.max_output_tokens
    if limit is None or request.max_tokens <= limit:
        return max(request.max_tokens, 1)
    losses.approximated("max_tokens", f"the model writes at most {limit} tokens")
    return limit


def _generation_config(
    conversation: Conversation, quirks: Quirks, losses: Losses, limit: int
) -> dict[str, Any]:
    config: dict[str, Any] = {"maxOutputTokens": limit}
    for name, value in sampling_fields(conversation, quirks, losses).items():
        config[_SAMPLING[name]] = value
    if conversation.top_k is not None:
        if quirks.top_k and quirks.sampling:
            config["topK"] = conversation.top_k
        else:
            losses.dropped("top_k", "the model samples by its own rules")
    if stops := _stops(conversation):
        config["stopSequences"] = list(stops[:MOST_STOP_SEQUENCES])
    if conversation.speed == "fast":
        losses.dropped("speed", "the server has no fast mode")
    return config


def _stops(conversation: Conversation) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stop for stop in conversation.stop_sequences if stop))


def _estimate(fields: dict[str, msgspec.Raw], turns: int, media_bytes: int, media_tokens: int) -> int:
    """What the model reads: contents, system prompt and tools."""
    text = b"".join([fields[name] for name in ("systemInstruction", "contents") if name in fields])
    tools = bytes(fields["tools"]) if "tools" in fields else b""
    read = estimate_tokens(text, media_bytes) + estimate_tokens(tools) * SCHEMA_WEIGHT
    structure = (turns + ("systemInstruction" in fields)) * _TURN_STRUCTURE
    return max(math.ceil(read - structure), MESSAGE_TOKENS) + media_tokens


def _reading(
    request: MessagesRequest,
    conversation: Conversation,
    model: str,
    quirks: Quirks,
    origin: Origin,
    tools: WrittenTools,
    thinking: ThinkingPlan,
    output: OutputFormat,
    path: str,
    fields: dict[str, msgspec.Raw],
) -> Reading:
    choice = conversation.tool_choice
    return Reading(
        message_model=request.model,
        path=path,
        fields=fields,
        seal=origin.seal(DIALECT, model_family(model)),
        signs=quirks.thought_signatures != "never",
        thinking=conversation.thinking_display,
        stop_sequences=_stops(conversation)[MOST_STOP_SEQUENCES:],
        single_tool_call=choice is not None and choice.disable_parallel_tool_use,
        tool_names=tool_name_table(conversation.tools, 64, NAME),
        max_tokens=request.max_tokens,
        visible_tokens=thinking.visible_tokens,
        fenced=output.fenced,
        context_window=quirks.context_window,
        searches=bool(tools.built_in),
        holds_text=bool(tools.built_in) and (tools.forced or not request.stream),
        domains=tools.domains,
        side_tools=tools.side_tools,
        most_side_calls=tools.most_side_calls,
        excludes_domains=quirks.exclude_domains,
    )
