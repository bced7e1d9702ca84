"""What becomes of every field of the Messages API on Chat Completions (dialects/ledger.py)."""

from dragoman.dialects.ledger import Fates, approximated, carried, emulated, lost, needless, refused, similar
from dragoman.dialects.translated_fates import TRANSLATED

_MARKED = carried("on OpenRouter; elsewhere the server caches by itself")
_BY_OWN_RULES = carried("lost with models that sample by their own rules, unless it is 1")

_REQUEST: Fates = {
    "max_tokens": carried("approximated: lowered to the model's own limit"),
    "stop_sequences": emulated(
        "the answer is watched for them; also sent to servers that name the one they hit"
    ),
    "temperature": _BY_OWN_RULES,
    "top_p": _BY_OWN_RULES,
    "top_k": carried("lost where the server has no such field, as at OpenAI"),
    "system.cache_control": _MARKED,
    "thinking.adaptive": carried(
        "as the server's own effort or switch; nothing for models that do not think"
    ),
    "thinking.enabled": similar("the budget as an effort, for servers that take no budget"),
    "thinking.disabled": carried("with models that always think: hidden, with room added to `max_tokens`"),
    "thinking.between_tools": similar("as low effort"),
    "output_config.effort": carried(
        "as the nearest one that the model takes, if the client asked for thinking"
    ),
    "output_config.format": carried(
        "approximated where the server takes no schema: the model is asked to follow it"
    ),
    "tool_choice.auto": carried(),
    "tool_choice.any": carried("approximated where the server cannot be told: the model is asked to"),
    "tool_choice.tool": carried("approximated where the server cannot be told; lost if the tool is not sent"),
    "tool_choice.none": carried(),
    "tool_choice.*.disable_parallel_tool_use": carried(
        "where the server cannot be told, calls after the first are left out"
    ),
    "metadata.user_id": similar("as a hash, where the server has a field for it"),
    "tools.custom.strict": carried("lost where the server or the schema has no strict mode"),
    "tools.custom.input_examples": lost("functions carry no examples"),
    "tools.custom.allowed_callers": approximated("without `direct`: the model calls the tool directly"),
    "messages.assistant (last)": refused("as Anthropic's own models since 4.6 do"),
    "messages.system": carried("where the server allows it; elsewhere as a reminder in a user message"),
    "content.*.cache_control": _MARKED,
    "content.image.source.base64": carried("lost with models without vision: a note stands in its place"),
    "content.image.source.url": carried("lost where the server fetches none: a note stands in its place"),
    "content.document.source.base64": carried(
        "lost where the server takes no files: a note stands in its place"
    ),
    "content.document.source.url": lost("a note stands in its place: it is not in the request itself"),
    "content.thinking": carried(
        "to the family of models that it came from, where the server wants it back; no other takes it"
    ),
    "content.tool_result.is_error": similar("told as `[tool error]` before the text"),
    "content.tool_result.content.image": emulated("in a user message behind the results, which name it"),
    "content.tool_result.content.document": emulated(
        "a file in a user message behind the results; else as text"
    ),
    "content.tool_result (orphan)": lost("the server would refuse it"),
    "content.tool_use (unanswered)": approximated("the model is told that there is no result"),
}
_ANSWER: Fates = {
    "answer.stop_sequence": emulated("found by Dragoman, or named by the server"),
    "answer.stop_details": carried("the server's refusal"),
    "answer.usage.cache_creation_input_tokens": carried("0 where the server does not tell"),
    "answer.usage.service_tier": carried("`priority` or `standard`"),
    "answer.content.text.citations": needless(
        "annotations of servers that search by themselves are not read"
    ),
}

FATES: Fates = {**TRANSLATED, **_REQUEST, **_ANSWER}
