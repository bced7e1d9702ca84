"""What becomes of every field of the Messages API on Responses (dialects/ledger.py)."""

from dragoman.dialects.ledger import Fates, approximated, carried, emulated, lost, similar
from dragoman.dialects.openai_fates import OF_OPENAI

_MARKED = carried("from GPT-5.6 on as a breakpoint; before that the server caches by itself")

_REQUEST: Fates = {
    "stop_sequences": emulated("the answer is watched for them"),
    "top_k": lost("the server has no such field"),
    "system.cache_control": _MARKED,
    "thinking.adaptive": carried("as the server's own effort; nothing for models that do not think"),
    "thinking.enabled": similar("the budget as an effort"),
    "tool_choice.tool": carried(
        "approximated where the server cannot be told, as for a search beside functions; lost if the tool is not sent"
    ),
    "tool_choice.*.disable_parallel_tool_use": carried("calls after the first are left out in any case"),
    "service_tier": carried("`standard_only`, where the server has tiers"),
}
_TOOLS: Fates = {
    "tools.custom.strict": carried("lost where the schema is not fit for strict mode"),
    "tools.custom.defer_loading": emulated("the tool is sent where the conversation first names it"),
    "tools.web_search": carried("as the server's own search; lost where it has none"),
    "tools.web_search.max_uses": approximated("the server counts opened pages too"),
    "tools.web_search.allowed_domains": carried("approximated: the server takes 20"),
    "tools.web_search.blocked_domains": approximated("the model is asked to, and their results are hidden"),
    "tools.web_search.user_location": carried(),
    "tools.web_search.response_inclusion": lost("the server's search has no such option"),
}
_MESSAGES: Fates = {
    "content.*.cache_control": _MARKED,
    "content.document.source.url": carried(
        "lost where the server takes no files: a note stands in its place"
    ),
    "content.thinking": carried(
        "to the account and the family of models that it came from; no other takes it"
    ),
    "content.redacted_thinking": carried("as `content.thinking`"),
    "content.tool_result.content.image": carried("elsewhere than at OpenAI beside the result"),
    "content.tool_result.content.document": carried("elsewhere than at OpenAI beside the result"),
    "content.tool_result.content.tool_reference": emulated(
        "the tool is sent in an item of its own behind it"
    ),
}
_ANSWER: Fates = {
    "answer.content.text.citations": carried("of what a search found; of the client's own sources by labels"),
    "answer.content.server_tool_use": carried("searches"),
    "answer.content.web_search_tool_result": carried("without titles, which nobody tells"),
    "answer.stop_sequence": emulated("found by Dragoman"),
    "answer.stop_details": carried("the model's refusal, or the server's"),
    "answer.stop_details.category": similar("`bio` where the server says so"),
    "answer.usage.server_tool_use.web_search_requests": emulated("the searches that were shown"),
}

FATES: Fates = {**OF_OPENAI, **_REQUEST, **_TOOLS, **_MESSAGES, **_ANSWER}
