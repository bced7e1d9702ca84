"""Wordings of refusals and the quirk that each one teaches, as a table.

Servers word refusals in many ways, so a row asks for a word of refusal and for the thing that was refused; it never
asks which vendor speaks. Sources: spec/openai-chat.md sections 0, 2, 6, 9 and 10.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from dragoman.dialects.context_overflow import find_overflow
from dragoman.dialects.openai_chat.reasoning import EFFORTS
from dragoman.dialects.quirks import Quirks

Change = dict[str, Any]
"""Fields of Quirks with their new values."""

Decision = Callable[[re.Match[str], Quirks], Change | None]
"""Looks at the match, and declines with None."""

_REFUSED = (
    r"(?:unsupported|not support|n't support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed|extra inputs"
    r"|extraneous|not (?:a )?valid|invalid|unavailable|not available|incompatible|must be omitted|not implemented"
    r"|not enabled|only the default|cannot both)"
)
_LIMIT = r"max(?:_completion|_output|_new)?_tokens"
_NO_REASONING_BACK: Change = {"reasoning_back": "never", "reasoning_required": False}
_NO_FORCED_CALLS: Change = {"tool_choice_required": False, "tool_choice_function": False}


class Refusal(msgspec.Struct, frozen=True):
    """A wording, and what to change when a server uses it."""

    pattern: str
    """A regular expression for `search` below; compiled when the first refusal comes, not at every start."""
    change: Decision


def search(refusal: Refusal, words: str) -> re.Match[str] | None:
    """Where a server's words are of this refusal."""
    return re.search(refusal.pattern, words, re.IGNORECASE | re.DOTALL)


def _row(pattern: str, change: Change | Decision) -> Refusal:
    decision = change if callable(change) else _always(change)
    return Refusal(pattern, decision)


def _always(change: Change) -> Decision:
    return lambda match, quirks: change


def _refused(name: str, change: Change | Decision) -> Refusal:
    """A word of refusal and the name of a field, in either order."""
    return _row(rf"\A(?=.*{_REFUSED}).*{name}", change)


def _marked(name: str) -> str:
    """A name that is also an ordinary word counts only where it is marked as a name."""
    return (
        rf"""(?:['"`\[.]{name}['"`\].]|body\.{name}\b"""
        rf"""|(?:parameter|argument|field|property|param|supplied)s?:? {name}\b)"""
    )


def _unless_overflow(row: Refusal) -> Refusal:
    """Errors about the context also name `max_tokens`; they are no fault of the field."""

    def change(match: re.Match[str], quirks: Quirks) -> Change | None:
        return None if find_overflow(match.string) is not None else row.change(match, quirks)

    return Refusal(row.pattern, change)


def _listed_efforts(match: re.Match[str], quirks: Quirks) -> Change | None:
    """`Supported values are: 'low', 'medium', and 'high'.`"""
    listed = set(re.findall(r"['\"`](\w+)['\"`]", match["list"].lower())) & set(EFFORTS)
    return {"efforts": tuple(effort for effort in EFFORTS if effort in listed)} if listed else None


def _without_effort(match: re.Match[str], quirks: Quirks) -> Change | None:
    left = tuple(effort for effort in quirks.efforts if effort != match["effort"].lower())
    if left == quirks.efforts:
        return None
    return {"efforts": left} if left else {"effort_style": "none"}


def _no_reasoning_field(match: re.Match[str], quirks: Quirks) -> Change | None:
    """`reasoning` is OpenRouter's request field and the name of a message field."""
    if "messages" not in match.string and quirks.effort_style == "openrouter":
        return {"effort_style": "none"}
    return _NO_REASONING_BACK


def _least_output(match: re.Match[str], quirks: Quirks) -> Change | None:
    least = _number(match["number"])
    return {"min_output_tokens": least} if quirks.min_output_tokens < least <= 4096 else None


def _most_output(match: re.Match[str], quirks: Quirks) -> Change | None:
    most = _number(match["number"])
    known = quirks.max_output_tokens
    return {"max_output_tokens": most} if most >= 16 and (known is None or most < known) else None


def _other_limit_field(match: re.Match[str], quirks: Quirks) -> Change | None:
    other = "max_completion_tokens" if quirks.max_tokens_field == "max_tokens" else "max_tokens"
    named = re.search(rf"\b{quirks.max_tokens_field}\b", match.string)
    return {"max_tokens_field": other} if named else None


