"""config/build.py: settings to targets, as users were promised."""

from collections.abc import Mapping
from datetime import date

import pytest

from dragoman.config.build import build_model_map, notices
from dragoman.config.load import ConfigError, load_settings
from dragoman.routing.channel import Target, lacks_key

TODAY = date(2026, 11, 21)

OPENAI = {"OPENAI_API_KEY": "test-key-openai"}
GEMINI = {"GEMINI_API_KEY": "test-key-gemini"}
ANTHROPIC = {"ANTHROPIC_API_KEY": "test-key-anthropic"}
KEYS = OPENAI | GEMINI | ANTHROPIC
GOOGLE = {"PREFERRED_PROVIDER": "google"}
CLAUDE = {"PREFERRED_PROVIDER": "anthropic"}
VERTEX = GOOGLE | {"USE_VERTEX_AUTH": "true", "VERTEX_PROJECT": "p", "VERTEX_LOCATION": "us-central1"}

OPENAI_URL = "https://api.openai.com/v1"
GEMINI_URL = "https://generativelanguage.googleapis.com/v1beta"
ANTHROPIC_URL = "https://api.anthropic.com"

CHANNELS = {
    "CHANNEL_GEMINI2_BASE_URL": "https://gemini.example.com/v1beta",
    "CHANNEL_GEMINI2_API_KEY": "test-key-gemini2",
    "CHANNEL_CLAUDE2_BASE_URL": "https://claude.example.com/v1",
    "CHANNEL_CLAUDE2_API_KEY": "test-key-claude2",
}


def resolve(requested: str, environ: Mapping[str, str], today: date = TODAY) -> Target:
    return build_model_map(load_settings(environ, None), today).resolve(requested)


def route(requested: str, environ: Mapping[str, str], today: date = TODAY) -> tuple[str, str]:
    target = resolve(requested, environ, today)
    return target.channel.name, target.model


