"""What becomes of every field of the Messages API on Chat Completions (dialects/ledger.py)."""

from dragoman.dialects.ledger import Fates, carried, emulated, lost, similar
from dragoman.dialects.openai_fates import OF_OPENAI

_MARKED = carried("on OpenRouter; elsewhere the server caches by itself")

_REQUEST: Fates = {
    "stop_sequences": emulated(
        "the answer is watched for them; also sent to servers that name the one they hit"
    ),
    "top_k": carried("lost where the server has no such field, as at OpenAI"),
    "system.cache_control": _MARKED,
    "thinking.adaptive": carried(
        "as the server's own effort or switch; nothing for models that do not think"
    ),
    "thinking.enabled": similar("the budget as an effort, for servers that take no budget"),
    "tool_choice.tool": carried("approximated where the server cannot be told; lost if the tool is not sent"),
    "tool_choice.*.disable_parallel_tool_use": carried(
        "where the server cannot be told, calls after the first are left out"
    ),
    "tools.web_search": emulated(
        "OpenRouter searches itself; elsewhere the gateway asks the provider of `SEARCH_PROVIDER`, and without one each"
        " call is answered with `unavailable`"
    ),
    "tools.custom.strict": carried("lost where the server or the schema has no strict mode"),
    "content.*.cache_control": _MARKED,
    "content.document.source.url": lost("a note stands in its place; emulated with `FETCH_URLS=true`"),
    "content.thinking": carried(
        "to the family of models that it came from, where the server wants it back; no other takes it"
    ),
    "content.tool_result.content.image": emulated("in a user message behind the results, which name it"),
    "content.tool_result.content.document": emulated(
        "a file in a user message behind the results; else as text"
    ),
}
_ANSWER: Fates = {
    "answer.stop_sequence": emulated("found by Dragoman, or named by the server"),
    "answer.stop_details": carried("the server's refusal"),
    "answer.content.text.citations": emulated(
        "of the client's sources, by labels; of OpenRouter's search its own annotations, of no other server's"
    ),
}

FATES: Fates = {**OF_OPENAI, **_REQUEST, **_ANSWER}
