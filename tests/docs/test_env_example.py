""".env.example under test: a verbatim copy starts, and each block alone gives the mapping that it states."""

import re
from datetime import date
from pathlib import Path

import pytest

from dragoman.config.build import build_model_map, notices
from dragoman.config.load import load_settings
from dragoman.config.settings import Settings
from dragoman.config.sources import is_setting
from tests.docs.pages import READ_BY_LITELLM

FILE = Path(__file__).resolve().parents[2] / ".env.example"
TEXT = FILE.read_text("utf-8")

TODAY = date(2026, 11, 21)
AFTER_EVERY_DATE = date(2027, 6, 1)

HEADING = re.compile(r"^# === (?:Preset \d+: )?(.+?) ===$", re.MULTILINE)


def blocks() -> dict[str, str]:
    """Heading to block."""
    parts = HEADING.split(TEXT)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def load_block(name: str, tmp_path: Path) -> Settings:
    """The settings of one block with its # taken away, as the file says."""
    env_file = tmp_path / ".env"
    env_file.write_text(re.sub(r"^#(?=[A-Z])", "", blocks()[name], flags=re.MULTILINE))
    return load_settings({}, env_file)


def test_a_verbatim_copy_starts_the_server(tmp_path: Path) -> None:
    """R04 X01"""
    env_file = tmp_path / ".env"
    env_file.write_text(TEXT)
    settings = load_settings({}, env_file)
    assert settings == Settings()
    assert build_model_map(settings, TODAY).demo_only


CASES = [
    pytest.param(
        "OpenAI (the default)", ("gpt-4.1", "openai"), ("gpt-4.1-mini", "openai"), id="X01-X02-openai"
    ),
    pytest.param(
        "Gemini with an API key from Google AI Studio",
        ("gemini-2.5-pro", "gemini"),
        ("gemini-2.5-flash", "gemini"),
        id="X01-X02-X03-2a-gemini",
    ),
    pytest.param(
        "Gemini on Vertex AI",
        ("gemini-2.5-pro", "vertex_ai"),
        ("gemini-2.5-flash", "vertex_ai"),
        id="X01-X03-2b-vertex-gemini",
    ),
    pytest.param(
        "Claude on Vertex AI",
        ("claude-sonnet-5", "vertex_ai"),
        ("claude-haiku-4-5@20251001", "vertex_ai"),
        id="X01-vertex-claude",
    ),
    pytest.param(
        "Anthropic only",
        ("claude-sonnet-5", "anthropic"),
        ("claude-haiku-4-5", "anthropic"),
        id="X01-X03-3-anthropic",
    ),
    pytest.param("specific models", ("gpt-4o", "openai"), ("gpt-4o-mini", "openai"), id="X02-X03-4-specific"),
    pytest.param(
        "a server of your own that speaks OpenAI's language",
        ("llama3.1:8b", "openai"),
        ("llama3.1:8b", "openai"),
        id="own-server",
    ),
    pytest.param(
        "DeepSeek, OpenRouter, Groq, Mistral, xAI and other vendors",
        ("deepseek-v4-pro", "deepseek"),
        ("deepseek-flash", "deepseek"),
        id="vendors",
    ),
    pytest.param(
        "Ollama, LM Studio, vLLM or llama.cpp on this machine",
        ("qwen3:8b", "ollama"),
        ("qwen3:8b", "ollama"),
        id="local-servers",
    ),
    pytest.param(
        "any of LiteLLM's vendors, such as Bedrock or Azure",
        ("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", "litellm"),
        ("bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0", "litellm"),
        id="litellm",
    ),
    pytest.param("channels", ("claude-3-opus", "claude2"), ("gpt-4.1-mini", "default"), id="X04-channels"),
]


@pytest.mark.parametrize(("name", "sonnet", "haiku"), CASES)
def test_each_block_alone_gives_its_mapping(
    name: str, sonnet: tuple[str, str], haiku: tuple[str, str], tmp_path: Path
) -> None:
    """X01 to X04"""
    model_map = build_model_map(load_block(name, tmp_path), TODAY)
    for requested, expected in (("claude-sonnet-5", sonnet), ("claude-haiku-4-5", haiku)):
        target = model_map.resolve(requested)
        assert (target.model, target.channel.name) == expected


def test_every_block_is_tested() -> None:
    tested = {case.values[0] for case in CASES}
    assert tested == blocks().keys() - {"Web search", "The server itself"}


def test_the_search_provider_of_the_example_is_complete(tmp_path: Path) -> None:
    settings = load_block("Web search", tmp_path)
    assert settings.search_provider == "brave"
    assert settings.search_api_key


def test_the_channel_of_the_example_answers_to_its_suffix(tmp_path: Path) -> None:
    """X04 H03"""
    target = build_model_map(load_block("channels", tmp_path), TODAY).resolve("gemini/gemini-2.5-pro:gemini2")
    assert target.channel.base_url == "https://gemini.example.com/v1beta"


@pytest.mark.parametrize("name", ["OpenAI (the default)", "Gemini with an API key from Google AI Studio"])
def test_the_comments_state_the_defaults_of_today_and_of_later(name: str, tmp_path: Path) -> None:
    """T94"""
    settings = load_block(name, tmp_path)
    comment = blocks()[name].partition("#P")[0]
    for today in (TODAY, AFTER_EVERY_DATE):
        for target in build_model_map(settings, today).used():
            assert re.search(rf"{re.escape(target.model)}[\s;)]", comment), target.model


@pytest.mark.parametrize("name", ["Gemini on Vertex AI", "Claude on Vertex AI"])
def test_vertex_ai_is_asked_where_the_models_are_after_every_date(name: str, tmp_path: Path) -> None:
    """E12: Gemini's successors are served by `global` and the multi-regions only (spec/vertex.md section 1)."""
    assert load_block(name, tmp_path).vertex_location == "global"


def test_the_servers_own_settings_are_valid_and_the_defaults(tmp_path: Path) -> None:
    settings = load_block("The server itself", tmp_path)
    assert (settings.host, settings.port, settings.debug, settings.log_level) == (
        "127.0.0.1",
        8082,
        False,
        "info",
    )
    assert settings.dragoman_api_key


@pytest.mark.parametrize("name", [case.values[0] for case in CASES])
def test_no_block_has_a_setting_without_effect(name: str, tmp_path: Path) -> None:
    settings = load_block(name, tmp_path)
    told = notices(settings, build_model_map(settings, date(2026, 10, 1)), date(2026, 10, 1))
    assert [notice for notice in told if "no effect" in notice or "not set" in notice] == []


def test_every_name_in_the_file_is_a_setting() -> None:
    names = re.findall(r"^#([A-Z][A-Z0-9_]*)=", TEXT, re.MULTILINE)
    assert len(names) > 25
    assert [name for name in names if not is_setting(name) and name not in READ_BY_LITELLM] == []


def test_no_value_looks_like_a_secret() -> None:
    """X05"""
    keys = re.findall(r'KEY="([^"]*)"', TEXT)
    assert len(keys) > 5
    for key in keys:
        assert re.fullmatch(r"(?:your|choose)(?:-[a-z]+)+", key), key
    assert re.search(r"sk-|AIza|[A-Za-z0-9+/]{32,}", TEXT) is None
