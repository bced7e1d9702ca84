"""Each thing that Gemini refuses is refused once, in its words; what is right goes through."""

import copy
from functools import partial
from typing import Any

import pytest
from tests.support.changed_body import changed_body
from tests.support.gemini_flavor import AI_STUDIO, VERTEX, GeminiFlavor
from tests.support.gemini_refusal import Refused
from tests.support.gemini_rules import check_count, check_request
from tests.support.strategies import PIXEL

FLASH = "gemini-3.8-flash"
OLD = "gemini-2.5-flash"
SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "read",
    "type": "object",
    "properties": {
        "path": {"type": "string", "minLength": 1, "pattern": "^/", "const": "/"},
        "tree": {"$ref": "#/$defs/tree"},
    },
    "required": ["path"],
    "additionalProperties": False,
    "$defs": {"tree": {"type": "object", "properties": {"inner": {"$ref": "#/$defs/tree"}}}},
}
STRICT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"path": {"type": "string", "enum": ["a", "b"]}},
    "required": ["path"],
}
RIGHT: dict[str, Any] = {
    "systemInstruction": {"parts": [{"text": "Be kind."}]},
    "contents": [
        {
            "role": "user",
            "parts": [{"text": "Look"}, {"inlineData": {"mimeType": "image/png", "data": PIXEL}}],
        },
        {
            "role": "model",
            "parts": [
                {"text": "I look."},
                {"functionCall": {"id": "a", "name": "Read", "args": {"path": "x"}}},
                {"functionCall": {"id": "b", "name": "mcp__files.v1:list-all", "args": {}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {
                    "functionResponse": {
                        "id": "a",
                        "name": "Read",
                        "response": {"output": '{"$ref": "x"}'},
                        "parts": [{"inlineData": {"mimeType": "image/png", "data": PIXEL}}],
                    }
                },
                {
                    "functionResponse": {
                        "id": "b",
                        "name": "mcp__files.v1:list-all",
                        "response": {"error": "no"},
                    }
                },
                {"text": " "},
            ],
        },
        {"role": "model", "parts": [{"text": "", "thoughtSignature": "c2ln"}, {"thoughtSignature": "c2ln"}]},
        {"role": "user", "parts": [{"text": "Go on."}]},
    ],
    "tools": [
        {
            "functionDeclarations": [
                {"name": "Read", "description": "d", "parametersJsonSchema": SCHEMA},
                {"name": "mcp__files.v1:list-all", "description": "d"},
                {
                    "name": "Old",
                    "parameters": {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
                },
            ]
        }
    ],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["Read"]}},
    "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}],
    "generationConfig": {
        "maxOutputTokens": 65536,
        "stopSequences": list("abcde"),
        "temperature": 1,
        "thinkingConfig": {"thinkingLevel": "HIGH", "includeThoughts": True},
    },
}
HELLO = [{"role": "user", "parts": [{"text": "x"}]}]
PLAIN: dict[str, Any] = {"contents": HELLO}
changed = partial(changed_body, RIGHT)


def schema_with(**fields: Any) -> dict[str, Any]:
    return changed("tools.0.functionDeclarations.0.parametersJsonSchema", SCHEMA | fields)


def configured(**config: Any) -> dict[str, Any]:
    return PLAIN | {"generationConfig": config}


def thinking(**config: Any) -> dict[str, Any]:
    return configured(thinkingConfig=config)


def refusal(body: dict[str, Any], model: str = FLASH, flavor: GeminiFlavor = AI_STUDIO) -> str:
    with pytest.raises(Refused) as caught:
        check_request(body, model, flavor)
    assert caught.value.error["status"] == (
        "PERMISSION_DENIED" if caught.value.code == 403 else "INVALID_ARGUMENT"
    )
    return caught.value.message


@pytest.mark.parametrize("flavor", [AI_STUDIO, VERTEX], ids=["studio", "vertex"])
def test_right_request_goes_through(flavor: GeminiFlavor) -> None:
    before = copy.deepcopy(RIGHT)
    check_request(RIGHT, FLASH, flavor)
    assert before == RIGHT


NESTED: dict[str, Any] = {"type": "object"}
for _ in range(40):
    NESTED = {"type": "object", "properties": {"inner": NESTED}}
ENDLESS = {"type": "object", "properties": {"again": {"$ref": "#"}}, "required": ["again"]}
TWO_MODELS = [*HELLO, {"role": "model", "parts": [{"text": "y"}]}]
CALL_FIRST = [{"role": "model", "parts": [{"functionCall": {"name": "Read", "args": {}}}]}, *HELLO]
SEARCH = {"googleSearch": {}}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (changed("cache", {}), 'Invalid JSON payload received. Unknown name "cache": Cannot find field.'),
        (changed("contents.0.parts.0.cacheControl", {}), "Unknown name \"cacheControl\" at 'contents[0].parts[0]': Cannot find field."),
        (changed("contents.1.parts.1.functionCall.input", {}), "Unknown name \"input\" at 'contents[1].parts[1].function_call': Cannot find field."),
        (changed("tools.0.functionDeclarations.0.strict", True), "Unknown name \"strict\" at 'tools[0].function_declarations[0]': Cannot find field."),
        (changed("tools.0.functionDeclarations.2.parameters.$schema", "x"), "Unknown name \"$schema\" at 'tools[0].function_declarations[2].parameters': Cannot find field."),
        (changed("tools.0.functionDeclarations.2.parameters.properties.a.exclusiveMinimum", 0), "Unknown name \"exclusiveMinimum\" at 'tools[0].function_declarations[2].parameters.properties[0].value': Cannot find field."),
        (changed("tools.0.functionDeclarations.2.parameters.type", "object"), "Invalid value at 'tools[0].function_declarations[2].parameters.type' (an enum), \"object\""),
        (changed("tools.0.googleSearch", {"excludeDomains": ["a.b"]}), "Unknown name \"excludeDomains\" at 'tools[0].google_search'"),
        (changed("contents.0.parts.0.text", 5), "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), 5"),
        (changed("generationConfig.maxOutputTokens", "5"), "Invalid value at 'generation_config.max_output_tokens' (TYPE_INT32), \"5\""),
        (changed("contents", {}), "Invalid value at 'contents' (a list), {}"),
        (changed("contents", []), "* GenerateContentRequest.contents: contents is not specified"),
        (changed("contents", None), "* GenerateContentRequest.contents: contents is not specified"),
        (changed("contents.0.parts", []), "contents[0].parts: contents.parts must not be empty."),
        (changed("contents.0.parts.0", {}), "contents[0].parts[0].data: required oneof field 'data' must have one initialized field"),
        (changed("contents.0.parts.0.text", ""), "contents[0].parts[0].data: required oneof field 'data' must have one initialized field"),
        (changed("systemInstruction.parts.0.text", ""), "system_instruction.parts[0].data: required oneof field 'data'"),
        (changed("contents.1.parts.1.text", ""), "oneof field 'data' is already set"),
        (changed("contents.0.role", "assistant"), "Please use a valid role: user, model."),
        (changed("contents.0.role", None), "Please use a valid role: user, model."),
        ({"contents": TWO_MODELS[1:] + HELLO}, "begin with a user turn"),
        ({"contents": CALL_FIRST}, "Please ensure that function call turn comes immediately after a user turn"),
        ({"contents": TWO_MODELS}, "end with a user role or a function response"),
        ({"contents": HELLO + HELLO}, "alternate between user and model"),
        (changed("contents.2.parts.1", {"text": "x"}), "number of function response parts is equal to the number of function call parts"),
        (changed("contents.2.parts", [{"text": "x"}]), "number of function response parts is equal"),
        (changed("contents.4.parts", [RIGHT["contents"][2]["parts"][0]]), "function response turn comes immediately after a function call turn"),
        (changed("contents.3.parts", [RIGHT["contents"][2]["parts"][0]]), "function response turn comes immediately after a function call turn"),
        (changed("contents.0.parts", [RIGHT["contents"][1]["parts"][1]]), "Please ensure that function call turn comes"),
        (changed("contents.2.parts", [{"text": "x"}, *RIGHT["contents"][2]["parts"][:2]]), "function response parts come first"),
        (changed("contents.2.parts", [RIGHT["contents"][2]["parts"][1], RIGHT["contents"][2]["parts"][0]]), "functionResponse.id does not match functionCall.id"),
        (changed("contents.2.parts.0.functionResponse.name", "Write"), "functionResponse.name does not match functionCall.name"),
        (changed("contents.2.parts.0.functionResponse.id", None), "functionResponse.id does not match functionCall.id"),
        (changed("contents.2.parts.0.functionResponse.name", ""), "* GenerateContentRequest.contents[2].parts[0].function_response.name: Name cannot be empty."),
        (changed("contents.1.parts.1.functionCall.name", ""), "contents[1].parts[1].function_call.name: Name cannot be empty."),
        (changed("contents.1.parts.1.functionCall.id", "b"), "different ids"),
        (changed("contents.2.parts.0.functionResponse.response", "x"), "Invalid value at 'contents[2].parts[0].function_response.response' (an object), \"x\""),
        (changed("contents.2.parts.0.functionResponse.response", None), "function_response.response: required field is not set"),
        (changed("contents.2.parts.0.functionResponse.response", {"output": [{"$ref": "#/x"}]}), "The referenced name `#/x` in function_response.response does not match to a display_name in the function_response.parts."),
        (changed("contents.2.parts.0.functionResponse.parts.0.inlineData.mimeType", "audio/wav"), "Unsupported MIME type: audio/wav"),
        (changed("contents.0.parts.1.inlineData.mimeType", "image/gif"), "Unsupported MIME type: image/gif"),
        (changed("contents.0.parts.1.inlineData.mimeType", None), "contents[0].parts[1].inline_data.mime_type: mime_type must not be empty."),
        (changed("contents.0.parts.1.inlineData.data", "a b"), "Invalid value at 'contents[0].parts[1].inline_data.data' (TYPE_BYTES), Base64 decoding failed for \"a b\""),
        (changed("contents.0.parts.1.inlineData.data", None), "Unable to process input image."),
        (changed("contents.0.parts.1", {"fileData": {"fileUri": "gs://a/b"}}), "Unsupported file uri: gs://a/b"),
        (changed("contents.0.parts.1", {"fileData": {"fileUri": "https://a/b"}}), "Cannot fetch content from the provided URL"),
        (changed("tools.0.functionDeclarations.0.name", "1a"), "* GenerateContentRequest.tools[0].function_declarations[0].name: Invalid function name. Must start with a letter or an underscore."),
        (changed("tools.0.functionDeclarations.0.name", "a b"), "Invalid function name"),
        (changed("tools.0.functionDeclarations.0.name", "a" * 129), "with a maximum length of 128."),
        (changed("tools.0.functionDeclarations.1.name", "Read"), "Duplicate function declaration found: Read"),
        (PLAIN | {"tools": [{"functionDeclarations": [{"name": f"f{n}"} for n in range(513)]}]}, "at most 512 function declarations"),
        (changed("tools.0.functionDeclarations.0.parameters", {"type": "OBJECT"}), "parameters and parameters_json_schema are mutually exclusive"),
        (changed("tools.0.functionDeclarations.0.parametersJsonSchema", {}), "tools[0].function_declarations[0].parameters_json_schema: schema should be of type OBJECT"),
        (changed("tools.0.functionDeclarations.0.parametersJsonSchema", True), "schema should be an object"),
        (schema_with(properties={"a": {"$ref": "#/$defs/tree", "description": "d"}}), "properties.a: a schema with $ref may not have other fields, but has description"),
        (schema_with(properties={"a": {"$ref": "#/definitions/tree"}}), "reference to undefined schema #/definitions/tree"),
        (schema_with(properties={"a": {"$ref": "https://a/b"}}), "reference to undefined schema https://a/b"),
        (changed("tools.0.functionDeclarations.0.parametersJsonSchema", NESTED), "maximum schema depth exceeded"),
        (changed("tools.0.functionDeclarations.0.parametersJsonSchema", ENDLESS), "maximum schema depth exceeded"),
        (changed("tools", None), "Function calling config is set without function_declarations."),
        (changed("tools", [SEARCH]), "Function calling config is set without function_declarations."),
        (changed("tools", [*RIGHT["tools"], SEARCH]), "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function calling."),
        (changed("toolConfig.functionCallingConfig.mode", "AUTO"), "should be set only when the mode is ANY or VALIDATED"),
        (changed("toolConfig.functionCallingConfig.allowedFunctionNames", ["Write"]), "Write is not one of the function declarations"),
        (changed("toolConfig.functionCallingConfig.mode", "any"), "Invalid value at 'tool_config.function_calling_config.mode' (an enum), \"any\""),
        (changed("cachedContent", "cachedContents/x"), "CachedContent can not be used with"),
        (configured(stopSequences=list("abcdef")), "* GenerateContentRequest.generation_config.stop_sequences: the number of stop_sequences must not exceed 5"),
        (configured(stopSequences=[""]), "stop_sequence must not be empty"),
        (configured(maxOutputTokens=0), "max_output_tokens must be positive."),
        (configured(maxOutputTokens=65537), "maxOutputTokens value of 65537 but the supported range is from 1 (inclusive) to 65537 (exclusive)"),
        (configured(responseJsonSchema=SCHEMA), "only allowed when response_mime_type is application/json"),
        (configured(responseMimeType="application/json", responseJsonSchema={}, responseSchema={}), "mutually exclusive"),
        (configured(responseMimeType="application/json", responseJsonSchema={"$ref": "#/$defs/a"}), "response_json_schema: the root: reference to undefined schema"),
        (configured(thinkingConfig={"budgetTokens": 1}), "Unknown name \"budgetTokens\" at 'generation_config.thinking_config'"),
    ],
)  # fmt: skip
def test_ai_studio_refuses_in_its_words(body: dict[str, Any], words: str) -> None:
    assert words in refusal(body)


