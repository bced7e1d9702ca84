"""What Chat Completions asks of `messages`: order, tool calls and their answers, images."""

import base64
import binascii
import json
import re
from typing import Any

from tests.support.openai_flavor import Flavor
from tests.support.openai_refusal import Refused, empty_array, empty_string, string_too_long

NINE = re.compile(r"[a-zA-Z0-9]{9}\Z")
DATA_URL = re.compile(r"data:(?P<media>[\w.+-]+/[\w.+-]+);base64,(?P<data>.*)\Z", re.DOTALL)
LONGEST_ID = 40
IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def check_history(body: dict[str, Any], flavor: Flavor) -> None:
    """Raises Refused for the first message that does not fit."""
    messages = body["messages"]
    for index, message in enumerate(messages):
        path = f"messages[{index}]"
        _check_content(message, path, flavor)
        if message["role"] == "assistant":
            _check_calls(message, path, flavor)
    _check_answers(messages)
    _check_order(messages, flavor)
    if flavor.needs_reasoning_content and (body.get("thinking") or {}).get("type") != "disabled":
        _check_reasoning(messages)


def _check_content(message: dict[str, Any], path: str, flavor: Flavor) -> None:
    content = message.get("content")
    calls = message.get("tool_calls")
    if content is None and (not calls or flavor.rejects_null_content):
        raise Refused("Invalid value for 'content': expected a string, got null.", param=f"{path}.content")
    if content == []:
        raise empty_array(f"{path}.content")
    if content == "" and flavor.rejects_empty_content and not calls:
        raise Refused(f"{message['role'].capitalize()} message must have either content or tool_calls.")
    if isinstance(content, list):
        for place, part in enumerate(content):
            _check_part(part, f"{path}.content[{place}]")


def _check_part(part: dict[str, Any], path: str) -> None:
    if part["type"] == "image_url":
        check_image(part["image_url"]["url"], f"{path}.image_url.url")
    if part["type"] == "file":
        _check_file(part["file"], f"{path}.file")


def check_image(url: str, path: str) -> None:
    """Raises Refused unless it is an address or a data URL of an image that is taken."""
    if url.startswith(("http://", "https://")):
        return
    wanted = (
        f"Invalid '{path}'. Expected a base64-encoded data URL with an image MIME type"
        " (e.g. 'data:image/png;base64,aW1nIGJ5dGVzIGhlcmU='), but got"
    )
    parsed = DATA_URL.match(url)
    if parsed is None:
        raise Refused(
            f"{wanted} a value without the 'data:' scheme or base64 data.", param=path, code="invalid_value"
        )
    if parsed["media"] not in IMAGES:
        raise Refused(
            f"{wanted} unsupported MIME type '{parsed['media']}'.", param=path, code="invalid_value"
        )
    check_base64(parsed["data"], wanted, path)


def _check_file(file: dict[str, Any], path: str) -> None:
    if "file_id" in file:
        return
    wanted = f"Invalid '{path}.file_data'. Expected a base64-encoded data URL with an application/pdf MIME type, but got"
    parsed = DATA_URL.match(file.get("file_data") or "")
    if parsed is None or parsed["media"] != "application/pdf":
        raise Refused(f"{wanted} something else.", param=f"{path}.file_data", code="invalid_value")
    if not file.get("filename"):
        raise Refused(
            f"Missing required parameter: '{path}.filename'.", param=path, code="missing_required_parameter"
        )
    check_base64(parsed["data"], wanted, path)


def check_base64(data: str, wanted: str, path: str) -> None:
    """Raises Refused for nothing or no base64; `wanted` begins the message."""
    try:
        decoded = base64.b64decode(data, validate=True)
    except binascii.Error:
        decoded = b""
    if not decoded:
        raise Refused(f"{wanted} a value with invalid base64.", param=path, code="invalid_base64")


