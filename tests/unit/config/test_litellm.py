"""config/litellm.py"""

from datetime import date
from pathlib import Path

import pytest

from dragoman.config.build import build_model_map
from dragoman.config.litellm import (
    added_variables,
    foreign_secrets,
    has_litellm,
    hidden_variables,
    litellm_faults,
    litellm_name,
    names_litellm,
    vendor_arguments,
)
from dragoman.config.load import load_settings

LITELLM = {
    "PREFERRED_PROVIDER": "litellm",
    "BIG_MODEL": "bedrock/anthropic.claude-v1:0",
    "SMALL_MODEL": "groq/x",
}


def faults(installed: bool | None = None, **environ: str) -> list[str]:
    return list(litellm_faults(build_model_map(load_settings(environ, None), date(2026, 11, 25)), installed))


def test_the_library_is_found_without_being_imported() -> None:
    assert not has_litellm("no_such_package")
    assert has_litellm("json")


def test_missing_library_is_told_where_it_is_needed() -> None:
    assert faults(True, **LITELLM) == []
    assert faults(False, **LITELLM) == [
        "LiteLLM needs the extra `litellm`: uv sync --extra litellm (or pip install 'dragoman[litellm]')"
    ]
    assert faults(False, OPENAI_API_KEY="test-key") == []


@pytest.mark.parametrize("written", ["groq/x", "litellm/groq/x"])
def test_prefix_may_be_left_out(written: str) -> None:
    assert litellm_name(written) == "litellm/groq/x"


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        (LITELLM, True),
        ({"OPUS_MODEL": "litellm/groq/x"}, True),
        ({"BIG_MODEL": "gpt-4.1"}, False),
        ({}, False),
    ],
)
def test_settings_that_choose_litellm(environ: dict[str, str], named: bool) -> None:
    assert names_litellm(load_settings(environ, None)) == named


def test_keys_of_settings_go_to_their_vendor_at_its_own_address() -> None:
    """T15"""
    keys = {name: f"test-key-{name}" for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY")}
    arguments = vendor_arguments(load_settings(keys, None))
    assert arguments == {
        "openai": {"api_key": keys["OPENAI_API_KEY"], "api_base": "https://api.openai.com/v1"},
        "text-completion-openai": {
            "api_key": keys["OPENAI_API_KEY"],
            "api_base": "https://api.openai.com/v1",
        },
        "anthropic": {"api_key": keys["ANTHROPIC_API_KEY"], "api_base": "https://api.anthropic.com"},
        "gemini": {"api_key": keys["GEMINI_API_KEY"]},
    }


def test_key_follows_its_base_url() -> None:
    urls = {
        "OPENAI_BASE_URL": "https://openai.example.com/v1",
        "ANTHROPIC_UPSTREAM_BASE_URL": "https://claude.example.com",
        "GEMINI_BASE_URL": "https://gemini.example.com",
        "GEMINI_API_KEY": "test-key-gemini",
    }
    arguments = vendor_arguments(load_settings(urls, None))
    assert arguments["openai"] == {"api_base": "https://openai.example.com/v1"}
    assert arguments["anthropic"] == {"api_base": "https://claude.example.com"}
    assert arguments["gemini"] == {}


def test_own_keys_and_addresses_are_hidden_and_nothing_else() -> None:
    hidden = (
        *("OPENAI_API_KEY", "GEMINI_API_KEY", "ANTHROPIC_API_KEY", "API_KEY", "DRAGOMAN_API_KEY"),
        *(
            "DRAGOMAN_SEAL_KEY",
            "CHANNEL_WORK_API_KEY",
            "CHANNEL_WORK_BASE_URL",
            "OPENAI_BASE_URL",
            "BASE_URL",
        ),
        *("ANTHROPIC_BASE_URL", "ANTHROPIC_AUTH_TOKEN", "OPENAI_API_BASE"),
    )
    seen = ("AWS_SECRET_ACCESS_KEY", "GROQ_API_KEY", "PATH", "HOST", "GOOGLE_APPLICATION_CREDENTIALS")
    assert hidden_variables(dict.fromkeys((*hidden, *seen), "x")) == list(hidden)


def test_env_file_is_added_where_nobody_exported(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "PORT=9000\nGROQ_API_KEY=test-key-groq\nAWS_REGION=eu-west-1\nANTHROPIC_AUTH_TOKEN=x\nEMPTY=\n"
    )
    settings = load_settings({}, file)
    assert added_variables(settings, {"AWS_REGION": "us-east-1"}) == {"GROQ_API_KEY": "test-key-groq"}
    assert "test-key-groq" in settings.secrets()
    assert "eu-west-1" not in settings.secrets()
    assert "test-key-groq" not in repr(settings)


def test_vendors_key_follows_its_base_url(tmp_path: Path) -> None:
    """T15: under the name that LiteLLM looks for."""
    file = tmp_path / ".env"
    file.write_text("GROQ_API_KEY=test-key-groq\nGROQ_BASE_URL=https://groq.example.com/v1\n")
    added = added_variables(load_settings({}, file), {})
    assert added["GROQ_API_KEY"] == "test-key-groq"
    assert added["GROQ_API_BASE"] == "https://groq.example.com/v1"


def test_exported_credentials_are_known_by_name() -> None:
    environ = {
        "AWS_SECRET_ACCESS_KEY": "a",
        "GROQ_API_KEY": "b",
        "HF_TOKEN": "c",
        "KEYBOARD": "d",
        "PATH": "e",
    }
    assert set(foreign_secrets(environ)) == {"a", "b", "c"}
