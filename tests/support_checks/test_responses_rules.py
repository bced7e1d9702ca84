"""Each thing that the Responses API refuses is refused once, in its words; what is right goes through."""

import json
from functools import partial
from typing import Any

import pytest
from tests.support.changed_body import changed_body
from tests.support.openai_refusal import Refused
from tests.support.responses_flavor import (
    AZURE_RESPONSES,
    OPENAI_RESPONSES,
    STRANGER_RESPONSES,
    UNVERIFIED,
    VLLM_RESPONSES,
    ResponsesFlavor,
)
from tests.support.responses_models import supported_efforts
from tests.support.responses_refusal import Declined
from tests.support.responses_rules import check_request
from tests.support.responses_types import check_with_responses_types
from tests.support.strategies import PIXEL

SCHEMA = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
CLOSED = SCHEMA | {"additionalProperties": False}
BREAKPOINT = {"mode": "explicit", "ttl": "30m"}
READ = {"type": "function", "name": "Read", "description": "d", "parameters": SCHEMA, "strict": False}
IMAGE = {"type": "input_image", "image_url": f"data:image/png;base64,{PIXEL}", "detail": "auto"}
PDF = {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"}
SHARED: dict[str, Any] = {
    "model": "gpt-6.2-sol",
    "store": False,
    "stream": True,
    "stream_options": {"include_obfuscation": False},
    "include": ["reasoning.encrypted_content", "web_search_call.action.sources"],
    "truncation": "disabled",
    "max_output_tokens": 4096,
    "max_tool_calls": 5,
    "reasoning": {"effort": "low", "summary": "auto"},
    "prompt_cache_key": "k" * 64,
    "prompt_cache_options": {"mode": "explicit"},
    "safety_identifier": "s" * 64,
    "service_tier": "default",
    "tool_choice": {"type": "function", "name": "Read"},
    "parallel_tool_calls": False,
    "tools": [
        READ,
        {"type": "function", "name": "Look", "parameters": CLOSED, "strict": True},
        {
            "type": "web_search",
            "filters": {"allowed_domains": ["example.com"]},
            "user_location": {"type": "approximate"},
            "search_context_size": "medium",
        },
    ],
    "text": {"format": {"type": "json_schema", "name": "r", "schema": CLOSED, "strict": True}},
    "input": [
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "Be kind."}]},
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Look", "prompt_cache_breakpoint": BREAKPOINT},
                IMAGE,
                PDF,
            ],
        },
        {"type": "message", "role": "assistant", "content": "I look.", "phase": "commentary"},
        {
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Still."}, {"type": "refusal", "refusal": "No"}],
            "phase": "final_answer",
        },
        {"type": "function_call", "call_id": "call_a", "name": "Read", "arguments": "{}"},
        {"type": "function_call", "call_id": "c" * 64, "name": "Read", "arguments": '{"path":"x"}'},
        {
            "type": "function_call_output",
            "call_id": "call_a",
            "output": [{"type": "input_text", "text": "b"}, IMAGE, PDF],
        },
        {"type": "function_call_output", "call_id": "c" * 64, "output": ""},
        {"type": "additional_tools", "role": "developer", "tools": [READ | {"name": "Late"}]},
        {
            "type": "web_search_call",
            "id": "ws_1",
            "status": "completed",
            "action": {"type": "search", "query": "q"},
        },
        {"role": "user", "content": "Go on."},
    ],
}
RIGHT: dict[str, Any] = json.loads(json.dumps(SHARED))
"""Without parts that are one object twice, so that one change is one."""
ASKED: dict[str, Any] = {"role": "user", "content": "x"}
PLAIN: dict[str, Any] = {"model": "gpt-5.2", "store": False, "input": [ASKED]}
changed = partial(changed_body, RIGHT)


