"""Whether a body is JSON of the protocol's shape; if not, it is told with every unknown name (spec/gemini.md section 3.3)."""

import json
import re
from typing import Any

from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_refusal import Refused, bad_payload
from tests.support.gemini_types import StudioCount, StudioRequest, VertexCount, VertexRequest
from tests.support.typed_shapes import Mismatch, mismatches

CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")
STEP = re.compile(r"[^.\[\]]+")
PROTOCOL_NAMES = {
    "a string": "TYPE_STRING",
    "an integer": "TYPE_INT32",
    "a number": "TYPE_DOUBLE",
    "a boolean": "TYPE_BOOL",
    "an object": "an object",
    "an array": "a list",
}


def parsed(body: bytes) -> dict[str, Any]:
    """The body as an object. Refused if it is none."""
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise Refused("Invalid JSON payload received. Unexpected token.")
    return value


def check_shape(body: dict[str, Any], flavor: GeminiFlavor, *, counting: bool) -> None:
    """Raises Refused with every place of `body` that the protocol does not have."""
    if counting:
        shape = VertexCount if flavor.vertex else StudioCount
    else:
        shape = VertexRequest if flavor.vertex else StudioRequest
    seen = as_protocol(body)
    found = list(mismatches(seen, shape))
    if found:
        raise bad_payload([_violation(one, seen) for one in found])


def as_protocol(body: dict[str, Any]) -> dict[str, Any]:
    """The body as the protocol sees it: the maps of its own schemas are lists of entries."""
    inner = body.get("generateContentRequest")
    if isinstance(inner, dict):
        return {**body, "generateContentRequest": as_protocol(inner)}
    seen = dict(body)
    if isinstance(body.get("tools"), list):
        seen["tools"] = [_tool(tool) for tool in body["tools"]]
    config = body.get("generationConfig")
    if isinstance(config, dict) and "responseSchema" in config:
        seen["generationConfig"] = {**config, "responseSchema": _schema(config["responseSchema"])}
    return seen


def _tool(tool: Any) -> Any:
    if not isinstance(tool, dict) or not isinstance(tool.get("functionDeclarations"), list):
        return tool
    return {**tool, "functionDeclarations": [_declaration(one) for one in tool["functionDeclarations"]]}


def _declaration(declaration: Any) -> Any:
    if not isinstance(declaration, dict):
        return declaration
    return {
        key: _schema(value) if key in ("parameters", "response") else value
        for key, value in declaration.items()
    }


def _schema(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    return {key: _schema_field(key, value) for key, value in schema.items()}


def _schema_field(key: str, value: Any) -> Any:
    if key in ("properties", "defs") and isinstance(value, dict):
        return [{"key": name, "value": _schema(inner)} for name, inner in value.items()]
    if key == "anyOf" and isinstance(value, list):
        return [_schema(inner) for inner in value]
    return _schema(value) if key == "items" else value


def _violation(found: Mismatch, seen: dict[str, Any]) -> tuple[str, str]:
    path = CAPITAL.sub(lambda match: f"_{match[1].lower()}", found.path)
    if found.kind == "unknown":
        field, _, _ = path.rpartition(".")
        name = found.path.rpartition(".")[2]
        at = f" at '{field}'" if field else ""
        return field, f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.'
    wanted = "an enum" if found.kind == "value" else PROTOCOL_NAMES.get(found.wanted[0], found.wanted[0])
    value = json.dumps(_value_at(found.path, seen), ensure_ascii=False)
    return path, f"Invalid value at '{path}' ({wanted}), {value}"


def _value_at(path: str, seen: Any) -> Any:
    for step in STEP.findall(path):
        seen = seen[int(step)] if isinstance(seen, list) else seen[step]
    return seen
