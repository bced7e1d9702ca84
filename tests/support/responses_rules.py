"""What the Responses API refuses, in the vendor's words (spec/openai-responses.md sections 2 to 9).

Independent of the code under test: it reads plain dicts. responses_history.py has the rules about the input,
responses_tools.py those about tools, responses_models.py those that depend on the model, and responses_reasoning.py
knows which reasoning was given out. What the server takes and Dragoman promises not to send is returned.
"""

from typing import Any

from tests.support.openai_refusal import Refused, missing_parameter, unknown_parameter
from tests.support.openai_rules import (
    check_identifiers,
    check_is_object,
    check_name,
    check_stream_options,
    check_strict_schema,
    mismatch_refusal,
)
from tests.support.responses_flavor import ResponsesFlavor
from tests.support.responses_history import check_input
from tests.support.responses_models import check_model_rules, has_phases
from tests.support.responses_refusal import Declined, unverified
from tests.support.responses_tools import check_tools
from tests.support.responses_types import lacks_strict, responses_mismatches

STATEFUL = ("previous_response_id", "conversation", "background", "prompt")
FEWEST_TOKENS = 16


def check_request(body: Any, flavor: ResponsesFlavor, *, counting: bool = False) -> list[str]:
    """The promises that a right request breaks. Raises Refused for the first thing that the server would not take."""
    if not isinstance(body, dict):
        raise Refused("We could not parse the JSON body of your request. (HINT: it should be an object.)")
    if not body.get("model"):
        raise missing_parameter("model")
    _check_known(body, flavor)
    found = responses_mismatches(body, counting=counting)
    for one in found:
        if not lacks_strict(one):
            raise mismatch_refusal(one)
    if body.get("input") is None:
        raise missing_parameter("input")
    _check_numbers(body)
    check_stream_options(body)
    check_tools(body)
    _check_format((body.get("text") or {}).get("format") or {})
    check_input(body, flavor)
    if flavor.model_rules:
        check_model_rules(body)
    _check_organisation(body, flavor)
    return [
        f"'{one.path}' is missing, which asks for strictness" for one in found if lacks_strict(one)
    ] + _broken_promises(body, flavor, counting)


def _check_known(body: dict[str, Any], flavor: ResponsesFlavor) -> None:
    for field in body:
        if field in flavor.unknown_fields or (field == "include" and flavor.knows_no_include):
            raise unknown_parameter(field, Declined)


def _check_numbers(body: dict[str, Any]) -> None:
    check_identifiers(body)
    for field, least in (("max_output_tokens", FEWEST_TOKENS), ("max_tool_calls", 1)):
        limit = body.get(field)
        if limit is not None and limit < least:
            message = (
                f"Invalid '{field}': integer below minimum value. Expected a value >= {least}, but got {limit}"
                " instead."
            )
            raise Refused(message, param=field, code="integer_below_min_value")
    for field, most in (("temperature", 2), ("top_p", 1)):
        value = body.get(field)
        if value is not None and not 0 <= value <= most:
            over = "above maximum" if value > most else "below minimum"
            sign, bound = ("<=", most) if value > most else (">=", 0)
            message = f"Invalid '{field}': decimal {over} value. Expected a value {sign} {bound}, but got {value} instead."
            code = f"decimal_{over.split()[0]}_{'max' if value > most else 'min'}_value"
            raise Refused(message, param=field, code=code)


def _check_format(described: dict[str, Any]) -> None:
    if described.get("type") != "json_schema":
        return
    name, schema = described["name"], described["schema"]
    check_name(name, "text.format.name")
    if not described.get("strict"):
        return
    subject = f"Invalid schema for response_format '{name}'"
    check_is_object(schema, subject, "text.format.schema", "invalid_json_schema")
    check_strict_schema(schema, subject, "text.format.schema", "invalid_json_schema")


def _check_organisation(body: dict[str, Any], flavor: ResponsesFlavor) -> None:
    if "summary" in flavor.unverified_organisation and (body.get("reasoning") or {}).get("summary"):
        raise unverified("generate reasoning summaries", "reasoning.summary")
    if "stream" in flavor.unverified_organisation and body.get("stream"):
        raise unverified("stream this model", "stream")


def _broken_promises(body: dict[str, Any], flavor: ResponsesFlavor, counting: bool) -> list[str]:
    broken = [f"'{field}' keeps state at the server" for field in STATEFUL if body.get(field)]
    if not counting and body.get("store") is not False:
        broken.append("'store' must be false")
    if body.get("truncation") == "auto":
        broken.append("'truncation' is auto, which drops the oldest items without a word")
    items = body["input"] if isinstance(body["input"], list) else ()
    if flavor.model_rules and not has_phases(body["model"]) and any("phase" in item for item in items):
        broken.append(f"'phase' is sent to {body['model']}, which is older than phases")
    return broken + [
        f"'input[{index}].id' is sent, which ties the item to reasoning that may have to go"
        for index, item in enumerate(items)
        if item.get("type", "message") in ("message", "function_call") and item.get("id") is not None
    ]