def _weaker_choice(match: re.Match[str], quirks: Quirks) -> Change | None:
    if re.search(r"\bobject\b|\bstring\b|\bnamed\b|\bfunction\b", match.string, re.IGNORECASE):
        return {"tool_choice_function": False}
    if re.search(r"\brequired\b", match.string, re.IGNORECASE):
        return {"tool_choice_required": False}
    return _NO_FORCED_CALLS


def _shorter_ids(match: re.Match[str], quirks: Quirks) -> Change | None:
    most = _number(match["number"])
    return {"max_tool_id": most} if 9 <= most < quirks.max_tool_id else None


def _shorter_names(match: re.Match[str], quirks: Quirks) -> Change | None:
    most = _number(match["number"])
    return {"max_tool_name": most} if 16 <= most < quirks.max_tool_name else None


def _empty_content(match: re.Match[str], quirks: Quirks) -> Change | None:
    return {"null_content": "empty"} if quirks.null_content != "empty" else None


def _next_format(match: re.Match[str], quirks: Quirks) -> Change | None:
    return {"structured_output": "json_object" if quirks.structured_output == "json_schema" else "none"}


def _number(digits: str) -> int:
    return int(digits.replace(",", ""))


_THINKING = (
    _row(
        r"function tools with reasoning_effort are not supported",
        {"effort_style": "reasoning_effort", "efforts": ("none",), "reasons": True, "always_reasons": False},
    ),
    _row(
        r"(?:reasoning[_ .]?effort|thinking).*?(?:(?:supported|available) values(?: are)?:?|should be"
        r"|must be one of|expected one of)(?P<list>.+)",
        _listed_efforts,
    ),
    _row(r"supported values are:?(?P<list>[^()]+)\(param: reasoning[_.]effort\)", _listed_efforts),
    _row(
        r"(?:reasoning[_ .]?effort|thinking)\W.*?"
        r"['\"`](?P<effort>none|minimal|low|medium|high|xhigh|max)['\"`]",
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
    _refused(r"reasoning_(?:content|details)", _NO_REASONING_BACK),
    _refused(
        r"(?:reasoning_effort|enable_thinking|thinking_budget|chat_template_kwargs)", {"effort_style": "none"}
    ),
    _row(r"does(?: not|n't) support (?:thinking|reasoning)\b(?! mode)", {"effort_style": "none"}),
    _refused(_marked("thinking"), {"effort_style": "none"}),
    _refused(_marked("reasoning"), _no_reasoning_field),
)
_LIMITS = (
    _row(
        rf"{_LIMIT}.*?(?:expected a value >= |must be at least |greater than or equal to )(?P<number>\d+)",
        _least_output,
    ),
    _unless_overflow(
        _row(
            rf"{_LIMIT}.*?(?:less than or equal to|at most|maximum (?:value )?(?:is|of)|(?:should be|is) \[\d+,|<=|up to)"
            r" ?[`'\"]?(?P<number>\d[\d,]*)",
            _most_output,
        )
    ),
    _unless_overflow(_row(rf"{_LIMIT}: \d+ > (?P<number>\d[\d,]*), which is the maximum", _most_output)),
    _unless_overflow(_refused(r"\bmax(?:_completion)?_tokens\b", _other_limit_field)),
)
_PARAMETERS = (
    _refused(r"(?:\btemperature\b|\btop_p\b)", {"sampling": False}),
    _refused(r"\btop_k\b", {"top_k": False}),
    _refused(_marked("stop"), {"native_stop": False}),
    _refused(r"include_obfuscation", {"include_obfuscation": False}),
    _refused(r"(?:stream_options|include_usage)", {"stream_options": False}),
    _refused(r"prompt_cache_key", {"prompt_cache_key": False}),
    _refused(r"safety_identifier", {"user_field": "none"}),
    _refused(
        r"(?:argument supplied: user\b|parameter: ?['\"`]?user\b|body\.user\b|property ['\"]user['\"])",
        {"user_field": "none"},
    ),
    _refused(r"cache_control", {"cache_control": False}),
)
_TOOLS = (
    _refused(r"parallel_tool_calls", {"parallel_tool_calls": False}),
    _row(r"tool[ _]?choice.*?(?:thinking|reasoning)", _NO_FORCED_CALLS),
    _row(r"does not support this tool_choice", _NO_FORCED_CALLS),
    _refused(r"tool_choice", _weaker_choice),
    _row(
        r"(?:additionalProperties|required)' is required to be supplied|strict mode", {"strict_tools": False}
    ),
    _refused(_marked("strict"), {"strict_tools": False}),
    _row(
        r"failed to (?:parse|initialize) grammar|grammar.{0,30}(?:error|invalid|fail)"
        r"|json schema conversion failed|pattern must start with|unsupported (?:json schema|schema|regex)"
        r"|compile (?:json )?schema"
        r"|schema.{0,80}['`](?:format|pattern|default)['`].{0,40}(?:not supported|unsupported|not permitted)",
        {"plain_schemas": True},
    ),
    _row(r"must be a-z, A-Z, 0-9, with a length of 9", {"tool_ids": "nine"}),
    _row(
        r"(?:tool_calls?\S*\.id|tool_call_id|call_id).*?(?:maximum length|at most) (?P<number>\d+)",
        _shorter_ids,
    ),
    _row(
        r"(?:function\.name|tools\S*\.name|tool name).*?(?:maximum length|at most) (?P<number>\d+)",
        _shorter_names,
    ),
)
_ROLES = (
    _refused(r"(?:role|variant)\W.{0,80}\bdeveloper\b", {"system_role": "system"}),
    _row(r"\bdeveloper\b.{0,120}(?:is not one of|role|not supported)", {"system_role": "system"}),
    _row(r"role'? does not support 'system'", {"system_role": "developer"}),
    _row(
        r"system (?:message|prompt|role)s? (?:must|should|can only|may only|has to"
        r"|(?:is|are) only (?:allowed|supported)).{0,60}(?:begin|first|start)"
        r"|(?:unexpected|invalid|unsupported) role ['\"`]?system|only (?:the )?first message.{0,40}system"
        r"|system.{0,40}(?:not (?:allowed|supported)|unsupported) (?:after|in the middle|at position)"
        r"|expected last role.{0,80}got system",
        {"system_anywhere": False},
    ),
    _row(
        r"roles must alternate|alternate between user and assistant|consecutive (?:user|messages)",
        {"merge_roles": True, "system_anywhere": False},
    ),
)
_CONTENT = (
    _row(
        r"(?:assistant|content).{0,60}(?:either|not both).{0,40}tool_calls|tool_calls.{0,40}content.{0,40}not both",
        {"null_content": "omit"},
    ),
    _row(
        r"content.{0,80}(?:null|none\b|is required|field required|should be a valid string|missing)"
        r"|(?:null|nonetype).{0,60}content|expected (?:a )?string, got null|invalid type: null, expected",
        _empty_content,
    ),
    _row(
        r"(?:tool|content).{0,60}(?:(?:must not|cannot|can't|should not) be empty|non-?empty)",
        {"filler_for_empty": "(no output)"},
    ),
    _row(
        r"only.{0,30}(?:base64|data)[ -]?(?:encoded )?(?:ur[li]s?|images?)|must start with ['\"`]?data:",
        {"image_urls": False},
    ),
    _row(
        r"not a multimodal model|at most 0 image|does(?: not|n't) support (?:image|vision|multimodal)"
        r"|support image input|unknown variant [`'\"]image_url|vision is not (?:supported|enabled)|mmproj"
        r"|image[ _](?:input|url|content)\S*.{0,30}(?:not (?:supported|allowed|enabled|permitted)|unsupported|invalid)",
        {"images": False},
    ),
    _row(
        r"(?:unknown variant|invalid value:?|unsupported content type:?|does not support) [`'\"]?file[`'\"]?"
        r"|file content types",
        {"files": False},
    ),
    _row(r"content.{0,40}must be a string", {"images": False, "files": False}),
    _refused(r"(?:response_format|json_schema|json_object)", _next_format),
)

REFUSALS: tuple[Refusal, ...] = (*_THINKING, *_LIMITS, *_PARAMETERS, *_TOOLS, *_ROLES, *_CONTENT)
"""The first one that matches and does not decline decides."""