def test_every_unknown_name_is_told() -> None:
    body = changed("cache", {}) | {"speed": 1}
    with pytest.raises(Refused) as caught:
        check_request(body, FLASH, AI_STUDIO)
    assert len(caught.value.message.splitlines()) == 2
    assert [one["field"] for one in caught.value.error["details"][0]["fieldViolations"]] == ["", ""]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (changed("serviceTier", "flex"), 'Unknown name "serviceTier": Cannot find field.'),
        (changed("store", True), 'Unknown name "store": Cannot find field.'),
        (changed("toolConfig.includeServerSideToolInvocations", True), "Unknown name \"includeServerSideToolInvocations\" at 'tool_config'"),
        (changed("contents.3.parts.0", {"toolCall": {"id": "x"}}), "Unknown name \"toolCall\" at 'contents[3].parts[0]'"),
        (changed("contents.2.parts.0.functionResponse.willContinue", False), 'Unknown name "willContinue"'),
        (changed("tools", [*RIGHT["tools"], {}]), "tools[1].tool_type: [FIELD_INVALID] required one_of 'tool_type' must have one initialized field"),
        (changed("tools.0.functionDeclarations.0.name", "1"), "The GenerateContentRequest proto is invalid:\n  * tools[0].function_declarations[0].name: [FIELD_INVALID] Invalid function name."),
        (changed("tools", [*RIGHT["tools"], SEARCH]), "Multiple tools are supported only when they are all search tools."),
        (changed("contents.0.parts.0.text", ""), "Unable to submit request because it has an empty text parameter. Add a value"),
        (changed("contents.0.parts", []), "Unable to submit request because it must include at least one parts field"),
        (changed("contents", []), "Unable to submit request because at least one contents field is required."),
        (changed("contents.2.parts.0.functionResponse.name", "Write"), "Request contains an invalid argument."),
        (changed("contents.0.parts.1.inlineData.mimeType", None), "it has an empty mimeType parameter"),
        (changed("contents.0.parts.1", {"fileData": {"fileUri": "gs://a/b"}}), "it must have a mimeType parameter"),
        (changed("contents.0.parts.1", {"fileData": {"mimeType": "image/png", "fileUri": "https://generativelanguage.googleapis.com/v1beta/files/a"}}), "You do not have permission to access the File"),
        (changed("contents.0.parts.1", {"fileData": {"mimeType": "image/png", "fileUri": "a"}}), "Invalid file URI: a"),
        (configured(stopSequences=list("abcdef")), "Unable to submit request because it has a stopSequences value of 6 but the supported range is from 1 (inclusive) to 6 (exclusive)."),
        (configured(maxOutputTokens=0), "it has a maxOutputTokens value of 0 but the supported range"),
        (thinking(thinkingLevel="MINIMAL"), "Unable to submit request because thinking_level MINIMAL is not supported by this model."),
    ],
)  # fmt: skip
def test_vertex_refuses_in_its_words(body: dict[str, Any], words: str) -> None:
    assert words in refusal(body, flavor=VERTEX)