def refusal(body: Any, flavor: ResponsesFlavor = OPENAI_RESPONSES, **how: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        check_request(body, flavor, **how)
    return caught.value


def test_right_request_goes_through() -> None:
    before = json.dumps(RIGHT)
    assert check_request(RIGHT, OPENAI_RESPONSES) == []
    check_with_responses_types(RIGHT)
    assert json.dumps(RIGHT) == before


SDK_EXAMPLES: list[dict[str, Any]] = [
    {"input": "Tell me a story."},
    {"input": [{"role": "user", "content": "x"}], "instructions": "Be brief."},
    {"input": [{"role": "system", "content": [{"type": "input_text", "text": "x"}]}]},
    {
        "input": [
            {"role": "user", "content": "x"},
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "y", "annotations": []}],
            },
            {"role": "user", "content": "z"},
        ]
    },
    {"input": "x", "tools": [READ], "tool_choice": "required", "parallel_tool_calls": True},
    {
        "input": "x",
        "tools": [READ],
        "tool_choice": {
            "type": "allowed_tools",
            "mode": "required",
            "tools": [{"type": "function", "name": "Read"}],
        },
    },
    {"input": "x", "tools": [{"type": "web_search"}], "reasoning": {"effort": "high"}},
    {"input": "x", "text": {"format": {"type": "json_object"}, "verbosity": "low"}},
    {
        "input": "x",
        "text": {"format": {"type": "json_schema", "name": "r", "schema": SCHEMA, "strict": False}},
    },
    {"input": "x", "temperature": 0.5, "top_p": 0.9},
    {"input": "x", "max_output_tokens": 16, "metadata": {"a": "b"}},
    {
        "input": [
            {
                "role": "user",
                "content": [{"type": "input_file", "file_url": "https://example.com/a.pdf"}],
            }
        ]
    },
    {
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "original"}
                ],
            }
        ]
    },
]


@pytest.mark.parametrize("example", SDK_EXAMPLES)
def test_what_the_sdk_shows_goes_through(example: dict[str, Any]) -> None:
    assert check_request({"model": "gpt-5.4", "store": False} | example, OPENAI_RESPONSES) == []


