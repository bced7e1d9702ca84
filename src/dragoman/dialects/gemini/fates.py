"""What becomes of every field of the Messages API on Gemini (dialects/ledger.py)."""

from dragoman.dialects.ledger import Fates, approximated, carried, emulated, lost, needless, similar
from dragoman.dialects.translated_fates import TRANSLATED

_BY_OWN_RULES = carried("lost from Gemini 3 on, unless it is 1")
_NO_OPTION = lost("the model's own tool has no such option")
_BY_URL = carried(
    "`https://` on Vertex AI; on AI Studio emulated with `FETCH_URLS=true`; else lost: a note stands in its place"
)

_TOP: Fates = {
    "max_tokens": carried("approximated: lowered to the model's own limit"),
    "stop_sequences": carried("the first five; Dragoman watches for the others"),
    "temperature": _BY_OWN_RULES,
    "top_p": _BY_OWN_RULES,
    "top_k": carried("lost from Gemini 3 on"),
    "thinking.adaptive": carried("as a level, or as a budget before Gemini 3"),
    "thinking.enabled": similar("the budget as a level, or as the nearest of four budgets"),
    "thinking.disabled": carried("with models that always think: as little as they can, hidden"),
    "thinking.between_tools": similar("as low effort"),
    "output_config.effort": carried("as the nearest level or budget that the model takes"),
    "output_config.format": carried(
        "approximated beside functions before Gemini 3: the model is asked to follow it"
    ),
    "tool_choice.auto": carried(),
    "tool_choice.any": carried("approximated where the server refuses to force a call of so many functions"),
    "tool_choice.tool": carried("lost if the tool is not sent"),
    "tool_choice.none": carried(),
    "tool_choice.*.disable_parallel_tool_use": emulated("calls after the first are left out"),
    "metadata.user_id": needless("Google has no field for it"),
}
_TOOLS: Fates = {
    "tools.custom.strict": similar("calls of all functions are checked against their schemas"),
    "tools.custom.input_examples": emulated("in the tool's description"),
    "tools.custom.allowed_callers": approximated("without `direct`: the model calls the tool directly"),
    "tools.web_search": carried(
        "as Google's search; approximated beside functions before Gemini 3: a request of its own"
    ),
    "tools.web_search.max_uses": lost(
        "the model decides how often; before Gemini 3 beside functions it holds"
    ),
    "tools.web_search.allowed_domains": approximated("the model is asked to, and other sources are hidden"),
    "tools.web_search.blocked_domains": carried(
        "on Vertex AI; on AI Studio approximated: sources from there are hidden"
    ),
    "tools.web_search.user_location": lost("the search takes coordinates only"),
    "tools.web_search.response_inclusion": _NO_OPTION,
    "tools.web_fetch": approximated("the model reads pages, but their text is not returned"),
    "tools.web_fetch.max_uses": lost(
        "the model decides how often; before Gemini 3 beside functions it holds"
    ),
    "tools.web_fetch.allowed_domains": _NO_OPTION,
    "tools.web_fetch.blocked_domains": _NO_OPTION,
    "tools.web_fetch.citations": _NO_OPTION,
    "tools.web_fetch.max_content_tokens": _NO_OPTION,
    "tools.web_fetch.url_sources": _NO_OPTION,
    "tools.web_fetch.use_cache": _NO_OPTION,
    "tools.web_fetch.response_inclusion": _NO_OPTION,
    "tools.code_execution": carried("lost beside functions before Gemini 3"),
}
_MESSAGES: Fates = {
    "messages.assistant (last)": approximated("the model is asked to go on"),
    "messages.system": similar("as a reminder in a user message"),
    "content.image.source.base64": carried("but for GIF, in whose place a note stands"),
    "content.image.source.url": _BY_URL,
    "content.document.source.base64": carried("PDF; in the place of others stands a note"),
    "content.document.source.url": _BY_URL,
    "content.thinking": carried("where this account and this family of models signed it; no other takes it"),
    "content.tool_result.is_error": carried(),
    "content.tool_result.content.image": carried("before Gemini 3 beside the result"),
    "content.tool_result.content.document": carried("before Gemini 3 beside the result"),
    "content.tool_result (orphan)": approximated("told as text"),
    "content.tool_use (unanswered)": approximated("the model is told that there is no result"),
    "content.server_tool_use": similar(
        "told as text; what this dialect itself told of a search goes back as it was"
    ),
    "content.web_search_tool_result": similar("told as text; this dialect's own go back as they were"),
}
_ANSWER: Fates = {
    "answer.content.text.citations": carried("of what a search found; of the client's own sources by labels"),
    "answer.content.server_tool_use": carried("searches, pages and code"),
    "answer.content.web_search_tool_result": carried("addresses are Google's redirects"),
    "answer.content.web_fetch_tool_result": similar("that a page was read; its text is not returned"),
    "answer.content.code_execution_tool_result": carried(),
    "answer.stop_sequence": similar(
        "where Dragoman found it; Google does not tell which of the first five ended the text"
    ),
    "answer.stop_details": carried("why Google blocked it"),
    "answer.usage.cache_creation_input_tokens": needless(
        "always 0: what the cache takes costs nothing extra"
    ),
    "answer.usage.server_tool_use.web_search_requests": carried(),
    "answer.usage.service_tier": needless("Google does not tell"),
}

FATES: Fates = {**TRANSLATED, **_TOP, **_TOOLS, **_MESSAGES, **_ANSWER}