@pytest.mark.parametrize(
    ("model", "body", "words"),
    [
        (OLD, thinking(thinkingBudget=1, thinkingLevel="LOW"), "You can only set only one of thinking budget and thinking level."),
        (OLD, thinking(thinkingLevel="LOW"), "Thinking level is not supported for this model."),
        (OLD, thinking(thinkingBudget=24577), "The thinking budget (24577) is invalid."),
        ("gemini-2.5-flash-lite", thinking(thinkingBudget=511), "The thinking budget (511) is invalid."),
        ("gemini-2.5-pro", thinking(thinkingBudget=0), "Budget 0 is invalid. This model only works in thinking mode."),
        ("gemini-2.5-pro", thinking(thinkingBudget=127), "The thinking budget (127) is invalid."),
        (FLASH, thinking(thinkingLevel="MINIMAL"), "Thinking level MINIMAL is not supported for this model."),
        (FLASH, thinking(thinkingLevel="XHIGH"), "Thinking level XHIGH is not supported for this model."),
        (FLASH, thinking(thinkingBudget=1000), "Thinking budget is not supported for this model."),
        ("gemini-4-argon", thinking(thinkingLevel="XHIGH"), "Thinking level XHIGH is not supported"),
        ("gemini-4-neon", thinking(thinkingLevel="MINIMAL"), "Thinking level MINIMAL is not supported"),
        ("gemini-4-neon", thinking(thinkingBudget=1000), "Thinking budget is not supported for this model."),
        ("gemini-4-neon", configured(presencePenalty=0), "Penalty is not enabled for models/gemini-4-neon"),
        ("gemini-4-neon", configured(frequencyPenalty=0), "Penalty is not enabled for models/gemini-4-neon"),
        ("gemini-4-neon", configured(candidateCount=2), "Multiple candidates is not enabled"),
        ("gemini-4-neon", PLAIN | {"cachedContent": "cachedContents/x"}, "Explicit caching is not supported"),
        ("gemma-4-31b-it", thinking(thinkingBudget=1), "Thinking budget is not supported for this model."),
        ("gemma-4-31b-it", thinking(includeThoughts=True), "Thinking is not enabled for models/gemma-4-31b-it"),
        (OLD, changed("generationConfig", {}), "Multimodal function response is not supported"),
        (OLD, PLAIN | {"tools": [*RIGHT["tools"], SEARCH]}, "Tool use with function calling is unsupported"),
        (OLD, configured(responseMimeType="application/json") | {"tools": RIGHT["tools"]}, "Function calling with a response mime type: 'application/json' is unsupported"),
    ],
)  # fmt: skip
def test_model_has_its_own_rules(model: str, body: dict[str, Any], words: str) -> None:
    assert words in refusal(body, model)