@pytest.mark.parametrize(
    ("body", "words", "code"),
    [
        ([], "could not parse the JSON body", None),
        (changed("model", None), "Missing required parameter: 'model'.", "missing_required_parameter"),
        (changed("input", None), "Missing required parameter: 'input'.", "missing_required_parameter"),
        (changed("input", []), "Invalid 'input': empty array", "empty_array"),
        *(
            ({**PLAIN, field: value}, f"Unknown parameter: '{field}'.", "unknown_parameter")
            for field, value in (("top_k", 3), ("stop", ["x"]), ("messages", []), ("max_tokens", 100), ("thinking", {}), ("system", "x"), ("response_format", {}), ("reasoning_effort", "low"), ("n", 1))
        ),
        (changed("max_output_tokens", 15), "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 15 instead.", "integer_below_min_value"),
        (changed("max_output_tokens", 128_001), "Expected a value <= 128000, but got 128001 instead.", "integer_above_max_value"),
        (changed("max_tool_calls", 0), "Expected a value >= 1", "integer_below_min_value"),
        ({**PLAIN, "temperature": 3}, "Invalid 'temperature': decimal above maximum value.", "decimal_above_max_value"),
        ({**PLAIN, "top_p": -1}, "Invalid 'top_p': decimal below minimum value.", "decimal_below_min_value"),
        (changed("prompt_cache_key", "k" * 65), "Invalid 'prompt_cache_key': string too long", "string_above_max_length"),
        (changed("safety_identifier", "s" * 65), "Invalid 'safety_identifier': string too long", "string_above_max_length"),
        (changed("stream", None), "'stream_options' parameter is only allowed when 'stream' is enabled", None),
        (changed("stream_options.include_usage", True), "Unknown parameter: 'stream_options.include_usage'.", "unknown_parameter"),
        (changed("include", ["reasoning.content"]), "Invalid value: 'reasoning.content'. Supported values are:", "invalid_value"),
        (changed("truncation", "old"), "Invalid value: 'old'. Supported values are: 'auto', 'disabled'", "invalid_value"),
        (changed("reasoning.effort", "huge"), "Invalid value: 'huge'", "invalid_value"),
        (changed("reasoning.budget_tokens", 5), "Unknown parameter: 'reasoning.budget_tokens'.", "unknown_parameter"),
        # Messages
        (changed("input.1.role", "human"), "Invalid value: 'human'. Supported values are: 'user', 'assistant', 'system', 'developer'", "invalid_value"),
        (changed("input.1.role", "tool"), "Invalid value: 'tool'.", "invalid_value"),
        (changed("input.1.content", None), "Missing required parameter: 'input[1].content'.", "missing_required_parameter"),
        (changed("input.1.content", []), "Invalid 'input[1].content': empty array", "empty_array"),
        (changed("input.1.cache_control", {}), "Unknown parameter: 'input[1].cache_control'.", "unknown_parameter"),
        (changed("input.1.content.0.cache_control", {}), "Unknown parameter: 'input[1].content[0].cache_control'.", "unknown_parameter"),
        (changed("input.1.content.0.type", "text"), "Invalid value: 'text'. Supported values are: 'input_text', 'input_image', 'input_file'", "invalid_value"),
        (changed("input.1.content.0.type", "output_text"), "Invalid value: 'output_text'. Supported values are: 'input_text'", "invalid_value"),
        (changed("input.1.content.1.detail", None), "Missing required parameter: 'input[1].content[1].detail'.", "missing_required_parameter"),
        (changed("input.1.content.1.image_url", None), "Missing required parameter: 'input[1].content[1].image_url'.", "missing_required_parameter"),
        (changed("input.1.content.1.image_url", {"url": "https://a/b"}), "expected a string", "invalid_type"),
        (changed("input.1.content.1.image_url", "data:image/bmp;base64,aaaa"), "unsupported MIME type 'image/bmp'", "invalid_value"),
        (changed("input.1.content.1.image_url", "data:image/png;base64,a b"), "a value with invalid base64", "invalid_base64"),
        (changed("input.1.content.2.file_data", "JVBE"), "application/pdf MIME type", "invalid_value"),
        (changed("input.1.content.2.file_data", None), "application/pdf MIME type", "invalid_value"),
        (changed("input.1.content.2.filename", None), "Missing required parameter: 'input[1].content[2].filename'.", "missing_required_parameter"),
        (changed("input.1.phase", "commentary"), "Unknown parameter: 'input[1].phase'.", "unknown_parameter"),
        (changed("input.2.phase", "thinking"), "Invalid value: 'thinking'. Supported values are: 'commentary', 'final_answer'", "invalid_value"),
        (changed("input.3.content.0.type", "input_text"), "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.", "invalid_value"),
        (changed("input.3.content.0.text", None), "Missing required parameter: 'input[3].content[0].text'.", "missing_required_parameter"),
        (changed("input.3.content.0.signature", ""), "Unknown parameter: 'input[3].content[0].signature'.", "unknown_parameter"),
        (changed("input.3.content", []), "Invalid 'input[3].content': empty array", "empty_array"),
        # Calls and outputs
        (changed("input.4.call_id", "c" * 65), "Invalid 'input[4].call_id': string too long. Expected a string with maximum length 64", "string_above_max_length"),
        (changed("input.4.call_id", ""), "Invalid 'input[4].call_id': empty string", "empty_string"),
        (changed("input.4.name", "a.b"), "Invalid 'input[4].name': string does not match pattern", "invalid_value"),
        (changed("input.4.name", "a" * 65), "Invalid 'input[4].name': string too long", "string_above_max_length"),
        (changed("input.4.arguments", {}), "expected a string, but got an object instead.", "invalid_type"),
        (changed("input.4.arguments", "{"), "expected a string of a valid JSON object", "invalid_value"),
        (changed("input.4.input", {}), "Unknown parameter: 'input[4].input'.", "unknown_parameter"),
        (changed("input.4.call_id", "call_b"), "No tool call found for function call output with call_id call_a.", None),
        (changed("input.6.call_id", "c" * 64), "Duplicate function call output with call_id ccc", None),
        (changed("input.4.call_id", "c" * 64), "Duplicate function call with call_id ccc", None),
        (changed("input.6", ASKED), "No tool output found for function call call_a.", None),
        (changed("input.6.call_id", None), "Missing required parameter: 'input[6].call_id'.", "missing_required_parameter"),
        (changed("input.6.is_error", True), "Unknown parameter: 'input[6].is_error'.", "unknown_parameter"),
        (changed("input.6.output", {}), "expected a string or an array", "invalid_type"),
        (changed("input.6.output.0.type", "text"), "Invalid value: 'text'. Supported values are: 'input_text'", "invalid_value"),
        (changed("input.6.output.1.image_url", "data:image/png;base64,?"), "Invalid 'input[6].output[1].image_url'", "invalid_base64"),
        (changed("input.9", {"type": "item_reference", "id": "rs_1"}), "Item with id 'rs_1' not found. Items are not persisted when `store` is set to false.", None),
        (changed("input.9.type", "hologram"), "Invalid value: 'hologram'. Supported values are: 'message'", "invalid_value"),
        (changed("input.8.role", "user"), "Invalid value: 'user'.", "invalid_value"),
        # Tools
        (changed("tools", []), "Invalid 'tools': empty array", "empty_array"),
        (changed("tools", [READ] * 129), "array too long. Expected an array with maximum length 128", "array_above_max_length"),
        (changed("tools", [READ, READ]), "'Read' is given twice", None),
        (changed("tools.1.name", "Late"), "'Late' is given twice", None),
        (changed("tools.0.name", "a.b"), "string does not match pattern", "invalid_value"),
        (changed("tools.0.name", "a" * 65), "maximum length 64, but got a string with length 65", "string_above_max_length"),
        (changed("tools.0.input_schema", {}), "Unknown parameter: 'tools[0].input_schema'.", "unknown_parameter"),
        (changed("tools.0", {"type": "function", "function": {"name": "Read"}}), "Unknown parameter: 'tools[0].function'.", "unknown_parameter"),
        (changed("tools.0.parameters", None), "Missing required parameter: 'tools[0].parameters'.", "missing_required_parameter"),
        (changed("tools.0.parameters", {"type": "object"}), "In context=(), object schema missing properties.", "invalid_function_parameters"),
        (changed("tools.0.parameters.properties.path", {"type": "array"}), "array schema missing items.", "invalid_function_parameters"),
        (changed("tools.1.parameters", SCHEMA), "'additionalProperties' is required to be supplied and to be false", "invalid_function_parameters"),
        (changed("tools.2.type", "web_search_20250305"), "Invalid value: 'web_search_20250305'.", "invalid_value"),
        (changed("tools.2.max_uses", 3), "Unknown parameter: 'tools[2].max_uses'.", "unknown_parameter"),
        (changed("tools.2.filters.blocked_domains", ["a.b"]), "Unknown parameter: 'tools[2].filters.blocked_domains'.", "unknown_parameter"),
        (changed("tools.2.filters.allowed_domains", ["https://example.com"]), "Expected a domain without scheme", "invalid_value"),
        (changed("tools.2.filters.allowed_domains", ["a.b"] * 101), "array too long", "array_above_max_length"),
        (changed("input.8.tools.0.name", "a.b"), "Invalid 'input[8].tools[0].name'", "invalid_value"),
        ({**PLAIN, "tool_choice": "auto"}, "'tool_choice' is only allowed when 'tools' are specified.", None),
        ({**PLAIN, "parallel_tool_calls": True}, "'parallel_tool_calls' is only allowed when 'tools' are specified.", None),
        (changed("tool_choice.name", "Write"), "Tool choice 'Write' not found in 'tools' parameter.", None),
        (changed("tool_choice", {"type": "function", "function": {"name": "Read"}}), "Unknown parameter: 'tool_choice.function'.", "unknown_parameter"),
        (changed("tool_choice", "any"), "Invalid value: 'any'.", "invalid_value"),
        (changed("tool_choice", {"type": "web_search"}), "Invalid value: 'web_search'.", "invalid_value"),
        (changed("tool_choice", {"type": "allowed_tools", "mode": "auto", "tools": []}), "Invalid 'tool_choice.tools': empty array", "empty_array"),
        (changed("tool_choice", {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "No"}]}), "Tool choice 'No' not found", None),
        # Structured output
        (changed("text.format.name", "a b"), "Invalid 'text.format.name': string does not match pattern", "invalid_value"),
        (changed("text.format.name", "a" * 65), "Invalid 'text.format.name': string too long", "string_above_max_length"),
        (changed("text.format.schema", SCHEMA), "'additionalProperties' is required to be supplied and to be false", "invalid_json_schema"),
        (changed("text.format.schema.type", "array"), "got 'type: \"array\"'", "invalid_json_schema"),
        (changed("text.format.json_schema", {}), "Unknown parameter: 'text.format.json_schema'.", "unknown_parameter"),
        (changed("text.format.schema", None), "Missing required parameter: 'text.format.schema'.", "missing_required_parameter"),
    ],
)  # fmt: skip
def test_openai_refuses_in_its_words(body: Any, words: str, code: str | None) -> None:
    refused = refusal(body)
    assert words in refused.message
    assert refused.code == code
    assert not isinstance(refused, Declined)


