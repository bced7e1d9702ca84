"""What the Responses API asks of `input`: messages, calls and their outputs (spec/openai-responses.md sections 3, 6)."""

from typing import Any

from tests.support.openai_history import DATA_URL, check_arguments, check_base64, check_call_id, check_image
from tests.support.openai_models import generation
from tests.support.openai_refusal import Refused, empty_array, missing_parameter, unknown_parameter
from tests.support.openai_rules import check_name
from tests.support.responses_flavor import ResponsesFlavor
from tests.support.responses_models import NEW_ITEMS
from tests.support.responses_refusal import Declined, item_not_found, unknown_type
from tests.support.responses_types import is_said

EVERYBODY_KNOWS = ("message", "function_call", "function_call_output", "reasoning", "item_reference")
LONGEST_ID = 64


def check_input(body: dict[str, Any], flavor: ResponsesFlavor) -> None:
    """Raises Refused for the first item that does not fit."""
    if isinstance(body["input"], str):
        return
    if not body["input"]:
        raise empty_array("input")
    for index, item in enumerate(body["input"]):
        path = f"input[{index}]"
        _check_known(item, path, body["model"], flavor)
        match item.get("type", "message"):
            case "message":
                _check_message(item, path)
            case "function_call":
                _check_call(item, path)
            case "function_call_output":
                _check_output(item, path)
            case "item_reference":
                raise item_not_found(item["id"])
            case _:
                pass
    _check_pairs(body["input"])


def _check_known(item: dict[str, Any], path: str, model: str, flavor: ResponsesFlavor) -> None:
    kind = item.get("type", "message")
    if kind in flavor.unknown_items:
        raise unknown_type(kind, EVERYBODY_KNOWS, f"{path}.type", Declined)
    if flavor.model_rules and kind in NEW_ITEMS and generation(model) < (5, 4):
        raise unknown_type(kind, EVERYBODY_KNOWS, f"{path}.type")
    if "phase" in item:
        if item.get("role") != "assistant":
            raise unknown_parameter(f"{path}.phase")
        if not flavor.phases:
            raise unknown_parameter(f"{path}.phase", Declined)


def _check_message(item: dict[str, Any], path: str) -> None:
    content = item["content"]
    if content == []:
        raise empty_array(f"{path}.content")
    if is_said(item):
        _check_said(content, path)
    elif isinstance(content, list):
        for place, part in enumerate(content):
            _check_part(part, f"{path}.content[{place}]")


def _check_said(content: list[Any], path: str) -> None:
    """What the assistant said: the types of the SDK do not cover it without an id."""
    words = {"output_text": "text", "refusal": "refusal"}
    for place, part in enumerate(content):
        where = f"{path}.content[{place}]"
        kind = part.get("type") if isinstance(part, dict) else None
        if kind not in words:
            raise Refused(
                f"Invalid value: '{kind}'. Supported values are: 'output_text' and 'refusal'.",
                param=where,
                code="invalid_value",
            )
        if not isinstance(part.get(words[kind]), str):
            raise missing_parameter(f"{where}.{words[kind]}")
        for key in part:
            if key not in ("type", words[kind], "annotations", "logprobs"):
                raise unknown_parameter(f"{where}.{key}")


def _check_part(part: dict[str, Any], path: str) -> None:
    if part["type"] == "input_image":
        if not part.get("image_url") and not part.get("file_id"):
            raise missing_parameter(f"{path}.image_url")
        if part.get("image_url"):
            check_image(part["image_url"], f"{path}.image_url")
    if part["type"] == "input_file":
        _check_file(part, path)


def _check_file(part: dict[str, Any], path: str) -> None:
    if part.get("file_id") or (part.get("file_url") or "").startswith(("http://", "https://")):
        return
    wanted = (
        f"Invalid '{path}.file_data'. Expected a base64-encoded data URL with an application/pdf MIME type"
        " (e.g. 'data:application/pdf;base64,aW1nIGJ5dGVzIGhlcmU='), but got"
    )
    parsed = DATA_URL.match(part.get("file_data") or "")
    if parsed is None or parsed["media"] != "application/pdf":
        raise Refused(f"{wanted} something else.", param=f"{path}.file_data", code="invalid_value")
    if not part.get("filename"):
        raise missing_parameter(f"{path}.filename")
    check_base64(parsed["data"], wanted, f"{path}.file_data")


def _check_call(item: dict[str, Any], path: str) -> None:
    check_call_id(item["call_id"], f"{path}.call_id", LONGEST_ID)
    check_name(item["name"], f"{path}.name")
    check_arguments(item["arguments"], f"{path}.arguments")


def _check_output(item: dict[str, Any], path: str) -> None:
    if item.get("call_id") is None:
        raise missing_parameter(f"{path}.call_id")
    check_call_id(item["call_id"], f"{path}.call_id", LONGEST_ID)
    if isinstance(item["output"], list):
        for place, part in enumerate(item["output"]):
            _check_part(part, f"{path}.output[{place}]")


def _check_pairs(items: list[dict[str, Any]]) -> None:
    """Every call has one output after it, and every output its call before it."""
    waiting: list[str] = []
    seen: set[str] = set()
    answered: set[str] = set()
    for item in items:
        call_id = item.get("call_id")
        if item.get("type") == "function_call":
            if call_id in seen:
                raise Refused(f"Duplicate function call with call_id {call_id}.", param="input")
            seen.add(item["call_id"])
            waiting.append(item["call_id"])
        elif item.get("type") == "function_call_output":
            if call_id in answered:
                raise Refused(f"Duplicate function call output with call_id {call_id}.", param="input")
            if call_id not in waiting:
                raise Refused(
                    f"No tool call found for function call output with call_id {call_id}.", param="input"
                )
            waiting.remove(item["call_id"])
            answered.add(item["call_id"])
    if waiting:
        raise Refused(f"No tool output found for function call {waiting[0]}.", param="input")