def _check_calls(message: dict[str, Any], path: str, flavor: Flavor) -> None:
    calls = message.get("tool_calls")
    if calls is None:
        return
    if not calls:
        raise empty_array(f"{path}.tool_calls")
    for place, call in enumerate(calls):
        where = f"{path}.tool_calls[{place}]"
        if flavor.nine_char_ids and not NINE.match(call["id"]):
            raise Refused(
                f"Tool call id was {call['id']} but must be a-z, A-Z, 0-9, with a length of 9.", code="3280"
            )
        check_call_id(call["id"], f"{where}.id", LONGEST_ID)
        if len(call["function"]["name"]) > 64:
            raise string_too_long(f"{where}.function.name", 64, len(call["function"]["name"]))
        check_arguments(call["function"]["arguments"], f"{where}.function.arguments")


def check_call_id(call_id: str, path: str, longest: int) -> None:
    """Raises Refused for an id of a tool call that is too long or empty."""
    if len(call_id) > longest:
        raise string_too_long(path, longest, len(call_id))
    if not call_id:
        raise empty_string(path)


def check_arguments(text: str, path: str) -> None:
    """Raises Refused unless the arguments of a tool call are a JSON object."""
    try:
        arguments = json.loads(text)
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        message = f"Invalid '{path}': expected a string of a valid JSON object."
        raise Refused(message, param=path, code="invalid_value")


def _check_answers(messages: list[dict[str, Any]]) -> None:
    """Tool messages directly follow their calls, one for each, and no id is used twice."""
    used: dict[str, int] = {}
    waiting: dict[str, int] = {}
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            _take_answer(message["tool_call_id"], index, messages, waiting, used)
            continue
        _want_answered(waiting, index)
        for call in message.get("tool_calls") or ():
            if call["id"] in used or call["id"] in waiting:
                raise _duplicate(call["id"], used.get(call["id"], waiting.get(call["id"], index)), index)
            waiting[call["id"]] = index
    _want_answered(waiting, len(messages))


def _take_answer(
    call_id: str, index: int, messages: list[dict[str, Any]], waiting: dict[str, int], used: dict[str, int]
) -> None:
    before = next((message for message in reversed(messages[:index]) if message["role"] != "tool"), {})
    if not before.get("tool_calls"):
        raise Refused(
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with"
            " 'tool_calls'.",
            param=f"messages.[{index}].role",
        )
    if call_id in used:
        raise _duplicate(call_id, used[call_id], index)
    if call_id not in waiting:
        raise Refused(
            f"Invalid parameter: 'tool_call_id' of '{call_id}' not found in 'tool_calls' of previous message.",
            param=f"messages.[{index}].tool_call_id",
        )
    used[call_id] = index
    del waiting[call_id]


def _duplicate(call_id: str, first: int, second: int) -> Refused:
    return Refused(
        f"Invalid parameter: Duplicate value for 'tool_call_id' of '{call_id}', in messages[{first}] and"
        f" messages[{second}].",
        param=f"messages.[{second}].tool_call_id",
    )


def _want_answered(waiting: dict[str, int], index: int) -> None:
    if waiting:
        raise Refused(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each"
            f" 'tool_call_id'. The following tool_call_ids did not have response messages: {', '.join(waiting)}",
            param=f"messages.[{index}].role",
        )


def _check_order(messages: list[dict[str, Any]], flavor: Flavor) -> None:
    roles = [message["role"] for message in messages]
    if not flavor.developer_role and "developer" in roles:
        raise Refused(
            "Unexpected message role: developer.", param=f"messages[{roles.index('developer')}].role"
        )
    if flavor.system_first and any(role in ("system", "developer") for role in roles[1:]):
        raise Refused("System message must be at the beginning.")
    if flavor.alternates:
        talk = [role for role in roles if role in ("user", "assistant")]
        pairs = zip(roles, roles[1:], strict=False)
        if talk[:1] != ["user"] or any(one == other != "tool" for one, other in pairs):
            raise Refused("Conversation roles must alternate user/assistant/user/assistant/...")


def _check_reasoning(messages: list[dict[str, Any]]) -> None:
    for message in messages:
        if message.get("tool_calls") and not isinstance(message.get("reasoning_content"), str):
            raise Refused("The reasoning_content in the thinking mode must be passed back to the API.")
