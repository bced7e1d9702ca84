"""config/vendors.py: the laws of every row, and the rows' odd ones."""

from datetime import date

import pytest

from dragoman.config.build import build_model_map
from dragoman.config.load import load_settings
from dragoman.config.vendors import configured_vendors, names_local_server, vendor_channel, vendor_channels
from dragoman.routing.channel import Channel, Target, lacks_key
from dragoman.routing.preset import Preset
from dragoman.routing.presets import BY_PREFIX, COMPATIBLE, vendor_of

TODAY = date(2026, 11, 21)
GATEWAY = "https://llm.example.com/some/path"
HOSTED = [preset for preset in COMPATIBLE if not preset.is_local]
LOCAL = [preset for preset in COMPATIBLE if preset.is_local]


def name_of(preset: object) -> str:
    return preset.name if isinstance(preset, Preset) else str(preset)


every_preset = pytest.mark.parametrize("preset", COMPATIBLE, ids=name_of)
every_vendor = pytest.mark.parametrize("preset", HOSTED, ids=name_of)
every_server = pytest.mark.parametrize("preset", LOCAL, ids=name_of)


def resolve(requested: str, environ: dict[str, str]) -> Target:
    return build_model_map(load_settings(environ, None), TODAY).resolve(requested)


def channels(environ: dict[str, str], *, passes_on: bool = False) -> dict[str, Channel]:
    return vendor_channels(load_settings(environ, None), passes_on=passes_on)


def keys_of_all() -> dict[str, str]:
    """A key of its own in every variable of every row, and in those of the built-in providers."""
    names = [variable for preset in COMPATIBLE for variable in preset.key_variables]
    names += ["OPENAI_API_KEY", "GEMINI_API_KEY", "ANTHROPIC_API_KEY"]
    return {name: f"test-{name}" for name in names}


def address_of(preset: Preset) -> dict[str, str]:
    """What a row needs beside its key."""
    azure = {"AZURE_API_BASE": "https://work.openai.azure.com"}
    return azure if preset.base_url is None else {}


@every_vendor
def test_a_prefix_leads_to_the_vendors_host_with_the_vendors_key_alone(preset: Preset) -> None:
    for variable in preset.key_variables:
        for prefix in preset.prefixes:
            target = resolve(f"{prefix}/some-model", {variable: "test-key"} | address_of(preset))
            assert vendor_of(target.channel.base_url) == preset.name
            assert (target.channel.credential, target.model) == (
                "test-key",
                "some-model" if not preset.own_ids else f"{prefix}/some-model",
            )


@every_vendor
def test_among_the_keys_of_all_each_vendor_gets_its_own(preset: Preset) -> None:
    target = resolve(f"{preset.prefixes[0]}/author/model", keys_of_all() | address_of(preset))
    assert target.channel.credential == f"test-{preset.key_variables[0]}"
    assert vendor_of(target.channel.base_url) == preset.name
    assert target.model == "author/model"


@every_preset
def test_each_base_url_variable_moves_the_vendor_with_key_and_quirks(preset: Preset) -> None:
    at_home = resolve(f"{preset.prefixes[0]}/a/m", keys_of_all() | address_of(preset))
    for variable in preset.base_url_variables:
        target = resolve(f"{preset.prefixes[0]}/a/m", keys_of_all() | {variable: GATEWAY})
        assert target.channel.base_url == GATEWAY
        assert target.channel.credential == at_home.channel.credential
        assert target.quirks == at_home.quirks


@every_vendor
def test_a_gateway_that_nobody_knows_may_ask_for_no_key(preset: Preset) -> None:
    target = resolve(f"{preset.prefixes[0]}/m", {preset.base_url_variables[0]: GATEWAY})
    assert (target.channel.base_url, target.channel.credential) == (GATEWAY, "")
    assert not lacks_key(target.channel)


@every_server
def test_a_local_server_needs_no_setting_and_gets_no_key(preset: Preset) -> None:
    for environ in ({}, keys_of_all(), {"BASE_URL": GATEWAY}):
        for prefix in preset.prefixes:
            target = resolve(f"{prefix}/llama3.1:8b", environ)
            assert (target.channel.base_url, target.model) == (preset.base_url, "llama3.1:8b")
            assert target.channel.credential == ""
            assert not lacks_key(target.channel)


@every_vendor
def test_without_its_key_the_channel_names_the_setting(preset: Preset) -> None:
    for environ in ({}, {"OPENAI_API_KEY": "test-key"}):
        channel = resolve(f"{preset.prefixes[0]}/m", environ).channel
        assert channel.name == preset.name
        assert lacks_key(channel)
        expected = preset.key_variables[0] if preset.base_url else preset.base_url_variables[0]
        assert channel.credential_setting == expected


