import msgspec
import pytest

from dragoman.dialects.quirks import Quirks
from tests.support.refusals import EVERYTHING, learned

NO_SAMPLING = {"sampling": False}
NO_IMAGES = {"images": False}
NO_FORCE = {"tool_choice_required": False, "tool_choice_function": False}


@pytest.mark.parametrize(
    ("message", "change"),
    [
        (
            "Unsupported value: 'temperature' does not support 0.8 with this model. Only the default (1) value is "
            "supported.",
            NO_SAMPLING,
        ),
        ("Unsupported parameter: 'temperature' is not supported with this model.", NO_SAMPLING),
        ("Unsupported parameter: 'top_p' is not supported with this model.", NO_SAMPLING),
        ("`temperature` and `top_p` cannot both be specified for this model.", NO_SAMPLING),
        ("invalid temperature: only 1 is allowed for this model", NO_SAMPLING),
        ("Unrecognized request argument supplied: top_k", {"top_k": False}),
        ("Unsupported parameter: 'stop' is not supported with this model.", {"native_stop": False}),
        ("property 'stream_options' is unsupported", {"stream_options": False}),
        ("body.stream_options: Extra inputs are not permitted", {"stream_options": False}),
        ("Unknown parameter: 'stream_options.include_obfuscation'.", {"include_obfuscation": False}),
        ("Unknown parameter: 'prompt_cache_key'.", {"prompt_cache_key": False}),
        ("Unrecognized request argument supplied: safety_identifier", {"user_field": "none"}),
        ("Unrecognized request argument supplied: user", {"user_field": "none"}),
        ("Unknown parameter: 'messages[0].content[0].cache_control'.", {"cache_control": False}),
        (
            "Unsupported parameter: 'parallel_tool_calls' is not supported with this model.",
            {"parallel_tool_calls": False},
        ),
        (
            "groq does not support parameters: ['parallel_tool_calls'], for model=x",
            {"parallel_tool_calls": False},
        ),
        ("Unknown parameter: 'tools[0].function.strict'.", {"strict_tools": False}),
        (
            "Invalid schema for function 'Read': In context=(), 'additionalProperties' is required to be supplied "
            "and to be false.",
            {"strict_tools": False},
        ),
        ("tool_choice 'required' is not supported", {"tool_choice_required": False}),
        ("tool_choice is not supported by this model", NO_FORCE),
        ("tool_choice 'required' is incompatible with thinking enabled", NO_FORCE),
        (
            "The tool_choice parameter does not support being set to required or object in thinking mode",
            NO_FORCE,
        ),
        ("deepseek-reasoner does not support this tool_choice", NO_FORCE),
        (
            "Invalid tool_choice type: 'object'. Supported string values: none, auto, required",
            {"tool_choice_function": False},
        ),
        (
            "Invalid value: 'tool_choice' must be a string, not an object",
            {"tool_choice_function": False},
        ),
    ],
)
def test_a_parameter_that_is_refused_is_left_out(message, change):
    assert learned(message) == change


@pytest.mark.parametrize(
    ("message", "change"),
    [
        (
            "Unsupported value: 'reasoning_effort' does not support 'none' with this model. Supported values are: "
            "'low', 'medium', and 'high'.",
            {"efforts": ("low", "medium", "high")},
        ),
        (
            "Invalid value: 'xhigh'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high'. "
            "(param: reasoning_effort)",
            {"efforts": ("none", "minimal", "low", "medium", "high")},
        ),
        (
            "body.reasoning_effort: Input should be 'low', 'medium' or 'high'",
            {"efforts": ("low", "medium", "high")},
        ),
        (
            "Unsupported value: 'reasoning_effort' does not support 'max' with this model.",
            {"efforts": ("none", "minimal", "low", "medium", "high", "xhigh")},
        ),
        ("Unrecognized request argument supplied: reasoning_effort", {"effort_style": "none"}),
        ("Unknown parameter: 'chat_template_kwargs'.", {"effort_style": "none"}),
        ("Unknown parameter: 'thinking'.", {"effort_style": "none"}),
        ('"llama3.1:8b" does not support thinking', {"effort_style": "none"}),
        ("Thinking cannot be disabled for this model", {"always_reasons": True}),
        ("Reasoning is mandatory for this endpoint and cannot be disabled.", {"always_reasons": True}),
    ],
)
def test_efforts_are_learned(message, change):
    assert learned(message) == change


