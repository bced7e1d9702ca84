"""What Chat Completions refuses, and in the vendor's words (spec/openai-chat.md sections 0 to 6).

Independent of the code under test: it reads plain dicts. openai_history.py has the rules about messages and
openai_models.py those that depend on the model.
"""

import re
from typing import Any

from tests.support.openai_flavor import Flavor
from tests.support.openai_history import check_history
from tests.support.openai_models import check_model
from tests.support.openai_refusal import (
    Refused,
    array_too_long,
    empty_array,
    missing_parameter,
    only_with,
    string_too_long,
    unknown_parameter,
)
from tests.support.openai_types import openai_mismatches
from tests.support.openrouter_tools import check_server_choice, check_server_tool, is_server_tool
from tests.support.typed_shapes import Mismatch

TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]+\Z")
UNCOUNTED_KEYWORDS = ("allOf", "not", "if", "then", "else", "patternProperties", "dependentRequired")


def check_request(body: Any, flavor: Flavor) -> None:
    """Raises Refused for the first thing that the server would not take."""
    if not isinstance(body, dict):
        raise Refused("We could not parse the JSON body of your request. (HINT: it should be an object.)")
    if not body.get("model"):
        raise Refused("you must provide a model parameter")
    _check_flavor_fields(body, flavor)
    for found in openai_mismatches(_without_extras(body, flavor)):
        raise mismatch_refusal(found)
    if not body["messages"]:
        raise empty_array("messages")
    _check_lengths(body)
    check_stream_options(body)
    _check_tools(body, flavor)
    _check_response_format(body, flavor)
    check_history(body, flavor)
    if flavor.model_rules:
        check_model(body)


def _check_flavor_fields(body: dict[str, Any], flavor: Flavor) -> None:
    unknown = [
        *(["stream_options"] if flavor.rejects_stream_options else []),
        *(["max_completion_tokens"] if flavor.only_max_tokens else []),
    ]
    for field in unknown:
        if field in body:
            raise Refused(f"Unrecognized request argument supplied: {field}")


