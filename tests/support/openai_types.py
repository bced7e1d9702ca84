"""Checks a request body against the request types of the `openai` package."""

from typing import Any

from openai.types.chat import completion_create_params as params

from tests.support.typed_shapes import Mismatch, check_none, mismatches


def openai_mismatches(body: Any) -> list[Mismatch]:
    """Every key that the SDK's types do not know, every missing one and every value of a wrong type."""
    streaming = isinstance(body, dict) and body.get("stream") is True
    shape = params.CompletionCreateParamsStreaming if streaming else params.CompletionCreateParamsNonStreaming
    return list(mismatches(body, shape))


def check_with_openai_types(body: Any) -> None:
    """AssertionError that lists what the SDK's types would not let through."""
    check_none(openai_mismatches(body))
