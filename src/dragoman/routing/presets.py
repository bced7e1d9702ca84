"""Which row fits an address, and what a model changes in it. The rows are in routing/vendors.py and
routing/local_servers.py.

"Section" means a section of spec/openai-chat.md.
"""

from functools import lru_cache
from urllib.parse import urlsplit

from msgspec.structs import replace

from dragoman.dialects.quirks import Quirks
from dragoman.routing.claude_models import claude_model_quirks
from dragoman.routing.gemini_models import gemini_model_quirks
from dragoman.routing.local_servers import LOCAL_SERVERS
from dragoman.routing.openai_models import openai_model_quirks
from dragoman.routing.preset import ModelRow, Preset
from dragoman.routing.responses_models import responses_quirks
from dragoman.routing.vendors import VENDORS

LITELLM_URL = "litellm:"
"""Stands for the library LiteLLM in this process, where a base URL is wanted."""

_LITELLM = Preset(
    name="litellm",
    quirks=Quirks(effort_style="reasoning_effort"),
    evidence="litellm 1.110: translates an effort for the vendors that have one, and names it for the others",
)
PRESETS = (*VENDORS, *LOCAL_SERVERS, _LITELLM)

MODEL_ROWS = (
    ModelRow(
        contains="gemini-",
        fields={"max_output_tokens": 65_536, "context_window": 1_048_576},
        evidence="spec/gemini.md section 16: the same limits for every model of the family",
    ),
    ModelRow(
        contains="gemini-",
        preset="vertex_ai",
        fields={
            "search_with_functions": False,
            "file_uris": True,
            "exclude_domains": True,
            "flat_count": True,
        },
        evidence="spec/vertex.md section 3: what Vertex AI's Gemini has and AI Studio's has not, and the reverse",
    ),
    ModelRow(
        contains="gpt-oss",
        except_presets=frozenset({"llamacpp"}),
        fields={
            "effort_style": "reasoning_effort",
            "efforts": ("low", "medium", "high"),
            "reasons": True,
            "always_reasons": True,
        },
        evidence="section 9.1: vLLM, Ollama and Groq take low, medium and high; it cannot be turned off",
    ),
    ModelRow(
        contains="gpt-oss",
        preset="llamacpp",
        fields={"efforts": ("low", "medium", "high"), "reasons": True, "always_reasons": True},
        evidence="section 9.1: its effort goes through chat_template_kwargs",
    ),
    ModelRow(
        contains="kimi-k3",
        preset="moonshot",
        fields={"effort_style": "reasoning_effort", "efforts": ("max",), "always_reasons": True},
        evidence="section 9.1: cannot be turned off and accepts only `max`",
    ),
    ModelRow(
        contains="kimi-k2-thinking",
        preset="moonshot",
        fields={"effort_style": "none", "always_reasons": True},
        evidence="section 9.1: cannot be turned off",
    ),
    ModelRow(
        contains="anthropic/",
        preset="openrouter",
        fields={"cache_control": True},
        evidence="section 1: cache_control on text parts for Anthropic's and Google's models",
    ),
    ModelRow(
        contains="google/",
        preset="openrouter",
        fields={"cache_control": True},
        evidence="section 1: cache_control on text parts for Anthropic's and Google's models",
    ),
    ModelRow(
        contains="claude",
        preset="litellm",
        fields={"cache_control": True, "effort_style": "none"},
        evidence="litellm 1.110: passes cache_control on; an effort turns thinking on, whose signed blocks Chat "
        "Completions cannot carry back, and without them Claude refuses the next tool result",
    ),
    ModelRow(
        contains="openai/",
        preset="openrouter",
        fields={"system_anywhere": True},
        evidence="section 2.1: system messages may stand anywhere",
    ),
)

VENDOR_HOSTS: dict[str, str] = {host: preset.name for preset in PRESETS for host in preset.hosts}
"""Host, or `.suffix` of hosts, to the name of the vendor who answers there."""

COMPATIBLE = tuple(preset for preset in PRESETS if preset.prefixes)
"""Those that a prefix of their own chooses."""

BY_PREFIX = {prefix: preset for preset in COMPATIBLE for prefix in preset.prefixes}

_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1", "host.docker.internal"})
_BY_NAME = {preset.name: preset for preset in PRESETS}
_BY_LOCAL_PORT = {preset.local_port: preset for preset in PRESETS if preset.local_port is not None}


def vendor_of(base_url: str) -> str | None:
    """The name of the vendor at this URL's host, or None for a host that nobody knows."""
    host = urlsplit(base_url).hostname or ""
    labels = host.rstrip(".").split(".")
    suffixes = ("." + ".".join(labels[start:]) for start in range(1, len(labels)))
    for candidate in (".".join(labels), *suffixes):
        if candidate in VENDOR_HOSTS:
            return VENDOR_HOSTS[candidate]
    return None


def preset_of(base_url: str) -> Preset | None:
    """The row for this URL: a vendor by its host, a local server by its port, LiteLLM by its name."""
    if base_url == LITELLM_URL:
        return _BY_NAME["litellm"]
    vendor = vendor_of(base_url)
    if vendor is not None:
        return _BY_NAME[vendor]
    url = urlsplit(base_url)
    return _BY_LOCAL_PORT.get(url.port or 0) if url.hostname in _LOCAL_HOSTS else None


@lru_cache(maxsize=512)
def quirks_for(
    base_url: str, model: str, dialect: str = "openai_chat", access: str = "direct", named: str = ""
) -> Quirks:
    """How `model` deviates at `base_url`: the server's row, changed by the model's. Behind the access `vertex` stands
    Vertex AI, whatever the host is called. `named`: the preset that a prefix names, for a host that nobody knows.

    An OpenAI id behind a host that nobody knows is taken for OpenAI's model, without what only OpenAI's own host
    understands.
    """
    preset = _BY_NAME["vertex_ai"] if access == "vertex" else _preset_at(base_url, named)
    fields = openai_model_quirks(model)
    if preset is not None and not preset.serves_openai_models:
        if fields and preset.local_port is not None and preset.name != named:
            # A port is only a guess: who is asked for OpenAI's model there is a proxy, not a model server.
            preset = None
        else:
            fields = {}
    if dialect == "openai_responses":
        fields |= responses_quirks(preset.name if preset is not None else None, model)
    elif dialect == "gemini":
        fields |= gemini_model_quirks(model)
    elif dialect == "anthropic":
        fields |= claude_model_quirks(model)
    lowered = model.lower()
    for row in MODEL_ROWS:
        if row.contains in lowered and _is_served(row, preset):
            fields |= row.fields
    return replace(preset.quirks if preset else Quirks(), **fields)


def _preset_at(base_url: str, named: str) -> Preset | None:
    if named and vendor_of(base_url) is None:
        return _BY_NAME[named]
    return preset_of(base_url)


def _is_served(row: ModelRow, preset: Preset | None) -> bool:
    name = preset.name if preset else None
    return name == row.preset if row.preset is not None else name not in row.except_presets
