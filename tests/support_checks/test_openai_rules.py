"""Each thing that Chat Completions refuses is refused once, in its words; what is right goes through."""

import json
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from tests.support.changed_body import changed_body
from tests.support.openai_flavor import (
    COMPATIBLE,
    DEEPSEEK,
    GROQ,
    LLAMA_CPP,
    MISTRAL,
    OPENAI,
    OPENROUTER,
    VLLM,
    Flavor,
)
from tests.support.openai_refusal import Refused
from tests.support.openai_rules import check_request
from tests.support.openai_types import check_with_openai_types
from tests.support.strategies import PIXEL

SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
STRICT = SCHEMA | {"additionalProperties": False}
RIGHT: dict[str, Any] = {
    "model": "gpt-5.2",
    "max_completion_tokens": 4096,
    "stream": True,
    "stream_options": {"include_usage": True, "include_obfuscation": False},
    "reasoning_effort": "low",
    "prompt_cache_key": "k" * 64,
    "safety_identifier": "s" * 64,
    "tool_choice": {"type": "function", "function": {"name": "Read"}},
    "parallel_tool_calls": False,
    "tools": [{"type": "function", "function": {"name": "Read", "description": "d", "parameters": SCHEMA}}],
    "response_format": {
        "type": "json_schema",
        "json_schema": {"name": "r", "schema": STRICT, "strict": True},
    },
    "messages": [
        {"role": "developer", "content": "Be kind."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Look"},
                {
                    "type": "image_url",
                    "image_url": {"url": f"data:image/png;base64,{PIXEL}", "detail": "auto"},
                },
                {
                    "type": "file",
                    "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"},
                },
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_a", "type": "function", "function": {"name": "Read", "arguments": "{}"}},
                {
                    "id": "call_b",
                    "type": "function",
                    "function": {"name": "Read", "arguments": '{"path":"x"}'},
                },
            ],
        },
        {"role": "tool", "tool_call_id": "call_b", "content": [{"type": "text", "text": "b"}]},
        {"role": "tool", "tool_call_id": "call_a", "content": ""},
        {"role": "system", "content": "Now hurry."},
        {"role": "user", "content": "Go on."},
    ],
}
PLAIN: dict[str, Any] = {"model": "gpt-5.2", "messages": [{"role": "user", "content": "x"}]}
changed = partial(changed_body, RIGHT)


def refusal(body: Any, flavor: Flavor = OPENAI) -> Refused:
    with pytest.raises(Refused) as caught:
        check_request(body, flavor)
    return caught.value


def test_right_request_goes_through() -> None:
    check_request(RIGHT, OPENAI)
    check_with_openai_types(RIGHT)


