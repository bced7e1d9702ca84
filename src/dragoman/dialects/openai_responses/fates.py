"""What becomes of every field of the Messages API on Responses (dialects/ledger.py)."""

from dragoman.dialects.ledger import Fates, approximated, carried, emulated, lost, refused, similar
from dragoman.dialects.translated_fates import TRANSLATED

_MARKED = carried("from GPT-5.6 on as a breakpoint; before that the server caches by itself")
_BY_OWN_RULES = carried("lost with models that sample by their own rules, unless it is 1")

_REQUEST: Fates = {
    "max_tokens": carried("approximated: lowered to the model's own limit"),
    "stop_sequences": emulated("the answer is watched for them"),
    "temperature": _BY_OWN_RULES,
    "top_p": _BY_OWN_RULES,
    "top_k": lost("the server has no such field"),
    "system.cache_control": _MARKED,
    "thinking.adaptive": carried("as the server's own effort; nothing for models that do not think"),
    "thinking.enabled": similar("the budget as an effort"),
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
    "tool_choice.tool": carried(
        "approximated where the server cannot be told, as for a search beside functions; lost if the tool is not sent"
    ),
    "tool_choice.none": carried(),
    "tool_choice.*.disable_parallel_tool_use": carried("calls after the first are left out in any case"),
    "metadata.user_id": similar("as a hash, where the server has a field for it"),
    "service_tier": carried("`standard_only`, where the server has tiers"),
}
_TOOLS: Fates = {
    "tools.custom.strict": carried("lost where the schema is not fit for strict mode"),
    "tools.custom.input_examples": lost("functions carry no examples"),
    "tools.custom.defer_loading": emulated("the tool is sent where the conversation first names it"),
    "tools.custom.allowed_callers": approximated("without `direct`: the model calls the tool directly"),
    "tools.web_search": carried("as the server's own search; lost where it has none"),
    "tools.web_search.max_uses": approximated("the server counts opened pages too"),
    "tools.web_search.allowed_domains": carried("approximated: the server takes 20"),
    "tools.web_search.blocked_domains": approximated("the model is asked to, and their results are hidden"),
    "tools.web_search.user_location": carried(),
    "tools.web_search.response_inclusion": lost("the server's search has no such option"),
}
_MESSAGES: Fates = {
    "messages.assistant (last)": refused("as Anthropic's own models since 4.6 do"),
    "messages.system": carried("where the server allows it; elsewhere as a reminder in a user message"),
    "content.*.cache_control": _MARKED,
    "content.image.source.base64": carried("lost with models without vision: a note stands in its place"),
    "content.image.source.url": carried("lost where the server fetches none: a note stands in its place"),
    "content.document.source.base64": carried(
        "lost where the server takes no files: a note stands in its place"
    ),
    "content.document.source.url": carried(
        "lost where the server takes no files: a note stands in its place"
    ),
    "content.thinking": carried(
        "to the account and the family of models that it came from; no other takes it"
    ),
    "content.redacted_thinking": carried("as `content.thinking`"),
    "content.tool_result.is_error": similar("told as `[tool error]` before the text"),
    "content.tool_result.content.image": carried("elsewhere than at OpenAI beside the result"),
    "content.tool_result.content.document": carried("elsewhere than at OpenAI beside the result"),
    "content.tool_result.content.tool_reference": emulated(
        "the tool is sent in an item of its own behind it"
    ),
    "content.tool_result (orphan)": lost("the server would refuse it"),
    "content.tool_use (unanswered)": approximated("the model is told that there is no result"),
}
_ANSWER: Fates = {
    "answer.content.text.citations": carried("of what a search found"),
    "answer.content.server_tool_use": carried("searches"),
    "answer.content.web_search_tool_result": carried("without titles, which nobody tells"),
    "answer.stop_sequence": emulated("found by Dragoman"),
    "answer.stop_details": carried("the model's refusal, or the server's"),
    "answer.stop_details.category": similar("`bio` where the server says so"),
    "answer.usage.cache_creation_input_tokens": carried("0 where the server does not tell"),
    "answer.usage.server_tool_use.web_search_requests": emulated("the searches that were shown"),
    "answer.usage.service_tier": carried("`priority` or `standard`"),
}

FATES: Fates = {**TRANSLATED, **_REQUEST, **_TOOLS, **_MESSAGES, **_ANSWER}
