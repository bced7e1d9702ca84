"""Checks bodies for the Responses API against the request types of the `openai` package."""

import re
from typing import Any

from openai.types.responses import input_token_count_params as counts
from openai.types.responses import response_create_params as params

from tests.support.typed_shapes import Mismatch, check_none, mismatches

STRICT = re.compile(r"(?:.*\.)?tools\[\d+\]\.strict\Z")


def responses_mismatches(body: Any, *, counting: bool = False) -> list[Mismatch]:
    """Every key that the SDK's types do not know, every missing one and every value of a wrong type.

    What an assistant says may be `output_text` without an id, which the server takes and the types do not.
    """
    streaming = isinstance(body, dict) and body.get("stream") is True
    shape = params.ResponseCreateParamsStreaming if streaming else params.ResponseCreateParamsNonStreaming
    return list(mismatches(_without_said(body), counts.InputTokenCountParams if counting else shape))


def lacks_strict(found: Mismatch) -> bool:
    """Whether this is a function without `strict`, which the server takes and reads as a wish for strictness."""
    return found.kind == "missing" and STRICT.match(found.path) is not None


def check_with_responses_types(body: Any) -> None:
    """AssertionError that lists what the SDK's types would not let through."""
    check_none(responses_mismatches(body))


def is_said(item: Any) -> bool:
    """Whether an input item is an assistant's message with a list of parts."""
    return (
        isinstance(item, dict)
        and item.get("type", "message") == "message"
        and item.get("role") == "assistant"
        and isinstance(item.get("content"), list)
    )


def _without_said(body: Any) -> Any:
    """The body with a text in place of an assistant's parts, and without what only a returned message has."""
    if not isinstance(body, dict) or not isinstance(body.get("input"), list):
        return body
    returned = ("id", "status")
    items = [
        {key: value for key, value in item.items() if key not in returned} | {"content": ""}
        if is_said(item)
        else item
        for item in body["input"]
    ]
    return body | {"input": items}
