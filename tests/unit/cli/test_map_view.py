"""cli/map_view.py"""

from datetime import date

from dragoman.cli.map_view import map_lines, obstacle, provider_lines
from dragoman.config.build import build_model_map
from dragoman.config.load import load_settings


def lines(**environ: str) -> list[str]:
    model_map = build_model_map(load_settings(environ, None), date(2026, 11, 21))
    return [" ".join(line.split()) for line in map_lines(model_map)]


def test_map_says_what_leads_where_and_what_is_in_the_way() -> None:
    assert lines(OPENAI_API_KEY="test-key", CHANNEL_WORK_BASE_URL="https://llm.example.com") == [
        "Models:",
        "requested model goes to",
        "*opus* gpt-4.1 openai",
        "*sonnet* gpt-4.1 openai",
        "*haiku* gpt-4.1-mini openai",
        "claude-* gpt-4.1 openai",
        "gpt-*, o1*, chatgpt-* the same name openai",
        "gemini-* the same name gemini GEMINI_API_KEY is not set",
        "any other name the same name openai",
        "*:work the same name work",
    ]


def test_map_names_the_key_that_a_row_lacks() -> None:
    assert "*haiku* gpt-4.1-mini openai OPENAI_API_KEY is not set" in lines(ANTHROPIC_API_KEY="test-key")


def test_providers_are_named_without_their_keys() -> None:
    """H01"""
    settings = load_settings(
        {
            "OPENAI_API_KEY": "test-key-openai",
            "ANTHROPIC_AUTH_MODE": "passthrough",
            "BASE_URL": "https://llm.example.com",
            "CHANNEL_WORK_API_KEY": "test-key-work",
        },
        None,
    )
    assert provider_lines(settings) == [
        "Providers found: openai, anthropic, BASE_URL https://llm.example.com, :work"
    ]


def test_vendors_are_found_by_their_keys() -> None:
    environ = {
        "GROQ_API_KEY": "test-key-groq",
        "OLLAMA_BASE_URL": "http://localhost:11434",
        "AZURE_API_KEY": "test-key-azure",
        "CHANNEL_WORK_API_KEY": "test-key-work",
    }
    assert provider_lines(load_settings(environ, None)) == ["Providers found: groq, ollama, :work"]
    found = lines(**environ)
    assert "groq/* the same name groq" in found
    assert "ollama/*, ollama_chat/* the same name ollama" in found
    assert not [line for line in found if line.startswith(("azure/", "deepseek/"))]


def test_the_map_names_the_key_of_a_vendor_that_a_setting_leads_to() -> None:
    found = lines(OPENAI_API_KEY="test-key", BIG_MODEL="mistral/some-model")
    assert "*opus* some-model mistral MISTRAL_API_KEY is not set" in found


def test_no_provider_means_the_demo() -> None:
    assert provider_lines(load_settings({}, None)) == ["Providers found: none, so the built-in demo answers"]


def test_vertex_is_in_the_map_with_what_it_lacks() -> None:
    """E11"""
    vertex = {"PREFERRED_PROVIDER": "google", "USE_VERTEX_AUTH": "true"}
    model_map = build_model_map(
        load_settings({**vertex, "VERTEX_PROJECT": "p", "VERTEX_LOCATION": "global"}, None),
        date(2026, 10, 1),
    )
    [haiku] = [target for pattern, target in model_map.rows() if pattern == "*haiku*"]
    assert obstacle(haiku) == ""
    assert obstacle(haiku, library=lambda: False) == ("needs the extra `vertex`: uv sync --extra vertex")


def test_litellm_is_in_the_map_with_what_it_lacks() -> None:
    litellm = {"PREFERRED_PROVIDER": "litellm", "BIG_MODEL": "groq/x", "SMALL_MODEL": "groq/y"}
    settings = load_settings(litellm, None)
    assert provider_lines(settings) == ["Providers found: litellm"]
    model_map = build_model_map(settings, date(2026, 11, 25))
    [haiku] = [target for pattern, target in model_map.rows() if pattern == "*haiku*"]
    assert (haiku.model, obstacle(haiku, has_litellm=lambda: True)) == ("groq/y", "")
    assert obstacle(haiku, has_litellm=lambda: False) == "needs the extra `litellm`: uv sync --extra litellm"