@pytest.mark.parametrize(
    "environ",
    [
        {"BASE_URL": GATEWAY},
        {"OPENAI_BASE_URL": GATEWAY},
        {"PREFERRED_PROVIDER": "google", "GEMINI_BASE_URL": GATEWAY},
        {"PREFERRED_PROVIDER": "google", "BASE_URL": GATEWAY},
        {"PREFERRED_PROVIDER": "anthropic", "ANTHROPIC_UPSTREAM_BASE_URL": GATEWAY},
    ],
)
@every_vendor
def test_without_its_key_a_vendors_name_is_part_of_the_id_at_the_users_endpoint(
    preset: Preset, environ: dict[str, str]
) -> None:
    target = resolve(f"{preset.prefixes[0]}/some-model", environ)
    assert (target.channel.base_url, target.model) == (GATEWAY, f"{preset.prefixes[0]}/some-model")


@pytest.mark.parametrize(
    "environ",
    [
        {"PREFERRED_PROVIDER": "anthropic", "BASE_URL": GATEWAY},
        {"PREFERRED_PROVIDER": "google", "OPENAI_BASE_URL": GATEWAY},
        {
            "PREFERRED_PROVIDER": "google",
            "USE_VERTEX_AUTH": "true",
            "VERTEX_PROJECT": "p",
            "VERTEX_LOCATION": "global",
            "BASE_URL": GATEWAY,
        },
    ],
)
def test_no_vendors_name_goes_to_a_provider_that_has_its_own_models_only(environ: dict[str, str]) -> None:
    channel = resolve("deepseek/deepseek-chat", environ).channel
    assert (channel.name, channel.credential_setting) == ("deepseek", "DEEPSEEK_API_KEY")


def test_with_its_key_a_vendor_is_asked_beside_the_users_endpoint() -> None:
    environ = {"BASE_URL": GATEWAY, "API_KEY": "test-default", "DEEPSEEK_API_KEY": "test-key"}
    assert resolve("deepseek/deepseek-chat", environ).channel.credential == "test-key"
    openai = resolve("openai/deepseek/deepseek-chat", environ)
    assert (openai.channel.base_url, openai.model) == (GATEWAY, "deepseek/deepseek-chat")


def test_a_channel_of_the_same_name_is_asked_by_its_suffix() -> None:
    environ = {
        "CHANNEL_DEEPSEEK_BASE_URL": GATEWAY,
        "CHANNEL_DEEPSEEK_API_KEY": "test-channel",
        "DEEPSEEK_API_KEY": "test-key",
    }
    suffix = resolve("deepseek/deepseek-chat:deepseek", environ)
    assert (suffix.channel.credential, suffix.model) == ("test-channel", "deepseek/deepseek-chat")
    assert resolve("deepseek/deepseek-chat", environ).channel.credential == "test-key"


@pytest.mark.parametrize(
    ("variable", "written", "base_url"),
    [
        ("AZURE_API_BASE", "https://work.openai.azure.com/", "https://work.openai.azure.com/openai/v1"),
        ("AZURE_OPENAI_ENDPOINT", "https://work.openai.azure.com", "https://work.openai.azure.com/openai/v1"),
        (
            "AZURE_API_BASE",
            "https://work.openai.azure.com/openai/v1/",
            "https://work.openai.azure.com/openai/v1",
        ),
        ("OLLAMA_API_BASE", "http://10.0.0.5:11434", "http://10.0.0.5:11434/v1"),
        ("OLLAMA_BASE_URL", "http://10.0.0.5:11434/v1", "http://10.0.0.5:11434/v1"),
        ("DEEPSEEK_BASE_URL", "https://deepseek.example.com", "https://deepseek.example.com"),
    ],
)
def test_a_path_that_other_programs_leave_out_is_added(variable: str, written: str, base_url: str) -> None:
    found = {
        channel.base_url for channel in channels({variable: written, "AZURE_API_KEY": "test-key"}).values()
    }
    assert base_url in found


def test_a_key_without_the_address_it_is_for_goes_nowhere() -> None:
    [azure] = [preset for preset in COMPATIBLE if preset.name == "azure"]
    settings = load_settings({"AZURE_API_KEY": "test-key"}, None)
    channel = vendor_channel(azure, settings)
    assert (channel.base_url, channel.credential, channel.credential_setting) == ("", "", "AZURE_API_BASE")
    assert configured_vendors(settings) == ()


def test_what_is_configured_is_what_settings_speak_of_and_lacks_nothing() -> None:
    environ = {
        "GROQ_API_KEY": "test-key",
        "OLLAMA_BASE_URL": "http://localhost:11434",
        "XAI_BASE_URL": "https://api.x.ai/v1",
    }
    assert [preset.name for preset in configured_vendors(load_settings(environ, None))] == ["groq", "ollama"]


def test_every_prefix_has_its_channel_or_none_at_all() -> None:
    assert set(channels({})) == set(BY_PREFIX)
    locals_only = {prefix for preset in LOCAL for prefix in preset.prefixes}
    assert set(channels({}, passes_on=True)) == locals_only
    assert set(channels({"GROQ_API_KEY": "test-key"}, passes_on=True)) == locals_only | {"groq"}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("ollama/llama3.1:8b", True),
        ("Hosted_VLLM/x", True),
        ("deepseek/x", False),
        ("ollama", False),
        (None, False),
    ],
)
def test_a_local_servers_model_is_known_by_its_prefix(model: str | None, expected: bool) -> None:
    assert names_local_server(model) == expected