def _without_extras(body: dict[str, Any], flavor: Flavor) -> dict[str, Any]:
    """The body without the fields that this server knows beside OpenAI's."""

    def part(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: inner for key, inner in value.items() if key not in flavor.extra_part_fields}

    def message(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        kept = {key: inner for key, inner in value.items() if key not in flavor.extra_message_fields}
        if isinstance(kept.get("content"), list):
            kept["content"] = [part(one) for one in kept["content"]]
        return kept

    kept = {key: value for key, value in body.items() if key not in flavor.extra_fields}
    if flavor.server_tools and isinstance(kept.get("tools"), list):
        kept["tools"] = [tool for tool in kept["tools"] if not is_server_tool(tool)]
        if is_server_tool(kept.get("tool_choice")):
            del kept["tool_choice"]
    if isinstance(kept.get("messages"), list):
        kept["messages"] = [message(one) for one in kept["messages"]]
    return kept


def mismatch_refusal(found: Mismatch) -> Refused:
    """What the server says to a shape that its types do not know."""
    match found.kind:
        case "unknown":
            return unknown_parameter(found.path)
        case "missing":
            return missing_parameter(found.path)
        case "type" if found.path.endswith(".content") and found.found == "null":
            message, code = "Invalid value for 'content': expected a string, got null.", None
        case "type":
            wanted = " or ".join(found.wanted)
            message = f"Invalid type for '{found.path}': expected {wanted}, but got {found.found} instead."
            code = "invalid_type"
        case _:
            supported = ", ".join(f"'{one}'" for one in found.wanted)
            message = f"Invalid value: '{found.found}'. Supported values are: {supported}."
            code = "invalid_value"
    return Refused(message, param=found.path, code=code)


def _check_lengths(body: dict[str, Any]) -> None:
    check_identifiers(body)
    stops = body.get("stop")
    if isinstance(stops, list) and len(stops) > 4:
        raise array_too_long("stop", 4, len(stops))
    for field in ("max_tokens", "max_completion_tokens"):
        limit = body.get(field)
        if limit is not None and limit < 1:
            message = f"Invalid '{field}': integer below minimum value. Expected a value >= 1, but got {limit} instead."
            raise Refused(message, param=field, code="integer_below_min_value")
    temperature = body.get("temperature")
    if temperature is not None and not 0 <= temperature <= 2:
        message = f"Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got {temperature}."
        raise Refused(message, param="temperature", code="decimal_above_max_value")


def check_identifiers(body: dict[str, Any]) -> None:
    """Raises Refused for names of the user or the cache that are too long."""
    for field in ("safety_identifier", "prompt_cache_key"):
        value = body.get(field) or ""
        if len(value) > 64:
            raise string_too_long(field, 64, len(value))


def check_stream_options(body: dict[str, Any]) -> None:
    """Raises Refused for options of a stream without one."""
    if body.get("stream_options") is not None and not body.get("stream"):
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise Refused(message, param="stream_options")


def _check_tools(body: dict[str, Any], flavor: Flavor) -> None:
    tools = body.get("tools")
    if tools is None:
        for field in ("tool_choice", "parallel_tool_calls"):
            if body.get(field) is not None:
                raise only_with(field, "tools")
        return
    if not tools:
        raise empty_array("tools")
    if len(tools) > 128:
        raise array_too_long("tools", 128, len(tools))
    names: list[str] = []
    for index, tool in enumerate(tools):
        if is_server_tool(tool):
            check_server_tool(tool, f"tools[{index}]")
            continue
        check_function(tool["function"], f"tools[{index}].function")
        names.append(tool["function"]["name"])
    check_distinct(names)
    choice = body.get("tool_choice")
    if is_server_tool(choice):
        check_server_choice(choice, tools)
    else:
        _check_tool_choice(choice, names, flavor)


def check_distinct(names: list[str]) -> None:
    """Raises Refused for the first function that is given twice."""
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Refused(f"Invalid 'tools': function name '{twice}' is given twice.", param="tools")


def _check_tool_choice(choice: Any, names: list[str], flavor: Flavor) -> None:
    if not isinstance(choice, dict):
        return
    if flavor.tool_choice_strings:
        raise Refused("Invalid tool_choice type: 'object'. Supported string values: none, auto, required")
    if choice["function"]["name"] not in names:
        message = (
            f"Invalid value for 'tool_choice': no function named '{choice['function']['name']}' was specified in the"
            " 'tools' parameter."
        )
        raise Refused(message, param="tool_choice")


def check_name(name: str, path: str) -> None:
    """Raises Refused for a name of a function or a schema that is not taken."""
    if not TOOL_NAME.match(name):
        message = (
            f"Invalid '{path}': string does not match pattern. Expected a string that matches the pattern"
            " '^[a-zA-Z0-9_-]+$'."
        )
        raise Refused(message, param=path, code="invalid_value")
    if len(name) > 64:
        raise string_too_long(path, 64, len(name))


def check_function(function: dict[str, Any], path: str) -> None:
    """Raises Refused for a name, a schema or a strict schema that is not taken."""
    name = function["name"]
    check_name(name, f"{path}.name")
    schema = function.get("parameters")
    if schema is None:
        return
    subject = f"Invalid schema for function '{name}'"
    param = f"{path}.parameters"
    check_is_object(schema, subject, param, "invalid_function_parameters")
    if "properties" not in schema:
        message = f"{subject}: In context=(), object schema missing properties."
        raise Refused(message, param=param, code="invalid_function_parameters")
    _check_arrays(schema, (), subject, param)
    if function.get("strict"):
        check_strict_schema(schema, subject, param, "invalid_function_parameters")


def _check_arrays(schema: Any, context: tuple[str, ...], subject: str, param: str) -> None:
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "array" and "items" not in schema:
        message = f"{subject}: In context={context}, array schema missing items."
        raise Refused(message, param=param, code="invalid_function_parameters")
    for name, inner in (schema.get("properties") or {}).items():
        _check_arrays(inner, (*context, "properties", name), subject, param)
    _check_arrays(schema.get("items"), (*context, "items"), subject, param)


def _check_response_format(body: dict[str, Any], flavor: Flavor) -> None:
    response_format = body.get("response_format") or {}
    if response_format.get("type") != "json_schema":
        return
    if flavor.only_json_object:
        raise Refused("This response_format type is unavailable now")
    described = response_format["json_schema"]
    if not TOOL_NAME.match(described["name"]) or len(described["name"]) > 64:
        message = "Invalid 'response_format.json_schema.name': string does not match pattern."
        raise Refused(message, param="response_format.json_schema.name", code="invalid_value")
    if described.get("strict"):
        subject = f"Invalid schema for response_format '{described['name']}'"
        schema = described.get("schema", {})
        check_is_object(schema, subject, "response_format", None)
        check_strict_schema(schema, subject, "response_format", None)


def check_is_object(schema: dict[str, Any], subject: str, param: str, code: str | None) -> None:
    """Raises Refused for a schema of anything else; `subject` begins the message."""
    if schema.get("type") != "object":
        kind = schema.get("type")
        message = f"{subject}: schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{kind}\"'."
        raise Refused(message, param=param, code=code)


def check_strict_schema(
    schema: Any, subject: str, param: str, code: str | None, context: tuple[str, ...] = ()
) -> None:
    """Structured outputs: every object is closed and requires each of its properties."""

    def refuse(complaint: str) -> None:
        raise Refused(f"{subject}: In context={context}, {complaint}", param=param, code=code)

    if not isinstance(schema, dict):
        return
    for keyword in UNCOUNTED_KEYWORDS:
        if keyword in schema:
            refuse(f"'{keyword}' is not permitted.")
    if schema.get("type") == "object":
        properties = schema.get("properties", {})
        if schema.get("additionalProperties") is not False:
            refuse("'additionalProperties' is required to be supplied and to be false.")
        missing = [name for name in properties if name not in schema.get("required", ())]
        if missing:
            refuse(
                "'required' is required to be supplied and to be an array including every key in properties."
                f" Missing '{missing[0]}'."
            )
    for name, inner in _subschemas(schema):
        check_strict_schema(inner, subject, param, code, (*context, *name))


def _subschemas(schema: dict[str, Any]) -> list[tuple[tuple[str, ...], Any]]:
    named = [
        ((keyword, name), inner)
        for keyword in ("properties", "$defs", "definitions")
        for name, inner in (schema.get(keyword) or {}).items()
    ]
    branches = [(("anyOf", str(index)), inner) for index, inner in enumerate(schema.get("anyOf", ()))]
    items = [(("items",), schema["items"])] if "items" in schema else []
    return [*named, *branches, *items]
