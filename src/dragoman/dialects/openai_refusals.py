"""What a server's refusal says, and the quirks that avoid it: the words of OpenAI's kind of servers, as tables.

Servers word refusals in many ways, so a row asks for a word of refusal and for the thing that was refused; it never
asks which vendor speaks. The rows here are those of every dialect of OpenAI's; each has more of its own. Sources:
spec/openai-chat.md sections 0, 5, 6, 9 and 10, spec/openai-responses.md sections 2, 7 and 14.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from dragoman.dialects.context_overflow import find_overflow
from dragoman.dialects.effort import EFFORTS
from dragoman.dialects.openai_envelope import CONTENT_FILTER
from dragoman.dialects.quirks import Quirks
from dragoman.messages.errors import UpstreamFailure

Change = dict[str, Any]
"""Fields of Quirks with their new values."""

Decision = Callable[[re.Match[str], Quirks], Change | None]
"""Looks at the match, and declines with None."""

TEACHING_STATUSES = frozenset({400, 404, 405, 422, 500, 501})
"""llama.cpp and some gateways answer 500 to requests that their chat template refuses."""

_REFUSED = (
    r"(?:unsupported|not support|n't support|unknown|unrecogni[sz]ed|unexpected|not permitted|not allowed|extra inputs"
    r"|extraneous|not (?:a )?valid|invalid|unavailable|not available|incompatible|must be omitted|not implemented"
    r"|not enabled|only the default|cannot both)"
)
LIMIT = r"max(?:_completion|_output|_new)?_tokens"
NO_FORCED_CALLS: Change = {"tool_choice_required": False, "tool_choice_function": False}


class Refusal(msgspec.Struct, frozen=True):
    """A wording, and what to change when a server uses it."""

    pattern: str
    """A regular expression for `search` below; compiled when the first refusal comes, not at every start."""
    change: Decision


def search(refusal: Refusal, words: str) -> re.Match[str] | None:
    """Where a server's words are of this refusal."""
    return re.search(refusal.pattern, words, re.IGNORECASE | re.DOTALL)


def row(pattern: str, change: Change | Decision) -> Refusal:
    decision = change if callable(change) else _always(change)
    return Refusal(pattern, decision)


def _always(change: Change) -> Decision:
    return lambda match, quirks: change


def refused(name: str, change: Change | Decision) -> Refusal:
    """A word of refusal and the name of a field, in either order."""
    return row(rf"\A(?=.*{_REFUSED}).*{name}", change)


def marked(name: str) -> str:
    """A name that is also an ordinary word counts only where it is marked as a name."""
    return (
        rf"""(?:['"`\[.]{name}['"`\].]|body\.{name}\b"""
        rf"""|(?:parameter|argument|field|property|param|supplied)s?:? {name}\b)"""
    )


def unless_overflow(row: Refusal) -> Refusal:
    """Errors about the context also name `max_tokens`; they are no fault of the field."""

    def change(match: re.Match[str], quirks: Quirks) -> Change | None:
        return None if find_overflow(match.string) is not None else row.change(match, quirks)

    return Refusal(row.pattern, change)


def changed_quirks(failure: UpstreamFailure, refusals: Iterable[Refusal], quirks: Quirks) -> Quirks | None:
    """Quirks that avoid what was refused; None if the refusal teaches nothing that is not known already."""
    if failure.status not in TEACHING_STATUSES or failure.vendor_code == CONTENT_FILTER:
        return None
    words = f"{failure.vendor_code}: {failure.vendor_message}"
    for refusal in refusals:
        match = search(refusal, words)
        change = refusal.change(match, quirks) if match is not None else None
        if change is not None:
            mended = msgspec.structs.replace(quirks, **change)
            return mended if mended != quirks else None
    return None


def _listed_efforts(match: re.Match[str], quirks: Quirks) -> Change | None:
    """`Supported values are: 'low', 'medium', and 'high'.`"""
    listed = set(re.findall(r"['\"`](\w+)['\"`]", match["list"].lower())) & set(EFFORTS)
    return {"efforts": tuple(effort for effort in EFFORTS if effort in listed)} if listed else None