@pytest.mark.parametrize(
    ("model", "body"),
    [
        ("gemini-4-neon", thinking(thinkingLevel="XHIGH", includeThoughts=True)),
        ("gemini-4-neon", configured(temperature=0.5, topP=1, topK=3, candidateCount=1)),
        ("gemini-3.5-flash-lite", thinking(thinkingLevel="MINIMAL")),
        ("gemini-flash-latest", thinking(thinkingLevel="LOW")),
        (OLD, thinking(thinkingBudget=0)),
        ("gemini-2.5-flash-lite", thinking(thinkingBudget=512)),
        ("gemini-2.5-pro", thinking(thinkingBudget=-1)),
        ("gemma-4-31b-it", PLAIN),
        (FLASH, configured(responseMimeType="application/json", responseJsonSchema=SCHEMA)),
        (FLASH, PLAIN | {"tools": [{}, SEARCH, {"urlContext": {}}, {"codeExecution": {}}]}),
        (FLASH, PLAIN | {"tools": [*RIGHT["tools"], SEARCH], "toolConfig": {"includeServerSideToolInvocations": True}}),
    ],
)  # fmt: skip
def test_model_takes_what_suits_it(model: str, body: dict[str, Any]) -> None:
    check_request(body, model, AI_STUDIO)


@pytest.mark.parametrize(
    ("kept", "place"),
    [("functionCall", "contents[1].parts[1].function_call"), ("functionResponse", "contents[2].parts[0].function_response")],
)  # fmt: skip
def test_older_models_on_vertex_know_no_ids_of_calls(kept: str, place: str) -> None:
    body: dict[str, Any] = {"contents": copy.deepcopy(RIGHT["contents"])}
    for content in body["contents"]:
        for part in content["parts"]:
            for name in ("functionCall", "functionResponse"):
                if name in part:
                    part[name].pop("parts", None)
                    part[name] = {
                        key: value for key, value in part[name].items() if key != "id" or name == kept
                    }
    assert f"Unknown name \"id\" at '{place}'" in refusal(body, OLD, VERTEX)