TEMPERATURE = "Unsupported parameter: 'temperature' is not supported with this model."


@pytest.mark.parametrize(
    ("model", "fields", "words", "param"),
    [
        ("gpt-4.1", {"reasoning": {"effort": "low"}}, "Unsupported parameter: 'reasoning.effort'", "reasoning.effort"),
        ("gpt-4.1", {"reasoning": {"summary": "auto"}}, "Unsupported parameter: 'reasoning.summary'", "reasoning.summary"),
        ("gpt-4.1", {"include": ["reasoning.encrypted_content"]}, "Encrypted content is not supported with this model.", "include"),
        ("gpt-4.1", {"max_output_tokens": 40_000}, "Expected a value <= 32768", "max_output_tokens"),
        ("gpt-5", {"temperature": 1}, TEMPERATURE, "temperature"),
        ("o3", {"top_p": 1}, "Unsupported parameter: 'top_p' is not supported with this model.", "top_p"),
        ("gpt-5.2", {"temperature": 0.5, "reasoning": {"effort": "low"}}, TEMPERATURE, "temperature"),
        ("gpt-5.6-sol", {"temperature": 0.5}, TEMPERATURE, "temperature"),
        ("gpt-6-astra", {"temperature": 1}, TEMPERATURE, "temperature"),
        ("gpt-6-astra", {"reasoning": {"effort": "none"}}, "Unsupported value: 'none' is not supported with the 'gpt-6-astra' model. Supported values are: 'low', 'medium', 'high', 'xhigh', 'max'.", "reasoning.effort"),
        ("gpt-5.6-sol", {"reasoning": {"effort": "minimal"}}, "Supported values are: 'none', 'low', 'medium', 'high', 'xhigh', 'max'.", "reasoning.effort"),
        ("gpt-5.4", {"reasoning": {"effort": "max"}}, "Supported values are: 'none', 'low', 'medium', 'high', 'xhigh'.", "reasoning.effort"),
        ("gpt-5.1", {"reasoning": {"effort": "xhigh"}}, "Supported values are: 'none', 'low', 'medium', 'high'.", "reasoning.effort"),
        ("gpt-5-mini", {"reasoning": {"effort": "none"}}, "Supported values are: 'minimal', 'low', 'medium', 'high'.", "reasoning.effort"),
        ("gpt-5-pro", {"reasoning": {"effort": "low"}}, "Supported values are: 'high'.", "reasoning.effort"),
        ("o3", {"reasoning": {"effort": "xhigh"}}, "Supported values are: 'low', 'medium', 'high'.", "reasoning.effort"),
        ("gpt-5.4", {"input": [ASKED, {"type": "configuration_update", "reasoning": {"effort": "max"}}]}, "Unsupported value: 'max'", "reasoning.effort"),
        ("gpt-5", {"tools": [{"type": "web_search"}], "reasoning": {"effort": "minimal"}}, "cannot be used with reasoning.effort 'minimal': web_search", "tools"),
        ("gpt-5.5", {"prompt_cache_options": {"mode": "explicit"}}, "Unsupported parameter: 'prompt_cache_options'", "prompt_cache_options"),
        ("gpt-5.5", {"input": RIGHT["input"][1:2]}, "Unsupported parameter: 'input[0].content[0].prompt_cache_breakpoint'", "input[0].content[0].prompt_cache_breakpoint"),
        ("gpt-5.6-sol", {"input": RIGHT["input"][1:2] * 5}, "Invalid 'prompt_cache_breakpoint': array too long. Expected an array with maximum length 4", "prompt_cache_breakpoint"),
        ("gpt-5.2", {"input": [ASKED, RIGHT["input"][8]]}, "Invalid value: 'additional_tools'.", "input[1].type"),
    ],
)  # fmt: skip
def test_model_has_its_own_rules(model: str, fields: dict[str, Any], words: str, param: str) -> None:
    refused = refusal({**PLAIN, "model": model, **fields})
    assert words in refused.message
    assert refused.param == param


