"""What a refusal teaches about a server: quirks with which the same request may succeed.

Servers word refusals in many ways, so a row asks for a word of refusal and for the thing that was refused; it never
asks which vendor speaks. Sources: spec/openai-chat.md sections 0, 2, 6, 9 and 10.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from dragoman.dialects.context_overflow import find_overflow
from dragoman.dialects.openai_chat.reasoning import EFFORTS
from dragoman.dialects.openai_chat.vendor_error import CONTENT_FILTER
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import UpstreamFailure

Change = dict[str, Any]
"""Fields of Quirks with their new values."""

Decision = Callable[[re.Match[str], Quirks], Change | None]

_TEACHING_STATUSES = frozenset({400, 404, 405, 422, 500, 501})
"""llama.cpp and some gateways answer 500 to requests that their chat template refuses."""

_REFUSED = (
    r"(?:unsupported|not support|n't support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed|extra inputs"
    r"|extraneous|not (?:a )?valid|invalid|unavailable|not available|incompatible|must be omitted|not implemented"
    r"|not enabled|only the default|cannot both)"
)


class Row(msgspec.Struct, frozen=True):
    """Wordings, and the change that answers them; a change may look at the match and decline with None."""

    pattern: re.Pattern[str]
    change: Decision


def mend(failure: UpstreamFailure, quirks: Quirks) -> Quirks | None:
    """Quirks that avoid what was refused; None if the refusal teaches nothing that is not known already."""
    if failure.status not in _TEACHING_STATUSES or failure.vendor_code == CONTENT_FILTER:
        return None
    words = f"{failure.vendor_code}: {failure.vendor_message}"
    for row in _ROWS:
        match = row.pattern.search(words)
        change = row.change(match, quirks) if match is not None else None
        if change is None:
            continue
        mended = msgspec.structs.replace(quirks, **change)
        if mended != quirks:
            return mended
    return None


def _row(pattern: str, change: Change | Decision) -> Row:
    return Row(
        re.compile(pattern, re.IGNORECASE | re.DOTALL), change if callable(change) else _always(change)
    )


def _always(change: Change) -> Decision:
    return lambda match, quirks: change


def _refusal_of(name: str, change: Change | Decision) -> Row:
    """A word of refusal and the name of a field, in either order."""
    return _row(rf"\A(?=.*{_REFUSED}).*{name}", change)


def _quoted(name: str) -> str:
    """A name that is also an ordinary word counts only where it is marked as a name."""
    return (
        rf"""(?:['"`\[.]{name}['"`\].]|(?:parameter|argument|field|property|param:?|body\.){name}\b"""
        rf"""|(?:parameter|argument|field|property|param|supplied):? {name}\b)"""
    )


def _other_limit_field(match: re.Match[str], quirks: Quirks) -> Change | None:
    other = "max_completion_tokens" if quirks.max_tokens_field == "max_tokens" else "max_tokens"
    refused = re.search(rf"\b{quirks.max_tokens_field}\b", match.string)
    return {"max_tokens_field": other} if refused else None


def _listed_efforts(match: re.Match[str], quirks: Quirks) -> Change | None:
    """`Supported values are: 'low', 'medium', and 'high'.`"""
    listed = {word for word in re.findall(r"['\"`](\w+)['\"`]", match["list"].lower()) if word in EFFORTS}
    return {"efforts": tuple(effort for effort in EFFORTS if effort in listed)} if listed else None


def _without_effort(match: re.Match[str], quirks: Quirks) -> Change | None:
    left = tuple(effort for effort in quirks.efforts if effort != match["effort"].lower())
    if left == quirks.efforts:
        return None
    return {"efforts": left} if left else {"effort_style": "none"}


def _least_output(match: re.Match[str], quirks: Quirks) -> Change | None:
    least = _number(match["least"])
    return {"min_output_tokens": least} if quirks.min_output_tokens < least <= 4096 else None


def _most_output(match: re.Match[str], quirks: Quirks) -> Change | None:
    most = _number(match["most"])
    known = quirks.max_output_tokens
    return {"max_output_tokens": most} if most >= 16 and (known is None or most < known) else None


def _next_format(match: re.Match[str], quirks: Quirks) -> Change | None:
    return {"structured_output": "json_object" if quirks.structured_output == "json_schema" else "none"}


def _other_null(match: re.Match[str], quirks: Quirks) -> Change | None:
    return {"null_content": "empty"} if quirks.null_content != "empty" else None


def _shorter_ids(match: re.Match[str], quirks: Quirks) -> Change | None:
    most = _number(match["most"])
    return {"max_tool_id": most} if 9 <= most < quirks.max_tool_id else None


def _shorter_names(match: re.Match[str], quirks: Quirks) -> Change | None:
    most = _number(match["most"])
    return {"max_tool_name": most} if 16 <= most < quirks.max_tool_name else None


def _no_reasoning_field(match: re.Match[str], quirks: Quirks) -> Change | None:
    """`reasoning` is OpenRouter's request field and the name of a message field."""
    if "messages" not in match.string and quirks.effort_style == "openrouter":
        return {"effort_style": "none"}
    return {"reasoning_back": "never", "reasoning_required": False}


def _number(digits: str) -> int:
    return int(digits.replace(",", "").replace("_", ""))


def _unless_overflow(row: Row) -> Row:
    """Errors about the context also name `max_tokens`; they are no fault of the field."""

    def change(match: re.Match[str], quirks: Quirks) -> Change | None:
        return None if find_overflow(match.string) is not None else row.change(match, quirks)

    return Row(row.pattern, change)


_LIMIT = r"max(?:_completion|_output|_new)?_tokens"

_ROWS: tuple[Row, ...] = (
    # Effort and thinking
    _row(
        r"function tools with reasoning_effort are not supported",
        {"effort_style": "reasoning_effort", "efforts": ("none",), "reasons": True, "always_reasons": False},
    ),
    _row(
        r"(?:reasoning[_ .]?effort|thinking).*?(?:supported values(?: are)?:?|should be|must be one of|expected one of"
        r"|available values(?: are)?:?)(?P<list>.+)",
        _listed_efforts,
    ),
    _row(
        r"(?:reasoning[_ .]?effort|thinking)\W.*?['\"`](?P<effort>none|minimal|low|medium|high|xhigh|max)['\"`]",
        _without_effort,
    ),
    _row(
        r"(?:thinking|reasoning).{0,60}(?:cannot|can't|can not|may not|must not) be (?:disabled|turned off|off)"
        r"|does not support (?:disabling|turning off) (?:thinking|reasoning)|reasoning is mandatory",
        {"always_reasons": True},
    ),
    _row(
        r"(?:reasoning_content|reasoning_details|reasoning).{0,60}(?:must be passed back|is missing|is required)"
        r"|missing.{0,20}reasoning_content",
        {"reasoning_back": "always", "reasoning_required": True},
    ),
    _refusal_of(r"reasoning_(?:content|details)", {"reasoning_back": "never", "reasoning_required": False}),
    _refusal_of(
        r"(?:reasoning_effort|enable_thinking|thinking_budget|chat_template_kwargs)", {"effort_style": "none"}
    ),
    _refusal_of(_quoted("thinking"), {"effort_style": "none"}),
    _refusal_of(_quoted("reasoning"), _no_reasoning_field),
    # Output limits
    _row(
        rf"{_LIMIT}.*?(?:below minimum value\. expected a value >= |must be at least |greater than or equal to )(?P<least>\d+)",
        _least_output,
    ),
    _unless_overflow(
        _row(
            rf"{_LIMIT}.*?(?:supports at most|must be less than or equal to|less than or equal to|at most|maximum (?:value )?(?:is|of)"
            rf"|should be \[\d+,|is \[\d+,|<=|up to) ?[`'\"]?(?P<most>\d[\d,]*)",
            _most_output,
        )
    ),
    _unless_overflow(_row(rf"{_LIMIT}: \d+ > (?P<most>\d[\d,]*), which is the maximum", _most_output)),
    _unless_overflow(_refusal_of(r"\bmax(?:_completion)?_tokens\b", _other_limit_field)),
    # Sampling and stops
    _refusal_of(r"(?:\btemperature\b|\btop_p\b)", {"sampling": False}),
    _refusal_of(r"\btop_k\b", {"top_k": False}),
    _refusal_of(_quoted("stop"), {"native_stop": False}),
    # Streaming, identity, caching
    _refusal_of(r"include_obfuscation", {"include_obfuscation": False}),
    _refusal_of(r"(?:stream_options|include_usage)", {"stream_options": False}),
    _refusal_of(r"prompt_cache_key", {"prompt_cache_key": False}),
    _refusal_of(r"safety_identifier", {"user_field": "none"}),
    _row(
        rf"(?=.*{_REFUSED}).*(?:argument supplied: user\b|parameter: ?['\"`]?user\b|body\.user\b|property ['\"]user['\"])",
        {"user_field": "none"},
    ),
    _refusal_of(r"cache_control", {"cache_control": False}),
    # Tools
    _refusal_of(r"parallel_tool_calls", {"parallel_tool_calls": False}),
    _row(
        r"tool[ _]?choice.*?(?:thinking|reasoning)(?: mode| enabled)?",
        {"tool_choice_required": False, "tool_choice_function": False},
    ),
    _refusal_of(
        r"tool_choice",
        lambda match, quirks: (
            {"tool_choice_function": False}
            if quirks.tool_choice_function
            and re.search(r"object|function|named|string", match.string, re.IGNORECASE)
            and not re.search(r"required", match.string, re.IGNORECASE)
            else {"tool_choice_required": False, "tool_choice_function": False}
        ),
    ),
    _row(
        r"does not support this tool_choice", {"tool_choice_required": False, "tool_choice_function": False}
    ),
    _row(
        r"additionalProperties' is required to be supplied|required' is required to be supplied|strict mode",
        {"strict_tools": False},
    ),
    _refusal_of(_quoted("strict"), {"strict_tools": False}),
    _row(
        r"failed to (?:parse|initialize) grammar|grammar.{0,30}(?:error|invalid|fail)|json schema conversion failed"
        r"|pattern must start with|unsupported (?:json schema|schema|regex)|compile (?:json )?schema"
        r"|schema.{0,80}(?:'format'|'pattern'|'default'|`format`|`pattern`|`default`).{0,40}(?:not supported|unsupported|not permitted)",
        {"plain_schemas": True},
    ),
    _row(r"must be a-z, A-Z, 0-9, with a length of 9", {"tool_ids": "nine"}),
    _row(
        r"(?:tool_calls?\S*\.id|tool_call_id|call_id).*?(?:maximum length|at most) (?P<most>\d+)",
        _shorter_ids,
    ),
    _row(
        r"(?:function\.name|tools\S*\.name|tool name).*?(?:maximum length|at most) (?P<most>\d+)",
        _shorter_names,
    ),
    # Roles
    _refusal_of(r"(?:role|variant)\W.{0,80}\bdeveloper\b", {"system_role": "system"}),
    _row(r"\bdeveloper\b.{0,60}(?:is not one of|role|not supported)", {"system_role": "system"}),
    _row(r"role'? does not support 'system'", {"system_role": "developer"}),
    _row(
        r"system (?:message|prompt|role)s? (?:must|should|can only|may only|has to|is only allowed).{0,60}(?:begin|first|start)"
        r"|(?:unexpected|invalid|unsupported) role ['\"`]?system|only (?:the )?first message.{0,40}system"
        r"|system.{0,40}(?:not (?:allowed|supported)|unsupported) (?:after|in the middle|at position)"
        r"|expected last role.{0,80}got system",
        {"system_anywhere": False},
    ),
    _row(
        r"roles must alternate|alternate between user and assistant|consecutive (?:user|messages)",
        {"merge_roles": True, "system_anywhere": False},
    ),
    # Content
    _row(
        r"(?:assistant|content).{0,60}(?:either|not both).{0,40}tool_calls|tool_calls.{0,40}content.{0,40}not both",
        {"null_content": "omit"},
    ),
    _row(
        r"content.{0,80}(?:null|none\b|is required|field required|should be a valid string|missing)"
        r"|(?:null|nonetype).{0,60}content|expected (?:a )?string, got null|invalid type: null, expected",
        _other_null,
    ),
    _row(
        r"(?:tool|content).{0,60}(?:must not be empty|cannot be empty|can't be empty|should not be empty|non-?empty)",
        lambda match, quirks: {"filler_for_empty": "(no output)"} if not quirks.filler_for_empty else None,
    ),
    _row(
        r"only.{0,30}(?:base64|data)[ -]?(?:encoded )?(?:ur[li]s?|images?)|must start with ['\"`]?data:",
        {"image_urls": False},
    ),
    _row(
        r"not a multimodal model|at most 0 image|does(?: not|n't) support (?:image|vision|multimodal)|support image input"
        r"|image[ _](?:input|url|content)\S*.{0,30}(?:not supported|unsupported|not allowed|not enabled|not permitted|invalid)"
        r"|unknown variant [`'\"]image_url|vision is not (?:supported|enabled)|mmproj|cannot read image",
        {"images": False},
    ),
    _row(
        r"(?:unknown variant|invalid value:?|unsupported content type:?|does not support) [`'\"]?file[`'\"]?|file content types",
        {"files": False},
    ),
    _row(r"content.{0,40}must be a string", {"images": False, "files": False}),
    # Structured output
    _refusal_of(r"(?:response_format|json_schema|json_object)", _next_format),
)
"""The first row that matches and changes something mends."""
