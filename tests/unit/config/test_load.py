"""config/load.py"""

from pathlib import Path

import pytest

from dragoman.config.load import ConfigError, load_settings
from dragoman.config.secret import Secret
from dragoman.config.settings import ChannelSettings, Settings, VendorSettings


def problems(**environ: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load_settings(environ, None)
    return caught.value.problems


def test_nothing_written_gives_the_defaults() -> None:
    """H07 H13"""
    assert load_settings({}, None) == Settings()


def test_every_kind_of_setting_is_read() -> None:
    settings = load_settings(
        {
            "PREFERRED_PROVIDER": "Google",
            "BIG_MODEL": '"gpt-4o" # big',
            "OPENAI_API_KEY": "test-key-openai",
            "OPENAI_BASE_URL": "http://localhost:11434/v1/",
            "ANTHROPIC_UPSTREAM_BASE_URL": "https://claude.example.com",
            "GEMINI_BASE_URL": "https://gemini.example.com/v1beta",
            "DRAGOMAN_API_KEY": "test-a,test-b",
            "DRAGOMAN_STRICT": "true",
            "DRAGOMAN_ALLOWED_HOSTS": "proxy.example",
            "HOST": "0.0.0.0",
            "PORT": "9000",
            "DEBUG": '"true"',
            "UPSTREAM_IDLE_SECONDS": "60",
        },
        None,
    )
    assert settings == Settings(
        preferred_provider="google",
        big_model="gpt-4o",
        openai_api_key=Secret("test-key-openai"),
        openai_base_url="http://localhost:11434/v1",
        anthropic_upstream_base_url="https://claude.example.com",
        gemini_base_url="https://gemini.example.com/v1beta",
        dragoman_api_key=(Secret("test-a"), Secret("test-b")),
        dragoman_strict=True,
        dragoman_allowed_hosts=("proxy.example",),
        host="0.0.0.0",
        port=9000,
        debug=True,
        upstream_idle_seconds=60.0,
    )
    assert settings.effective_log_level == "debug"


def test_the_clients_own_base_url_is_never_read() -> None:
    assert load_settings({"ANTHROPIC_BASE_URL": "http://localhost:8082"}, None) == Settings()


def test_any_number_of_channels_in_any_case(tmp_path: Path) -> None:
    """H01 H02 H12 H13"""
    env_file = tmp_path / ".env"
    env_file.write_text("CHANNEL_GEMINI2_BASE_URL=https://gemini.example.com/v1beta\n")
    settings = load_settings(
        {
            "CHANNEL_gemini2_API_KEY": "test-key-gemini2",
            "CHANNEL_MY_LONG_NAME_BASE_URL": "https://llm.example.com",
            "CHANNEL_MY_LONG_NAME_DIALECT": "Anthropic",
            "CHANNEL_API_KEY_API_KEY": "test-key-odd",
        },
        env_file,
    )
    assert settings.channels == (
        ChannelSettings(name="api_key", api_key=Secret("test-key-odd")),
        ChannelSettings(
            name="gemini2",
            base_url="https://gemini.example.com/v1beta",
            api_key=Secret("test-key-gemini2"),
        ),
        ChannelSettings(name="my_long_name", base_url="https://llm.example.com", dialect="anthropic"),
    )


def test_a_vendors_settings_are_read_by_its_own_names_and_by_litellms(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("DEEPSEEK_API_KEY='test-key-deepseek'\n")
    settings = load_settings(
        {
            "TOGETHERAI_API_KEY": "test-key-together",
            "AZURE_OPENAI_ENDPOINT": "https://work.openai.azure.com/",
            "OLLAMA_API_BASE": "http://10.0.0.5:11434",
        },
        env_file,
    )
    assert settings.vendors == (
        VendorSettings(name="azure", base_url="https://work.openai.azure.com"),
        VendorSettings(name="deepseek", api_key=Secret("test-key-deepseek")),
        VendorSettings(name="together", api_key=Secret("test-key-together")),
        VendorSettings(name="ollama", base_url="http://10.0.0.5:11434"),
    )


def test_of_several_names_for_one_key_the_first_of_the_row_counts() -> None:
    environ = {"AZURE_OPENAI_API_KEY": "test-second", "AZURE_API_KEY": "test-first"}
    [vendor] = load_settings(environ, None).vendors
    assert vendor.api_key == Secret("test-first")


def test_all_problems_are_told_at_once_one_line_each() -> None:
    told = problems(
        PREFERRED_PROVIDER="gogle",
        OPENAI_BASE_URL="llm.example.com",
        PORT="99999",
        OPENAI_DIALECT="openai_chta",
        DRAGOMAN_STRICT="maybe",
        OPENAI_API_KEY="two words",
        CHANNEL_X_DIALECT="openai",
    )
    assert sorted(told) == [
        "CHANNEL_X_DIALECT: expected anthropic, openai_chat, openai_responses or gemini, got `openai`; did you mean "
        "`openai_chat`?",
        "DRAGOMAN_STRICT: expected true or false (1 or 0, yes or no), got `maybe`",
        "OPENAI_API_KEY: expected visible ASCII characters without spaces",
        "OPENAI_BASE_URL: expected an http:// or https:// URL with a host, got `llm.example.com`",
        "OPENAI_DIALECT: expected anthropic, openai_chat, openai_responses or gemini, got `openai_chta`; did you mean "
        "`openai_chat`?",
        "PORT: expected a whole number from 0 to 65535, got `99999`",
        "PREFERRED_PROVIDER: expected openai, google, anthropic or litellm, got `gogle`; did you mean `google`?",
    ]


def test_the_exception_itself_is_the_lines() -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings({"PORT": "x", "DEBUG": "x"}, None)
    assert str(caught.value).splitlines() == list(caught.value.problems)


def test_problems_of_names_and_of_values_come_together(tmp_path: Path) -> None:
    env_file = tmp_path / ".env"
    env_file.write_text("BIG_MODLE=x\nPORT=x\n")
    with pytest.raises(ConfigError) as caught:
        load_settings({}, env_file)
    assert [line.partition(":")[0] for line in caught.value.problems] == ["BIG_MODLE", "PORT"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OPENAI_API_KEY", "canary kéy"),
        ("API_KEY", "canary key"),
        ("CHANNEL_X_API_KEY", "canary key"),
        ("DEEPSEEK_API_KEY", "canary key"),
        ("DEEPSEEK_BASE_URL", "https://user:canary@host/v1"),
        ("DRAGOMAN_API_KEY", "canary key"),
        ("OPENAI_BASE_URL", "https://user:canary@host/v1"),
        ("BASE_URL", "https://host/v1?key=canary"),
        ("PREFERRED_PROVIDER", "sk-canary-of-somebody"),
    ],
)
def test_no_problem_shows_a_credential(name: str, value: str) -> None:
    """T86"""
    [line] = problems(**{name: value})
    assert line.startswith(f"{name}: expected")
    assert "canary" not in line


def test_a_long_or_unprintable_value_is_shown_short_and_on_one_line() -> None:
    [line] = problems(PORT="x\n\x1b[31m" + "y" * 500)
    assert line.isprintable()
    assert len(line) < 200


@pytest.mark.parametrize(
    "name", ["openai", "gemini", "anthropic", "vertex_ai", "litellm", "dragoman", "default"]
)
def test_a_channel_cannot_have_the_name_of_something_built_in(name: str) -> None:
    [line] = problems(**{f"CHANNEL_{name.upper()}_API_KEY": "test-key"})
    assert line == f"CHANNEL_{name.upper()}_API_KEY: expected another channel name, `{name}` is built in"


def test_two_spellings_of_one_channel_are_a_problem() -> None:
    [line] = problems(CHANNEL_A_API_KEY="test-one", CHANNEL_a_API_KEY="test-two")
    assert line == "CHANNEL_a_API_KEY: expected one variable, CHANNEL_A_API_KEY names the same channel"


VERTEX = {"USE_VERTEX_AUTH": "true"}


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        pytest.param({"PREFERRED_PROVIDER": "google"}, ["VERTEX_PROJECT", "VERTEX_LOCATION"], id="E11-both"),
        pytest.param(
            {"PREFERRED_PROVIDER": "google", "VERTEX_PROJECT": "p"}, ["VERTEX_LOCATION"], id="E11-location"
        ),
        pytest.param(
            {"BIG_MODEL": "gemini-2.5-pro", "VERTEX_LOCATION": "global"}, ["VERTEX_PROJECT"], id="E11-model"
        ),
        pytest.param(
            {"SMALL_MODEL": "claude-haiku-4-5"}, ["VERTEX_PROJECT", "VERTEX_LOCATION"], id="E11-claude"
        ),
        pytest.param({"OPUS_MODEL": "vertex_ai/x"}, ["VERTEX_PROJECT", "VERTEX_LOCATION"], id="E11-prefix"),
    ],
)
def test_vertex_without_its_settings_stops_the_start(environ: dict[str, str], missing: list[str]) -> None:
    told = problems(**VERTEX, **environ)
    assert [line.partition(":")[0] for line in told] == missing


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"BIG_MODEL": "openai/gemini-cfp"},
        {"BIG_MODEL": "gemini-2.5-pro:work", "CHANNEL_WORK_API_KEY": "test-key"},
        {"PREFERRED_PROVIDER": "anthropic", "BIG_MODEL": "gemini-2.5-pro", "OPUS_MODEL": "claude-opus-4-8"},
        {"PREFERRED_PROVIDER": "google", "VERTEX_PROJECT": "p", "VERTEX_LOCATION": "us-east5"},
        {
            "PREFERRED_PROVIDER": "litellm",
            "BIG_MODEL": "gemini-x",
            "SMALL_MODEL": "x",
            "OPUS_MODEL": "gemini-x",
        },
    ],
)
def test_vertex_settings_are_asked_for_only_where_a_route_needs_them(environ: dict[str, str]) -> None:
    """E10 E12"""
    assert load_settings(VERTEX | environ, None).use_vertex_auth


