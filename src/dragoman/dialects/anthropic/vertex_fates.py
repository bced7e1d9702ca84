"""What becomes of every field of the Messages API on Claude on Vertex AI (dialects/ledger.py, vertex_rules.py)."""

from dragoman.dialects.anthropic.fates import FATES as ANTHROPIC
from dragoman.dialects.ledger import Fates, approximated, carried, lost, needless, refused

_UNTIL_REFUSED = carried("until the model refuses it; then lost")
_NEEDED_UNTIL_REFUSED = carried("until the model refuses it; then a 400")
_FILES = refused("uploaded files exist on Anthropic's own API only")
_NO_CONTAINERS = refused("containers and skills exist on Anthropic's own API only")
_NO_OPTION = needless("named with the tool's `type`: the only search that Vertex AI has knows no such option")
_NO_FETCH = lost("Vertex AI fetches no pages")
_MARK = carried("without its `scope`: a cache on Vertex AI is the project's own")

_CHANGED: Fates = {
    "model": carried("in the address"),
    "stream": carried("in the address too"),
    "system.cache_control": _MARK,
    "cache_control": _MARK,
    "content.*.cache_control": _MARK,
    "tools.*.cache_control": _MARK,
    "output_config.effort": _UNTIL_REFUSED,
    "output_config.format": _UNTIL_REFUSED,
    "output_config.task_budget": _UNTIL_REFUSED,
    "context_management.edits.clear_tool_uses": _UNTIL_REFUSED,
    "context_management.edits.clear_thinking": _UNTIL_REFUSED,
    "context_management.edits.compact": _UNTIL_REFUSED,
    "compaction": _NEEDED_UNTIL_REFUSED,
    "thread": _NEEDED_UNTIL_REFUSED,
    "service_tier": lost("Vertex AI chooses the tier"),
    "speed": lost("Vertex AI has no fast mode"),
    "inference_geo": lost("`VERTEX_LOCATION` decides where it runs"),
    "container.id": _NO_CONTAINERS,
    "container.skills": _NO_CONTAINERS,
    "mcp_servers": lost("Vertex AI connects to no MCP servers; connect them to the client"),
    "fallbacks": lost("Vertex AI falls back to no other model"),
    "fallback_credit_token": lost("Vertex AI falls back to no other model"),
    "diagnostics": _UNTIL_REFUSED,
    "safeguards": _UNTIL_REFUSED,
    "betas": carried("less those whose use is left out, and those that were refused"),
    "workspace_id": lost("Vertex AI knows no workspaces"),
    "tools.web_search": approximated("newer versions: the oldest is sent, without their options"),
    "tools.web_search.response_inclusion": _NO_OPTION,
    "tools.web_fetch": _NO_FETCH,
    "tools.web_fetch.max_uses": _NO_FETCH,
    "tools.web_fetch.allowed_domains": _NO_FETCH,
    "tools.web_fetch.blocked_domains": _NO_FETCH,
    "tools.web_fetch.citations": _NO_FETCH,
    "tools.web_fetch.max_content_tokens": _NO_FETCH,
    "tools.web_fetch.url_sources": _NO_FETCH,
    "tools.web_fetch.use_cache": _NO_FETCH,
    "tools.web_fetch.response_inclusion": _NO_FETCH,
    "tools.code_execution": refused("Vertex AI runs no code for Claude"),
    "tools.advisor": _UNTIL_REFUSED,
    "tools.mcp_toolset": lost("Vertex AI connects to no MCP servers; connect them to the client"),
    "content.image.source.file": _FILES,
    "content.document.source.file": _FILES,
    "content.container_upload": _FILES,
}

FATES: Fates = ANTHROPIC | _CHANGED
