"""Checks a request body against the request types of the `openai` package."""

from typing import Any

from openai.types.chat import completion_create_params as params

from tests.support.typed_shapes import Mismatch, mismatches


def openai_mismatches(body: Any) -> list[Mismatch]:
    """Every key that the SDK's types do not know, every missing one and every value of a wrong type."""
    streaming = isinstance(body, dict) and body.get("stream") is True
    shape = params.CompletionCreateParamsStreaming if streaming else params.CompletionCreateParamsNonStreaming
    return list(mismatches(body, shape))


def check_with_openai_types(body: Any) -> None:
    """AssertionError that lists what the SDK's types would not let through."""
    found = openai_mismatches(body)
    assert not found, "\n".join(f"{one.path}: {one.kind} {one.found} (wants {one.wanted})" for one in found)
