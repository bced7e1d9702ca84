"""What Gemini asks of `tools` and `toolConfig` (spec/gemini.md sections 3.1, 3.2 and 10, spec/vertex.md section 3)."""

import re
from typing import Any

from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_models import generation
from tests.support.gemini_refusal import Refused, invalid_field
from tests.support.gemini_schemas import check_schema

FUNCTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]*\Z")
MOST_FUNCTIONS = 512


def check_tools(body: dict[str, Any], model: str, flavor: GeminiFlavor) -> None:
    """Raises Refused for tools, their combination and what is said about their use."""
    tools = body.get("tools") or []
    names: list[str] = []
    for place, tool in enumerate(tools):
        if flavor.vertex and not any(value != [] for value in tool.values()):
            path = f"tools[{place}].tool_type"
            raise invalid_field(path, "required one_of 'tool_type' must have one initialized field", flavor)
        for index, function in enumerate(tool.get("functionDeclarations", ())):
            _check_function(function, f"tools[{place}].function_declarations[{index}]", flavor)
            names.append(function["name"])
    if len(names) > MOST_FUNCTIONS:
        raise invalid_field(
            "tools", f"at most {MOST_FUNCTIONS} function declarations can be provided", flavor
        )
    twice = next((name for name in dict.fromkeys(names) if names.count(name) > 1), None)
    if twice is not None:
        raise Refused(f"Duplicate function declaration found: {twice}")
    built_in = [name for tool in tools for name in tool if name != "functionDeclarations"]
    _check_combination(names, built_in, body, model, flavor)
    _check_calling(names, built_in, body, flavor)


def _check_function(function: dict[str, Any], path: str, flavor: GeminiFlavor) -> None:
    name = function.get("name", "")
    if not FUNCTION_NAME.match(name) or len(name) > flavor.longest_name:
        raise invalid_field(
            f"{path}.name",
            "Invalid function name. Must start with a letter or an underscore. Must be alphameric (a-z, A-Z, 0-9),"
            f" underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of {flavor.longest_name}.",
            flavor,
        )
    if "parameters" in function and "parametersJsonSchema" in function:
        raise invalid_field(path, "parameters and parameters_json_schema are mutually exclusive", flavor)
    if "parametersJsonSchema" in function:
        schema = function["parametersJsonSchema"]
        check_schema(schema, f"{path}.parameters_json_schema", flavor, root_object=True)


def _check_combination(
    names: list[str], built_in: list[str], body: dict[str, Any], model: str, flavor: GeminiFlavor
) -> None:
    if not names or not built_in:
        return
    if flavor.vertex:
        raise Refused("Multiple tools are supported only when they are all search tools.")
    if generation(model) < 3:
        raise Refused("Tool use with function calling is unsupported")
    if not (body.get("toolConfig") or {}).get("includeServerSideToolInvocations"):
        raise Refused(
            "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function"
            " calling."
        )


def _check_calling(names: list[str], built_in: list[str], body: dict[str, Any], flavor: GeminiFlavor) -> None:
    config = body.get("toolConfig") or {}
    calling = config.get("functionCallingConfig")
    if calling is None:
        return
    # Beside tools of its own, Vertex does not mind; nor does AI Studio once both kinds are allowed.
    tolerated = built_in and (flavor.vertex or config.get("includeServerSideToolInvocations"))
    if not names and not tolerated:
        raise Refused("Function calling config is set without function_declarations.")
    allowed = calling.get("allowedFunctionNames")
    if not allowed:
        return
    path = "tool_config.function_calling_config.allowed_function_names"
    if calling.get("mode") not in ("ANY", "VALIDATED"):
        raise invalid_field(path, "should be set only when the mode is ANY or VALIDATED", flavor)
    unknown = [name for name in allowed if name not in names]
    if unknown:
        raise invalid_field(path, f"{unknown[0]} is not one of the function declarations", flavor)
