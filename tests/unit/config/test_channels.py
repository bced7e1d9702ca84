"""config/channels.py"""

import pytest

from dragoman.config.channels import built_in_channels, named_channels, vertex_channels
from dragoman.config.load import load_settings
from dragoman.config.secret import Secret
from dragoman.config.settings import ChannelSettings, Settings
from dragoman.routing.channel import Channel
from dragoman.routing.ways import Channels

KEYS = {
    "OPENAI_API_KEY": "test-key-openai",
    "GEMINI_API_KEY": "test-key-gemini",
    "ANTHROPIC_API_KEY": "test-key-anthropic",
}


def built_in(**environ: str) -> Channels:
    return built_in_channels(load_settings(environ, None))


def facts(channel: Channel) -> tuple[str, str, str, str]:
    return channel.name, channel.dialect, channel.base_url, channel.credential


def test_every_provider_has_its_vendors_host_and_its_own_key() -> None:
    """H07 E09"""
    channels = built_in(**KEYS)
    assert facts(channels.openai) == ("openai", "openai_chat", "https://api.openai.com/v1", "test-key-openai")
    assert facts(channels.gemini) == (
        "gemini",
        "gemini",
        "https://generativelanguage.googleapis.com/v1beta",
        "test-key-gemini",
    )
    assert facts(channels.anthropic) == (
        "anthropic",
        "anthropic",
        "https://api.anthropic.com",
        "test-key-anthropic",
    )


def test_a_providers_own_url_takes_the_providers_key() -> None:
    """C06 E09"""
    channels = built_in(
        **KEYS,
        OPENAI_BASE_URL="https://llm.example.com/openai/v1",
        OPENAI_DIALECT="openai_responses",
        ANTHROPIC_UPSTREAM_BASE_URL="https://claude.example.com",
        GEMINI_BASE_URL="https://gemini.example.com/v1beta",
        BASE_URL="https://other.example.com",
        API_KEY="test-key-default",
    )
    assert facts(channels.openai) == (
        "openai",
        "openai_responses",
        "https://llm.example.com/openai/v1",
        "test-key-openai",
    )
    assert channels.anthropic.base_url == "https://claude.example.com"
    assert channels.gemini.credential == "test-key-gemini"


def test_base_url_takes_every_provider_and_its_own_key() -> None:
    """C06 H06"""
    channels = built_in(**KEYS, BASE_URL="https://llm.example.com/v1", API_KEY="test-key-default")
    for channel, dialect in (
        (channels.openai, "openai_chat"),
        (channels.gemini, "gemini"),
        (channels.anthropic, "anthropic"),
    ):
        assert facts(channel) == ("default", dialect, "https://llm.example.com/v1", "test-key-default")


def test_base_url_without_a_key_takes_the_providers_key_at_an_unknown_host() -> None:
    """C06 H06"""
    channels = built_in(**KEYS, BASE_URL="https://llm.example.com/v1")
    assert channels.openai.credential == "test-key-openai"
    assert channels.gemini.credential == "test-key-gemini"


def test_base_url_without_a_key_at_another_vendors_host_takes_no_key() -> None:
    """T15 C06"""
    channels = built_in(**KEYS, BASE_URL="https://api.deepseek.com")
    assert [channels.openai.credential, channels.gemini.credential, channels.anthropic.credential] == [
        "",
        "",
        "",
    ]
    assert channels.openai.credential_required
    assert channels.openai.credential_setting == "API_KEY"
    channels = built_in(**KEYS, BASE_URL="https://api.openai.com/v1")
    assert [channels.openai.credential, channels.gemini.credential] == ["test-key-openai", ""]


def test_base_url_has_a_dialect_of_its_own() -> None:
    channels = built_in(
        BASE_URL="https://llm.example.com", BASE_URL_DIALECT="anthropic", OPENAI_DIALECT="gemini"
    )
    assert {channels.openai.dialect, channels.gemini.dialect, channels.anthropic.dialect} == {"anthropic"}


def test_base_url_leaves_anthropic_alone_in_anthropic_mode() -> None:
    """C06"""
    channels = built_in(
        **KEYS, PREFERRED_PROVIDER="anthropic", BASE_URL="https://llm.example.com/v1", API_KEY="test-d"
    )
    assert facts(channels.anthropic)[2:] == ("https://api.anthropic.com", "test-key-anthropic")
    assert channels.openai.name == "default"


def test_only_a_known_vendors_host_demands_a_key() -> None:
    """E05"""
    assert built_in().openai.credential_required
    assert built_in().openai.credential_setting == "OPENAI_API_KEY"
    assert not built_in(OPENAI_BASE_URL="http://localhost:11434/v1").openai.credential_required
    assert built_in(OPENAI_BASE_URL="https://api.deepseek.com").openai.credential_required
    assert not built_in(BASE_URL="http://localhost:8000/v1").anthropic.credential_required