@pytest.mark.parametrize(
    ("environ", "requested", "channel", "model"),
    [
        pytest.param(OPENAI, "haiku", "openai", "gpt-4.1-mini", id="E01-E19-M01-M06-C01-haiku"),
        pytest.param(OPENAI, "claude-sonnet-5", "openai", "gpt-4.1", id="E01-E18-M01-M06-C01-sonnet"),
        pytest.param(OPENAI, "claude-opus-4-8", "openai", "gpt-4.1", id="M08-T11"),
        pytest.param(OPENAI, "claude-fable-5", "openai", "gpt-4.1", id="T12"),
        pytest.param(GOOGLE | GEMINI, "haiku", "gemini", "gemini-2.5-flash", id="E02-E21-M02-T16-haiku"),
        pytest.param(GOOGLE | GEMINI, "sonnet", "gemini", "gemini-2.5-pro", id="E02-E21-M02-C02-T16-sonnet"),
        pytest.param(VERTEX, "haiku", "vertex_ai", "gemini-2.5-flash", id="E10-E22-M03-T18-haiku"),
        pytest.param(VERTEX, "sonnet", "vertex_ai", "gemini-2.5-pro", id="E10-E22-M03-T18-sonnet"),
        pytest.param(
            CLAUDE | ANTHROPIC, "claude-haiku-4-5", "anthropic", "claude-haiku-4-5", id="E03-M04-haiku"
        ),
        pytest.param(
            CLAUDE | ANTHROPIC, "claude-sonnet-5", "anthropic", "claude-sonnet-5", id="E03-M04-sonnet"
        ),
        pytest.param(
            {"PREFERRED_PROVIDER": "ANTHROPIC"} | ANTHROPIC,
            "claude-next-9",
            "anthropic",
            "claude-next-9",
            id="E04",
        ),
        pytest.param(
            CLAUDE | ANTHROPIC | {"BIG_MODEL": "gpt-4o", "SMALL_MODEL": "gpt-4o-mini"},
            "claude-haiku-4-5",
            "anthropic",
            "claude-haiku-4-5",
            id="E23-C15",
        ),
        pytest.param(
            OPENAI | {"BIG_MODEL": "gpt-4o", "SMALL_MODEL": "gpt-4o-mini"},
            "sonnet",
            "openai",
            "gpt-4o",
            id="E17-big",
        ),
        pytest.param(
            OPENAI | {"BIG_MODEL": "gpt-4o", "SMALL_MODEL": "gpt-4o-mini"},
            "haiku",
            "openai",
            "gpt-4o-mini",
            id="E17-small",
        ),
        pytest.param(KEYS | {"BIG_MODEL": "gemini-3-pro"}, "sonnet", "gemini", "gemini-3-pro", id="M27-C04"),
        pytest.param(GOOGLE | KEYS | {"BIG_MODEL": "gpt-4o"}, "sonnet", "openai", "gpt-4o", id="C04-M05"),
        pytest.param(
            GOOGLE | KEYS | {"BIG_MODEL": "gemini-3-pro-preview"},
            "sonnet",
            "gemini",
            "gemini-3-pro-preview",
            id="C03-T17",
        ),
        pytest.param(
            VERTEX | {"BIG_MODEL": "gemini-3-pro"}, "sonnet", "vertex_ai", "gemini-3-pro", id="M28-M29"
        ),
        pytest.param(
            VERTEX | {"BIG_MODEL": "claude-sonnet-4-5@20250929"},
            "sonnet",
            "vertex_ai",
            "claude-sonnet-4-5@20250929",
            id="M30-big",
        ),
        pytest.param(
            VERTEX | {"SMALL_MODEL": "claude-haiku-4-5@20251001"},
            "haiku",
            "vertex_ai",
            "claude-haiku-4-5@20251001",
            id="M30-small",
        ),
        pytest.param(
            OPENAI | {"BIG_MODEL": "openai/gemini-2.5-pro-cfp"},
            "sonnet",
            "openai",
            "gemini-2.5-pro-cfp",
            id="M32-T19",
        ),
        pytest.param(
            OPENAI | CHANNELS | {"BIG_MODEL": "anthropic/claude-3-opus:claude2"},
            "opus",
            "claude2",
            "claude-3-opus",
            id="H08",
        ),
        pytest.param(CLAUDE | ANTHROPIC | OPENAI, "gpt-4o", "openai", "gpt-4o", id="T22"),
        pytest.param(
            CLAUDE | KEYS | {"OPUS_MODEL": "gpt-4o"}, "opus", "openai", "gpt-4o", id="opus-in-anthropic-mode"
        ),
        pytest.param(
            OPENAI | {"HAIKU_MODEL": "gpt-4o", "SONNET_MODEL": "o3", "OPUS_MODEL": "gpt-5"},
            "opus",
            "openai",
            "gpt-5",
            id="opus-beats-big",
        ),
        pytest.param(
            OPENAI | {"OPENAI_BASE_URL": "http://x"}, "llama3.1:8b", "openai", "llama3.1:8b", id="C07-T25"
        ),
    ],
)
def test_model_goes_where_it_was_promised(
    environ: dict[str, str], requested: str, channel: str, model: str
) -> None:
    assert route(requested, environ) == (channel, model)


OPENAI_NAMES = (
    *("o3-mini", "o1", "o1-mini", "o1-pro", "gpt-4.5-preview", "gpt-4o", "gpt-4o-audio-preview"),
    *("chatgpt-4o-latest", "gpt-4o-mini", "gpt-4o-mini-audio-preview", "gpt-4.1", "gpt-4.1-mini"),
)


@pytest.mark.parametrize("preferred", [{}, GOOGLE, CLAUDE])
@pytest.mark.parametrize(
    "name",
    [
        *(pytest.param(name, id=f"M{number:02}") for number, name in enumerate(OPENAI_NAMES, start=9)),
        *(pytest.param(name, id=f"T14-{name}") for name in ("gpt-5", "gpt-5.1", "o4-mini", "gpt-7-nova")),
    ],
)
def test_openai_names_go_to_openai_with_openais_key_only(name: str, preferred: dict[str, str]) -> None:
    """M09 to M20, M25, T14"""
    target = resolve(name, KEYS | preferred)
    assert (target.channel.base_url, target.channel.credential) == (OPENAI_URL, "test-key-openai")
    assert target.model == name


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("gemini-2.5-pro", id="M21"),
        pytest.param("gemini-2.5-flash", id="M22"),
        pytest.param("gemini-2.5-pro-preview-03-25", id="M23-M26-C11"),
        pytest.param("gemini-2.0-flash", id="M24"),
    ],
)
def test_gemini_names_go_to_google_never_to_openai(name: str) -> None:
    """M21 to M24, C03"""
    for environ in (KEYS, KEYS | GOOGLE, KEYS | CLAUDE):
        target = resolve(name, environ)
        assert (target.channel.base_url, target.model) == (GEMINI_URL, name)
        assert target.channel.credential == "test-key-gemini"
    target = resolve(name, VERTEX | GEMINI)
    assert (target.channel.name, target.channel.access, target.model) == ("vertex_ai", "vertex", name)
    assert target.channel.credential == ""


