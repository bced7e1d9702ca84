"""Known vendors and local servers as data: who answers at a host, and how it deviates, with evidence.

"Section" means a section of spec/openai-chat.md.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from dragoman.dialects.quirks import Quirks
from dragoman.routing.claude_models import claude_model_quirks
from dragoman.routing.gemini_models import gemini_model_quirks
from dragoman.routing.openai_models import openai_model_quirks
from dragoman.routing.responses_models import responses_quirks


class Preset(msgspec.Struct, frozen=True, kw_only=True):
    """One vendor or local server."""

    name: str
    hosts: tuple[str, ...] = ()
    """Exact host names; one that begins with a dot stands for every host below it."""
    local_port: int | None = None
    """The port that this server takes on the user's own machine unless told otherwise."""
    serves_openai_models: bool = False
    """Whether an OpenAI id there is OpenAI's model, so that the model's own row applies."""
    quirks: Quirks = Quirks()
    evidence: str


class ModelRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a model changes in the row of the server that serves it."""

    contains: str
    """Part of the model's id, in lower case."""
    preset: str | None = None
    """Only on this preset; None means on every server that is not one of `except_presets`."""
    except_presets: frozenset[str] = frozenset()
    fields: Mapping[str, Any]
    evidence: str


PRESETS = (
    Preset(
        name="openai",
        hosts=("api.openai.com", ".api.openai.com"),
        serves_openai_models=True,
        quirks=Quirks(prompt_cache_key=True, user_field="safety_identifier", include_obfuscation=True),
        evidence="section 1: prompt_cache_key, safety_identifier and include_obfuscation are OpenAI's own",
    ),
    Preset(
        name="azure",
        hosts=(".openai.azure.com",),
        serves_openai_models=True,
        evidence="section 1: refuses unknown keys; section 11: OpenAI's models behind deployment names",
    ),
    Preset(name="gemini", hosts=("generativelanguage.googleapis.com",), evidence="has a dialect of its own"),
    Preset(
        name="vertex_ai",
        hosts=(".googleapis.com",),
        quirks=Quirks(claude_on_vertex=True),
        evidence="spec/vertex.md section 1: every region has a host of its own below it; section 4: Claude's form",
    ),
    Preset(name="anthropic", hosts=("api.anthropic.com",), evidence="has a dialect of its own"),
    Preset(
        name="deepseek",
        hosts=("api.deepseek.com",),
        quirks=Quirks(
            structured_output="json_object",
            effort_style="thinking_type",
            efforts=("low", "high", "max"),
            reasons=True,
            reasoning_back="always",
            reasoning_required=True,
        ),
        evidence="sections 9.1, 9.3 and 11: thinking is on by default, a tool turn without it is a 400",
    ),
    Preset(
        name="openrouter",
        hosts=("openrouter.ai",),
        quirks=Quirks(
            effort_style="openrouter",
            reasoning_back="always",
            reasoning_field="reasoning_details",
            top_k=True,
            files=True,
        ),
        evidence="sections 1, 2.2 and 9.3: top_k, file parts, reasoning_details go back unmodified",
    ),
    Preset(
        name="groq",
        hosts=("api.groq.com",),
        quirks=Quirks(structured_output="json_object", plain_schemas=True),
        evidence="sections 3, 5 and 11: unknown message keys are a 400, json_schema only in part",
    ),
    Preset(
        name="mistral",
        hosts=("api.mistral.ai",),
        quirks=Quirks(
            tool_ids="nine",
            max_tool_id=9,
            null_content="omit",
            filler_for_empty="(no output)",
            plain_schemas=True,
            stream_options=False,
        ),
        evidence="sections 2.2, 3, 4 and 11: nine-character ids, no null content, refuses stream_options",
    ),
    Preset(
        name="xai",
        hosts=("api.x.ai",),
        quirks=Quirks(effort_style="reasoning_effort"),
        evidence="section 9.1: reasoning_effort",
    ),
    Preset(
        name="together",
        hosts=("api.together.xyz",),
        quirks=Quirks(effort_style="reasoning_effort", top_k=True, reasoning_field="reasoning"),
        evidence="sections 1, 9.1 and 9.3: top_k, reasoning_effort, `reasoning`",
    ),
    Preset(
        name="fireworks",
        hosts=("api.fireworks.ai",),
        quirks=Quirks(effort_style="reasoning_effort", top_k=True),
        evidence="sections 1 and 9.1: top_k, reasoning_effort",
    ),
    Preset(
        name="moonshot",
        hosts=("api.moonshot.ai", "api.moonshot.cn"),
        quirks=Quirks(
            effort_style="thinking_type",
            efforts=(),
            reasons=True,
            reasoning_back="tool_loop",
            tool_choice_required=False,
        ),
        evidence="sections 9.1, 9.3 and 11: thinking on or off, kept in the tool loop, no `required`",
    ),
    Preset(
        name="zai",
        hosts=("api.z.ai",),
        quirks=Quirks(effort_style="thinking_type", efforts=(), reasons=True, reasoning_back="tool_loop"),
        evidence="sections 9.1 and 9.3: thinking on or off, preserved thinking recommended",
    ),
    Preset(
        name="dashscope",
        hosts=("dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com", "dashscope-us.aliyuncs.com"),
        quirks=Quirks(effort_style="enable_thinking", top_k=True),
        evidence="sections 1, 9.1 and 11: enable_thinking, top_k",
    ),
    Preset(
        name="cerebras",
        hosts=("api.cerebras.ai",),
        quirks=Quirks(effort_style="reasoning_effort", plain_schemas=True),
        evidence="sections 1, 3, 9.1 and 9.3: strict keys, so reasoning never goes back",
    ),
    Preset(
        name="ollama",
        local_port=11434,
        quirks=Quirks(top_k=True),
        evidence="section 1: top_k. An effort is a 400 there for every model that cannot think, so none is sent",
    ),
    Preset(
        name="lmstudio",
        local_port=1234,
        quirks=Quirks(tool_choice_function=False, null_content="empty"),
        evidence="sections 2.2 and 11: tool_choice is a string only, null content is refused",
    ),
    Preset(
        name="llamacpp",
        local_port=8080,
        quirks=Quirks(
            effort_style="chat_template",
            efforts=(),
            plain_schemas=True,
            null_content="empty",
            reasoning_back="tool_loop",
            top_k=True,
        ),
        evidence="sections 1, 2.2, 3 and 9: chat_template_kwargs, weak grammar generator, some templates refuse null",
    ),
)

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
        contains="openai/",
        preset="openrouter",
        fields={"system_anywhere": True},
        evidence="section 2.1: system messages may stand anywhere",
    ),
)