def test_passthrough_holds_no_key_of_ours() -> None:
    """T54"""
    channel = built_in(**KEYS, ANTHROPIC_AUTH_MODE="passthrough").anthropic
    assert channel.passthrough_credentials
    assert channel.credential == ""
    assert not channel.credential_required
    assert not built_in(**KEYS).anthropic.passthrough_credentials


def test_a_channel_speaks_what_the_prefix_says_unless_it_has_a_dialect() -> None:
    """H05"""
    settings = ChannelSettings(name="work", base_url="https://llm.example.com/v1", api_key=Secret("test-key"))
    channels = named_channels(settings)
    assert [channels.openai.dialect, channels.gemini.dialect, channels.anthropic.dialect] == [
        "openai_chat",
        "gemini",
        "anthropic",
    ]
    fixed = named_channels(
        ChannelSettings(name="work", base_url="https://llm.example.com", dialect="openai_responses")
    )
    assert {fixed.openai.dialect, fixed.gemini.dialect, fixed.anthropic.dialect} == {"openai_responses"}


def test_a_channel_without_url_asks_the_vendor_with_the_channels_key() -> None:
    """H15 H12"""
    channels = named_channels(ChannelSettings(name="work", api_key=Secret("test-key")))
    assert facts(channels.openai) == ("work", "openai_chat", "https://api.openai.com/v1", "test-key")
    assert channels.gemini.base_url == "https://generativelanguage.googleapis.com/v1beta"
    fixed = named_channels(ChannelSettings(name="work", api_key=Secret("test-key"), dialect="anthropic"))
    assert fixed.openai.base_url == "https://api.anthropic.com"


def test_a_channel_without_key_sends_none() -> None:
    """H15"""
    channel = named_channels(ChannelSettings(name="work", base_url="https://api.openai.com/v1")).openai
    assert channel.credential == ""
    assert not channel.credential_required
    assert channel.credential_setting == "CHANNEL_WORK_API_KEY"


@pytest.mark.parametrize(
    ("location", "host"),
    [
        pytest.param("us-central1", "us-central1-aiplatform.googleapis.com", id="E12-region"),
        pytest.param("global", "aiplatform.googleapis.com", id="E12-global"),
        pytest.param("eu", "aiplatform.eu.rep.googleapis.com", id="E12-multi-region"),
    ],
)
def test_vertex_has_its_region_in_host_and_path(location: str, host: str) -> None:
    channels = vertex_channels(Settings(vertex_project="my-project", vertex_location=location))
    path = f"projects/my-project/locations/{location}"
    assert channels.gemini.base_url == f"https://{host}/v1beta1/{path}"
    assert channels.anthropic.base_url == f"https://{host}/v1/{path}"
    assert {channels.gemini.access, channels.anthropic.access} == {"vertex"}


def test_vertex_never_holds_the_gemini_key() -> None:
    """E07"""
    settings = load_settings(KEYS | {"VERTEX_PROJECT": "p", "VERTEX_LOCATION": "global"}, None)
    assert vertex_channels(settings).gemini.credential == ""
    assert vertex_channels(settings).anthropic.credential == ""


@pytest.mark.parametrize(
    ("settings", "missing"),
    [
        (Settings(), "VERTEX_PROJECT"),
        (Settings(vertex_project="p"), "VERTEX_LOCATION"),
    ],
)
def test_vertex_without_its_settings_names_what_is_missing(settings: Settings, missing: str) -> None:
    """E11"""
    channel = vertex_channels(settings).gemini
    assert channel.credential_required
    assert channel.credential_setting == missing
    assert channel.base_url == ""


@pytest.mark.parametrize("version", ["", "/v1", "/v1/", "/v1beta1"])
@pytest.mark.parametrize("base", ["https://vertex.example.com", "https://gateway.example.com/google"])
def test_a_version_at_the_end_of_vertex_ais_base_url_is_not_asked_twice(base: str, version: str) -> None:
    environ = {"VERTEX_PROJECT": "p", "VERTEX_LOCATION": "GLOBAL", "VERTEX_BASE_URL": base + version}
    channels = vertex_channels(load_settings(environ, None))
    assert channels.gemini.base_url == f"{base}/v1beta1/projects/p/locations/global"
    assert channels.anthropic.base_url == f"{base}/v1/projects/p/locations/global"
    assert channels.gemini.location == "global"


def test_vertex_names_cannot_leave_their_place_in_the_path() -> None:
    channel = vertex_channels(Settings(vertex_project="a/../b", vertex_location="x/y")).gemini
    assert (
        channel.base_url
        == "https://x%2Fy-aiplatform.googleapis.com/v1beta1/projects/a%2F..%2Fb/locations/x%2Fy"
    )