MODELS = [
    "gpt-4.1",
    "gpt-4o",
    "o3",
    "gpt-5",
    "gpt-5.1",
    "gpt-5.4",
    "gpt-5.6-sol",
    "gpt-6-astra",
    "gpt-6.2-luna",
]


@pytest.mark.parametrize("model", MODELS)
def test_plain_request_suits_every_model(model: str) -> None:
    body = {**PLAIN, "model": model, "tools": [READ], "tool_choice": "auto", "parallel_tool_calls": True}
    assert check_request(body, OPENAI_RESPONSES) == []
    for effort in supported_efforts(model):
        assert check_request({**body, "reasoning": {"effort": effort}}, OPENAI_RESPONSES) == []


@pytest.mark.parametrize("model", ["gpt-5.1", "gpt-5.6-sol", "gpt-6.2-sol"])
def test_temperature_is_taken_when_nothing_is_thought(model: str) -> None:
    body = {**PLAIN, "model": model, "temperature": 0.5, "reasoning": {"effort": "none"}}
    assert check_request(body, OPENAI_RESPONSES) == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (changed("store", None), "'store' must be false"),
        (changed("store", True), "'store' must be false"),
        (changed("tools.0.strict", None), "'tools[0].strict' is missing"),
        (changed("input.8.tools.0.strict", None), "'input[8].tools[0].strict' is missing"),
        (changed("truncation", "auto"), "'truncation' is auto"),
        (changed("previous_response_id", "resp_1"), "'previous_response_id' keeps state"),
        (changed("conversation", "conv_1"), "'conversation' keeps state"),
        (changed("background", True), "'background' keeps state"),
        ({**PLAIN, "input": [ASKED, RIGHT["input"][2], ASKED]}, "'phase' is sent to gpt-5.2"),
        (changed("input.4.id", "fc_1"), "'input[4].id' is sent"),
        (changed("input.3.id", "msg_1"), "'input[3].id' is sent"),
    ],
)
def test_what_the_server_takes_and_dragoman_promised_not_to_send(body: Any, words: str) -> None:
    broken = check_request(body, OPENAI_RESPONSES)
    assert len(broken) == 1
    assert words in broken[0]


