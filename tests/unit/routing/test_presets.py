"""routing/presets.py"""

import pytest

from dragoman.dialects.quirks import Quirks
from dragoman.routing.names import WAYS
from dragoman.routing.presets import (
    BY_PREFIX,
    COMPATIBLE,
    LITELLM_URL,
    MODEL_ROWS,
    PRESETS,
    VENDOR_HOSTS,
    preset_of,
    quirks_for,
    vendor_of,
)


@pytest.mark.parametrize(
    ("url", "vendor"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://eu.api.openai.com/v1", "openai"),
        ("https://API.OpenAI.com./v1", "openai"),
        ("https://work.openai.azure.com/openai/v1", "azure"),
        ("https://us-east5-aiplatform.googleapis.com/v1", "vertex_ai"),
        ("https://generativelanguage.googleapis.com/v1beta", "gemini"),
        ("https://evil-api.openai.com.example.com/v1", None),
        ("https://notapi.openai.com.evil/v1", None),
        ("https://api.together.xyz/v1", "together"),
        ("https://us-east-1.api.x.ai/v1", "xai"),
        ("https://cn-hongkong.dashscope.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("http://localhost:11434/v1", None),
        ("demo:", None),
        ("", None),
    ],
)
def test_vendor_is_known_by_its_host_alone(url: str, vendor: str | None) -> None:
    assert vendor_of(url) == vendor


@pytest.mark.parametrize("host", [host for host in VENDOR_HOSTS if not host.startswith(".")])
def test_every_vendor_host_leads_to_its_row(host: str) -> None:
    preset = preset_of(f"https://{host}/v1")
    assert preset is not None
    assert preset.name == VENDOR_HOSTS[host]


def test_every_row_has_evidence_and_a_way_to_be_found() -> None:
    for preset in PRESETS:
        assert preset.evidence
        assert preset.hosts or preset.local_port is not None or preset.prefixes or preset.name == "litellm"
        assert not (preset.hosts and preset.local_port), preset.name
    names = {preset.name for preset in PRESETS}
    assert len(names) == len(PRESETS)
    for row in MODEL_ROWS:
        assert row.evidence
        assert row.preset is None or row.preset in names
        assert set(row.fields) <= set(Quirks.__struct_fields__)


def test_no_prefix_is_given_twice() -> None:
    prefixes = [prefix for preset in COMPATIBLE for prefix in preset.prefixes]
    assert len(prefixes) == len(set(prefixes)) == len(BY_PREFIX)
    assert not {*WAYS, "dragoman"} & set(prefixes)
    assert all(prefix == prefix.lower() for prefix in prefixes)


def test_the_named_preset_counts_where_nobody_knows_the_host() -> None:
    gateway = "https://llm.example.com/v1"
    assert quirks_for(gateway, "deepseek-chat", named="deepseek").reasoning_required
    assert not quirks_for(gateway, "deepseek-chat").reasoning_required
    # A host that is known says more than a name.
    assert not quirks_for("https://api.groq.com/openai/v1", "x", named="deepseek").reasoning_required
    assert quirks_for("http://localhost:8080/v1", "qwen3", named="ollama") == Quirks(top_k=True)


def test_an_openai_id_at_a_local_server_that_a_prefix_names_is_the_servers_own() -> None:
    assert quirks_for("http://localhost:8080/v1", "gpt-5", named="llamacpp").plain_schemas


def test_only_openais_own_host_gets_what_only_it_understands() -> None:
    own = quirks_for("https://api.openai.com/v1", "gpt-5")
    foreign = quirks_for("https://proxy.example.com/v1", "gpt-5")
    assert (own.prompt_cache_key, own.user_field, own.include_obfuscation) == (
        True,
        "safety_identifier",
        True,
    )
    assert (foreign.prompt_cache_key, foreign.user_field, foreign.include_obfuscation) == (
        False,
        "none",
        False,
    )
    assert foreign.max_tokens_field == own.max_tokens_field == "max_completion_tokens"
    assert foreign.efforts == own.efforts


def test_azure_serves_openais_models_without_openais_own_fields() -> None:
    quirks = quirks_for("https://work.openai.azure.com/openai/v1", "gpt-5")
    assert quirks.system_role == "developer"
    assert not quirks.prompt_cache_key


def test_an_openai_id_at_another_vendor_is_that_vendors_business() -> None:
    assert quirks_for("https://api.groq.com/openai/v1", "gpt-5").max_tokens_field == "max_tokens"


def test_an_openai_id_at_a_local_port_means_a_proxy() -> None:
    quirks = quirks_for("http://localhost:8080/v1", "gpt-5")
    assert quirks.max_tokens_field == "max_completion_tokens"
    assert not quirks.plain_schemas
    assert quirks_for("http://localhost:8080/v1", "qwen3").plain_schemas


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://localhost:11434/v1", "ollama"),
        ("http://127.0.0.1:1234/v1", "lmstudio"),
        ("http://[::1]:8080/v1", "llamacpp"),
    ],
)
def test_local_servers_are_known_by_their_port(url: str, name: str) -> None:
    preset = preset_of(url)
    assert preset is not None
    assert preset.name == name


@pytest.mark.parametrize(
    "url", ["http://localhost:8000/v1", "http://localhost/v1", "http://llm.example:11434/v1"]
)
def test_other_ports_and_other_machines_say_nothing(url: str) -> None:
    assert quirks_for(url, "llama3.1:8b") == Quirks()


def test_a_models_row_changes_its_servers_row() -> None:
    moonshot = "https://api.moonshot.ai/v1"
    assert quirks_for(moonshot, "kimi-k3-0905").efforts == ("max",)
    assert quirks_for(moonshot, "kimi-k2.5").effort_style == "thinking_type"
    assert quirks_for("https://openrouter.ai/api/v1", "anthropic/claude-sonnet-5").cache_control
    assert not quirks_for("https://openrouter.ai/api/v1", "qwen/qwen3").cache_control


def test_litellm_has_quirks_of_its_own_for_every_model() -> None:
    assert quirks_for(LITELLM_URL, "openai/gpt-5") == Quirks(effort_style="reasoning_effort")
    claude = quirks_for(LITELLM_URL, "bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0")
    assert (claude.effort_style, claude.cache_control) == ("none", True)


def test_gpt_oss_is_told_to_think_where_it_is_served() -> None:
    assert quirks_for("http://localhost:11434/v1", "gpt-oss:20b").effort_style == "reasoning_effort"
    assert quirks_for("http://localhost:8080/v1", "gpt-oss-20b").effort_style == "chat_template"


def test_gemini_limits_are_known_at_every_host() -> None:
    quirks = quirks_for("https://generativelanguage.googleapis.com/v1beta", "gemini-3.8-flash")
    assert (quirks.max_output_tokens, quirks.context_window) == (65_536, 1_048_576)


def test_openrouters_own_search_is_that_of_chat_completions():
    url = "https://openrouter.ai/api/v1"
    assert quirks_for(url, "anthropic/claude-sonnet-5").web_search
    assert quirks_for(url, "openai/gpt-5.6").web_search
    assert not quirks_for(url, "openai/gpt-5.6", "openai_responses").web_search
    assert quirks_for("https://api.openai.com/v1", "gpt-5.6", "openai_responses").web_search
    assert not quirks_for("https://api.openai.com/v1", "gpt-4.1").web_search