def test_vertex_shows_thoughts_only_of_a_model_that_thinks() -> None:
    words = "Thinking_config.include_thoughts is only enabled when thinking is enabled."
    shown = thinking(thinkingBudget=0, includeThoughts=True)
    assert words in refusal(shown, OLD, VERTEX)
    assert words in refusal(thinking(includeThoughts=True), "gemini-2.5-flash-lite", VERTEX)
    check_request(shown, OLD, AI_STUDIO)
    check_request(thinking(includeThoughts=True), OLD, VERTEX)


@pytest.mark.parametrize(
    "file",
    [
        {"mimeType": "application/pdf", "fileUri": "gs://a/b.pdf"},
        {"mimeType": "image/png", "fileUri": "https://a/b.png"},
        {"fileUri": "https://youtu.be/x"},
    ],
)
def test_vertex_fetches_files(file: dict[str, str]) -> None:
    check_request(changed("contents.0.parts.1", {"fileData": file}), FLASH, VERTEX)


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (SCHEMA, "the root: unsupported schema keyword $schema"),
        (STRICT_SCHEMA | {"properties": {"path": {"minLength": 1}}}, "properties.path: unsupported schema keyword minLength"),
        (STRICT_SCHEMA | {"properties": {"path": {"enum": [None]}}}, "enum values must be strings or numbers"),
        (STRICT_SCHEMA | {"properties": {"path": {"anyOf": [{}], "title": "x"}}}, "a schema with anyOf may not have other fields"),
    ],
)  # fmt: skip
def test_strict_server_takes_the_documented_schema_alone(schema: dict[str, Any], words: str) -> None:
    strict = GeminiFlavor(strict_schemas=True)
    body = PLAIN | {"tools": [{"functionDeclarations": [{"name": "Read", "parametersJsonSchema": schema}]}]}
    assert words in refusal(body, flavor=strict)
    check_request(body, FLASH, AI_STUDIO)
    body["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"] = STRICT_SCHEMA
    check_request(body, FLASH, strict)


