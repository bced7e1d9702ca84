"""What Gemini asks of `contents`: whose turn it is, and which results follow which calls (spec/gemini.md section 2.2)."""

from typing import Any

from tests.support.gemini_flavor import GeminiFlavor
from tests.support.gemini_parts import check_part
from tests.support.gemini_refusal import Refused, invalid_field, unable

CALL_TURN = "Please ensure that function call turn comes immediately after a user turn or after a function response turn."
RESULT_TURN = "Please ensure that function response turn comes immediately after a function call turn."
SAME_NUMBER = (
    "Please ensure that the number of function response parts is equal to the number of function call parts of the"
    " function call turn."
)


def check_contents(body: dict[str, Any], model: str, flavor: GeminiFlavor) -> None:
    """Raises Refused for the first content that does not fit."""
    system = body.get("systemInstruction")
    if system is not None:
        _check_parts(system, "system_instruction", model, flavor)
    contents = body.get("contents")
    if not contents:
        raise (
            unable("at least one contents field is required")
            if flavor.vertex
            else invalid_field("contents", "contents is not specified", flavor)
        )
    for index, content in enumerate(contents):
        if content.get("role") not in ("user", "model"):
            raise Refused("Please use a valid role: user, model.")
        _check_parts(content, f"contents[{index}]", model, flavor)
    _check_turns(contents)
    for before, content in zip([None, *contents], contents, strict=False):
        _check_results(before, content, flavor)


def payloads(content: dict[str, Any] | None, name: str) -> list[dict[str, Any]]:
    """What the parts of a content hold under `name`."""
    return [part[name] for part in (content or {}).get("parts", ()) if name in part]


def _check_parts(content: dict[str, Any], path: str, model: str, flavor: GeminiFlavor) -> None:
    if not content.get("parts"):
        if flavor.vertex:
            raise unable("it must include at least one parts field, which describes the prompt input")
        raise invalid_field(f"{path}.parts", "contents.parts must not be empty.", flavor)
    for index, part in enumerate(content["parts"]):
        check_part(part, f"{path}.parts[{index}]", model, flavor)


def _check_turns(contents: list[dict[str, Any]]) -> None:
    roles = [content["role"] for content in contents]
    if roles[0] != "user":
        raise Refused(
            CALL_TURN
            if payloads(contents[0], "functionCall")
            else "Please ensure that multiturn requests begin with a user turn."
        )
    if any(one == other for one, other in zip(roles, roles[1:], strict=False)):
        raise Refused("Please ensure that multiturn requests alternate between user and model.")
    if roles[-1] != "user":
        raise Refused("Please ensure that multiturn requests end with a user role or a function response.")


def _check_results(before: dict[str, Any] | None, content: dict[str, Any], flavor: GeminiFlavor) -> None:
    """`before` is the content that stands directly before, and holds the calls."""
    if content["role"] == "model":
        if payloads(content, "functionResponse"):
            raise Refused(RESULT_TURN)
        _check_ids(payloads(content, "functionCall"))
        return
    if payloads(content, "functionCall"):
        raise Refused(CALL_TURN)
    calls, results = payloads(before, "functionCall"), payloads(content, "functionResponse")
    if results and not calls:
        raise Refused(RESULT_TURN)
    if len(calls) != len(results):
        raise Refused(SAME_NUMBER)
    if any("functionResponse" not in part for part in content["parts"][: len(results)]):
        raise Refused("Please ensure that function response parts come first in the function response turn.")
    for call, result in zip(calls, results, strict=True):
        for field in ("id", "name"):
            if call.get(field) != result.get(field):
                raise _unlike(field, flavor)


def _unlike(field: str, flavor: GeminiFlavor) -> Refused:
    if flavor.vertex:
        return Refused("Request contains an invalid argument.")
    return Refused(f"functionResponse.{field} does not match functionCall.{field}")


def _check_ids(calls: list[dict[str, Any]]) -> None:
    ids = [call["id"] for call in calls if "id" in call]
    if len(set(ids)) < len(ids):
        raise Refused("Please ensure that the function calls of a turn have different ids.")