def test_an_effort_whose_values_stand_in_the_param_is_learned():
    message = "Invalid value: 'max'. Supported values are: 'low' and 'high'."
    assert learned(message, param="reasoning_effort") == {"efforts": ("low", "high")}


def test_the_last_effort_that_is_refused_turns_the_field_off():
    only = msgspec.structs.replace(EVERYTHING, efforts=("high",))
    message = "Unsupported value: 'reasoning_effort' does not support 'high' with this model."
    assert learned(message, only) == {"effort_style": "none"}


def test_the_limit_moves_to_the_other_field_and_back():
    old = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."
    assert learned(old) == {"max_tokens_field": "max_completion_tokens"}
    new = Quirks(max_tokens_field="max_completion_tokens")
    assert learned("Unrecognized request argument supplied: max_completion_tokens", new) == {
        "max_tokens_field": "max_tokens"
    }
    assert learned("property 'max_completion_tokens' is unsupported", new) == {
        "max_tokens_field": "max_tokens"
    }


@pytest.mark.parametrize(
    ("message", "most"),
    [
        (
            "max_tokens is too large: 32000. This model supports at most 16384 completion tokens, whereas you "
            "provided 32000.",
            16384,
        ),
        ("`max_tokens` must be less than or equal to `8192`, the maximum value for `max_tokens`", 8192),
        ("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", 8192),
        ("<400> InternalError.Algo.InvalidParameter: Range of max_tokens should be [1, 65536]", 65536),
        ("max_tokens: 32000 > 8192, which is the maximum allowed number of output tokens for x", 8192),
        ("max_completion_tokens: Input should be less than or equal to 4096", 4096),
    ],
)
def test_the_models_output_limit_is_learned(message, most):
    assert learned(message) == {"max_output_tokens": most}


@pytest.mark.parametrize(
    "message",
    [
        "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 1 instead.",
        "max_tokens must be at least 16",
        "body.max_tokens: Input should be greater than or equal to 16",
    ],
)
def test_the_least_output_is_learned(message):
    assert learned(message) == {"min_output_tokens": 16}


@pytest.mark.parametrize(
    ("message", "change"),
    [
        (
            "Invalid value: 'developer'. Supported values are: 'system', 'assistant', 'user', and 'tool'. "
            "(param: messages[0].role)",
            {"system_role": "system"},
        ),
        (
            "messages[0].role: unknown variant `developer`, expected one of `system`",
            {"system_role": "system"},
        ),
        ("Unexpected message role: developer.", {"system_role": "system"}),
        ("'developer' is not one of ['system', 'assistant', 'user', 'function']", {"system_role": "system"}),
        ("System message must be at the beginning.", {"system_anywhere": False}),
        ("Unexpected role 'system' after role 'user'", {"system_anywhere": False}),
        ("system messages are only allowed at the start", {"system_anywhere": False}),
        (
            "Conversation roles must alternate user/assistant/user/assistant/...",
            {"merge_roles": True, "system_anywhere": False},
        ),
    ],
)
def test_roles_are_learned(message, change):
    assert learned(message) == change


def test_a_model_without_a_system_role_gets_a_developer():
    message = "Unsupported value: 'messages[0].role' does not support 'system' with this model."
    assert learned(message, Quirks()) == {"system_role": "developer"}