COUNTED = {"generateContentRequest": RIGHT | {"model": f"models/{FLASH}"}}


@pytest.mark.parametrize(
    ("flavor", "body", "words"),
    [
        (AI_STUDIO, RIGHT, 'Unknown name "systemInstruction": Cannot find field.'),
        (AI_STUDIO, COUNTED | PLAIN, "either contents or generate_content_request"),
        (AI_STUDIO, {"generateContentRequest": RIGHT}, f"must be models/{FLASH}"),
        (
            AI_STUDIO,
            {"generateContentRequest": RIGHT | {"x": 1}},
            "Unknown name \"x\" at 'generate_content_request'",
        ),
        (AI_STUDIO, {}, "contents is not specified"),
        (VERTEX, COUNTED, 'Unknown name "generateContentRequest": Cannot find field.'),
        (VERTEX, RIGHT, 'Unknown name "toolConfig": Cannot find field.'),
    ],
)
def test_count_has_its_own_shape(flavor: GeminiFlavor, body: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused) as caught:
        check_count(body, FLASH, flavor)
    assert words in caught.value.message


@pytest.mark.parametrize(
    ("flavor", "body"),
    [
        (AI_STUDIO, PLAIN),
        (AI_STUDIO, COUNTED),
        (VERTEX, {key: RIGHT[key] for key in ("contents", "systemInstruction", "tools", "generationConfig")}),
    ],
)
def test_right_count_goes_through(flavor: GeminiFlavor, body: dict[str, Any]) -> None:
    check_count(body, FLASH, flavor)
