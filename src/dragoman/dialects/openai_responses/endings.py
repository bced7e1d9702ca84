"""Why an answer ended (spec/openai-responses.md section 12.2)."""

import msgspec

from dragoman.dialects.openai_responses.items import Items
from dragoman.dialects.openai_responses.output import Output
from dragoman.dialects.openai_responses.shapes import Response

REFUSED = frozenset(
    {
        "invalid_prompt",
        "bio_policy",
        "misalignment_policy_violation",
        "image_content_policy_violation",
    }
)
"""Codes of failures that are the model's refusal to answer."""

ENDED_FROM_OUTSIDE = frozenset({"max_messages", "steered"})
"""Reasons of incomplete answers that ran into no limit."""


class Ending(msgspec.Struct, frozen=True):
    """What `message_delta` says."""

    stop_reason: str
    stop_sequence: str | None = None
    explanation: str | None = None
    """Of a refusal."""
    category: str | None = None


def ending_of(response: Response, items: Items, output: Output) -> Ending:
    """The ending of an answer that the server called complete or incomplete."""
    if (ours := output.text_end.ending) is not None:
        return Ending(*ours)
    if output.refusal:
        return Ending("refusal", explanation="".join(output.refusal))
    told = (response.incomplete_details or {}).get("reason") if response.status == "incomplete" else None
    reason = told if isinstance(told, str) else None
    if reason == "content_filter":
        return Ending("refusal", explanation="the upstream's content filter ended the answer")
    if output.writer.tool_calls:
        return Ending("tool_use" if items.last_whole else "max_tokens")
    if reason in ENDED_FROM_OUTSIDE:
        return Ending("end_turn")
    if reason == "max_output_tokens" or (response.status == "incomplete" and not items.last_whole):
        return Ending("max_tokens")
    return Ending("end_turn")


def refusal_of(code: str, message: str) -> Ending | None:
    """The ending of an answer that failed because the model must not give it; None for any other failure."""
    if code not in REFUSED:
        return None
    return Ending("refusal", explanation=message or None, category="bio" if code == "bio_policy" else None)