def _without_effort(match: re.Match[str], quirks: Quirks) -> Change | None:
    left = tuple(effort for effort in quirks.efforts if effort != match["effort"].lower())
    if left == quirks.efforts:
        return None
    return {"efforts": left} if left else {"effort_style": "none"}


def _least_output(match: re.Match[str], quirks: Quirks) -> Change | None:
    least = _number(match["number"])
    return {"min_output_tokens": least} if quirks.min_output_tokens < least <= 4096 else None


def _most_output(match: re.Match[str], quirks: Quirks) -> Change | None:
    most = _number(match["number"])
    known = quirks.max_output_tokens
    return {"max_output_tokens": most} if most >= 16 and (known is None or most < known) else None


def _weaker_choice(match: re.Match[str], quirks: Quirks) -> Change | None:
    if re.search(r"\bobject\b|\bstring\b|\bnamed\b|\bfunction\b", match.string, re.IGNORECASE):
        return {"tool_choice_function": False}
    if re.search(r"\brequired\b", match.string, re.IGNORECASE):
        return {"tool_choice_required": False}
    return NO_FORCED_CALLS


def _shorter_ids(match: re.Match[str], quirks: Quirks) -> Change | None:
    most = _number(match["number"])
    return {"max_tool_id": most} if 9 <= most < quirks.max_tool_id else None


def _shorter_names(match: re.Match[str], quirks: Quirks) -> Change | None:
    most = _number(match["number"])
    return {"max_tool_name": most} if 16 <= most < quirks.max_tool_name else None


def _number(digits: str) -> int:
    return int(digits.replace(",", ""))


EFFORT_REFUSALS = (
    row(
        r"(?:reasoning[_ .]?effort|thinking).*?(?:(?:supported|available) values(?: are)?:?|should be"
        r"|must be one of|expected one of)(?P<list>.+)",
        _listed_efforts,
    ),
    row(r"supported values are:?(?P<list>[^()]+)\(param: reasoning[_.]effort\)", _listed_efforts),
    row(
        r"(?:reasoning[_ .]?effort|thinking)\W.*?"
        r"['\"`](?P<effort>none|minimal|low|medium|high|xhigh|max)['\"`]",
        _without_effort,
    ),
)
"""Efforts that a model does not take."""

LIMIT_REFUSALS = (
    row(
        rf"{LIMIT}.*?(?:expected a value >= |must be at least |greater than or equal to )(?P<number>\d+)",
        _least_output,
    ),
    unless_overflow(
        row(
            rf"{LIMIT}.*?(?:less than or equal to|at most|maximum (?:value )?(?:is|of)|(?:should be|is) \[\d+,|<=|up to)"
            r" ?[`'\"]?(?P<number>\d[\d,]*)",
            _most_output,
        )
    ),
    unless_overflow(row(rf"{LIMIT}: \d+ > (?P<number>\d[\d,]*), which is the maximum", _most_output)),
)
"""An output limit that is too small or too large."""

TOOL_REFUSALS = (
    refused(r"parallel_tool_calls", {"parallel_tool_calls": False}),
    row(r"tool[ _]?choice.*?(?:thinking|reasoning)", NO_FORCED_CALLS),
    row(r"does not support this tool_choice", NO_FORCED_CALLS),
    refused(r"tool_choice", _weaker_choice),
    row(
        r"(?:additionalProperties|required)' is required to be supplied|strict mode", {"strict_tools": False}
    ),
    refused(marked("strict"), {"strict_tools": False}),
    row(
        r"(?:tool_calls?\S*\.id|tool_call_id|call_id).*?(?:maximum length|at most) (?P<number>\d+)",
        _shorter_ids,
    ),
    row(
        r"(?:function\.name|tools\S*\.name|tool name).*?(?:maximum length|at most) (?P<number>\d+)",
        _shorter_names,
    ),
)
"""Choices, strictness, names and ids."""