@pytest.mark.parametrize(
    ("requested", "url", "dialect", "model"),
    [
        pytest.param("openai/gpt-4o", OPENAI_URL, "openai_chat", "gpt-4o", id="M31-M25-openai"),
        pytest.param("gemini/gemini-2.5-pro", GEMINI_URL, "gemini", "gemini-2.5-pro", id="M31-M26-gemini"),
        pytest.param(
            "anthropic/claude-3-opus", ANTHROPIC_URL, "anthropic", "claude-3-opus", id="M31-C15-anthropic"
        ),
        pytest.param("openai/claude-3-haiku", OPENAI_URL, "openai_chat", "claude-3-haiku", id="T20"),
    ],
)
def test_prefix_chooses_the_provider_in_every_mode(
    requested: str, url: str, dialect: str, model: str
) -> None:
    for mode in ({}, GOOGLE, CLAUDE, VERTEX):
        target = resolve(requested, KEYS | mode)
        assert (target.channel.base_url, target.channel.dialect, target.model) == (url, dialect, model)


def test_the_vertex_prefix_means_vertex_in_every_mode() -> None:
    """T21 M31"""
    environ = KEYS | {"VERTEX_PROJECT": "p", "VERTEX_LOCATION": "us-central1"}
    target = resolve("vertex_ai/gemini-2.5-pro", environ)
    assert (target.channel.access, target.channel.dialect, target.model) == (
        "vertex",
        "gemini",
        "gemini-2.5-pro",
    )
    assert "us-central1-aiplatform.googleapis.com" in target.channel.base_url
    missing = resolve("vertex_ai/gemini-2.5-pro", KEYS).channel
    assert lacks_key(missing)
    assert missing.credential_setting == "VERTEX_PROJECT"


@pytest.mark.parametrize(
    ("requested", "url", "key", "dialect", "model"),
    [
        pytest.param(
            "gemini/gemini-2.5-pro:gemini2",
            "https://gemini.example.com/v1beta",
            "test-key-gemini2",
            "gemini",
            "gemini-2.5-pro",
            id="H03-H10-T24",
        ),
        pytest.param(
            "gemini/gemini-2.5-pro:GEMINI2",
            "https://gemini.example.com/v1beta",
            "test-key-gemini2",
            "gemini",
            "gemini-2.5-pro",
            id="H02",
        ),
        pytest.param(
            "anthropic/claude-3-opus:claude2",
            "https://claude.example.com/v1",
            "test-key-claude2",
            "anthropic",
            "claude-3-opus",
            id="H11",
        ),
    ],
)
def test_suffix_chooses_endpoint_and_key(
    requested: str, url: str, key: str, dialect: str, model: str
) -> None:
    target = resolve(requested, KEYS | CHANNELS)
    channel = target.channel
    assert (channel.base_url, channel.credential, channel.dialect, target.model) == (url, key, dialect, model)


@pytest.mark.parametrize("channel", ["gemini2", "claude2", "extra"])
@pytest.mark.parametrize(
    ("prefix", "dialect"), [("openai", "openai_chat"), ("gemini", "gemini"), ("anthropic", "anthropic")]
)
def test_any_prefix_at_any_channel(prefix: str, dialect: str, channel: str) -> None:
    """H04 H05"""
    environ = CHANNELS | {"CHANNEL_EXTRA_BASE_URL": "https://extra.example.com"}
    target = resolve(f"{prefix}/some-model:{channel}", environ)
    assert (target.channel.name, target.channel.dialect, target.model) == (channel, dialect, "some-model")


