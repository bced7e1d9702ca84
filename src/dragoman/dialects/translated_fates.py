"""What becomes of the fields that every translating dialect treats alike: the ledger's side of block_parts.py,
client_tools.py, history.py, other_fields.py, plain_text.py and tool_visibility.py. A dialect's own rows come on top."""

from dragoman.dialects.ledger import (
    Fate,
    Fates,
    approximated,
    carried,
    emulated,
    lost,
    needless,
    refused,
    similar,
)

_ANTHROPICS_SERVERS = lost("it runs on Anthropic's servers only")
_SAID_BY_DRAGOMAN = emulated("a function with the arguments that the tool has at Anthropic")
_FOR_CLAUDE_ONLY = refused(
    "route the model to Anthropic, or declare the tools as custom tools; with an `input_schema` it is a function"
)
_FILTERED = emulated("what is found elsewhere is left out")
_JUDGED = emulated("a page elsewhere is not read, nor one that leads there")
_COUNTED = emulated("the calls that the gateway answered, errors apart")
_ALL_IS_SHOWN = lost("the client sees everything that the model sees")
_TOLD_AS_TEXT = similar("told as text in the assistant's message")
_NEVER_SAID = needless("the upstream has nothing like it")
_CACHES_ITSELF = emulated(
    "the server caches by itself: the same conversation is always written in the same bytes"
)
_ENVELOPE_ONLY = needless("only Anthropic can read it")