@pytest.mark.parametrize(
    ("message", "change"),
    [
        ("Invalid value for 'content': expected a string, got null.", {"null_content": "empty"}),
        ("messages.2.content: Input should be a valid string", {"null_content": "empty"}),
        ("messages[2]: 'content' is required", {"null_content": "empty"}),
        ("invalid type: null, expected a string", {"null_content": "empty"}),
        ("Assistant message must have either content or tool_calls, but not both.", {"null_content": "omit"}),
        ("messages.3.content: tool message content must not be empty", {"filler_for_empty": "(no output)"}),
    ],
)
def test_forms_of_content_are_learned(message, change):
    assert learned(message) == change


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("llama-3 is not a multimodal model", 400),
        ("At most 0 image(s) may be provided in one request.", 400),
        ("image input is not supported - hint: you may need to provide the mmproj", 500),
        ("No endpoints found that support image input", 404),
        ("unknown variant `image_url`, expected `text`", 400),
        ("This model does not support image inputs", 400),
        ("Invalid content type. image_url is not supported by this model", 400),
    ],
)
def test_a_model_without_vision_is_learned(message, status):
    assert learned(message, status=status) == NO_IMAGES


@pytest.mark.parametrize(
    ("message", "change"),
    [
        ("Only base64 data URLs are supported for image_url", {"image_urls": False}),
        ("Invalid Value: 'file'. This model does not support file content types.", {"files": False}),
        ("messages[0].content must be a string", {"images": False, "files": False}),
    ],
)
def test_refused_kinds_of_content_are_learned(message, change):
    assert learned(message) == change


@pytest.mark.parametrize(
    "message",
    [
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
        "response_format.type: json_schema is not supported",
    ],
)
def test_a_refused_schema_format_is_learned(message):
    assert learned(message) == {"structured_output": "json_object"}


@pytest.mark.parametrize(
    "message",
    [
        "Failed to parse grammar",
        "JSON schema conversion failed: Pattern must start with '^' and end with '$'",
        "Invalid schema for function 'x': In context=('properties', 'a'), 'format' is not permitted.",
        "invalid JSON schema for tool x: `pattern` is not supported",
    ],
)
def test_weak_grammar_generators_are_learned(message):
    assert learned(message) == {"plain_schemas": True}


def test_rules_about_ids_and_names_are_learned():
    assert learned("Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9.") == {
        "tool_ids": "nine"
    }
    long_id = (
        "Invalid 'messages[2].tool_calls[0].id': string too long. Expected a string with maximum length 29, but "
        "got a string with length 40 instead."
    )
    assert learned(long_id) == {"max_tool_id": 29}
    long_name = (
        "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 40, but got a "
        "string with length 60 instead."
    )
    assert learned(long_name) == {"max_tool_name": 40}


def test_reasoning_that_must_come_back_is_learned():
    message = "The reasoning_content in the thinking mode must be passed back to the API."
    assert learned(message, Quirks()) == {"reasoning_back": "always", "reasoning_required": True}


def test_reasoning_that_must_not_come_back_is_learned():
    message = (
        "'messages.2' : for 'role:assistant' the following must be satisfied[('messages.2' : property "
        "'reasoning_content' is unsupported)]"
    )
    assert learned(message) == {"reasoning_back": "never", "reasoning_required": False}
    assert learned("Unknown parameter: 'messages[1].reasoning'.") == {
        "reasoning_back": "never",
        "reasoning_required": False,
    }


def test_openrouters_request_field_is_told_from_the_message_field():
    router = Quirks(effort_style="openrouter", reasoning_back="always")
    assert learned("Unknown parameter: 'reasoning'.", router) == {"effort_style": "none"}
    assert learned("Unknown parameter: 'messages[1].reasoning'.", router) == {"reasoning_back": "never"}


def test_an_effort_that_was_never_sent_teaches_nothing():
    few = Quirks(effort_style="reasoning_effort", efforts=("low",))
    message = "Bad reasoning_effort: it does not go with 'max' here."
    assert learned(message, few) == {}