def test_a_channels_dialect_beats_the_prefix() -> None:
    target = resolve("openai/x:claude2", CHANNELS | {"CHANNEL_CLAUDE2_DIALECT": "anthropic"})
    assert target.channel.dialect == "anthropic"


def test_names_without_suffix_go_to_base_url_with_its_key() -> None:
    """H06 C06"""
    environ = KEYS | CHANNELS | {"BASE_URL": "https://llm.example.com/v1", "API_KEY": "test-key-default"}
    for requested in ("sonnet", "openai/x", "gemini/x", "anthropic/x", "unknown"):
        channel = resolve(requested, environ).channel
        assert (channel.base_url, channel.credential) == ("https://llm.example.com/v1", "test-key-default")
    assert resolve("gemini/x:gemini2", environ).channel.credential == "test-key-gemini2"


def test_base_url_captures_neither_vertex_nor_anthropic_mode() -> None:
    """C06"""
    shared = {"BASE_URL": "https://llm.example.com/v1", "API_KEY": "test-key-default"}
    assert resolve("sonnet", VERTEX | shared).channel.access == "vertex"
    assert resolve("claude-sonnet-5", CLAUDE | ANTHROPIC | shared).channel.base_url == ANTHROPIC_URL


def test_messages_and_count_tokens_get_the_same_answer() -> None:
    """T23"""
    model_map = build_model_map(load_settings(KEYS | CHANNELS, None), TODAY)
    for requested in ("sonnet", "gpt-4o", "gemini/x:gemini2", "llama3.1:8b", "claude-sonnet-5[1m]"):
        assert model_map.resolve(requested) == model_map.resolve(requested)


def test_with_no_key_at_all_the_demo_answers() -> None:
    assert route("claude-opus-4-8", {}) == ("dragoman", "demo")
    assert route("gpt-4o", {"DRAGOMAN_API_KEY": "test-key"}) == ("dragoman", "demo")


@pytest.mark.parametrize(
    "environ",
    [
        *(OPENAI, GEMINI, ANTHROPIC, CHANNELS, VERTEX, {"ANTHROPIC_AUTH_MODE": "passthrough"}),
        *(
            {"BASE_URL": "http://x"},
            {"OPENAI_BASE_URL": "http://x"},
            {"DEEPSEEK_API_KEY": "test-key"},
            {"OLLAMA_BASE_URL": "http://x"},
            {"ANTHROPIC_UPSTREAM_BASE_URL": "http://x"},
            {"BIG_MODEL": "litellm/groq/x"},
        ),
    ],
)
def test_anything_configured_ends_the_demo(environ: dict[str, str]) -> None:
    assert route("claude-opus-4-8", environ)[0] != "dragoman"
    assert route("dragoman/demo", environ) == ("dragoman", "demo")


def test_defaults_change_on_the_day_they_retire() -> None:
    assert route("sonnet", GOOGLE | GEMINI, date(2026, 12, 1)) == ("gemini", "gemini-3.8-flash")
    assert route("sonnet", OPENAI | {"BIG_MODEL": "gpt-4.1"}, date(2030, 1, 1)) == ("openai", "gpt-4.1")


def test_claudes_names_may_lead_to_a_vendors_models() -> None:
    environ = {
        "DEEPSEEK_API_KEY": "test-key",
        "BIG_MODEL": "deepseek/deepseek-chat",
        "SMALL_MODEL": "ollama/qwen3:8b",
    }
    assert route("claude-opus-4-8", environ) == ("deepseek", "deepseek-chat")
    assert route("claude-haiku-4-5", environ) == ("ollama", "qwen3:8b")
    assert told(environ) == []
    assert route("opus", CLAUDE | ANTHROPIC | {"OPUS_MODEL": "ollama/qwen3:8b"}) == ("ollama", "qwen3:8b")


def test_a_local_servers_model_in_a_setting_is_all_that_it_takes() -> None:
    assert route("claude-opus-4-8", {"BIG_MODEL": "ollama/qwen3:8b"}) == ("ollama", "qwen3:8b")
    assert route("claude-opus-4-8", {"BIG_MODEL": "deepseek/x"}) == ("dragoman", "demo")