@pytest.mark.parametrize(
    ("body", "words", "code"),
    [
        ([], "could not parse the JSON body", None),
        (changed("model", None), "you must provide a model parameter", None),
        (changed("messages", []), "Invalid 'messages': empty array", "empty_array"),
        (changed("messages", None), "Missing required parameter: 'messages'.", "missing_required_parameter"),
        (changed("top_k", 3), "Unknown parameter: 'top_k'.", "unknown_parameter"),
        (changed("messages.1.cache_control", {}), "Unknown parameter: 'messages[1].cache_control'.", "unknown_parameter"),
        (
            changed("messages.1.content.0.cache_control", {}),
            "Unknown parameter: 'messages[1].content[0].cache_control'.",
            "unknown_parameter",
        ),
        (changed("messages.3.is_error", True), "Unknown parameter: 'messages[3].is_error'.", "unknown_parameter"),
        (changed("messages.2.reasoning_content", ""), "Unknown parameter: 'messages[2].reasoning_content'.", "unknown_parameter"),
        (changed("messages.2.tool_calls.0.signature", ""), "Unknown parameter: 'messages[2].tool_calls[0].signature'.", "unknown_parameter"),
        (changed("tools.0.defer_loading", True), "Unknown parameter: 'tools[0].defer_loading'.", "unknown_parameter"),
        (changed("tools.0.function.input_schema", {}), "Unknown parameter: 'tools[0].function.input_schema'.", "unknown_parameter"),
        (changed("messages.1.role", "human"), "Invalid value: 'human'. Supported values are: 'developer', 'system'", "invalid_value"),
        (changed("messages.1.content", None), "Missing required parameter: 'messages[1].content'.", "missing_required_parameter"),
        (changed("messages.1.content", []), "Invalid 'messages[1].content': empty array", "empty_array"),
        (changed("messages.2.tool_calls", None), "Invalid value for 'content': expected a string, got null.", None),
        (changed("messages.2.tool_calls", []), "Invalid value for 'content': expected a string, got null.", None),
        (
            changed("messages.3.content", [{"type": "image_url", "image_url": {"url": "https://a/b.png"}}]),
            "Invalid value: 'image_url'. Supported values are: 'text'.",
            "invalid_value",
        ),
        (changed("messages.1.content.1.image_url.url", "file:///x"), "without the 'data:' scheme", "invalid_value"),
        (changed("messages.1.content.1.image_url.url", "data:image/bmp;base64,aaaa"), "unsupported MIME type 'image/bmp'", "invalid_value"),
        (changed("messages.1.content.1.image_url.url", "data:image/png;base64,a b"), "a value with invalid base64", "invalid_base64"),
        (changed("messages.1.content.2.file.file_data", "JVBE"), "application/pdf MIME type", "invalid_value"),
        (changed("messages.1.content.2.file.filename", None), "Missing required parameter", "missing_required_parameter"),
        (changed("messages.2.tool_calls.0.function.arguments", {}), "expected a string, but got an object instead.", "invalid_type"),
        (changed("messages.2.tool_calls.0.function.arguments", "{"), "expected a string of a valid JSON object", "invalid_value"),
        (changed("messages.2.tool_calls.0.function.arguments", "[]"), "expected a string of a valid JSON object", "invalid_value"),
        (changed("messages.2.tool_calls.0.id", "c" * 41), "string too long. Expected a string with maximum length 40, but got a string with length 41", "string_above_max_length"),
        (changed("messages.2.tool_calls.0.id", ""), "empty string", "empty_string"),
        (changed("messages.2.tool_calls.0.id", "call_b"), "Duplicate value for 'tool_call_id' of 'call_b'", None),
        (changed("messages.4.tool_call_id", "call_b"), "Duplicate value for 'tool_call_id' of 'call_b', in messages[3] and messages[4].", None),
        (changed("messages.4.tool_call_id", "call_x"), "'tool_call_id' of 'call_x' not found", None),
        (changed("messages.4", {"role": "user", "content": "x"}), "did not have response messages: call_a", None),
        (changed("messages.6", {"role": "tool", "tool_call_id": "call_a", "content": "x"}), "must be a response to a preceeding message with 'tool_calls'", None),
        (changed("tools.0.function.name", "a.b"), "string does not match pattern", "invalid_value"),
        (changed("tools.0.function.name", "a" * 65), "maximum length 64, but got a string with length 65", "string_above_max_length"),
        (changed("tools.0.function.parameters", {"type": "object"}), "In context=(), object schema missing properties.", "invalid_function_parameters"),
        (changed("tools.0.function.parameters", {}), "schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'.", "invalid_function_parameters"),
        (changed("tools.0.function.parameters.properties.path", {"type": "array"}), "In context=('properties', 'path'), array schema missing items.", "invalid_function_parameters"),
        (changed("tools.0.function.strict", True), "'additionalProperties' is required to be supplied and to be false", "invalid_function_parameters"),
        (changed("tools", RIGHT["tools"] * 2), "'Read' is given twice", None),
        (changed("tools", RIGHT["tools"] * 129), "array too long. Expected an array with maximum length 128, but got an array with length 129", "array_above_max_length"),
        (changed("tools", []), "Invalid 'tools': empty array", "empty_array"),
        (changed("tools", None), "'tool_choice' is only allowed when 'tools' are specified.", None),
        ({**PLAIN, "parallel_tool_calls": True}, "'parallel_tool_calls' is only allowed when 'tools' are specified.", None),
        ({**PLAIN, "messages": [{"role": "user", "content": None}]}, "Invalid value for 'content': expected a string, got null.", None),
        ({**PLAIN, "messages": [{"role": "assistant", "content": "x", "tool_calls": []}]}, "Invalid 'messages[0].tool_calls': empty array", "empty_array"),
        (changed("tool_choice.function.name", "Write"), "no function named 'Write'", None),
        (changed("stream", False), "'stream_options' parameter is only allowed when 'stream' is enabled", None),
        (changed("response_format.json_schema.schema", SCHEMA), "'additionalProperties' is required to be supplied and to be false", None),
        (changed("response_format.json_schema.schema.required", []), "Missing 'path'.", None),
        (changed("response_format.json_schema.schema.properties.path", {"not": {}}), "'not' is not permitted", None),
        (changed("response_format.json_schema.schema.type", "array"), "got 'type: \"array\"'", None),
        (changed("response_format.json_schema.name", "a b"), "does not match pattern", "invalid_value"),
        (changed("safety_identifier", "s" * 65), "Invalid 'safety_identifier': string too long", "string_above_max_length"),
        (changed("prompt_cache_key", "s" * 65), "Invalid 'prompt_cache_key': string too long", "string_above_max_length"),
        (changed("max_completion_tokens", 0), "integer below minimum value", "integer_below_min_value"),
        (changed("max_completion_tokens", 128_001), "max_completion_tokens is too large: 128001", "invalid_value"),
        (changed("max_tokens", 10), "'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "unsupported_parameter"),
        (changed("stop", ["x"]), "'stop' is not supported with this model", "unsupported_parameter"),
        (changed("stop", list("abcde")), "Invalid 'stop': array too long", "array_above_max_length"),
        (changed("temperature", 0.5), "'temperature' does not support 0.5 with this model. Only the default (1) value is supported.", "unsupported_value"),
        (changed("temperature", 3), "Invalid 'temperature'", "decimal_above_max_value"),
        (changed("top_p", 0.5), "'top_p' does not support 0.5", "unsupported_value"),
        (changed("reasoning_effort", "max"), "Supported values are: 'none', 'low', 'medium', 'high', 'xhigh'.", "unsupported_value"),
        (changed("reasoning_effort", "huge"), "Invalid value: 'huge'", "invalid_value"),
    ],
)  # fmt: skip
def test_openai_refuses_in_its_words(body: Any, words: str, code: str | None) -> None:
    refused = refusal(body)
    assert words in refused.message
    assert refused.code == code
    assert refused.status == 400


TOOLS_AND_REASONING = (
    "Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions."
    " To use function tools, use /v1/responses or set reasoning_effort to 'none'."
)


@pytest.mark.parametrize(
    ("model", "effort", "refused"),
    [
        ("gpt-5.2", "high", False),
        ("gpt-5.4", "low", True),
        ("gpt-5.4", None, False),
        ("gpt-5.4", "none", False),
        ("gpt-5.6-terra", None, True),
        ("gpt-5.6-terra", "none", False),
        ("gpt-6-sol", None, True),
    ],
)
def test_function_tools_with_reasoning_need_the_responses_api(
    model: str, effort: str | None, refused: bool
) -> None:
    body = changed("model", model) | {"reasoning_effort": effort}
    if not refused:
        check_request(body, OPENAI)
        return
    found = refusal(body)
    assert found.message == TOOLS_AND_REASONING.format(model=model)
    assert (found.param, found.code) == ("reasoning_effort", None)


@pytest.mark.parametrize(
    ("model", "fields", "words"),
    [
        ("gpt-4.1", {"reasoning_effort": "low"}, "'reasoning_effort' is not supported with this model"),
        ("gpt-4.1", {"max_tokens": 40_000}, "This model supports at most 32768 completion tokens"),
        ("gpt-4o", {"max_tokens": 1, "max_completion_tokens": 1}, "at the same time is not supported"),
        ("o3", {"parallel_tool_calls": True}, "'parallel_tool_calls' is not supported with this model"),
        ("gpt-5", {"reasoning_effort": "none"}, "Supported values are: 'minimal', 'low', 'medium', 'high'."),
        (
            "gpt-5.1",
            {"reasoning_effort": "minimal"},
            "Supported values are: 'none', 'low', 'medium', 'high'.",
        ),
        (
            "gpt-6-astra",
            {"reasoning_effort": "none"},
            "Supported values are: 'low', 'medium', 'high', 'xhigh'.",
        ),
        ("gpt-6-sol", {"temperature": 1}, "Unsupported parameter: 'temperature'"),
    ],
)
def test_model_has_its_own_rules(model: str, fields: dict[str, Any], words: str) -> None:
    body = {"model": model, "messages": [{"role": "user", "content": "x"}]}
    if "parallel_tool_calls" in fields:
        body["tools"] = RIGHT["tools"]
    assert words in refusal(body | fields).message


@pytest.mark.parametrize("model", ["gpt-4.1", "gpt-4o", "o3", "gpt-5", "gpt-6-sol", "gpt-5-chat-latest"])
def test_plain_request_suits_every_model(model: str) -> None:
    check_request({"model": model, "messages": [{"role": "user", "content": "x"}]}, OPENAI)


SEARCH = {"type": "openrouter:web_search"}


def searching(**parameters: Any) -> dict[str, Any]:
    return plain(tools=[SEARCH | {"parameters": parameters}])


def plain(**fields: Any) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": "x"}]} | fields


def called(assistant: dict[str, Any], call_id: str = "call_1") -> dict[str, Any]:
    call = {"id": call_id, "type": "function", "function": {"name": "Read", "arguments": "{}"}}
    return plain(
        messages=[
            {"role": "user", "content": "x"},
            {"role": "assistant", "tool_calls": [call]} | assistant,
            {"role": "tool", "tool_call_id": call_id, "content": "y"},
        ]
    )


SYSTEM_LATE = plain(messages=[{"role": "user", "content": "x"}, {"role": "system", "content": "y"}])
USER_TWICE = plain(messages=[{"role": "user", "content": "x"}, {"role": "user", "content": "y"}])


@pytest.mark.parametrize(
    ("flavor", "body", "words"),
    [
        (COMPATIBLE, plain(thinking={}), "Unknown parameter: 'thinking'."),
        (
            MISTRAL,
            plain(stream=True, stream_options={}),
            "Unrecognized request argument supplied: stream_options",
        ),
        (
            MISTRAL,
            plain(max_completion_tokens=1),
            "Unrecognized request argument supplied: max_completion_tokens",
        ),
        (
            MISTRAL,
            called({"content": "z"}),
            "Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9.",
        ),
        (
            MISTRAL,
            plain(messages=[{"role": "user", "content": ""}]),
            "must have either content or tool_calls",
        ),
        (
            MISTRAL,
            plain(messages=[{"role": "developer", "content": "x"}]),
            "Unexpected message role: developer.",
        ),
        (VLLM, SYSTEM_LATE, "System message must be at the beginning."),
        (replace(VLLM, alternates=True), USER_TWICE, "Conversation roles must alternate"),
        (LLAMA_CPP, called({"content": None}), "expected a string, got null"),
        (
            DEEPSEEK,
            called({"content": None}),
            "The reasoning_content in the thinking mode must be passed back to the API.",
        ),
        (
            DEEPSEEK,
            plain(response_format=RIGHT["response_format"]),
            "This response_format type is unavailable now",
        ),
        (GROQ, called({"content": None, "reasoning": "x"}), "Unknown parameter: 'messages[1].reasoning'."),
        (
            replace(COMPATIBLE, tool_choice_strings=True),
            plain(tools=RIGHT["tools"], tool_choice=RIGHT["tool_choice"]),
            "Supported string values: none, auto, required",
        ),
        (COMPATIBLE, plain(tools=[SEARCH]), "Invalid value: 'openrouter:web_search'."),
        (
            OPENROUTER,
            plain(tools=[{"type": "openrouter:web_fetch"}]),
            "Invalid value: 'openrouter:web_fetch'",
        ),
        (OPENROUTER, plain(tools=[SEARCH | {"name": "x"}]), "Unrecognized key: 'name'"),
        (OPENROUTER, searching(blocked_domains=[]), "'tools[0].parameters.blocked_domains'"),
        (OPENROUTER, searching(max_uses="3"), "'tools[0].parameters.max_uses'"),
        (OPENROUTER, searching(max_uses=0), "at least 1"),
        (OPENROUTER, searching(user_location={"type": "exact"}), "user_location.type"),
        (OPENROUTER, searching(allowed_domains=["a"], excluded_domains=["b"]), "cannot be used with"),
        (OPENROUTER, plain(tools=RIGHT["tools"], tool_choice=SEARCH), "which is not in tools"),
        (OPENROUTER, plain(tools=[SEARCH], tool_choice=RIGHT["tool_choice"]), "no function named 'Read'"),
    ],
)
def test_compatible_server_refuses_what_it_does_not_know(
    flavor: Flavor, body: dict[str, Any], words: str
) -> None:
    assert words in refusal(body, flavor).message


@pytest.mark.parametrize(
    ("flavor", "body"),
    [
        (DEEPSEEK, called({"content": None, "reasoning_content": ""})),
        (DEEPSEEK, called({"content": None}) | {"thinking": {"type": "disabled"}}),
        (MISTRAL, called({}, "abcDEF123")),
        (VLLM, plain(top_k=3, chat_template_kwargs={"enable_thinking": False})),
        (LLAMA_CPP, called({"content": ""})),
        (OPENROUTER, called({"content": None, "reasoning_details": []})),
        (
            OPENROUTER,
            plain(
                messages=[{"role": "user", "content": [{"type": "text", "text": "x", "cache_control": {}}]}]
            ),
        ),
        (OPENROUTER, searching(max_uses=3, excluded_domains=["bad.test"]) | {"tool_choice": SEARCH}),
        (OPENROUTER, plain(tools=[*RIGHT["tools"], SEARCH], tool_choice=RIGHT["tool_choice"])),
        (COMPATIBLE, SYSTEM_LATE),
    ],
)
def test_compatible_server_takes_what_it_knows(flavor: Flavor, body: dict[str, Any]) -> None:
    before = json.dumps(body)
    check_request(body, flavor)
    assert json.dumps(body) == before


def test_sdk_types_name_every_departure() -> None:
    body = changed("messages.1.content.0.cache_control", {}) | {"top_k": 1}
    with pytest.raises(AssertionError) as caught:
        check_with_openai_types(body)
    assert "top_k: unknown" in str(caught.value)
    assert "messages[1].content[0].cache_control: unknown" in str(caught.value)
