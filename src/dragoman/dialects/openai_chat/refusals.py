"""Wordings of refusals that only servers of Chat Completions use, and the quirk that each one teaches.

Sources: spec/openai-chat.md sections 0, 2, 6, 9 and 10.
"""

import re

from dragoman.dialects.openai_refusals import (
    EFFORT_REFUSALS,
    LIMIT_REFUSALS,
    TOOL_REFUSALS,
    Change,
    Refusal,
    marked,
    refused,
    row,
    unless_overflow,
)
from dragoman.dialects.quirks import Quirks

_NO_REASONING_BACK: Change = {"reasoning_back": "never", "reasoning_required": False}


def _no_reasoning_field(match: re.Match[str], quirks: Quirks) -> Change | None:
    """`reasoning` is OpenRouter's request field and the name of a message field."""
    if "messages" not in match.string and quirks.effort_style == "openrouter":
        return {"effort_style": "none"}
    return _NO_REASONING_BACK


def _other_limit_field(match: re.Match[str], quirks: Quirks) -> Change | None:
    other = "max_completion_tokens" if quirks.max_tokens_field == "max_tokens" else "max_tokens"
    named = re.search(rf"\b{quirks.max_tokens_field}\b", match.string)
    return {"max_tokens_field": other} if named else None


def _empty_content(match: re.Match[str], quirks: Quirks) -> Change | None:
    return {"null_content": "empty"} if quirks.null_content != "empty" else None


def _next_format(match: re.Match[str], quirks: Quirks) -> Change | None:
    return {"structured_output": "json_object" if quirks.structured_output == "json_schema" else "none"}


_THINKING = (
    row(
        r"function tools with reasoning_effort are not supported",
        {"effort_style": "reasoning_effort", "efforts": ("none",), "reasons": True, "always_reasons": False},
    ),
    *EFFORT_REFUSALS,
    row(
        r"(?:thinking|reasoning).{0,60}(?:cannot|can't|can not|may not|must not) be (?:disabled|turned off|off)"
        r"|does not support (?:disabling|turning off) (?:thinking|reasoning)|reasoning is mandatory",
        {"always_reasons": True},
    ),
    row(
        r"(?:reasoning_content|reasoning_details|reasoning).{0,60}(?:must be passed back|is missing|is required)"
        r"|missing.{0,20}reasoning_content",
        {"reasoning_back": "always", "reasoning_required": True},
    ),
    refused(r"reasoning_(?:content|details)", _NO_REASONING_BACK),
    refused(
        r"(?:reasoning_effort|enable_thinking|thinking_budget|chat_template_kwargs)", {"effort_style": "none"}
    ),
    row(r"does(?: not|n't) support (?:thinking|reasoning)\b(?! mode)", {"effort_style": "none"}),
    refused(marked("thinking"), {"effort_style": "none"}),
    refused(marked("reasoning"), _no_reasoning_field),
)
_LIMITS = (
    *LIMIT_REFUSALS,
    unless_overflow(refused(r"\bmax(?:_completion)?_tokens\b", _other_limit_field)),
)
_PARAMETERS = (
    refused(r"(?:\btemperature\b|\btop_p\b)", {"sampling": False}),
    refused(r"\btop_k\b", {"top_k": False}),
    refused(marked("stop"), {"native_stop": False}),
    refused(r"include_obfuscation", {"include_obfuscation": False}),
    refused(r"(?:stream_options|include_usage)", {"stream_options": False}),
    refused(r"prompt_cache_key", {"prompt_cache_key": False}),
    refused(r"safety_identifier", {"user_field": "none"}),
    refused(
        r"(?:argument supplied: user\b|parameter: ?['\"`]?user\b|body\.user\b|property ['\"]user['\"])",
        {"user_field": "none"},
    ),
    refused(r"cache_control", {"cache_control": False}),
)
_TOOLS = (
    *TOOL_REFUSALS,
    row(
        r"failed to (?:parse|initialize) grammar|grammar.{0,30}(?:error|invalid|fail)"
        r"|json schema conversion failed|pattern must start with|unsupported (?:json schema|schema|regex)"
        r"|compile (?:json )?schema"
        r"|schema.{0,80}['`](?:format|pattern|default)['`].{0,40}(?:not supported|unsupported|not permitted)",
        {"plain_schemas": True},
    ),
    row(r"must be a-z, A-Z, 0-9, with a length of 9", {"tool_ids": "nine"}),
)
_ROLES = (
    refused(r"(?:role|variant)\W.{0,80}\bdeveloper\b", {"system_role": "system"}),
    row(r"\bdeveloper\b.{0,120}(?:is not one of|role|not supported)", {"system_role": "system"}),
    row(r"role'? does not support 'system'", {"system_role": "developer"}),
    row(
        r"system (?:message|prompt|role)s? (?:must|should|can only|may only|has to"
        r"|(?:is|are) only (?:allowed|supported)).{0,60}(?:begin|first|start)"
        r"|(?:unexpected|invalid|unsupported) role ['\"`]?system|only (?:the )?first message.{0,40}system"
        r"|system.{0,40}(?:not (?:allowed|supported)|unsupported) (?:after|in the middle|at position)"
        r"|expected last role.{0,80}got system",
        {"system_anywhere": False},
    ),
    row(
        r"roles must alternate|alternate between user and assistant|consecutive (?:user|messages)",
        {"merge_roles": True, "system_anywhere": False},
    ),
)
_CONTENT = (
    row(
        r"(?:assistant|content).{0,60}(?:either|not both).{0,40}tool_calls|tool_calls.{0,40}content.{0,40}not both",
        {"null_content": "omit"},
    ),
    row(
        r"content.{0,80}(?:null|none\b|is required|field required|should be a valid string|missing)"
        r"|(?:null|nonetype).{0,60}content|expected (?:a )?string, got null|invalid type: null, expected",
        _empty_content,
    ),
    row(
        r"(?:tool|content).{0,60}(?:(?:must not|cannot|can't|should not) be empty|non-?empty)",
        {"filler_for_empty": "(no output)"},
    ),
    row(
        r"only.{0,30}(?:base64|data)[ -]?(?:encoded )?(?:ur[li]s?|images?)|must start with ['\"`]?data:",
        {"image_urls": False},
    ),
    row(
        r"not a multimodal model|at most 0 image|does(?: not|n't) support (?:image|vision|multimodal)"
        r"|support image input|unknown variant [`'\"]image_url|vision is not (?:supported|enabled)|mmproj"
        r"|image[ _](?:input|url|content)\S*.{0,30}(?:not (?:supported|allowed|enabled|permitted)|unsupported|invalid)",
        {"images": False},
    ),
    row(
        r"(?:unknown variant|invalid value:?|unsupported content type:?|does not support) [`'\"]?file[`'\"]?"
        r"|file content types",
        {"files": False},
    ),
    row(r"content.{0,40}must be a string", {"images": False, "files": False}),
    refused(r"(?:response_format|json_schema|json_object)", _next_format),
)

REFUSALS: tuple[Refusal, ...] = (*_THINKING, *_LIMITS, *_PARAMETERS, *_TOOLS, *_ROLES, *_CONTENT)
"""The first one that matches and does not decline decides."""