COUNT = {key: RIGHT[key] for key in ("model", "input", "tools", "tool_choice", "reasoning", "text")}


def test_a_count_asks_for_no_more_than_it_may() -> None:
    assert check_request(COUNT, OPENAI_RESPONSES, counting=True) == []
    for field in ("store", "stream", "include", "max_output_tokens", "prompt_cache_key", "safety_identifier"):
        refused = refusal(COUNT | {field: RIGHT[field]}, counting=True)
        assert refused.message == f"Unknown parameter: '{field}'."


@pytest.mark.parametrize(
    ("flavor", "body", "words", "param"),
    [
        (UNVERIFIED, RIGHT, "Your organization must be verified to generate reasoning summaries.", "reasoning.summary"),
        (UNVERIFIED, changed("reasoning.summary", None), "Your organization must be verified to stream this model.", "stream"),
        (ResponsesFlavor(knows_no_include=True), RIGHT, "Unknown parameter: 'include'.", "include"),
        (STRANGER_RESPONSES, {**PLAIN, "safety_identifier": "x"}, "Unknown parameter: 'safety_identifier'.", "safety_identifier"),
        (STRANGER_RESPONSES, {**PLAIN, "input": [ASKED, RIGHT["input"][8]]}, "Invalid value: 'additional_tools'.", "input[1].type"),
        (VLLM_RESPONSES, {**PLAIN, "input": [ASKED, RIGHT["input"][2], ASKED]}, "Unknown parameter: 'input[1].phase'.", "input[1].phase"),
    ],
)  # fmt: skip
def test_mode_declines_what_nobody_can_know(
    flavor: ResponsesFlavor, body: dict[str, Any], words: str, param: str
) -> None:
    refused = refusal(body, flavor)
    assert isinstance(refused, Declined)
    assert words in refused.message
    assert refused.param == param


@pytest.mark.parametrize(
    ("flavor", "body"),
    [
        (UNVERIFIED, PLAIN),
        (AZURE_RESPONSES, RIGHT),
        (STRANGER_RESPONSES, {**PLAIN, "model": "m", "temperature": 1, "reasoning": {"effort": "minimal"}}),
    ],
)
def test_other_server_takes_what_it_knows(flavor: ResponsesFlavor, body: dict[str, Any]) -> None:
    assert check_request(body, flavor) == []
