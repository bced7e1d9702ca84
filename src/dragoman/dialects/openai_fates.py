"""What becomes of the fields that both of OpenAI's dialects treat alike: the ledger's side of effort.py,
function_tools.py, image_urls.py, output_format.py and sampling.py. A dialect's own rows come on top."""

from dragoman.dialects.ledger import Fates, approximated, carried, lost, refused, similar
from dragoman.dialects.translated_fates import TRANSLATED

_BY_OWN_RULES = carried("lost with models that sample by their own rules, unless it is 1")

_REQUEST: Fates = {
    "max_tokens": carried("approximated: lowered to the model's own limit"),
    "temperature": _BY_OWN_RULES,
    "top_p": _BY_OWN_RULES,
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
    "tool_choice.none": carried(),
    "metadata.user_id": similar("as a hash, where the server has a field for it"),
    "tools.custom.input_examples": lost("functions carry no examples"),
    "tools.custom.allowed_callers": approximated("without `direct`: the model calls the tool directly"),
}
_MESSAGES: Fates = {
    "messages.assistant (last)": refused("as Anthropic's own models since 4.6 do"),
    "messages.system": carried("where the server allows it; elsewhere as a reminder in a user message"),
    "content.image.source.base64": carried("lost with models without vision: a note stands in its place"),
    "content.image.source.url": carried(
        "where the server fetches none: emulated with `FETCH_URLS=true`, else lost and a note in its place"
    ),
    "content.document.source.base64": carried(
        "lost where the server takes no files: a note stands in its place"
    ),
    "content.tool_result.is_error": similar("told as `[tool error]` before the text"),
    "content.tool_result (orphan)": lost("the server would refuse it"),
    "content.tool_use (unanswered)": approximated("the model is told that there is no result"),
}
_ANSWER: Fates = {
    "answer.usage.cache_creation_input_tokens": carried("0 where the server does not tell"),
    "answer.usage.service_tier": carried("`priority` or `standard`"),
}

OF_OPENAI: Fates = {**TRANSLATED, **_REQUEST, **_MESSAGES, **_ANSWER}