def test_a_vendors_key_alone_ends_the_demo_and_start_up_says_how_to_use_it() -> None:
    environ = {"DEEPSEEK_API_KEY": "test-key", "GROQ_API_KEY": "test-key"}
    assert resolve("claude-opus-4-8", environ).channel.credential_setting == "OPENAI_API_KEY"
    [missing, idle] = told(environ)
    assert missing.startswith("OPENAI_API_KEY is not set")
    assert idle == (
        "Claude's names do not lead to DeepSeek or Groq yet: set BIG_MODEL and SMALL_MODEL, such as "
        "BIG_MODEL=deepseek/<a model's id>"
    )
    [_, idle] = told(environ | CLAUDE)
    assert "set OPUS_MODEL, SONNET_MODEL and HAIKU_MODEL, such as OPUS_MODEL=deepseek/" in idle


@pytest.mark.parametrize(
    "environ",
    [
        OPENAI | {"DEEPSEEK_API_KEY": "test-key"},
        {"DEEPSEEK_API_KEY": "test-key", "BIG_MODEL": "deepseek/x"},
        GEMINI,
    ],
)
def test_who_has_chosen_is_told_nothing_about_vendors(environ: dict[str, str]) -> None:
    assert not any("do not lead to" in notice for notice in told(environ))


def test_a_vendor_that_lacks_something_is_told() -> None:
    assert told(OPENAI | {"AZURE_API_KEY": "test-key", "XAI_BASE_URL": "https://api.x.ai/v1"}) == [
        "AZURE_API_BASE is not set: `azure/` leads nowhere without it",
        "XAI_API_KEY is not set: `xai/` leads nowhere without it",
    ]


def test_a_vendors_missing_key_is_named_where_claudes_names_need_it() -> None:
    assert told(OPENAI | {"BIG_MODEL": "deepseek/deepseek-chat"}) == [
        "DEEPSEEK_API_KEY is not set: requests that need it are answered with 401"
    ]


LITELLM = {"PREFERRED_PROVIDER": "litellm", "BIG_MODEL": "azure/big", "SMALL_MODEL": "litellm/bedrock/s:0"}


@pytest.mark.parametrize(
    ("requested", "channel", "model"),
    [
        ("claude-sonnet-5", "litellm", "azure/big"),
        ("claude-opus-4-8", "litellm", "azure/big"),
        ("claude-haiku-4-5", "litellm", "bedrock/s:0"),
        ("groq/any", "litellm", "groq/any"),
        ("gpt-4.1", "openai", "gpt-4.1"),
        ("openai/x", "openai", "x"),
        ("claude-litellm/azure/big", "litellm", "azure/big"),
    ],
)
def test_litellm_may_be_preferred(requested: str, channel: str, model: str) -> None:
    assert route(requested, LITELLM) == (channel, model)
    assert route(requested, LITELLM | {"CHANNEL_0_BASE_URL": "http://x"}) == (channel, model)


def test_litellms_models_of_the_families_need_no_prefix() -> None:
    assert route("claude-opus-4-8", LITELLM | {"OPUS_MODEL": "openai/x"}) == ("litellm", "openai/x")


def test_litellms_models_are_listed_under_ids_that_resolve() -> None:
    model_map = build_model_map(load_settings(LITELLM, None), TODAY)
    listed = [entry.id for entry in model_map.listing() if "/" in entry.id]
    assert {model_map.resolve(entry).channel.name for entry in listed} == {"litellm"}
    assert all("claude" in entry for entry in listed)


def test_a_model_setting_without_a_model_stops_the_start() -> None:
    with pytest.raises(ConfigError) as caught:
        build_model_map(load_settings(OPENAI | {"SMALL_MODEL": "openai/"}, None), TODAY)
    assert caught.value.problems == (
        "SMALL_MODEL: expected a model's name beside the prefix and the channel",
    )


def told(environ: Mapping[str, str], today: date = date(2026, 10, 1)) -> list[str]:
    settings = load_settings(environ, None)
    return notices(settings, build_model_map(settings, today), today)


def test_a_complete_configuration_needs_no_notice() -> None:
    assert told(OPENAI | {"BIG_MODEL": "gpt-6-sol", "SMALL_MODEL": "gpt-6-luna"}) == []
    assert told(CLAUDE | ANTHROPIC) == []


def test_no_key_at_all_is_said_once() -> None:
    [notice] = told({})
    assert "built-in demo" in notice