@pytest.mark.parametrize(
    ("environ", "missing"),
    [({}, ["BIG_MODEL", "SMALL_MODEL"]), ({"BIG_MODEL": "groq/x"}, ["SMALL_MODEL"])],
)
def test_litellm_without_models_stops_the_start(environ: dict[str, str], missing: list[str]) -> None:
    told = problems(PREFERRED_PROVIDER="litellm", **environ)
    assert [line.partition(":")[0] for line in told] == missing
    assert all("expected LiteLLM's name of a model" in line for line in told)


def test_variables_of_others_are_kept_for_libraries(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("GROQ_API_KEY=test-key-groq\nPORT=9000\nEMPTY=\n")
    [(name, value)] = load_settings({}, file).foreign_variables
    assert (name, value.reveal()) == ("GROQ_API_KEY", "test-key-groq")


def test_vertex_credentials_are_read_without_being_looked_at() -> None:
    """E14 E15 E16"""
    settings = load_settings(
        {"VERTEX_CREDENTIALS_PATH": "/a.json", "GOOGLE_APPLICATION_CREDENTIALS": "/b.json"}, None
    )
    assert (settings.vertex_credentials_path, settings.google_application_credentials) == (
        "/a.json",
        "/b.json",
    )


def test_the_clients_credential_cannot_be_both_dragomans_and_anthropics() -> None:
    [line] = problems(ANTHROPIC_AUTH_MODE="passthrough", DRAGOMAN_API_KEY="test-key")
    assert line.startswith("ANTHROPIC_AUTH_MODE: expected server while DRAGOMAN_API_KEY is set")


@pytest.mark.parametrize(
    ("environ", "missing"),
    [
        ({"SEARCH_PROVIDER": "brave"}, "SEARCH_API_KEY"),
        ({"SEARCH_PROVIDER": "Tavily", "SEARCH_BASE_URL": "https://search.example.com"}, "SEARCH_API_KEY"),
        ({"SEARCH_PROVIDER": "searxng"}, "SEARCH_BASE_URL"),
        ({"SEARCH_PROVIDER": "searxng", "SEARCH_API_KEY": "test-key"}, "SEARCH_BASE_URL"),
    ],
)
def test_a_search_provider_without_what_it_needs_stops_the_start(
    environ: dict[str, str], missing: str
) -> None:
    [line] = problems(**environ)
    assert line.startswith(
        f"{missing}: expected a value, because SEARCH_PROVIDER is {environ['SEARCH_PROVIDER'].lower()}"
    )
    assert "test-key" not in line


def test_a_search_provider_is_read() -> None:
    settings = load_settings(
        {"SEARCH_PROVIDER": "searxng", "SEARCH_BASE_URL": "http://localhost:8888/"}, None
    )
    assert (settings.search_provider, settings.search_base_url) == ("searxng", "http://localhost:8888")
    assert load_settings({"SEARCH_PROVIDER": "brave", "SEARCH_API_KEY": "test-key"}, None).search_api_key


def test_a_search_provider_that_nobody_knows_is_told() -> None:
    [line] = problems(SEARCH_PROVIDER="barve")
    assert line == "SEARCH_PROVIDER: expected brave, tavily or searxng, got `barve`; did you mean `brave`?"
