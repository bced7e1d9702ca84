"""What Claude on Vertex AI does not take, as a table (spec/vertex.md section 4.3).

A value of `anthropic-beta` and what it allows in the body belong together: either both go out, or none. Whatever has
no row here goes out as it came; what is then refused is learned (vertex_mending.py).
"""

import re
from typing import Literal

import msgspec

from dragoman.dialects.anthropic.request import forwarded_headers
from dragoman.dialects.quirks import Quirks
from dragoman.wire.exchange import Headers


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A feature: how the header names it, and where the body uses it."""

    betas: tuple[str, ...] = ()
    """Beginnings of its values of `anthropic-beta`; a date follows."""
    fields: tuple[str, ...] = ()
    """Its top-level fields."""
    tools: tuple[str, ...] = ()
    """Beginnings of its tools' types."""
    cache_scope: bool = False
    """Whether it is `scope` in every `cache_control`."""
    removed: Literal["always", "once refused"] = "always"
    header_alone: bool = False
    """Whether the field is also known without the header: a refused header does not take the field with it."""
    needed: str = ""
    """What the client is told if its request uses this; without it the use is only left out."""
    why: str = ""
    """For the losses."""


PAIRS = (
    Pair(betas=("oauth-",)),
    Pair(betas=("request-tags-",), fields=("tags",), why="Vertex AI has no request tags"),
    Pair(betas=("fast-mode-",), fields=("speed",), why="Vertex AI has no fast mode"),
    Pair(
        betas=("mcp-client-", "mcp-servers-"),
        fields=("mcp_servers",),
        tools=("mcp_toolset",),
        why="Vertex AI connects to no MCP servers; connect them to the client",
    ),
    Pair(
        betas=("server-side-fallback-",), fields=("fallbacks",), why="Vertex AI falls back to no other model"
    ),
    Pair(
        betas=("fallback-credit-",),
        fields=("fallback_credit_token",),
        why="Vertex AI falls back to no other model",
    ),
    Pair(fields=("service_tier",), why="Vertex AI chooses the tier"),
    Pair(fields=("inference_geo",), why="VERTEX_LOCATION decides where it runs"),
    Pair(fields=("workspace_id",), why="Vertex AI knows no workspaces"),
    Pair(betas=("prompt-caching-scope-",), cache_scope=True, why="a cache on Vertex AI is the project's own"),
    Pair(betas=("web-fetch-",), tools=("web_fetch_",), why="Vertex AI fetches no pages"),
    Pair(
        betas=("code-execution-",),
        tools=("code_execution_",),
        needed="Vertex AI runs no code for Claude; ask Anthropic's own API, or run the code in the client",
    ),
    Pair(
        betas=("skills-",),
        fields=("container",),
        needed="containers and skills exist on Anthropic's own API only, not on Vertex AI",
    ),
    Pair(betas=("files-api-",)),
    # What follows goes out until it is refused: Vertex AI's models learn betas at different times.
    Pair(betas=("context-management-",), fields=("context_management",), removed="once refused"),
    Pair(betas=("advisor-tool-",), tools=("advisor_",), removed="once refused"),
    Pair(betas=("dangerous-tool-use-",), fields=("safeguards",), removed="once refused"),
    Pair(betas=("cache-diagnosis-",), fields=("diagnostics",), removed="once refused"),
    Pair(
        betas=("message-threads-",),
        fields=("thread",),
        removed="once refused",
        needed="thread_unsupported_request: send the whole conversation in `messages`",
    ),
    Pair(
        betas=("compact-2026-09-",),
        fields=("compaction",),
        removed="once refused",
        needed="this model on Vertex AI cannot write compactions; ask for a summary instead",
    ),
    Pair(
        betas=("effort-", "structured-outputs-", "task-budgets-"),
        fields=("output_config",),
        removed="once refused",
        header_alone=True,
    ),
)

RENAMED = {"advanced-tool-use-2025-11-20": "tool-search-tool-2025-10-19"}
"""Vertex AI's names of betas."""

WEB_SEARCH = "web_search_20250305"
WEB_SEARCH_OPTIONS = frozenset(
    ("type", "name", "max_uses", "allowed_domains", "blocked_domains", "user_location", "cache_control")
)
"""The only web search, and what it takes; newer ones differ by options that filter what was found."""

_LONG_CONTEXT = "context-1m-"
_SHORT_CONTEXT_MODEL = re.compile(r"claude-sonnet-4(?:-[05])?(?:@.*|-\d{8})?", re.IGNORECASE)
"""Models that refuse the beta of the long context; newer ones have it anyway."""


def asked_betas(client_headers: Headers) -> list[str]:
    """The client's values of `anthropic-beta`, under the names that Vertex AI has for them, each once."""
    asked = [
        RENAMED.get(beta, beta)
        for name, value in forwarded_headers(client_headers)
        if name == "anthropic-beta"
        for beta in map(str.strip, value.split(","))
        if beta
    ]
    return list(dict.fromkeys(asked))


def applied_pairs(quirks: Quirks, betas: list[str]) -> tuple[Pair, ...]:
    """The rows that hold for a request with these betas, with what was refused so far."""
    return tuple(pair for pair in PAIRS if pair.removed == "always" or _was_refused(pair, quirks, betas))


def pair_of_beta(beta: str) -> Pair | None:
    """The feature that a value of `anthropic-beta` names."""
    return next((pair for pair in PAIRS if pair.betas and beta.startswith(pair.betas)), None)


def lacks_long_context(beta: str, model: str) -> bool:
    """Whether `beta` asks for the long context of a model that refuses to be asked."""
    return beta.startswith(_LONG_CONTEXT) and _SHORT_CONTEXT_MODEL.fullmatch(model) is not None


def _was_refused(pair: Pair, quirks: Quirks, betas: list[str]) -> bool:
    if any(field in quirks.refused_fields for field in pair.fields):
        return True
    if pair.header_alone or not pair.betas:
        return False
    # A beta that one client invented says nothing of the feature's other betas.
    sent = [beta for beta in betas if beta.startswith(pair.betas)]
    return bool(sent) and all(beta in quirks.refused_betas for beta in sent)