@pytest.mark.parametrize(
    ("environ", "setting"),
    [
        pytest.param(GEMINI, "OPENAI_API_KEY", id="E05"),
        pytest.param(GOOGLE | OPENAI, "GEMINI_API_KEY", id="E06"),
        pytest.param(CLAUDE | OPENAI, "ANTHROPIC_API_KEY", id="anthropic-mode"),
        pytest.param({"BASE_URL": "https://api.deepseek.com"} | OPENAI, "API_KEY", id="C06"),
    ],
)
def test_a_missing_key_is_named(environ: dict[str, str], setting: str) -> None:
    """E05 E06"""
    assert any(notice.startswith(f"{setting} is not set") for notice in told(environ))
    target = resolve("claude-sonnet-5", environ)
    assert lacks_key(target.channel)
    assert target.channel.credential_setting == setting


def test_a_missing_openai_key_beside_another_key_suggests_the_other_provider() -> None:
    [notice, *_] = told(GEMINI | ANTHROPIC)
    assert notice.endswith("(or did you mean PREFERRED_PROVIDER=google or PREFERRED_PROVIDER=anthropic?)")


def test_keys_of_unused_providers_are_not_asked_for() -> None:
    """E05 E08"""
    assert not any("GEMINI_API_KEY" in notice or "ANTHROPIC_API_KEY" in notice for notice in told(OPENAI))


def test_incomplete_channels_are_told() -> None:
    """H15"""
    [url_only, key_only, neither] = told(
        OPENAI
        | {
            "CHANNEL_A_BASE_URL": "https://a.example.com",
            "CHANNEL_B_API_KEY": "test-key",
            "CHANNEL_C_DIALECT": "anthropic",
        }
    )
    assert url_only.startswith("CHANNEL_A_API_KEY is not set")
    assert key_only.startswith(
        "CHANNEL_B_BASE_URL is not set: the model's prefix or family chooses the vendor"
    )
    assert neither.startswith("CHANNEL_C_BASE_URL and CHANNEL_C_API_KEY are not set")


def test_retirements_within_sixty_days_are_told() -> None:
    assert [notice.split()[0] for notice in told(OPENAI, TODAY)] == ["`gpt-4.1`", "`gpt-4.1-mini`"]
    assert told(OPENAI, date(2026, 11, 1)) == []


def test_settings_without_effect_are_told() -> None:
    """E23"""
    assert told(
        CLAUDE | ANTHROPIC | {"BIG_MODEL": "gpt-4o", "API_KEY": "test-key", "BASE_URL_DIALECT": "gemini"}
    ) == [
        "BIG_MODEL has no effect while PREFERRED_PROVIDER is anthropic",
        "API_KEY has no effect without BASE_URL",
        "BASE_URL_DIALECT has no effect without BASE_URL",
    ]


def test_search_settings_without_effect_are_told() -> None:
    search = {"SEARCH_API_KEY": "test-key", "SEARCH_BASE_URL": "http://localhost:8888"}
    models = OPENAI | {"BIG_MODEL": "gpt-6-sol", "SMALL_MODEL": "gpt-6-luna"}
    assert told(models | search) == [
        "SEARCH_API_KEY has no effect without SEARCH_PROVIDER",
        "SEARCH_BASE_URL has no effect without SEARCH_PROVIDER",
    ]
    assert told(models | search | {"SEARCH_PROVIDER": "searxng"}) == [
        "SEARCH_API_KEY has no effect while SEARCH_PROVIDER is searxng"
    ]
    assert told(models | search | {"SEARCH_PROVIDER": "brave"}) == []


def test_a_mistyped_channel_suffix_is_told() -> None:
    """H16"""
    assert told(OPENAI | CHANNELS | {"BIG_MODEL": "anthropic/x:cluade2"})[-1] == (
        "BIG_MODEL: `:cluade2` is no channel, so it is part of the model's id; did you mean `claude2`?"
    )


def test_no_notice_shows_a_secret() -> None:
    """T86"""
    environ = KEYS | CHANNELS | {"API_KEY": "test-key-default", "BIG_MODEL": "gemini-2.5-pro"}
    assert "test-key" not in " ".join(told(environ, TODAY))