VENDOR_HOSTS: dict[str, str] = {host: preset.name for preset in PRESETS for host in preset.hosts}
"""Host, or `.suffix` of hosts, to the name of the vendor who answers there."""

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
    """The row for this URL: a vendor by its host, a local server by its port."""
    vendor = vendor_of(base_url)
    if vendor is not None:
        return _BY_NAME[vendor]
    url = urlsplit(base_url)
    return _BY_LOCAL_PORT.get(url.port or 0) if url.hostname in _LOCAL_HOSTS else None


@lru_cache(maxsize=512)
def quirks_for(base_url: str, model: str, dialect: str = "openai_chat", access: str = "direct") -> Quirks:
    """How `model` deviates at `base_url`: the server's row, changed by the model's. Behind the access `vertex` stands
    Vertex AI, whatever the host is called.

    An OpenAI id behind a host that nobody knows is taken for OpenAI's model, without what only OpenAI's own host
    understands.
    """
    preset = _BY_NAME["vertex_ai"] if access == "vertex" else preset_of(base_url)
    fields = openai_model_quirks(model)
    if preset is not None and not preset.serves_openai_models:
        if fields and preset.local_port is not None:
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


def _is_served(row: ModelRow, preset: Preset | None) -> bool:
    name = preset.name if preset else None
    return name == row.preset if row.preset is not None else name not in row.except_presets
