"""The functions that a backend is told of, whatever language its request is in."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Declared:
    """One function."""

    name: str
    description: str
    parameters: dict[str, Any]


def declared_tools(body: dict[str, Any]) -> list[Declared]:
    """All functions of a Chat, Responses or Gemini request in their order, those that come in the middle of it last."""
    if "contents" in body:
        kinds = body.get("tools") or ()
        functions = [one for kind in kinds for one in kind.get("functionDeclarations", ())]
    elif "input" in body:
        later = [tool for item in body["input"] for tool in item.get("tools") or ()]
        functions = [tool for tool in (*(body.get("tools") or ()), *later) if tool["type"] == "function"]
    else:
        functions = [tool["function"] for tool in body.get("tools") or ()]
    return [_declared(function) for function in functions]


def _declared(function: dict[str, Any]) -> Declared:
    parameters = function.get("parametersJsonSchema", function.get("parameters", {}))
    return Declared(function["name"], function.get("description", ""), parameters)
