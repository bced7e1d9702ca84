"""What a refusal teaches about a Gemini model: quirks with which the same request may succeed
(spec/gemini.md sections 3.2, 3.3, 4.1, 5 and 11)."""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from msgspec.structs import replace

from dragoman.dialects.dialect import Mended
from dragoman.dialects.gemini.endings import MISSING_SIGNATURE
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import UpstreamFailure

Change = Callable[[Quirks], dict[str, Any] | None]
"""The fields to change, or None where there is nothing left to change."""


def _no_thinking(quirks: Quirks) -> dict[str, Any] | None:
    return {"effort_style": "none"} if quirks.effort_style != "none" else None


def _without_level(level: str, quirks: Quirks) -> dict[str, Any] | None:
    """Models lack the weakest level, or the strongest."""
    if quirks.effort_style != "thinking_level" or level not in quirks.efforts:
        return None
    others = tuple(effort for effort in quirks.efforts if effort != level)
    return {"efforts": others} if others else None


def _require_signatures(quirks: Quirks) -> dict[str, Any] | None:
    return {"thought_signatures": "required"} if quirks.thought_signatures != "required" else None


def _skip_signatures(quirks: Quirks) -> dict[str, Any] | None:
    if quirks.skip_signatures:
        return None
    return {"skip_signatures": True, "thought_signatures": "required"}


def _plain_schemas(quirks: Quirks) -> dict[str, Any] | None:
    return {"plain_schemas": True} if not quirks.plain_schemas else None


def _weaker_format(quirks: Quirks) -> dict[str, Any] | None:
    if quirks.structured_output == "json_schema":
        return {"structured_output": "json_object"}
    return {"structured_output": "none"} if quirks.structured_output == "json_object" else None


def _no_forced_calls(quirks: Quirks) -> dict[str, Any] | None:
    return {"tool_choice_required": False} if quirks.tool_choice_required else None


def _separate_search(quirks: Quirks) -> dict[str, Any] | None:
    return {"search_with_functions": False} if quirks.search_with_functions else None


def _separate_output(quirks: Quirks) -> dict[str, Any] | None:
    return {"structured_with_tools": False} if quirks.structured_with_tools else None


def _no_call_ids(quirks: Quirks) -> dict[str, Any] | None:
    return {"call_ids": False} if quirks.call_ids else None


def _media_beside(quirks: Quirks) -> dict[str, Any] | None:
    return {"media_in_results": False} if quirks.media_in_results else None


_SCHEMAS = (
    r"function_?declarations|parameters_?json_?schema|response_?(?:json_?)?schema|json schema|schema"
    r"|request contains an invalid argument"
)
_LESSONS: tuple[tuple[re.Pattern[str], Change, bool], ...] = tuple(
    (re.compile(words, re.IGNORECASE), change, lasting)
    for words, change, lasting in (
        (r"missing (?:a )?`?thought_?signature|MISSING_THOUGHT_SIGNATURE", _require_signatures, True),
        (r"missing (?:a )?`?thought_?signature|MISSING_THOUGHT_SIGNATURE", _skip_signatures, False),
        (
            r"(?:corrupted|invalid) thought.?signature|thought.?signature is not valid",
            _skip_signatures,
            False,
        ),
        (r"unknown name \W{0,3}id\b.{0,80}function_?(?:call|response)", _no_call_ids, True),
        *(
            (
                rf"thinking.?level\W{{0,3}}{level}\b.{{0,40}}not supported",
                partial(_without_level, level),
                True,
            )
            for level in ("minimal", "low", "medium", "high", "xhigh")
        ),
        (
            r"thinking.?budget|thinking.?level|thinking.?config|include_?thoughts|only works in thinking mode"
            r"|budget \S+ is invalid|thinking is not (?:supported|enabled)",
            _no_thinking,
            True,
        ),
        (r"response mime type.{0,40}unsupported|function calling with a response", _separate_output, True),
        (
            r"(?:tool use with function calling|built-?in tools.{0,80}function|include_?server_?side_?tool"
            r"|search.{0,40}function call).{0,80}",
            _separate_search,
            True,
        ),
        (r"multimodal function response|function_?response.{0,60}(?:parts|inline)", _media_beside, True),
        # How much can be forced depends on the schemas that this client brings.
        (r"too many states|constraint is too (?:tall|complex)", _no_forced_calls, False),
        (_SCHEMAS, _plain_schemas, True),
        (_SCHEMAS, _weaker_format, False),
    )
)
"""Words of a 400, what changes, and whether it holds for later requests. The first that changes anything decides."""


def mend(failure: UpstreamFailure, quirks: Quirks) -> Mended | None:
    """What avoids the refusal; None if it teaches nothing that is not known already."""
    if failure.status != 400:
        return None
    words = f"{failure.vendor_code}: {failure.vendor_message}"
    if MISSING_SIGNATURE in words:
        words += ": missing thought_signature"
    for pattern, change, lasting in _LESSONS:
        fields = change(quirks) if pattern.search(words) else None
        if fields is not None:
            return Mended(replace(quirks, **fields), lasting=lasting)
    return None