_TOP: Fates = {
    "model": carried("as the target's id"),
    "stream": emulated("also where the upstream is asked for the other form"),
    "system": carried("without Claude Code's attribution block"),
    "system.cache_control": _CACHES_ITSELF,
    "system.citations": needless("a system prompt cites nothing"),
    "thinking.*.display": emulated("`omitted`: thinking travels in the signature only"),
    "thinking.*.block_binding": needless("thinking that does not belong here is always left out"),
    "output_config.task_budget": needless("advice to Anthropic's models"),
    "cache_control": _CACHES_ITSELF,
    "context_management.edits.clear_tool_uses": lost("the conversation is sent as it is"),
    "context_management.edits.clear_thinking": lost(
        "the conversation is sent as it is; `keep: all` asks for that"
    ),
    "context_management.edits.compact": lost("the conversation is sent as it is"),
    "compaction": refused("ask for a summary instead"),
    "service_tier": needless("the upstream chooses the tier"),
    "speed": lost("the server has no fast mode; `standard` asks for that"),
    "inference_geo": lost("the upstream decides where it runs"),
    "container.id": lost("the upstream has no containers"),
    "container.skills": refused("skills run on Anthropic's servers only"),
    "mcp_servers": lost("the upstream connects to no MCP servers; connect them to the client"),
    "thread": refused("clients then send the whole conversation"),
    "fallbacks": lost("fallback models are configured in Dragoman"),
    "fallback_credit_token": lost("fallback models are configured in Dragoman"),
    "billing_policy": lost("the upstream bills by its own rules"),
    "diagnostics": needless("it asks about Anthropic's cache"),
    "safeguards": lost("the upstream judges no tool calls"),
    "betas": needless("what a beta allows in the body has rows of its own"),
    "user_profile_id": needless("it names somebody to Anthropic"),
    "workspace_id": needless("it names a place at Anthropic"),
    "(another field)": lost("the upstream has no such field"),
}
_TOOLS: Fates = {
    "tools.custom": carried("as a function; names that the server refuses are changed and changed back"),
    "tools.custom.defer_loading": emulated("the tool is sent once the history or `tool_choice` names it"),
    "tools.custom.eager_input_streaming": emulated("arguments are passed on as they come"),
    "tools.*.cache_control": _CACHES_ITSELF,
    **dict.fromkeys(("tools.bash", "tools.text_editor", "tools.memory"), _SAID_BY_DRAGOMAN),
    **dict.fromkeys(("tools.computer", "tools.computer_toolset", "tools.browser_toolset"), _FOR_CLAUDE_ONLY),
    "tools.web_search": emulated(
        "the gateway asks the provider of `SEARCH_PROVIDER`; without one, each call is answered with `unavailable`"
    ),
    "tools.web_search.max_uses": emulated("a further call is answered with `max_uses_exceeded`"),
    "tools.web_search.allowed_domains": _FILTERED,
    "tools.web_search.blocked_domains": _FILTERED,
    "tools.web_search.user_location": approximated("the provider is told the country only"),
    "tools.web_search.response_inclusion": _ALL_IS_SHOWN,
    "tools.web_fetch": emulated(
        "the gateway reads public pages where `FETCH_URLS` is on; else each call is answered with `unavailable`"
    ),
    "tools.web_fetch.max_uses": emulated("a further call is answered with `max_uses_exceeded`"),
    "tools.web_fetch.allowed_domains": _JUDGED,
    "tools.web_fetch.blocked_domains": _JUDGED,
    "tools.web_fetch.citations": lost("the page's text is told without citations"),
    "tools.web_fetch.max_content_tokens": emulated("the text is cut there, about; a PDF is not"),
    "tools.web_fetch.url_sources": lost("any URL that came up before may be read"),
    "tools.web_fetch.use_cache": needless("each page is read anew"),
    "tools.web_fetch.response_inclusion": _ALL_IS_SHOWN,
    "tools.code_execution": _ANTHROPICS_SERVERS,
    **dict.fromkeys(
        ("tools.tool_search_tool_regex", "tools.tool_search_tool_bm25"),
        emulated("the gateway searches the deferred tools"),
    ),
    "tools.advisor": _ANTHROPICS_SERVERS,
    "tools.mcp_toolset": _ANTHROPICS_SERVERS,
}
_MESSAGES: Fates = {
    "messages.user": carried(),
    "messages.assistant": carried(),
    "messages.system.clear_at": emulated("`next_user_message`: the message is left out once it has expired"),
    "messages.system.output_config": emulated("the last one stands for the request's own effort"),
}
_SERVER_RESULTS = (
    *("web_search_tool_result", "web_fetch_tool_result", "code_execution_tool_result"),
    *("bash_code_execution_tool_result", "text_editor_code_execution_tool_result"),
    *("tool_search_tool_result", "advisor_tool_result", "mcp_tool_result"),
)
_BLOCKS: Fates = {
    "content.text": carried("empty ones are left out"),
    "content.text.citations": needless(
        "the text stays, with the labels that it cites; a search's sources are told in the results before it"
    ),
    "content.*.cache_control": _CACHES_ITSELF,
    "content.image.source.file": lost("a note stands in its place: it is not in the request itself"),
    "content.image.transformations": lost(
        "`oversized_image: error`: the server scales images by its own rules"
    ),
    "content.document.source.text": similar("told as text under its title"),
    "content.document.source.content": similar("told as text under its title, its images beside it"),
    "content.document.source.file": lost("a note stands in its place: it is not in the request itself"),
    "content.document.title": carried("in the text, or as the file's name"),
    "content.document.context": similar("told as text"),
    "content.document.citations": emulated(
        "each sentence or block has a label, which the model repeats; those of a PDF are lost, and named"
    ),
    "content.search_result": similar("told as text under its source and title"),
    "content.search_result.citations": emulated("each of its texts has a label, which the model repeats"),
    "content.redacted_thinking": _ENVELOPE_ONLY,
    "content.tool_use": carried("ids that the server refuses are changed"),
    "content.tool_use.caller": needless("the model called the tool, whoever asked for it"),
    "content.tool_use.toolset_name": needless("the toolset itself is refused"),
    "content.tool_result": carried("behind its call, in the order of the calls"),
    "content.tool_result.toolset_name": needless("the toolset itself is refused"),
    "content.tool_result.content.text": carried(),
    "content.tool_result.content.search_result": similar("told as text under its source and title"),
    "content.tool_result.content.tool_reference": emulated("the tool's definition is told as text, and sent"),
    "content.tool_result.content.browser_state": lost("a note stands in its place"),
    "content.server_tool_use": _TOLD_AS_TEXT,
    **dict.fromkeys((f"content.{name}" for name in _SERVER_RESULTS), _TOLD_AS_TEXT),
    "content.mcp_tool_use": _TOLD_AS_TEXT,
    "content.mcp_tool_listing": needless("it says nothing to a model"),
    "content.container_upload": lost("a note stands in its place: the upstream has no containers"),
    "content.compaction": emulated("its summary stands for everything before it"),
    "content.compaction.encrypted_content": _ENVELOPE_ONLY,
    "content.compaction.signature": _ENVELOPE_ONLY,
    "content.compaction.tool_changes": emulated("as if they stood in the messages"),
    "content.fallback": needless("it says nothing to a model"),
    "content.tool_addition.tool.tool_reference": emulated(
        "the tool is sent from there on, and a note says so"
    ),
    "content.tool_addition.tool.tool_definition": emulated(
        "the tool is sent from there on, and a note says so"
    ),
    "content.tool_addition.tool.mcp_tool_reference": similar("a note says so; the tool itself is not there"),
    "content.tool_addition.tool.mcp_toolset_reference": lost("the upstream connects to no MCP servers"),
    "content.tool_removal": emulated("the tool is no longer sent, and a note says so"),
    "content.(another block)": lost("a note stands in its place in a user message"),
}
_NEVER_IN_ANSWERS = (
    *("redacted_thinking", "tool_use.caller", "tool_use.toolset_name", "code_execution_tool_result"),
    *("bash_code_execution_tool_result", "text_editor_code_execution_tool_result"),
    *("advisor_tool_result", "mcp_tool_use", "mcp_tool_result", "mcp_tool_listing", "container_upload"),
    *("compaction", "fallback"),
)
_ANSWERS: Fates = {
    "answer.id": emulated("a fresh one"),
    "answer.model": emulated("the name that the client asked for"),
    "answer.content.text": carried(),
    "answer.content.text.citations": emulated("of the client's sources, by labels that the model repeats"),
    "answer.content.thinking": carried("where the server tells it and the client asked for it"),
    "answer.content.thinking.signature": emulated("a sealed envelope with what the upstream wants back"),
    "answer.content.tool_use": carried("the id is wrapped so that it is unique in a session"),
    **dict.fromkeys((f"answer.content.{name}" for name in _NEVER_IN_ANSWERS), _NEVER_SAID),
    **dict.fromkeys(
        (
            *("answer.content.server_tool_use", "answer.content.web_search_tool_result"),
            *("answer.content.web_fetch_tool_result", "answer.content.tool_search_tool_result"),
        ),
        emulated("for a tool that the gateway runs"),
    ),
    "answer.stop_reason": carried("in Anthropic's words"),
    "answer.stop_details.category": needless("always null: the upstream names none that Anthropic has"),
    "answer.stop_details.recommended_model": _NEVER_SAID,
    "answer.stop_details.fallback_credit_token": _NEVER_SAID,
    "answer.stop_details.fallback_has_prefill_claim": _NEVER_SAID,
    "answer.container": _NEVER_SAID,
    "answer.context_management": _NEVER_SAID,
    "answer.diagnostics": _NEVER_SAID,
    "answer.input_transformations": _NEVER_SAID,
    "answer.safeguard_results": needless("never made up: the client asks its user instead"),
    "answer.usage.input_tokens": carried("without cached ones; until they are told, an estimate"),
    "answer.usage.output_tokens": carried("with thinking"),
    "answer.usage.output_tokens_details": carried("0 where the server does not tell"),
    "answer.usage.cache_read_input_tokens": carried("0 where the server does not tell"),
    "answer.usage.cache_creation": _NEVER_SAID,
    "answer.usage.server_tool_use.web_search_requests": _COUNTED,
    "answer.usage.server_tool_use.web_fetch_requests": _COUNTED,
    "answer.usage.speed": _NEVER_SAID,
    "answer.usage.inference_geo": _NEVER_SAID,
    "answer.usage.iterations": _NEVER_SAID,
    "answer.usage.fallback_credit": _NEVER_SAID,
}

TRANSLATED: dict[str, Fate] = {**_TOP, **_TOOLS, **_MESSAGES, **_BLOCKS, **_ANSWERS}
