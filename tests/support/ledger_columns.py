"""The columns of the loss ledger, each with the servers and models on which its fates are put to the test."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from msgspec.structs import replace

from dragoman.dialects.anthropic.fates import FATES as ANTHROPIC
from dragoman.dialects.anthropic.vertex_fates import FATES as CLAUDE_ON_VERTEX
from dragoman.dialects.dialect import Written
from dragoman.dialects.gemini.fates import FATES as GEMINI
from dragoman.dialects.ledger import Fates
from dragoman.dialects.openai_chat.fates import FATES as OPENAI_CHAT
from dragoman.dialects.openai_responses.fates import FATES as OPENAI_RESPONSES
from dragoman.dialects.registry import DIALECTS
from dragoman.emulation.emulation import Emulation
from dragoman.messages.request import MessagesRequest
from dragoman.routing.presets import quirks_for
from tests.support.ledger_samples import OURS


@dataclass(frozen=True)
class Place:
    """A model where it is served."""

    url: str
    model: str
    access: str = "direct"


@dataclass(frozen=True)
class Column:
    name: str
    dialect: str
    fates: Fates
    usual: Place
    special: Mapping[str, Place] = field(default_factory=dict[str, Place])
    """By row, a server or model that can do more than the usual one."""

    def write(self, row: str, request: MessagesRequest) -> Written:
        """The request as it is written for the place where `row` fares best."""
        place = self.special.get(row, self.usual)
        quirks = quirks_for(place.url, place.model, self.dialect, place.access)
        dialect = DIALECTS[self.dialect]
        emulation = Emulation(request, dialect, quirks)
        written = dialect.write_request(emulation.request, place.model, quirks, OURS)
        return replace(written, losses=emulation.losses + written.losses)


_OPENAI = "https://api.openai.com/v1"
_STUDIO = "https://generativelanguage.googleapis.com/v1beta"
_VERTEX = "https://us-east5-aiplatform.googleapis.com/v1"
_ROUTER = Place("https://openrouter.ai/api/v1", "anthropic/claude-sonnet-5")
_THINKER = Place(_OPENAI, "gpt-5.1")
_OLDER = Place(_STUDIO, "gemini-2.5-flash")
_GEMINI_ON_VERTEX = Place(_VERTEX, "gemini-3.8-flash", "vertex")
_CACHE_MARKS = ("system.cache_control", "content.*.cache_control")
_THINKING = (
    *("thinking.adaptive", "thinking.enabled", "thinking.disabled", "thinking.between_tools"),
    *("output_config.effort", "messages.system.output_config"),
)

COLUMNS = (
    Column(
        "openai_chat",
        "openai_chat",
        OPENAI_CHAT,
        Place(_OPENAI, "gpt-4.1"),
        {
            **dict.fromkeys(_THINKING, _THINKER),
            **dict.fromkeys((*_CACHE_MARKS, "top_k"), _ROUTER),
            "content.thinking": Place("https://api.deepseek.com", "deepseek-v4"),
        },
    ),
    Column(
        "openai_responses",
        "openai_responses",
        OPENAI_RESPONSES,
        Place(_OPENAI, "gpt-5.6"),
        dict.fromkeys(("temperature", "top_p"), Place(_OPENAI, "gpt-4.1")),
    ),
    Column(
        "gemini",
        "gemini",
        GEMINI,
        Place(_STUDIO, "gemini-3.8-flash"),
        {
            **dict.fromkeys(("temperature", "top_p", "top_k"), _OLDER),
            **dict.fromkeys(
                (
                    *("content.image.source.url", "content.document.source.url"),
                    "tools.web_search.blocked_domains",
                ),
                _GEMINI_ON_VERTEX,
            ),
        },
    ),
    Column("anthropic", "anthropic", ANTHROPIC, Place("https://api.anthropic.com", "claude-sonnet-5")),
    Column(
        "anthropic on vertex",
        "anthropic",
        CLAUDE_ON_VERTEX,
        Place(_VERTEX, "claude-sonnet-5", "vertex"),
    ),
)
